/*
 * Prefixes stand in order, each with the longest other one that it begins with (its *stem*). All prefixes of a name are
 * found on one path: the last prefix that isn't behind the name in order, its stem, the stem's stem, and so on; since
 * whatever stands between a prefix of the name and the name begins with that prefix, too.
 */
#include "clients/tracking_prefixes.h"

#include "base/memory.h"
#include "base/text.h"
#include "clients/tracker.h"
#include "net/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* What a thread has gathered at most before it says everything instead. */
#define GATHERED_MAX ((size_t)1 << 16)
#define GATHERED_MAX_BYTES ((size_t)4 << 20)
#define NO_STEM SIZE_MAX

struct prefix {
    struct bytes name;         /* the bytes are its own */
    size_t stem;               /* index, or NO_STEM */
    struct tracker **trackers; /* holds references */
    size_t tracker_count, tracker_capacity;
    struct bytes *changed; /* names to be told; empty unless prefixes_tell() runs */
    uint64_t *actors;      /* who has changed them */
    size_t changed_count, changed_capacity;
};

static struct {
    pthread_mutex_t lock; /* those of trackers are taken under it */
    struct prefix *list;  /* in order */
    size_t count, capacity;
} prefixes = {.lock = PTHREAD_MUTEX_INITIALIZER};

static atomic_size_t total; /* relaxed: prefixes.count, for who asks without the lock */

/* ---- order ---- */

static int compare(struct bytes a, struct bytes b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}

static int compare_names(const void *a, const void *b)
{
    return compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static bool begins_with(struct bytes name, struct bytes prefix)
{
    return prefix.len <= name.len && (prefix.len == 0 || memcmp(name.data, prefix.data, prefix.len) == 0);
}

static bool overlap(struct bytes a, struct bytes b)
{
    return begins_with(a, b) || begins_with(b, a);
}

/* The first of the sorted names that isn't before name. */
static size_t lower_bound(const struct bytes *names, size_t count, struct bytes name)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(names[middle], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The same among all prefixes. */
static size_t prefix_lower_bound(struct bytes name)
{
    size_t low = 0, high = prefixes.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(prefixes.list[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- one client's ---- */

static struct bytes copy_of(struct bytes name)
{
    return (struct bytes){mem_dup(name.data, name.len), name.len};
}

/*
 * The first own prefix, in order, that overlaps with the name. Own ones don't overlap with each other, but for the empty
 * one, which BCAST without prefixes adds whatever there is.
 */
static const struct bytes *own_overlap(const struct own_prefixes *own, struct bytes name)
{
    if (own->count > 0 && own->names[0].len == 0)
        return &own->names[0];
    size_t at = lower_bound(own->names, own->count, name);
    if (at > 0 && overlap(own->names[at - 1], name))
        return &own->names[at - 1];
    if (at < own->count && overlap(own->names[at], name))
        return &own->names[at];
    return NULL;
}

/* A new prefix with its place among the new ones. */
struct given {
    struct bytes name;
    size_t place;
};

static int compare_given(const void *a, const void *b)
{
    const struct given *left = a, *right = b;
    int order = compare(left->name, right->name);
    return order != 0 ? order : left->place < right->place ? -1 : left->place > right->place;
}

/* The place of the first new prefix that overlaps with another new one; count if there is none. */
static size_t first_overlapping(const struct bytes *names, size_t count)
{
    size_t first = count, root = 0;
    struct given *sorted = mem_alloc((count + 1) * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct given){names[i], i};
    qsort(sorted, count, sizeof *sorted, compare_given);
    for (size_t i = 1; i < count; i++) { /* those that begin with the root stand behind it, without a gap */
        if (!begins_with(sorted[i].name, sorted[root].name)) {
            root = i;
            continue;
        }
        first = sorted[i].place < first ? sorted[i].place : first;
        first = sorted[root].place < first ? sorted[root].place : first;
    }
    mem_free(sorted);
    return first;
}

struct prefix_overlap own_prefixes_overlap(const struct own_prefixes *own, const struct bytes *names, size_t count)
{
    size_t among_new = first_overlapping(names, count);
    for (size_t i = 0; i < count && i <= among_new; i++) {
        const struct bytes *with = own_overlap(own, names[i]);
        if (with)
            return (struct prefix_overlap){&names[i], *with, true};
    }
    for (size_t i = among_new + 1; i < count; i++)
        if (overlap(names[among_new], names[i]))
            return (struct prefix_overlap){&names[among_new], names[i], false};
    return (struct prefix_overlap){0};
}

size_t own_prefixes_memory(const struct own_prefixes *own)
{
    if (!own->names)
        return 0;
    size_t bytes = mem_usable(own->names);
    for (size_t i = 0; i < own->count; i++)
        bytes += mem_usable((void *)own->names[i].data);
    return bytes;
}

/* ---- all ---- */

/* Works out all stems: those of a prefix lie on the path from the one before it. */
static void find_stems_locked(void)
{
    for (size_t i = 0; i < prefixes.count; i++) {
        size_t stem = i > 0 ? i - 1 : NO_STEM;
        while (stem != NO_STEM && !begins_with(prefixes.list[i].name, prefixes.list[stem].name))
            stem = prefixes.list[stem].stem;
        prefixes.list[i].stem = stem;
    }
    atomic_store_explicit(&total, prefixes.count, memory_order_relaxed);
}

static void add_tracker(struct prefix *prefix, struct tracker *tracker)
{
    if (prefix->tracker_count == prefix->tracker_capacity) {
        prefix->tracker_capacity = prefix->tracker_capacity ? prefix->tracker_capacity * 2 : 2;
        prefix->trackers = mem_realloc(prefix->trackers, prefix->tracker_capacity * sizeof(struct tracker *));
    }
    prefix->trackers[prefix->tracker_count++] = tracker_retain(tracker);
}

static struct prefix *prefix_at(size_t index, struct bytes name)
{
    return index < prefixes.count && compare(prefixes.list[index].name, name) == 0 ? &prefixes.list[index] : NULL;
}

/* names are sorted. Those that are new are merged into the list from its end. */
static void list_add_locked(struct tracker *tracker, const struct bytes *names, size_t count)
{
    size_t added = 0, from = prefixes.count;
    for (size_t i = 0; i < count; i++)
        added += !prefix_at(prefix_lower_bound(names[i]), names[i]);
    if (prefixes.count + added > prefixes.capacity) {
        prefixes.capacity = (prefixes.count + added) * 2;
        prefixes.list = mem_realloc(prefixes.list, prefixes.capacity * sizeof *prefixes.list);
    }
    if (!prefixes.list)
        return; /* there were no names */
    size_t to = prefixes.count + added;
    for (size_t i = count; i > 0; i--) {
        while (from > 0 && compare(prefixes.list[from - 1].name, names[i - 1]) > 0)
            prefixes.list[--to] = prefixes.list[--from];
        if (from > 0 && compare(prefixes.list[from - 1].name, names[i - 1]) == 0)
            prefixes.list[--to] = prefixes.list[--from];
        else
            prefixes.list[--to] = (struct prefix){.name = copy_of(names[i - 1])};
        add_tracker(&prefixes.list[to], tracker);
    }
    prefixes.count += added;
    find_stems_locked();
}

void own_prefixes_add(struct own_prefixes *own, struct tracker *tracker, const struct bytes *names, size_t count)
{
    size_t before = own->count;
    struct bytes *new = mem_alloc((count + 1) * sizeof *new);
    own->names = mem_realloc(own->names, (own->count + count + 1) * sizeof *own->names);
    for (size_t i = 0; i < count; i++) {
        size_t at = lower_bound(own->names, before, names[i]);
        if (at < before && compare(own->names[at], names[i]) == 0)
            continue;
        own->names[own->count] = copy_of(names[i]);
        new[own->count - before] = own->names[own->count];
        own->count++;
    }
    count = own->count - before;
    qsort(new, count, sizeof *new, compare_names);
    pthread_mutex_lock(&prefixes.lock);
    list_add_locked(tracker, new, count);
    pthread_mutex_unlock(&prefixes.lock);
    qsort(own->names, own->count, sizeof *own->names, compare_names);
    mem_free(new);
}

static void remove_tracker(struct prefix *prefix, struct tracker *tracker)
{
    size_t at = 0;
    while (prefix->trackers[at] != tracker)
        at++;
    prefix->trackers[at] = prefix->trackers[--prefix->tracker_count];
    tracker_release(tracker);
}

/* Takes out the prefixes that nobody has any more. */
static void sweep_locked(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < prefixes.count; i++) {
        struct prefix *prefix = &prefixes.list[i];
        if (prefix->tracker_count > 0) {
            prefixes.list[kept++] = *prefix;
            continue;
        }
        mem_free((void *)prefix->name.data);
        mem_free(prefix->trackers);
        mem_free(prefix->changed);
        mem_free(prefix->actors);
    }
    prefixes.count = kept;
    if (kept == 0) {
        mem_free(prefixes.list);
        prefixes.list = NULL;
        prefixes.capacity = 0;
    }
    find_stems_locked();
}

void own_prefixes_drop(struct own_prefixes *own, struct tracker *tracker)
{
    if (own->count == 0)
        return;
    pthread_mutex_lock(&prefixes.lock);
    for (size_t i = 0; i < own->count; i++)
        remove_tracker(&prefixes.list[prefix_lower_bound(own->names[i])], tracker);
    sweep_locked();
    pthread_mutex_unlock(&prefixes.lock);
    for (size_t i = 0; i < own->count; i++)
        mem_free((void *)own->names[i].data);
    mem_free(own->names);
    *own = (struct own_prefixes){0};
}

size_t prefixes_count(void)
{
    return atomic_load_explicit(&total, memory_order_relaxed);
}

/* ---- gathering ---- */

struct change {
    struct bytes name; /* its data is NULL until all are gathered, as the text may move */
    size_t offset;     /* in the text */
    uint64_t actor;
};

/* A thread's own. */
struct gathered {
    struct change *changes;
    size_t count, capacity;
    struct text names;
    bool is_overfull; /* everything has changed */
};

static __thread struct gathered own_gathered;
__thread struct gathered *prefixes_gathered;

static void gather(struct gathered *gathered, struct bytes name, uint64_t actor)
{
    if (gathered->count == GATHERED_MAX || gathered->names.len + name.len > GATHERED_MAX_BYTES)
        gathered->is_overfull = true;
    if (gathered->is_overfull)
        return;
    if (gathered->count == gathered->capacity) {
        gathered->capacity = gathered->capacity ? gathered->capacity * 2 : 16;
        gathered->changes = mem_realloc(gathered->changes, gathered->capacity * sizeof *gathered->changes);
    }
    gathered->changes[gathered->count++] = (struct change){{NULL, name.len}, gathered->names.len, actor};
    text_add_bytes(&gathered->names, name.data, name.len);
}

void prefixes_gather(struct bytes name, uint64_t actor)
{
    prefixes_gathered = &own_gathered;
    gather(prefixes_gathered, name, actor);
    if (!worker_self())
        prefixes_tell(); /* nobody does it later */
}

/* ---- telling ---- */

static int compare_changes(const void *a, const void *b)
{
    const struct change *left = a, *right = b;
    int order = compare(left->name, right->name);
    return order != 0 ? order : left->offset < right->offset ? -1 : left->offset > right->offset;
}

/* In order, each name once, with its last change. An empty name has no offset of its own: that is one client's folly. */
static void settle_changes(struct gathered *gathered)
{
    size_t kept = 0;
    for (size_t i = 0; i < gathered->count; i++)
        gathered->changes[i].name.data = gathered->names.data + gathered->changes[i].offset;
    qsort(gathered->changes, gathered->count, sizeof *gathered->changes, compare_changes);
    for (size_t i = 0; i < gathered->count; i++) {
        if (kept > 0 && compare(gathered->changes[kept - 1].name, gathered->changes[i].name) == 0)
            kept--;
        gathered->changes[kept++] = gathered->changes[i];
    }
    gathered->count = kept;
}

static void add_changed(struct prefix *prefix, const struct change *change)
{
    if (prefix->changed_count == prefix->changed_capacity) {
        prefix->changed_capacity = prefix->changed_capacity ? prefix->changed_capacity * 2 : 4;
        prefix->changed = mem_realloc(prefix->changed, prefix->changed_capacity * sizeof *prefix->changed);
        prefix->actors = mem_realloc(prefix->actors, prefix->changed_capacity * sizeof *prefix->actors);
    }
    prefix->changed[prefix->changed_count] = change->name;
    prefix->actors[prefix->changed_count++] = change->actor;
}

/* Prefixes to be told, by index. */
struct touched {
    size_t *list;
    size_t count, capacity;
};

static void touch(struct touched *touched, size_t index)
{
    if (touched->count == touched->capacity) {
        touched->capacity = touched->capacity ? touched->capacity * 2 : 16;
        touched->list = mem_realloc(touched->list, touched->capacity * sizeof *touched->list);
    }
    touched->list[touched->count++] = index;
}

/* Notes the change with all prefixes of its name. */
static void assign_locked(const struct change *change, struct touched *touched)
{
    struct prefix *list = prefixes.list;
    size_t at = prefix_lower_bound(change->name);
    if (!list)
        return;
    if (!prefix_at(at, change->name))
        at = at > 0 ? at - 1 : NO_STEM;
    for (; at != NO_STEM; at = list[at].stem) {
        struct prefix *prefix = &list[at];
        if (!begins_with(change->name, prefix->name))
            continue;
        if (prefix->changed_count == 0)
            touch(touched, at);
        add_changed(prefix, change);
    }
}

/* The names without those that the client itself has changed; NULL: all are its own. */
static struct names_told *others_changes(const struct prefix *prefix, uint64_t own_id)
{
    size_t count = 0;
    struct bytes *names = mem_alloc(prefix->changed_count * sizeof *names);
    for (size_t i = 0; i < prefix->changed_count; i++)
        if (prefix->actors[i] != own_id)
            names[count++] = prefix->changed[i];
    struct names_told *told = count > 0 ? names_told_create(names, count) : NULL;
    mem_free(names);
    return told;
}

static bool has_changed_some(const struct prefix *prefix, uint64_t id)
{
    for (size_t i = 0; i < prefix->changed_count; i++)
        if (prefix->actors[i] == id)
            return true;
    return false;
}

static void tell_prefix_locked(struct prefix *prefix)
{
    struct names_told *all = names_told_create(prefix->changed, prefix->changed_count);
    for (size_t i = 0; i < prefix->tracker_count; i++) {
        struct tracker *tracker = prefix->trackers[i];
        if (!(tracker_mode(tracker) & TRACKER_NOLOOP) || !has_changed_some(prefix, tracker_id(tracker))) {
            tracker_tell(tracker, all);
            continue;
        }
        struct names_told *others = others_changes(prefix, tracker_id(tracker));
        if (!others)
            continue;
        tracker_tell(tracker, others);
        names_told_release(others);
    }
    names_told_release(all);
    prefix->changed_count = 0;
}

static void tell_everything_locked(void)
{
    for (size_t i = 0; i < prefixes.count; i++)
        for (size_t k = 0; k < prefixes.list[i].tracker_count; k++)
            tracker_tell(prefixes.list[i].trackers[k], NULL);
}

static int compare_indexes(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return left < right ? -1 : left > right;
}

static void tell_changes_locked(const struct gathered *gathered)
{
    struct touched touched = {0};
    for (size_t i = 0; i < gathered->count; i++)
        assign_locked(&gathered->changes[i], &touched);
    if (touched.count > 1)
        qsort(touched.list, touched.count, sizeof *touched.list, compare_indexes);
    for (size_t i = 0; i < touched.count; i++)
        tell_prefix_locked(&prefixes.list[touched.list[i]]);
    mem_free(touched.list);
}

void prefixes_tell(void)
{
    struct gathered *gathered = prefixes_gathered;
    prefixes_gathered = NULL;
    if (!gathered->is_overfull)
        settle_changes(gathered);
    pthread_mutex_lock(&prefixes.lock);
    if (gathered->is_overfull)
        tell_everything_locked();
    else
        tell_changes_locked(gathered);
    pthread_mutex_unlock(&prefixes.lock);
    mem_free(gathered->changes);
    text_deinit(&gathered->names);
    *gathered = (struct gathered){.names = TEXT_EMPTY};
}
