/*
 * HRANDFIELD, SRANDMEMBER and ZRANDMEMBER: key [count [WITHVALUES]], members of a collection by chance.
 *
 * A positive count asks for so many different members (types/sample.h), or all if there are fewer; a negative one for
 * so many, which may repeat. Nothing is allocated by the client's number. What answers very often is done in turns
 * (clients/turn.h): the collection may change between them, and each member is one of the moment when it was picked.
 */
#ifndef KVS_HANDLERS_MEMBER_SAMPLE_H
#define KVS_HANDLERS_MEMBER_SAMPLE_H

#include "command/call.h"
#include "types/collection.h"

struct member_sample {
    const struct collection_kind *kind;
    const char *with; /* the option for answer_beside; NULL: there is none */
    void (*answer_member)(struct reply *reply, const char *record);
    void (*answer_beside)(struct reply *reply, const char *record); /* what belongs to the member */
};

/* Runs such a command, whose row has CMD_TURNS; the sample is borrowed for ever. */
void member_sample(struct call *call, const struct member_sample *sample);

#endif
