/*
 * Memory: thin names over jemalloc, or over the C library's allocator where a sanitizer wants that.
 *
 * jemalloc is set up by the string it finds in malloc_conf:
 *   narenas         few: threads allocate through their own caches anyway, and every further arena adds
 *                   another set of partly filled slabs;
 *   slab_sizes      allocations of up to 512 bytes (the entries) come from slabs of 8 pages instead of 1 to 7:
 *   otherwise
 *                   the 128 bytes that jemalloc keeps for each slab, and never gives back, cost 4 bytes a key;
 *   dirty_decay_ms  unused pages are kept for five seconds, so that overwritten values find warm pages;
 *                   muzzy pages (MADV_FREE) are not used, because they stay in the RSS;
 *   oversize        off: by default allocations of 8 MiB or more go to an arena that unmaps at every
 *                   free, and a server that replaces such values would spend its time in page faults;
 *   background      no thread: the server's cron calls mem_decay(), which does the same work and
 *                   needs no stack.
 * MALLOC_CONF in the environment still overrides each of these.
 *
 * Statistics are read through MIBs, so a read walks the arenas but parses no names. Bytes in the
 * threads' caches are free as far as the server is concerned, so they are subtracted from `allocated`.
 */
#include "base/memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef KVS_LIBC_MALLOC
#include <malloc.h>
#endif

#include "base/panic.h"

void mem_exhausted(size_t size)
{
    panic("out of memory: can't get %zu bytes (%zu are resident); lower maxmemory or give the server more", size,
          mem_rss());
}

/* Counts down to the failure that a test asked for; 0 is off. Relaxed: it publishes no other data. */
static atomic_uint failure_countdown;

void mem_fail_after(unsigned countdown)
{
    atomic_store_explicit(&failure_countdown, countdown, memory_order_relaxed);
}

static bool failure_is_due(void)
{
    unsigned left = atomic_load_explicit(&failure_countdown, memory_order_relaxed);
    if (__builtin_expect(left == 0, 1))
        return false;
    while (left > 0) {
        if (atomic_compare_exchange_weak_explicit(&failure_countdown, &left, left - 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return left == 1;
    }
    return false;
}

static void *counted_realloc(void *ptr, size_t size)
{
    mem_count_freed(ptr);
    void *moved = realloc(ptr, size);
    mem_count_allocated(moved ? moved : ptr);
    return moved;
}

void *mem_try_alloc(size_t size)
{
    if (failure_is_due())
        return NULL;
    return mem_count_allocated(malloc(size));
}

void *mem_try_realloc(void *ptr, size_t size)
{
    if (failure_is_due())
        return NULL;
    return counted_realloc(ptr, size);
}

void *mem_try_calloc(size_t size)
{
    if (failure_is_due())
        return NULL;
    return mem_count_allocated(calloc(1, size));
}

void *mem_try_realloc_zeroed(void *ptr, size_t old_size, size_t size)
{
    if (failure_is_due())
        return NULL;
#ifdef KVS_LIBC_MALLOC
    char *moved = counted_realloc(ptr, size);
    if (moved && size > old_size)
        memset(moved + old_size, 0, size - old_size);
    return moved;
#else
    (void)old_size;
    return rallocx(ptr, size, MALLOCX_ZERO);
#endif
}

void *mem_calloc(size_t size)
{
    void *ptr = mem_count_allocated(calloc(1, size));
    if (!ptr)
        mem_exhausted(size);
    return ptr;
}

void *mem_realloc(void *ptr, size_t size)
{
    void *moved = counted_realloc(ptr, size);
    if (!moved)
        mem_exhausted(size);
    return moved;
}

void *mem_reserve(size_t size)
{
    void *ptr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (ptr == MAP_FAILED)
        mem_exhausted(size);
    madvise(ptr, size, MADV_NOHUGEPAGE); /* a huge page would be taken for one word of it */
    return ptr;
}

void mem_unreserve(void *ptr, size_t size)
{
    munmap(ptr, size);
}

char *mem_strdup(const char *string)
{
    return mem_dup(string, strlen(string));
}

char *mem_dup(const char *data, size_t len)
{
    char *copy = mem_alloc(len + 1);
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

size_t mem_rss(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    unsigned long total_pages, resident_pages;
    int fields = fscanf(file, "%lu %lu", &total_pages, &resident_pages);
    fclose(file);
    return fields == 2 ? resident_pages * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

size_t mem_physical(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    return pages > 0 ? (size_t)pages * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

#ifdef KVS_LIBC_MALLOC

size_t mem_good_size(size_t size)
{
    return size; /* sanitizers forbid using bytes beyond those that were asked for */
}

size_t mem_usable(const void *ptr)
{
    return malloc_usable_size((void *)(uintptr_t)ptr);
}

/* All relaxed: they are sums that other threads read. */
static __thread uint64_t allocated_here, freed_here;
static atomic_size_t allocated_now;

static void count(uint64_t *counter, size_t bytes)
{
    __atomic_store_n(counter, *counter + bytes, __ATOMIC_RELAXED);
}

void *mem_count_allocated(void *ptr)
{
    size_t bytes = ptr ? mem_usable(ptr) : 0;
    count(&allocated_here, bytes);
    atomic_fetch_add_explicit(&allocated_now, bytes, memory_order_relaxed);
    return ptr;
}

void mem_count_freed(const void *ptr)
{
    size_t bytes = ptr ? mem_usable(ptr) : 0;
    count(&freed_here, bytes);
    atomic_fetch_sub_explicit(&allocated_now, bytes, memory_order_relaxed);
}

void mem_counters(const uint64_t **allocated_out, const uint64_t **freed_out)
{
    *allocated_out = &allocated_here;
    *freed_out = &freed_here;
}

void mem_stats_read(struct mem_stats *stats_out)
{
    size_t allocated = atomic_load_explicit(&allocated_now, memory_order_relaxed);
    *stats_out = (struct mem_stats){.allocated = allocated, .active = allocated, .resident = mem_rss()};
}

void mem_purge(void)
{
    malloc_trim(0);
}

void mem_flush_thread(void)
{
}

void mem_decay(void)
{
}

char *mem_report(void)
{
    struct mem_stats stats;
    mem_stats_read(&stats);
    char line[128];
    snprintf(line, sizeof line, "allocated %zu, active %zu\n", stats.allocated, stats.active);
    return mem_strdup(line);
}

const char *mem_allocator(void)
{
    return "libc";
}

#else

/* jemalloc finds it by its name, so it has to be visible even where symbols are hidden. */
__attribute__((visibility("default"))) const char *malloc_conf =
    "narenas:4,slab_sizes:1-512:8,dirty_decay_ms:5000,muzzy_decay_ms:0,oversize_threshold:0,background_thread:false";

#define STRING_OF_VALUE(x) #x
#define STRING_OF(x) STRING_OF_VALUE(x)
#define ALL_ARENAS STRING_OF(MALLCTL_ARENAS_ALL)

size_t mem_good_size(size_t size)
{
    return nallocx(size, 0);
}

size_t mem_usable(const void *ptr)
{
    return sallocx(ptr, 0);
}

void mem_counters(const uint64_t **allocated_out, const uint64_t **freed_out)
{
    uint64_t *allocated = NULL, *freed = NULL;
    size_t len = sizeof allocated;
    mallctl("thread.allocatedp", (void *)&allocated, &len, NULL, 0);
    mallctl("thread.deallocatedp", (void *)&freed, &len, NULL, 0);
    *allocated_out = allocated;
    *freed_out = freed;
}

enum { MIB_DEPTH_MAX = 4 };

enum statistic {
    STAT_EPOCH,
    STAT_ALLOCATED,
    STAT_CACHED,
    STAT_ACTIVE,
    STAT_RESIDENT,
    STAT_RETAINED,
    STAT_METADATA,
    STAT_COUNT
};

/* A statistic's address in jemalloc's tree, looked up when it is first wanted. */
struct statistic_mib {
    const char *name;
    size_t depth;
    size_t mib[MIB_DEPTH_MAX];
};

static _Thread_local struct statistic_mib statistics[STAT_COUNT] = {
    [STAT_EPOCH] = {.name = "epoch"},
    [STAT_ALLOCATED] = {.name = "stats.allocated"},
    [STAT_CACHED] = {.name = "stats.arenas." ALL_ARENAS ".tcache_bytes"},
    [STAT_ACTIVE] = {.name = "stats.active"},
    [STAT_RESIDENT] = {.name = "stats.resident"},
    [STAT_RETAINED] = {.name = "stats.retained"},
    [STAT_METADATA] = {.name = "stats.metadata"},
};

static struct statistic_mib *statistic_find(enum statistic which)
{
    struct statistic_mib *found = &statistics[which];
    if (found->depth == 0) {
        size_t depth = MIB_DEPTH_MAX;
        if (mallctlnametomib(found->name, found->mib, &depth) == 0)
            found->depth = depth;
    }
    return found;
}

static size_t statistic_read(enum statistic which)
{
    struct statistic_mib *stat = statistic_find(which);
    size_t value = 0;
    size_t value_len = sizeof value;
    if (stat->depth == 0 || mallctlbymib(stat->mib, stat->depth, &value, &value_len, NULL, 0) != 0)
        return 0;
    return value;
}

/* jemalloc shows the figures of the last epoch; a new one gathers them from the arenas. */
static void statistics_refresh(void)
{
    struct statistic_mib *stat = statistic_find(STAT_EPOCH);
    uint64_t epoch = 1;
    mallctlbymib(stat->mib, stat->depth, NULL, NULL, &epoch, sizeof epoch);
}

void mem_stats_read(struct mem_stats *stats_out)
{
    statistics_refresh();
    size_t allocated = statistic_read(STAT_ALLOCATED);
    size_t cached = statistic_read(STAT_CACHED);
    *stats_out = (struct mem_stats){
        .allocated = allocated > cached ? allocated - cached : 0,
        .active = statistic_read(STAT_ACTIVE),
        .resident = statistic_read(STAT_RESIDENT),
        .retained = statistic_read(STAT_RETAINED),
        .metadata = statistic_read(STAT_METADATA),
    };
}

void mem_flush_thread(void)
{
    mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
}

void mem_purge(void)
{
    mem_flush_thread();
    mallctl("arena." ALL_ARENAS ".purge", NULL, NULL, NULL, 0);
}

void mem_decay(void)
{
    mallctl("arena." ALL_ARENAS ".decay", NULL, NULL, NULL, 0);
}

struct report {
    char *data;
    size_t len;
    size_t capacity;
};

static void report_add(void *opaque, const char *string)
{
    struct report *report = opaque;
    size_t len = strlen(string);
    if (report->len + len + 1 > report->capacity) {
        report->capacity = 2 * (report->len + len + 1);
        report->data = mem_realloc(report->data, report->capacity);
    }
    memcpy(report->data + report->len, string, len + 1);
    report->len += len;
}

char *mem_report(void)
{
    struct report report = {0};
    report_add(&report, "");
    malloc_stats_print(report_add, &report, NULL);
    return report.data;
}

const char *mem_allocator(void)
{
    /* Built once on each thread that asks; the allocator says "5.3.0-0-g54eaed1d...". */
    static _Thread_local char name[32];
    if (name[0] == '\0') {
        const char *version = "";
        size_t version_len = sizeof version;
        mallctl("version", &version, &version_len, NULL, 0);
        snprintf(name, sizeof name, "jemalloc-%.*s", (int)strcspn(version, "-"), version);
    }
    return name;
}

#endif
