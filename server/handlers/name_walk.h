/*
 * Walks that gather names of keys, for KEYS and SCAN: with a pattern and a type, in turns (clients/turn.h).
 *
 * A walk holds one shard's lock at a time, for some hundred names, which it copies out. Under the lock a pattern gets a
 * few comparisons for each name; what they don't decide is matched afterwards, with no lock held, and looked up again.
 * Once its turn is over, or where somebody holds a shard for long, what has been found becomes a part of the reply, and
 * the walk gives way.
 *
 * It shows no single moment: a key that is renamed meanwhile may be seen under both names or under neither; if the
 * database is flushed or swapped, the walk goes on with what is there afterwards. Keys that stay are seen.
 *
 * On the client's worker, with no lock held. Memory can fail, since clients choose how much a walk takes.
 */
#ifndef KVS_HANDLERS_NAME_WALK_H
#define KVS_HANDLERS_NAME_WALK_H

#include "base/glob.h"
#include "base/output.h"
#include "clients/turn.h"
#include "handlers/hash_set.h"
#include "handlers/name_list.h"
#include "resp/reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arg;
struct call;

enum { WALK_NO_TYPE = -1, WALK_ANY_TYPE = -2 };

struct name_walk {
    struct turn_work work; /* first */
    uint64_t cursor;       /* where it goes on; 0 at the end */
    size_t left;           /* keys that it is still to visit, about */
    bool unique;           /* each name once: a key may be visited twice when its table grows or shrinks in between */
    bool deletes; /* keys that it meets and whose time has come: SCAN deletes them, KEYS leaves them, as in Redis */
    int type;     /* number of a value type, or one of the above: the name of no type, and any */
    /* private */
    const struct arg *pattern; /* of the running call; NULL: any */
    int64_t now_ms;            /* of the running call */
    struct name_list found;    /* to be answered with, and not yet in body */
    struct name_list doubtful; /* of which more comparisons are needed */
    struct name_list expired;  /* keys whose time had come */
    struct hash_set seen;      /* found in the shard where the walk is, if it takes more than one piece */
    size_t doubtful_at;        /* offset of the name behind the one that is matched now */
    bool has_begun;            /* so a cursor of 0 is the end */
    bool is_matching;
    struct glob glob;
    struct output output; /* what has been written of the reply */
    struct reply body;    /* writes it */
    size_t written;       /* names in it */
};

/* The walk that this call has begun in an earlier turn, or NULL. */
struct name_walk *name_walk_of(const struct call *call);

/* Begins a walk in the caller's memory: the public fields are set, the rest is zero. */
void name_walk_begin(struct name_walk *walk);

/*
 * Goes on for a turn with the pattern of this call (NULL: any). True when the walk is over: the caller answers. False:
 * the call has given way, and the walk is no longer the caller's; it begins anew with name_walk_of().
 */
bool name_walk_go_on(struct name_walk *walk, struct call *call, const struct arg *pattern);

/* Whether it is incomplete for want of memory. */
bool name_walk_failed(const struct name_walk *walk);

/* Answers with the array of the names. */
void name_walk_reply(struct name_walk *walk, struct call *call);

/* Frees the memory of a walk that is over, unless it is the call's work, which the executor drops. */
void name_walk_end(struct name_walk *walk, const struct call *call);

#endif
