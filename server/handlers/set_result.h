/*
 * A set that a command makes, in an entry of its own.
 *
 * What it is called follows from how it has grown, so its first members are added one by one. Once it is a large
 * hashtable it stays one: if its members come from a walk through another large set, which is in the order of hashes,
 * it is built (types/set_build.h).
 *
 *     set_result_begin()
 *     set_result_follow()       if there is such a walk, before it
 *     set_result_add()          members, which may be there already if nothing is followed
 *     set_result_finish()       then .set is whole
 *
 * Sets that are walked must not change before it is finished.
 */
#ifndef KVS_HANDLERS_SET_RESULT_H
#define KVS_HANDLERS_SET_RESULT_H

#include "types/set.h"
#include "types/set_build.h"

struct set_result {
    struct collection set; /* its entry is the caller's in the end */
    /* private */
    struct set_limits limits;
    const struct collection *walked; /* NULL: none */
    const struct collection_place *place;
    struct set_builder *builder; /* NULL: not yet */
};

/* 0 or -ENOMEM, like those below; then the result is to be dropped, but for the first. */
int set_result_begin(struct set_result *result, struct bytes key, int64_t expire_ms, const struct set_limits *limits);

/* All members to come are those at this place of a set, while it goes from the beginning to the end. */
void set_result_follow(struct set_result *result, const struct collection *walked,
                       const struct collection_place *place);

int set_result_add(struct set_result *result, const char *stored);

/* Adds all members of the sets; entry NULL is none. The result has none so far. */
int set_result_unite(struct set_result *result, const struct collection *sets, unsigned count);

int set_result_finish(struct set_result *result);

void set_result_drop(struct set_result *result);

#endif
