/*
 * Lists of recent entries, newest first, cut at their old end. The slow log and the ACL log are such lists.
 *
 * A module makes its entries, which begin with struct recent_entry; the list owns an entry from recent_add() on,
 * measures it and frees it with the functions given to RECENT_INIT. Any thread may call: the list has a lock, under
 * which no other is taken. Entries are made before it is locked and freed after it is unlocked, so workers hold it for
 * a few instructions only.
 */
#ifndef KVS_RECORD_RECENT_H
#define KVS_RECORD_RECENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recent_entry {
    struct recent_entry *newer, *older;
    int64_t id;
    size_t bytes; /* counted for it while it is in the list */
};

struct recent {
    pthread_mutex_t lock; /* guards the rest */
    struct recent_entry *newest, *oldest;
    int64_t count;
    int64_t next_id;
    size_t bytes; /* of all entries */
    /* constant */
    void (*destroy)(struct recent_entry *entry);
    size_t (*measure)(const struct recent_entry *entry); /* the bytes that it occupies */
};

#define RECENT_INIT(destroy, measure)                                                                                  \
    {                                                                                                                  \
        PTHREAD_MUTEX_INITIALIZER, NULL, NULL, 0, 0, 0, (destroy), (measure)                                           \
    }

/*
 * Whether fresh only repeats known; known then has taken over what is new in it. Called under the lock for the
 * RECENT_NEIGHBOURS newest entries.
 */
typedef bool recent_merge(struct recent_entry *known, struct recent_entry *fresh);
#define RECENT_NEIGHBOURS 10

/*
 * Adds an entry and numbers it; or, if merge (NULL: never) finds one that it repeats, makes that one the newest and
 * frees the new one. Takes entry. Cuts the list to max.
 */
void recent_add(struct recent *recent, struct recent_entry *entry, recent_merge *merge, int64_t max);

/* Cuts the list to the max newest entries; ids continue. Returns how many are left. */
int64_t recent_cut(struct recent *recent, int64_t max);

/* The bytes that all entries occupy. */
size_t recent_bytes(struct recent *recent);

/* Calls visit for the max newest entries, from the newest on, under the lock. Returns how many there were. */
typedef void recent_visit(void *context, const struct recent_entry *entry);
int64_t recent_each(struct recent *recent, int64_t max, recent_visit *visit, void *context);

#endif
