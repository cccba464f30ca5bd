/*
 * Clients in words.
 *
 * Redis's fields describe buffers that every client has to itself. Here a client between requests has none: it reads
 * into its worker's buffer and gives its output chunks back when they are sent. So qbuf is the part of an unfinished
 * request that has arrived (or the request being run), and qbuf-free is the room to read into: the worker's buffer,
 * counted for a client only as long after its last request as Redis would keep a silent client's own buffer. obl, which
 * in Redis is about a fixed buffer, is what the first chunk of output holds; oll counts the chunks behind it, and omem
 * is what counts against the output limits. tot-mem is the memory that is really held. Fields that Redis doesn't have
 * stand at the end: who the kernel says is at the other end, and the socket file with its ceiling.
 */
#include "clients/client_description.h"

#include "acl/user.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "clients/client_names.h"
#include "clients/clients.h"
#include "clients/subscriptions.h"
#include "clients/transaction.h"
#include "clients/watch.h"
#include "command/call.h"
#include "command/command_table.h"
#include "net/origin.h"
#include "resp/parser.h"

#include <string.h>

#define ROOM_KEPT_MS 2000
#define WORKER_ROOM ((size_t)16 << 10)

/* Bytes that the request being run took on the wire if it was sent as an array of bulk strings. */
static size_t wire_size(const struct call *call)
{
    size_t size = 1 + number_digits_u64((uint64_t)call->argc) + 2;
    for (int i = 0; i < call->argc; i++)
        size += 1 + number_digits_u64(call->argv[i].len) + 2 + call->argv[i].len + 2;
    return size;
}

static size_t arguments_size(const struct call *call)
{
    size_t size = 0;
    for (int i = 0; i < call->argc; i++)
        size += call->argv[i].len;
    return size;
}

static struct client_buffers client_buffers(const struct client *client, const struct call *running, int64_t now_ms)
{
    struct client_buffers buffers = {0};
    const struct parser *parser = client->parser;
    if (running) {
        buffers.query = wire_size(running);
        buffers.arguments = arguments_size(running);
    } else if (parser) {
        buffers.query = parser_pending(parser);
        buffers.arguments = parser_argument_memory(parser);
    }
    if (now_ms - client->conn.last_active_ms < ROOM_KEPT_MS)
        buffers.query_free = parser ? parser_free_space(parser) : WORKER_ROOM;
    const struct output_chunk *chunk = client->conn.output.head;
    if (!chunk || running)
        return buffers; /* the reply being written is this line's own */
    if (!chunk->blob) {
        buffers.reply_size = sizeof *chunk + chunk->capacity;
        buffers.reply_used = chunk->len;
        chunk = chunk->next;
    }
    for (; chunk; chunk = chunk->next)
        buffers.more_chunks++;
    return buffers;
}

static const char *client_events(const struct client *client, bool is_running)
{
    const struct conn *conn = &client->conn;
    bool reads = conn->state == CONN_OPEN && conn->reading && !conn->peer_done;
    bool writes = conn->output.bytes > 0 && !is_running;
    return reads ? (writes ? "rw" : "r") : writes ? "w" : "";
}

void client_description_take(struct client_description *description, const struct client *client,
                             const struct call *running, int64_t now_ms)
{
    const struct conn *conn = &client->conn;
    if (running && running->client != client)
        running = NULL;
    *description = (struct client_description){
        .id = conn->id,
        .fd = conn->fd,
        .db = client->db,
        .created_ms = conn->created_ms,
        .last_active_ms = conn->last_active_ms,
        .now_ms = now_ms,
        .resp = client->resp,
        .channels = client_subscriptions(client, CHANNEL_PLAIN),
        .patterns = client_subscriptions(client, CHANNEL_PATTERN),
        .shard_channels = client_subscriptions(client, CHANNEL_SHARD),
        .redirect = client_redirect(client),
        .buffers = client_buffers(client, running, now_ms),
        .output_memory = running ? 0 : client_output_memory(client),
        .memory = client_memory(client),
        .queued = transaction_length(client),
        .watches = watches_count(client),
        .transaction_memory = transaction_memory(client),
        .events = client_events(client, running != NULL),
        .command = running && !running->inside ? running->command : client->last_command,
        .peer = conn->peer,
        .origin = origin_retain(conn->origin),
        .user = client->user ? user_retain(client->user) : NULL,
        .names = client_names_copy(client),
    };
    client_flags(client, description->flags);
}

static void add_name(struct text *text, const char *field, struct bytes name, bool brief)
{
    bool cut = brief && name.len > CLIENT_BRIEF_NAME;
    text_add(text, field);
    text_add_bytes(text, name.data, cut ? CLIENT_BRIEF_NAME : name.len);
    if (cut)
        text_add(text, "...");
}

static struct bytes own_name(const struct client_description *description, enum client_name which)
{
    const char *name = client_names_read(description->names, which);
    return (struct bytes){name, strlen(name)};
}

void client_description_write(const struct client_description *description, bool brief, struct text *text)
{
    const struct client_description *d = description;
    const struct client_buffers *buffers = &d->buffers;
    const char *path = origin_path(d->origin);
    text_addf(text, "id=%llu addr=%s:0 laddr=%s:0 fd=%d", (unsigned long long)d->id, path, path, d->fd);
    add_name(text, " name=", own_name(d, CLIENT_NAME), brief);
    text_addf(text, " age=%lld idle=%lld flags=%s db=%d", (long long)(d->now_ms / 1000 - d->created_ms / 1000),
              (long long)(d->now_ms / 1000 - d->last_active_ms / 1000), d->flags, d->db);
    text_addf(text, " sub=%u psub=%u ssub=%u", d->channels, d->patterns, d->shard_channels);
    text_addf(text, " multi=%d watch=%zu", d->queued, d->watches);
    text_addf(text, " qbuf=%zu qbuf-free=%zu argv-mem=%zu multi-mem=%zu", buffers->query, buffers->query_free,
              buffers->arguments, d->transaction_memory);
    text_addf(text, " rbs=%zu rbp=%zu obl=%zu oll=%zu omem=%zu tot-mem=%zu events=%s", buffers->reply_size,
              buffers->reply_used, buffers->reply_used, buffers->more_chunks, d->output_memory, d->memory, d->events);
    text_addf(text, " cmd=%s", d->command ? command_full_name(d->command) : "NULL");
    add_name(text, " user=", client_name_of_user(d->user), brief);
    text_addf(text, " redir=%lld resp=%d", (long long)d->redirect, d->resp);
    add_name(text, " lib-name=", own_name(d, CLIENT_LIBRARY), brief);
    add_name(text, " lib-ver=", own_name(d, CLIENT_LIBRARY_VERSION), brief);
    text_addf(text, " pid=%d uid=%u gid=%u access=%s socket=%s", (int)d->peer.pid, (unsigned)d->peer.uid,
              (unsigned)d->peer.gid, access_level_name(origin_access(d->origin)), path);
}

void client_description_release(struct client_description *description)
{
    origin_release(description->origin);
    if (description->user)
        user_release(description->user);
    mem_free(description->names);
}

static void describe(struct text *text, const struct client *client, const struct call *running, int64_t now_ms,
                     bool brief)
{
    struct client_description description;
    client_description_take(&description, client, running, now_ms);
    client_description_write(&description, brief, text);
    client_description_release(&description);
}

void client_describe(struct text *text, const struct client *client, const struct call *running, int64_t now_ms)
{
    describe(text, client, running, now_ms, false);
}

void client_describe_briefly(struct text *text, const struct client *client, const struct call *running, int64_t now_ms)
{
    describe(text, client, running, now_ms, true);
}
