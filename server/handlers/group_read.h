/*
 * Reading a stream with a group: new entries go to one consumer, old ones are claimed from others, and a consumer sees
 * again what is pending with it.
 *
 * Each function answers with an array of entries. Where there is no memory for more, it is fewer, since what was
 * written is pending.
 */
#ifndef KVS_HANDLERS_GROUP_READ_H
#define KVS_HANDLERS_GROUP_READ_H

#include "handlers/group_change.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READ_CLAIMS_NOT INT64_C(-1)

struct group_read {
    int64_t count;    /* entries at most; 0: all */
    int64_t claim_ms; /* what has been pending for so long is claimed first; or READ_CLAIMS_NOT */
    bool no_ack;      /* new ones are not pending afterwards */
};

/* Whether there is something for a consumer that reads what is new: entries, or some to claim. */
bool group_read_has_new(const struct group_change *change, const struct group_read *read);

/*
 * Wall time in milliseconds at which the next pending entry may be claimed; INT64_MAX if none ever, so far as is known
 * now.
 */
int64_t group_read_next_claim_ms(const struct group_change *change, const struct group_read *read);

/* Returns how many entries there are; -1: none, and there was no memory. */
int64_t group_read_new(struct group_change *change, struct stream_consumer *consumer, const struct group_read *read);

/* What is pending with the consumer, behind that ID. */
void group_read_history(struct group_change *change, struct stream_consumer *consumer, struct stream_id after,
                        const struct group_read *read);

#endif
