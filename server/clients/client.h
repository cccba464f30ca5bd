/*
 * A client: one connection with what the protocol remembers of it.
 *
 * Owned by its worker: only that worker touches it, or the thread that has stopped the world (base/gate.h).
 */
#ifndef KVS_CLIENTS_CLIENT_H
#define KVS_CLIENTS_CLIENT_H

#include "net/conn.h"
#include "resp/reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_extra;
struct command;
struct parser;
struct server;
struct user;

enum client_flag {
    CLIENT_MONITOR = 1 << 0,
    CLIENT_REPLY_OFF = 1 << 1,
    CLIENT_REPLY_SKIP = 1 << 2,      /* this command's reply is dropped */
    CLIENT_REPLY_SKIP_NEXT = 1 << 3, /* set by CLIENT REPLY SKIP: the next command's reply is dropped */
    CLIENT_NO_EVICT = 1 << 4,
    CLIENT_NO_TOUCH = 1 << 5,
    CLIENT_HELD = 1 << 6,          /* what it has asked waits: see held.h */
    CLIENT_GUARDED = 1 << 7,       /* there is something it may not do: see guard.h */
    CLIENT_AUTHENTICATED = 1 << 8, /* has shown who it is, or need not */
    CLIENT_MULTI = 1 << 9,         /* in a transaction: see transaction.h */
    CLIENT_GIVEN_USER = 1 << 10,   /* its user is the one of its account or socket file */
    CLIENT_SUBSCRIBED = 1 << 11,   /* to any channel: see subscriptions.h */
    CLIENT_LISTENING = 1 << 12,    /* the same, in RESP2 */
    CLIENT_TRACKER = 1 << 13,      /* others tell it of keys that have changed: see tracker.h */
    CLIENT_IN_SCRIPT = 1 << 14,    /* its script runs, and what it does now is what the script calls */
};

struct client {
    struct conn conn; /* first: net/ knows only this part */
    struct server *server;
    uint32_t flags; /* client_flag */
    int db;
    struct user *user; /* counted; see guard.h */
    const struct command *last_command;
    struct parser *parser;      /* input of an unfinished request, or what is held; NULL when there is none */
    struct client_extra *extra; /* what few clients have; NULL when it has none of that */
    char *names;                /* client_names.h; NULL: none */
    uint32_t counted_units;     /* client_limits.c: with how much memory it was counted last */
    uint8_t resp;               /* 2 or 3 */
};

/* A size class of the allocator: with one word more, each idle connection would cost 32 bytes more. */
_Static_assert(sizeof(struct client) <= 224, "a client fits 224 bytes");

static inline struct client *client_of(struct conn *conn)
{
    return (struct client *)conn;
}

#endif
