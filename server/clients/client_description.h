/*
 * Clients in words: the line that CLIENT LIST, CLIENT INFO and the log show for each.
 *
 * A client's description can be taken down first and put into words later, when the client may have gone; so describing
 * all clients stops the world only while they are taken down.
 */
#ifndef KVS_CLIENTS_CLIENT_DESCRIPTION_H
#define KVS_CLIENTS_CLIENT_DESCRIPTION_H

#include "clients/clients.h"
#include "net/peer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct client;
struct command;
struct origin;
struct text;
struct user;

struct client_buffers {
    size_t query, query_free, arguments; /* bytes */
    size_t reply_size, reply_used;       /* bytes of the first chunk of output */
    size_t more_chunks;
};

struct client_description {
    uint64_t id;
    int fd, db;
    int64_t created_ms, last_active_ms, now_ms; /* monotonic */
    uint8_t resp;
    unsigned channels, patterns, shard_channels; /* that it is subscribed to */
    int64_t redirect;                            /* of its tracking; -1: none */
    struct client_buffers buffers;
    size_t output_memory, memory; /* bytes */
    int queued;                   /* requests of its transaction; -1: it is in none */
    size_t transaction_memory;    /* bytes */
    size_t watches;
    char flags[CLIENT_FLAGS_MAX];
    const char *events;
    const struct command *command;
    struct peer peer;
    struct origin *origin; /* counted */
    struct user *user;     /* counted; NULL: none */
    char *names;           /* a copy; see client_names.h */
};

/*
 * By the client's worker or while the world is stopped. running is the call that asks for the description: its
 * arguments count as the input of its own client. It is NULL outside of calls. now_ms is monotonic. The description is
 * to be freed with client_description_release().
 */
void client_description_take(struct client_description *description, const struct client *client,
                             const struct call *running, int64_t now_ms);

/* Adds the line, without its end. Names are cut to CLIENT_BRIEF_NAME bytes and three dots if brief. Inside the gate. */
#define CLIENT_BRIEF_NAME 128
void client_description_write(const struct client_description *description, bool brief, struct text *text);

void client_description_release(struct client_description *description);

/* Takes a description, writes it and releases it. */
void client_describe(struct text *text, const struct client *client, const struct call *running, int64_t now_ms);

/* The same in brief: for the log and for records, which hold as little as what the client calls itself permits. */
void client_describe_briefly(struct text *text, const struct client *client, const struct call *running,
                             int64_t now_ms);

#endif
