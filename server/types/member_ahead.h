/*
 * Looking ahead for members: which tree of an entry a search for a member begins with. See shape/tree_ahead.h.
 */
#ifndef KVS_TYPES_MEMBER_AHEAD_H
#define KVS_TYPES_MEMBER_AHEAD_H

#include "base/bytes.h"
#include "shape/tree_ahead.h"
#include "store/entry.h"

#include <stdbool.h>

/* False: the entry is nothing that a look ahead pays for. Under the lock of the entry's shard. */
bool member_ahead_begin(struct tree_ahead *ahead, const struct entry *entry, const struct arg *member);

#endif
