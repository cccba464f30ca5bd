#include "record/recent.h"

#include <stddef.h>

/* ---- the lock is held ---- */

static void push(struct recent *recent, struct recent_entry *entry)
{
    entry->newer = NULL;
    entry->older = recent->newest;
    if (recent->newest)
        recent->newest->newer = entry;
    else
        recent->oldest = entry;
    recent->newest = entry;
    recent->count++;
    entry->bytes = recent->measure(entry);
    recent->bytes += entry->bytes;
}

static void take_out(struct recent *recent, struct recent_entry *entry)
{
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        recent->newest = entry->older;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        recent->oldest = entry->newer;
    recent->count--;
    recent->bytes -= entry->bytes;
}

/* Takes the oldest entries beyond max out of the list; returns them linked by older. */
static struct recent_entry *cut_off(struct recent *recent, int64_t max)
{
    struct recent_entry *cut = NULL;
    while (recent->count > 0 && recent->count > max) {
        struct recent_entry *oldest = recent->oldest;
        take_out(recent, oldest);
        oldest->older = cut;
        cut = oldest;
    }
    return cut;
}

/* Whether the entry was merged into one of the newest entries, which is then made the newest. */
static bool merge_into_list(struct recent *recent, struct recent_entry *entry, recent_merge *merge)
{
    struct recent_entry *known = recent->newest;
    for (int i = 0; known && i < RECENT_NEIGHBOURS; i++, known = known->older) {
        if (merge(known, entry)) {
            take_out(recent, known);
            push(recent, known);
            return true;
        }
    }
    return false;
}

/* ---- from outside ---- */

static void destroy_all(const struct recent *recent, struct recent_entry *entry)
{
    while (entry) {
        struct recent_entry *older = entry->older;
        recent->destroy(entry);
        entry = older;
    }
}

void recent_add(struct recent *recent, struct recent_entry *entry, recent_merge *merge, int64_t max)
{
    pthread_mutex_lock(&recent->lock);
    bool merged = merge && merge_into_list(recent, entry, merge);
    if (!merged) {
        entry->id = recent->next_id++;
        push(recent, entry);
    }
    struct recent_entry *cut = cut_off(recent, max);
    pthread_mutex_unlock(&recent->lock);
    if (merged)
        recent->destroy(entry);
    destroy_all(recent, cut);
}

int64_t recent_cut(struct recent *recent, int64_t max)
{
    pthread_mutex_lock(&recent->lock);
    struct recent_entry *cut = cut_off(recent, max);
    int64_t count = recent->count;
    pthread_mutex_unlock(&recent->lock);
    destroy_all(recent, cut);
    return count;
}

size_t recent_bytes(struct recent *recent)
{
    pthread_mutex_lock(&recent->lock);
    size_t bytes = recent->bytes;
    pthread_mutex_unlock(&recent->lock);
    return bytes;
}

int64_t recent_each(struct recent *recent, int64_t max, recent_visit *visit, void *context)
{
    int64_t visited = 0;
    pthread_mutex_lock(&recent->lock);
    for (const struct recent_entry *entry = recent->newest; entry && visited < max; entry = entry->older, visited++)
        visit(context, entry);
    pthread_mutex_unlock(&recent->lock);
    return visited;
}
