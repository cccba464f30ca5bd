/*
 * Memory: jemalloc behind names of our own.
 *
 * The size is known at most frees, so frees are sized. Allocations whose size a client chooses can fail
 * (mem_try_*); if one of the server's own small allocations fails, the process ends with a line in the
 * log. Sanitizer builds use the C library's allocator behind the same names (KVS_LIBC_MALLOC). All sizes
 * are bytes. All functions may be called from any thread.
 */
#ifndef KVS_BASE_MEMORY_H
#define KVS_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifndef KVS_LIBC_MALLOC
#include <jemalloc/jemalloc.h>
#endif

/* Logs that the process can't get size bytes, and ends it. */
_Noreturn void mem_exhausted(size_t size);

/* private: the C library's functions, counted; jemalloc counts by itself */
#ifdef KVS_LIBC_MALLOC
void *mem_count_allocated(void *ptr);
void mem_count_freed(const void *ptr);
#else
static inline void *mem_count_allocated(void *ptr)
{
    return ptr;
}

static inline void mem_count_freed(const void *ptr)
{
    (void)ptr;
}
#endif

/* size > 0. Never NULL: running out of memory ends the process with a clear line. */
static inline void *mem_alloc(size_t size)
{
    void *ptr = mem_count_allocated(malloc(size));
    if (__builtin_expect(!ptr, 0))
        mem_exhausted(size);
    return ptr;
}

void *mem_calloc(size_t size); /* zeroed */
void *mem_realloc(void *ptr, size_t size);
char *mem_strdup(const char *string);
char *mem_dup(const char *data, size_t len); /* a NUL follows the copy */

/* NULL when there is no memory; after mem_try_realloc() ptr is then still valid. */
void *mem_try_alloc(size_t size);
void *mem_try_realloc(void *ptr, size_t size);

/*
 * The same with zeros, all of them or those from old_size on (the usable size so far). Fresh pages are zero already: so
 * many zeros may cost nothing before they are used.
 */
void *mem_try_calloc(size_t size);
void *mem_try_realloc_zeroed(void *ptr, size_t old_size, size_t size);

/* NULL is allowed and does nothing. */
static inline void mem_free(void *ptr)
{
    mem_count_freed(ptr);
    free(ptr);
}

/* ptr is not NULL; size is the one that was asked for, or any from there up to mem_usable(ptr). */
static inline void mem_free_sized(void *ptr, size_t size)
{
#ifdef KVS_LIBC_MALLOC
    (void)size;
    mem_free(ptr);
#else
    sdallocx(ptr, size, 0);
#endif
}

/*
 * Zeroed address space. Its pages take memory only once they are touched, and don't count as allocated. Never NULL.
 */
void *mem_reserve(size_t size);
void mem_unreserve(void *ptr, size_t size);

/* The number of bytes that the allocator would really hand out for size: its size class. */
size_t mem_good_size(size_t size);

/* The number of bytes that it handed out for this allocation. */
size_t mem_usable(const void *ptr);

struct mem_stats {
    size_t allocated; /* bytes in live allocations */
    size_t active;    /* bytes in pages that hold them */
    size_t resident;  /* bytes of physical memory the allocator maps */
    size_t retained;  /* bytes of address space kept for reuse */
    size_t metadata;  /* bytes that the allocator needs for itself */
};

void mem_stats_read(struct mem_stats *stats_out);

/*
 * Where the calling thread's figures are kept, in bytes: all that it has allocated, and all that it has freed. They
 * stay there while the thread lives. See base/usage.h.
 */
void mem_counters(const uint64_t **allocated_out, const uint64_t **freed_out);

/* Resident set size of the process in bytes; 0 when it can't be read. */
size_t mem_rss(void);

/* Physical memory of the machine in bytes; 0 when it is unknown. */
size_t mem_physical(void);

/* Empties the calling thread's cache, and gives all unused pages back to the kernel at once. */
void mem_purge(void);

/* Empties the calling thread's cache: for threads that are about to sleep for a long time. */
void mem_flush_thread(void);

/*
 * Gives back the pages that have been unused for some seconds. Allocating threads do this in passing;
 * the server's cron calls it so that an idle server shrinks too. Cheap when there are no such pages.
 */
void mem_decay(void);

/* The allocator's own report; the caller frees it with mem_free(). */
char *mem_report(void);

/* "jemalloc-5.3.0" or "libc". */
const char *mem_allocator(void);

/* For tests: the countdown-th mem_try_* call from now on fails, once (1: the very next); 0 turns it off. */
void mem_fail_after(unsigned countdown);

#endif
