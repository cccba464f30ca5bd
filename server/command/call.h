/*
 * Calls: one execution of a command.
 *
 * A handler runs on the worker of its client, holds the locks of its keys' shards (or, with CMD_EXCLUSIVE, has
 * stopped the world), and replies through call->reply. It never blocks and does no I/O.
 */
#ifndef KVS_COMMAND_CALL_H
#define KVS_COMMAND_CALL_H

#include "base/bytes.h"
#include "command/command.h"
#include "resp/reply.h"
#include "store/keyspace.h"

struct client;
struct server;

/* How a handler leaves its call. */
enum call_outcome {
    CALL_DONE,         /* it has replied */
    CALL_NEEDS_TURN,   /* it has done a part of its work; it is called again: see clients/turn.h */
    CALL_BEGINS_AGAIN, /* it has done nothing, and the world was stopped: it is asked anew whether the call may run */
    CALL_WAITS,        /* it has replied nothing, and its client waits for an answer: see clients/waiting.h */
    CALL_NEEDS_ROOM,   /* it has done nothing; it is called again when there is room for call->room bytes: room.h */
};

/* Lives on the executor's stack. */
struct call {
    struct server *server;
    struct client *client;
    const struct command *command; /* the subcommand, where there is one */
    int argc;
    struct arg *argv; /* argv[0] is the command's name; borrowed until the handler returns */
    int key_count;
    const struct key *keys; /* in the order of the key specifications, hashed */
    struct view view;       /* the client's database at the command's time (view.now_ms) */
    struct reply *reply;
    uint64_t member_hash; /* element_hash() of argument command->member, or 0 if it isn't known; set if there is one */
    size_t room;          /* bytes for which room was made, beyond what the request announced */
    bool inside;          /* it runs inside another call, and can't have another turn */
    uint8_t outcome;      /* call_outcome; CALL_DONE unless the handler says otherwise */
    bool effect_said;     /* the handler has said what it did: engine/effect.h */
};

#endif
