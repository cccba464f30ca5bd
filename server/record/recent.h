/*
 * The most recent of something: a list of entries, newest first, that is cut at its old end. The slow log and the ACL
 * log are such lists.
 *
 * An entry is made by its module and begins with struct recent_entry; the list owns it from recent_add() on and frees
 * it with what RECENT_INIT was given. All functions may be called by any thread: the list has a lock, under which
 * nothing else is taken. Entries are made before it is taken and freed after it has been let go, so that workers hold
 * it for a few instructions only.
 */
#ifndef KVS_RECORD_RECENT_H
#define KVS_RECORD_RECENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct recent_entry {
    struct recent_entry *newer, *older;
    int64_t id;
};

struct recent {
    pthread_mutex_t lock; /* guards the rest */
    struct recent_entry *newest, *oldest;
    int64_t count;
    int64_t next_id;
    void (*destroy)(struct recent_entry *entry); /* constant */
};

#define RECENT_INIT(destroy)                                                                                           \
    {                                                                                                                  \
        PTHREAD_MUTEX_INITIALIZER, NULL, NULL, 0, 0, (destroy)                                                         \
    }

/*
 * Whether fresh only repeats known, which then has taken over of it what is new. Under the lock; asked of the
 * RECENT_NEIGHBOURS newest entries.
 */
typedef bool recent_merge(struct recent_entry *known, struct recent_entry *fresh);
#define RECENT_NEIGHBOURS 10

/*
 * Adds an entry and numbers it, or, where merge (NULL: never) finds one that it repeats, makes that one the newest and
 * frees the entry. Cuts the list to max.
 */
void recent_add(struct recent *recent, struct recent_entry *entry, recent_merge *merge, int64_t max);

/* Cuts the list to the max newest; numbers go on. Returns how many there are. */
int64_t recent_cut(struct recent *recent, int64_t max);

/* Calls visit for the max newest entries, from the newest on, under the lock. Returns how many there were. */
typedef void recent_visit(void *context, const struct recent_entry *entry);
int64_t recent_each(struct recent *recent, int64_t max, recent_visit *visit, void *context);

#endif
