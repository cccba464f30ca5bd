/*
 * The options of XADD and XTRIM: how the stream is trimmed, and of XADD what comes before the ID, and the ID.
 */
#ifndef KVS_HANDLERS_STREAM_OPTIONS_H
#define KVS_HANDLERS_STREAM_OPTIONS_H

#include "command/call.h"
#include "types/stream.h"

struct stream_options {
    bool trims;
    bool has_references;
    struct stream_trim trim;
    int threshold; /* the argument with what is trimmed to */

    /* XADD */
    bool makes_none; /* NOMKSTREAM */
    bool has_id;     /* otherwise it is made of the time */
    bool any_seq;    /* of the ID only the milliseconds are given */
    struct stream_id id;
    int producer;     /* the argument with the producer's name; 0: none is given */
    bool has_message; /* IDMP: the message's name is behind it; otherwise the message is what its fields are */
    int id_at;        /* the argument with the ID, behind which the fields are */
};

/* Reads them from argument 2 on. False, with the error, if they are wrong. */
bool stream_options_read(struct call *call, bool adds, struct stream_options *options);

#endif
