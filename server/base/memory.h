/*
 * Memory: jemalloc, used on purpose, behind names of our own.
 *
 * Sizes are known at most frees, so frees are sized. Sizes that a client chooses can fail
 * (mem_try_*); the small allocations of the server itself can't be continued without, and end the
 * process with a line in the log. Sanitizer builds use the C library's allocator behind the same
 * names (KVS_LIBC_MALLOC). All functions may be called from any thread.
 */
#ifndef KVS_BASE_MEMORY_H
#define KVS_BASE_MEMORY_H

#include <stddef.h>
#include <stdlib.h>

#ifndef KVS_LIBC_MALLOC
#include <jemalloc/jemalloc.h>
#endif

/* Logs that size bytes can't be had and ends the process. */
_Noreturn void mem_exhausted(size_t size);

/* size > 0. Never NULL: running out of memory ends the process with a clear line. */
static inline void *mem_alloc(size_t size)
{
    void *ptr = malloc(size);
    if (__builtin_expect(!ptr, 0))
        mem_exhausted(size);
    return ptr;
}

void *mem_calloc(size_t size);
void *mem_realloc(void *ptr, size_t size);
char *mem_strdup(const char *string);
char *mem_dup(const char *data, size_t len); /* a NUL follows the copy */

/* NULL when the memory can't be had. */
void *mem_try_alloc(size_t size);
void *mem_try_realloc(void *ptr, size_t size);

/* NULL is nothing. */
static inline void mem_free(void *ptr)
{
    free(ptr);
}

/* ptr is not NULL; size as it was asked for, or any size up to what mem_usable() says. */
static inline void mem_free_sized(void *ptr, size_t size)
{
#ifdef KVS_LIBC_MALLOC
    (void)size;
    free(ptr);
#else
    sdallocx(ptr, size, 0);
#endif
}

/* What the allocator would really hand out for size bytes: its size class. */
size_t mem_good_size(size_t size);

/* What it handed out for this allocation. */
size_t mem_usable(const void *ptr);

struct mem_stats {
    size_t allocated; /* bytes in live allocations */
    size_t active;    /* bytes in pages that hold them */
    size_t resident;  /* bytes of physical memory the allocator maps */
    size_t retained;  /* bytes of address space kept for reuse */
    size_t metadata;  /* the allocator's own */
};

void mem_stats_read(struct mem_stats *stats_out);

/* Resident set size of the process in bytes; 0 when it can't be read. */
size_t mem_rss(void);

/* Physical memory of the machine in bytes. */
size_t mem_physical(void);

/* Gives unused pages back to the kernel at once, and what the calling thread's cache holds. */
void mem_purge(void);

/* Empties the calling thread's cache: for threads that are about to sleep for long. */
void mem_flush_thread(void);

/*
 * Gives back the pages whose time has come: unused for some seconds. Allocating threads do this
 * in passing; the server's cron calls it so that an idle server shrinks too. Cheap when nothing is due.
 */
void mem_decay(void);

/* The allocator's own report; takes ownership of nothing, the caller frees the string with mem_free(). */
char *mem_report(void);

/* "jemalloc-5.3.0" or "libc". */
const char *mem_allocator(void);

/*
 * Tests: the countdown-th mem_try_* call from now on fails once (1: the very next); 0 turns it off.
 */
void mem_fail_after(unsigned countdown);

#endif
