/*
 * Lists: collections of single elements that stay where they are put.
 *
 * OBJECT ENCODING tells Redis 7.2's names: "listpack" up to what list-max-listpack-size allows for one of its pieces,
 * then "quicklist", and "listpack" again when it has shrunk to half of that. Which of both it is stands in the entry.
 */
#ifndef KVS_TYPES_LIST_H
#define KVS_TYPES_LIST_H

#include "store/key_event.h"
#include "types/collection.h"

extern const struct value_type list_type;
extern const struct collection_kind list_kind;

enum side { SIDE_LEFT, SIDE_RIGHT };

/* Where a new element at that side is to be put. */
void list_place_beyond(const struct collection *list, enum side side, struct collection_place *place_out);

/* The element at that side of a list that has one, if it is to be removed. */
void list_place_at(struct collection *list, enum side side, struct collection_place *place_out);

/*
 * Moves the element at one side of source, which has one, to a side of target; both may be the same. Afterwards the
 * entries of both may be others. 0 or -ENOMEM; then neither has changed.
 */
int list_move(struct collection *source, enum side from, struct collection *target, enum side to);

/*
 * After a change: decides anew what the list is called. directive is list-max-listpack-size: a number of elements,
 * or from -1 to -5 bytes, 4 KiB to 64 KiB.
 */
void list_settle(struct collection *list, int directive);

#endif
