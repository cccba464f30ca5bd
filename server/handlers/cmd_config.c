/*
 * CONFIG: the protocol's side of config/.
 *
 * GET reads while the world runs, which is safe inside the gate: values change only while it is stopped, and
 * that is how SET, REWRITE and RESETSTAT run.
 */
#include "base/bytes.h"
#include "base/memory.h"
#include "clients/client.h"
#include "command/handlers.h"
#include "config/config.h"
#include "engine/access_config.h"
#include "engine/eviction.h"
#include "host/log.h"
#include "listen/reception.h"
#include "record/acl_log.h"
#include "record/stats.h"
#include "server.h"

#include <errno.h>
#include <string.h>

/* The arguments behind CONFIG and the subcommand, as an array on the heap that borrows their bytes. */
static struct bytes *words_of(const struct call *call, size_t *count_out)
{
    size_t count = (size_t)call->argc - 2;
    struct bytes *words = mem_alloc((count + 1) * sizeof *words);
    for (size_t i = 0; i < count; i++)
        words[i] = (struct bytes){call->argv[i + 2].data, call->argv[i + 2].len};
    *count_out = count;
    return words;
}

struct answer {
    struct reply *reply;
    size_t count;
};

static void answer_value(void *context, const char *name, const char *value)
{
    struct answer *answer = context;
    reply_bulk_text(answer->reply, name);
    reply_bulk_text(answer->reply, value);
    answer->count++;
}

void cmd_config_get(struct call *call)
{
    size_t count;
    struct bytes *patterns = words_of(call, &count);
    struct reply_hole hole = reply_defer(call->reply);
    struct answer answer = {call->reply, 0};
    config_get(&call->server->config, patterns, count, answer_value, &answer);
    reply_defer_map(call->reply, hole, answer.count);
    mem_free(patterns);
}

void cmd_config_set(struct call *call)
{
    size_t count;
    char *error = NULL;
    if (call->argc % 2 != 0) {
        reply_error(call->reply, "ERR syntax error");
        return;
    }
    struct bytes *pairs = words_of(call, &count);
    if (config_set(&call->server->config, pairs, count / 2, &error) == 0)
        reply_ok(call->reply);
    else
        reply_errorf(call->reply, "ERR %s", error);
    mem_free(error);
    mem_free(pairs);
}

void cmd_config_rewrite(struct call *call)
{
    struct config *config = &call->server->config;
    if (!config->file) {
        reply_error(call->reply, "ERR The server is running without a config file");
        return;
    }
    int result = access_rewrite_config(call->server);
    if (result == 0) {
        log_notice("CONFIG REWRITE: wrote %s", config->file);
        reply_ok(call->reply);
        return;
    }
    log_warning("CONFIG REWRITE: %s can't be written: %s", config->file, strerror(-result));
    reply_errorf(call->reply, "ERR Rewriting config file: %s", strerror(-result));
}

void cmd_config_resetstat(struct call *call)
{
    struct server *server = call->server;
    stats_reset();
    acl_log_reset_counts();
    keyspace_stats_reset(server->keyspace);
    eviction_reset_stats();
    reception_reset_rejected();
    reply_ok(call->reply);
}

void cmd_config_help(struct call *call)
{
    static const char *const lines[] = {
        "GET <pattern>",
        "    Return parameters matching the glob-like <pattern> and their values.",
        "SET <directive> <value>",
        "    Set the configuration <directive> to <value>.",
        "RESETSTAT",
        "    Reset statistics reported by the INFO command.",
        "REWRITE",
        "    Rewrite the configuration file.",
    };
    reply_help(call->reply, "CONFIG", lines, sizeof lines / sizeof lines[0]);
}
