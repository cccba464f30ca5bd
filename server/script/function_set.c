#include "script/function_set.h"

#include "base/memory.h"
#include "base/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct {
    pthread_mutex_t lock;
    struct function_set *current; /* guarded by lock; NULL: empty */
    atomic_uint_least64_t generation;
    atomic_size_t memory;
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- libraries ---- */

struct function_library *function_library_create(const char *name, size_t name_len, const char *code, size_t code_len,
                                                 size_t line_len)
{
    struct function_library *library = mem_calloc(sizeof *library);
    atomic_init(&library->references, 1);
    library->name = mem_dup(name, name_len);
    library->code = mem_dup(code, code_len);
    library->code_len = code_len;
    library->line_len = line_len;
    return library;
}

bool function_library_add(struct function_library *library, const char *name, size_t name_len, const char *description,
                          size_t description_len, uint32_t flags)
{
    for (unsigned i = 0; i < library->count; i++)
        if (strlen(library->functions[i].name) == name_len && memcmp(library->functions[i].name, name, name_len) == 0)
            return false;
    library->functions = mem_realloc(library->functions, (library->count + 1) * sizeof *library->functions);
    struct function *function = &library->functions[library->count];
    *function = (struct function){
        .name = mem_dup(name, name_len),
        .description = description ? mem_dup(description, description_len) : NULL,
        .description_len = description_len,
        .flags = flags,
        .number = library->count++,
        .library = library,
    };
    return true;
}

void function_library_release(struct function_library *library)
{
    if (atomic_fetch_sub_explicit(&library->references, 1, memory_order_acq_rel) > 1)
        return;
    for (unsigned i = 0; i < library->count; i++) {
        mem_free(library->functions[i].name);
        mem_free(library->functions[i].description);
    }
    mem_free(library->functions);
    mem_free(library->name);
    mem_free(library->code);
    mem_free(library);
}

static struct function_library *library_retain(struct function_library *library)
{
    atomic_fetch_add_explicit(&library->references, 1, memory_order_relaxed);
    return library;
}

static size_t library_memory(const struct function_library *library)
{
    return sizeof *library + library->code_len + library->count * sizeof(struct function);
}

/* ---- sets ---- */

struct function_set *function_set_take(void)
{
    pthread_mutex_lock(&known.lock);
    if (!known.current) {
        known.current = mem_calloc(sizeof *known.current);
        atomic_init(&known.current->references, 1);
    }
    struct function_set *set = known.current;
    atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    pthread_mutex_unlock(&known.lock);
    return set;
}

void function_set_release(struct function_set *set)
{
    if (atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel) > 1)
        return;
    for (unsigned i = 0; i < set->library_count; i++)
        function_library_release(set->libraries[i]);
    mem_free(set->libraries);
    mem_free(set->functions);
    mem_free(set);
}

uint64_t function_set_generation(void)
{
    return atomic_load_explicit(&known.generation, memory_order_acquire);
}

/* Below, equal to or above zero. */
static int compare_name(const char *name, size_t len, const char *other)
{
    int order = strncasecmp(name, other, len);
    return order != 0 ? order : other[len] ? -1 : 0;
}

struct function *function_set_find(const struct function_set *set, const char *name, size_t len)
{
    unsigned low = 0, high = set->function_count;
    if (memchr(name, '\0', len))
        return NULL;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        int order = compare_name(name, len, set->functions[middle]->name);
        if (order == 0)
            return set->functions[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

struct function_library *function_set_find_library(const struct function_set *set, const char *name, size_t len)
{
    for (unsigned i = 0; i < set->library_count; i++)
        if (strlen(set->libraries[i]->name) == len && memcmp(set->libraries[i]->name, name, len) == 0)
            return set->libraries[i];
    return NULL;
}

/* ---- changes, under the lock ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct function_library *const *)a)->name, (*(struct function_library *const *)b)->name);
}

static int by_function_name(const void *a, const void *b)
{
    const struct function *first = *(struct function *const *)a, *second = *(struct function *const *)b;
    int order = strcasecmp(first->name, second->name);
    return order != 0 ? order : strcmp(first->name, second->name);
}

/* A set of these libraries, whose references it takes over. NULL: error says which functions collide. */
static struct function_set *set_create(struct function_library **libraries, unsigned count, struct text *error)
{
    struct function_set *set = mem_calloc(sizeof *set);
    atomic_init(&set->references, 1);
    set->library_count = count;
    set->libraries = libraries;
    qsort(libraries, count, sizeof *libraries, by_name);
    for (unsigned i = 0; i < count; i++)
        set->function_count += libraries[i]->count;
    set->functions = mem_alloc((set->function_count + 1) * sizeof *set->functions);
    unsigned at = 0;
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = 0; k < libraries[i]->count; k++)
            set->functions[at++] = &libraries[i]->functions[k];
    qsort(set->functions, set->function_count, sizeof *set->functions, by_function_name);
    for (unsigned i = 1; i < set->function_count; i++) {
        const struct function *function = set->functions[i], *before = set->functions[i - 1];
        if (function->library == before->library || strcasecmp(function->name, before->name) != 0)
            continue;
        text_addf(error, "Function %s already exists", function->name);
        function_set_release(set);
        return NULL;
    }
    return set;
}

static void put(struct function_set *set)
{
    size_t memory = 0;
    for (unsigned i = 0; i < set->library_count; i++)
        memory += library_memory(set->libraries[i]);
    if (known.current)
        function_set_release(known.current);
    known.current = set;
    atomic_store_explicit(&known.memory, memory, memory_order_relaxed);
    atomic_fetch_add_explicit(&known.generation, 1, memory_order_release);
}

static bool is_among(struct function_library *const *libraries, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(libraries[i]->name, name) == 0)
            return true;
    return false;
}

static bool add(struct function_library **added, unsigned count, bool replaces, bool flushes, struct text *error)
{
    const struct function_set *set = known.current;
    unsigned kept = 0, old = set && !flushes ? set->library_count : 0;
    struct function_library **libraries = mem_alloc((old + count + 1) * sizeof *libraries);
    for (unsigned i = 0; i < old; i++) {
        bool replaced = is_among(added, count, set->libraries[i]->name);
        if (replaced && !replaces) {
            text_addf(error, "Library %s already exists", set->libraries[i]->name);
            for (unsigned k = 0; k < kept; k++)
                function_library_release(libraries[k]);
            mem_free(libraries);
            return false;
        }
        if (!replaced)
            libraries[kept++] = library_retain(set->libraries[i]);
    }
    for (unsigned i = 0; i < count; i++)
        libraries[kept++] = library_retain(added[i]);
    struct function_set *made = set_create(libraries, kept, error);
    if (made)
        put(made);
    return made != NULL;
}

bool function_set_add(struct function_library **libraries, unsigned count, bool replaces, bool flushes,
                      struct text *error_out)
{
    pthread_mutex_lock(&known.lock);
    bool added = add(libraries, count, replaces, flushes, error_out);
    pthread_mutex_unlock(&known.lock);
    for (unsigned i = 0; i < count; i++)
        function_library_release(libraries[i]);
    return added;
}

static bool remove_library(const char *name, size_t len)
{
    const struct function_set *set = known.current;
    const struct function_library *library = set ? function_set_find_library(set, name, len) : NULL;
    if (!library)
        return false;
    struct function_library **libraries = mem_alloc(set->library_count * sizeof *libraries);
    struct text no_error = TEXT_EMPTY;
    unsigned kept = 0;
    for (unsigned i = 0; i < set->library_count; i++)
        if (set->libraries[i] != library)
            libraries[kept++] = library_retain(set->libraries[i]);
    put(set_create(libraries, kept, &no_error));
    return true;
}

bool function_set_remove(const char *name, size_t len)
{
    pthread_mutex_lock(&known.lock);
    bool removed = remove_library(name, len);
    pthread_mutex_unlock(&known.lock);
    return removed;
}

void function_set_flush(void)
{
    struct text no_error = TEXT_EMPTY;
    pthread_mutex_lock(&known.lock);
    add(NULL, 0, false, true, &no_error);
    pthread_mutex_unlock(&known.lock);
}

size_t function_set_memory(void)
{
    return atomic_load_explicit(&known.memory, memory_order_relaxed);
}
