/*
 * Connections are counted by uid in a short sorted array, which holds only uids that are connected. Connections
 * beyond their uid's limit are not marked: their number follows from the counts, so changing the limit needs no
 * recount.
 */
#include "listen/admission.h"

#include "base/memory.h"
#include "config/config.h"
#include "listen/sockets.h"
#include "net/origin.h"
#include "net/peer.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define RESERVE_MAX 4

struct holder {
    uid_t uid;
    unsigned count; /* at least 1 */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* guarded by lock */
static struct holder *holders; /* by uid */
static size_t holder_count, holder_capacity;

/* The index where the uid is or would be inserted. */
static size_t holder_place(uid_t uid)
{
    size_t low = 0, high = holder_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (holders[middle].uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static unsigned holder_connections(uid_t uid)
{
    size_t place = holder_place(uid);
    return place < holder_count && holders[place].uid == uid ? holders[place].count : 0;
}

static void holder_add(uid_t uid)
{
    size_t place = holder_place(uid);
    if (place < holder_count && holders[place].uid == uid) {
        holders[place].count++;
        return;
    }
    if (holder_count == holder_capacity) {
        holder_capacity = holder_capacity ? 2 * holder_capacity : 4;
        holders = mem_realloc(holders, holder_capacity * sizeof *holders);
    }
    memmove(&holders[place + 1], &holders[place], (holder_count - place) * sizeof *holders);
    holders[place] = (struct holder){uid, 1};
    holder_count++;
}

static void holder_take(uid_t uid)
{
    size_t place = holder_place(uid);
    if (place == holder_count || holders[place].uid != uid || --holders[place].count > 0)
        return;
    holder_count--;
    memmove(&holders[place], &holders[place + 1], (holder_count - place) * sizeof *holders);
    if (holder_count > 0)
        return;
    mem_free(holders);
    holders = NULL;
    holder_capacity = 0;
}

/* Connections beyond the limits of their uids, all together. */
static unsigned holders_beyond(unsigned limit)
{
    unsigned beyond = 0;
    for (size_t i = 0; i < holder_count; i++)
        beyond += holders[i].count > limit ? holders[i].count - limit : 0;
    return beyond;
}

enum admission admission_ask(const struct config *config, const struct origin *origin, const struct peer *peer,
                             unsigned open_now)
{
    unsigned limit = (unsigned)config->maxclients, uid_limit = (unsigned)config->maxclients_per_uid;
    unsigned reserve = limit / 4 < RESERVE_MAX ? limit / 4 : RESERVE_MAX;
    bool admin = origin_access(origin) == ACCESS_ADMIN;
    if (open_now >= limit || (!admin && open_now >= limit - reserve && sockets_have_admin()))
        return ADMISSION_FULL;
    pthread_mutex_lock(&lock);
    bool full =
        uid_limit > 0 && holder_connections(peer->uid) >= uid_limit && !(admin && holders_beyond(uid_limit) < reserve);
    if (!full)
        holder_add(peer->uid);
    pthread_mutex_unlock(&lock);
    return full ? ADMISSION_UID_FULL : ADMISSION_GRANTED;
}

void admission_release(const struct peer *peer)
{
    pthread_mutex_lock(&lock);
    holder_take(peer->uid);
    pthread_mutex_unlock(&lock);
}
