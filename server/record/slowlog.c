/*
 * The slow log: a list from the newest to the oldest entry under one mutex.
 *
 * An entry is made before the lock is taken and freed after it has been let go, so that workers hold it for
 * a few instructions only. An entry is one piece of text, which holds all arguments, the peer's address and
 * its name behind each other; ends[] says where each part ends.
 */
#include "record/slowlog.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "command/call.h"
#include "command/handlers.h"
#include "engine/client.h"
#include "engine/clients.h"
#include "record/redact.h"
#include "server.h"

#include <pthread.h>

#define SLOWLOG_MAX_ARGS 32   /* parts kept of one request, the note of how many are missing included */
#define SLOWLOG_MAX_BYTES 128 /* bytes kept of one argument */
#define SLOWLOG_DEFAULT_COUNT 10

struct slow_entry {
    struct slow_entry *newer, *older;
    int64_t id;
    int64_t time_s;
    int64_t duration_us;
    int argc; /* parts that are arguments; address and name follow */
    size_t ends[SLOWLOG_MAX_ARGS + 2];
    struct text text;
};

static struct {
    pthread_mutex_t lock; /* guards the rest */
    struct slow_entry *newest, *oldest;
    int64_t count;
    int64_t next_id;
} slowlog = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- entries ---- */

static void entry_add_arg(struct text *text, const struct arg *arg)
{
    if (arg->len <= SLOWLOG_MAX_BYTES) {
        text_add_bytes(text, arg->data, arg->len);
        return;
    }
    text_add_bytes(text, arg->data, SLOWLOG_MAX_BYTES);
    text_addf(text, "... (%zu more bytes)", arg->len - SLOWLOG_MAX_BYTES);
}

static struct slow_entry *slow_entry_create(struct client *client, int argc, const struct arg *argv,
                                            int64_t duration_us)
{
    struct slow_entry *entry = mem_calloc(sizeof *entry);
    entry->time_s = clock_wall_ms() / 1000;
    entry->duration_us = duration_us;
    entry->argc = argc <= SLOWLOG_MAX_ARGS ? argc : SLOWLOG_MAX_ARGS;

    struct text *text = &entry->text;
    int part = 0;
    for (; part < entry->argc; part++) {
        if (part == SLOWLOG_MAX_ARGS - 1 && argc > SLOWLOG_MAX_ARGS)
            text_addf(text, "... (%d more arguments)", argc - part);
        else if (redact_is_secret(argc, argv, part))
            text_add(text, REDACTED);
        else
            entry_add_arg(text, &argv[part]);
        entry->ends[part] = text->len;
    }
    const struct peer *peer = &client->conn.peer;
    text_addf(text, "%s pid=%d uid=%u gid=%u", client_address(client), (int)peer->pid, (unsigned)peer->uid,
              (unsigned)peer->gid);
    entry->ends[part++] = text->len;
    text_add(text, client->name ? client->name : "");
    entry->ends[part] = text->len;
    return entry;
}

static void slow_entries_free(struct slow_entry *newest)
{
    while (newest) {
        struct slow_entry *older = newest->older;
        text_deinit(&newest->text);
        mem_free(newest);
        newest = older;
    }
}

/* ---- the list; slowlog.lock is held ---- */

static void list_add(struct slow_entry *entry)
{
    entry->id = slowlog.next_id++;
    entry->older = slowlog.newest;
    if (slowlog.newest)
        slowlog.newest->newer = entry;
    else
        slowlog.oldest = entry;
    slowlog.newest = entry;
    slowlog.count++;
}

/* Cuts off what is over max; returns the newest of the entries cut off, which the caller frees. */
static struct slow_entry *list_cut(int64_t max)
{
    struct slow_entry *cut = NULL;
    while (slowlog.count > max) {
        cut = slowlog.oldest;
        slowlog.oldest = cut->newer;
        slowlog.count--;
    }
    if (slowlog.oldest)
        slowlog.oldest->older = NULL;
    else
        slowlog.newest = NULL;
    return cut;
}

void slowlog_record(struct client *client, int argc, const struct arg *argv, int64_t duration_us)
{
    struct slow_entry *entry = slow_entry_create(client, argc, argv, duration_us);
    pthread_mutex_lock(&slowlog.lock);
    list_add(entry);
    struct slow_entry *cut = list_cut(client->server->config.slowlog_max_len);
    pthread_mutex_unlock(&slowlog.lock);
    slow_entries_free(cut);
}

void slowlog_reset(void)
{
    pthread_mutex_lock(&slowlog.lock);
    struct slow_entry *cut = list_cut(0);
    pthread_mutex_unlock(&slowlog.lock);
    slow_entries_free(cut);
}

/* ---- commands ---- */

static size_t reply_part(struct reply *reply, const struct slow_entry *entry, int part, size_t start)
{
    reply_bulk(reply, entry->text.data + start, entry->ends[part] - start);
    return entry->ends[part];
}

static void reply_entry(struct reply *reply, const struct slow_entry *entry)
{
    reply_array(reply, 6);
    reply_int(reply, entry->id);
    reply_int(reply, entry->time_s);
    reply_int(reply, entry->duration_us);
    reply_array(reply, (size_t)entry->argc);
    size_t at = 0;
    for (int part = 0; part < entry->argc + 2; part++)
        at = reply_part(reply, entry, part, at);
}

void cmd_slowlog_get(struct call *call)
{
    int64_t count = SLOWLOG_DEFAULT_COUNT;
    if (call->argc > 3) {
        reply_errorf(call->reply, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try SLOWLOG HELP.",
                     (int)call->argv[1].len, call->argv[1].data);
        return;
    }
    if (call->argc == 3 && (!number_parse_i64(call->argv[2].data, call->argv[2].len, &count) || count < -1)) {
        reply_error(call->reply, "ERR count should be greater than or equal to -1");
        return;
    }

    pthread_mutex_lock(&slowlog.lock);
    struct slow_entry *cut = list_cut(call->server->config.slowlog_max_len);
    if (count < 0 || count > slowlog.count)
        count = slowlog.count;
    reply_array(call->reply, (size_t)count);
    for (const struct slow_entry *entry = slowlog.newest; count > 0; count--, entry = entry->older)
        reply_entry(call->reply, entry);
    pthread_mutex_unlock(&slowlog.lock);
    slow_entries_free(cut);
}

void cmd_slowlog_len(struct call *call)
{
    pthread_mutex_lock(&slowlog.lock);
    struct slow_entry *cut = list_cut(call->server->config.slowlog_max_len);
    int64_t count = slowlog.count;
    pthread_mutex_unlock(&slowlog.lock);
    slow_entries_free(cut);
    reply_int(call->reply, count);
}

void cmd_slowlog_reset(struct call *call)
{
    slowlog_reset();
    reply_ok(call->reply);
}

void cmd_slowlog_help(struct call *call)
{
    static const char *const lines[] = {
        "GET [<count>]",
        "    The newest <count> entries (10 unless told, -1 for all), each of six parts:",
        "    number, Unix time, microseconds, arguments, the client's address (socket, pid, uid, gid) and its name.",
        "LEN",
        "    How many entries there are.",
        "RESET",
        "    Forget all entries.",
    };
    reply_help(call->reply, "SLOWLOG", lines, sizeof lines / sizeof lines[0]);
}
