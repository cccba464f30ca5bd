/*
 * What the commands of lists share: the end of a change, its events, and answering with elements.
 */
#ifndef KVS_HANDLERS_LIST_CHANGE_H
#define KVS_HANDLERS_LIST_CHANGE_H

#include "handlers/change.h"
#include "types/list.h"

#include <stdbool.h>
#include <stdint.h>

/* By enum side. */
extern const struct key_event event_list_push[2], event_list_pop[2];

/* change_end() for a list. */
void list_end(struct change *change, const struct key_event *event, uint64_t changes);

/* Answers with count elements from the one at index on, there being so many, in that direction. */
void list_reply(struct call *call, const struct collection *list, uint64_t index, uint64_t count, bool back);

#endif
