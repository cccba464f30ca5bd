/* SLOWLOG: the protocol's side of record/slowlog.h. */
#include "base/number.h"
#include "command/call.h"
#include "command/handlers.h"
#include "record/slowlog.h"
#include "server.h"

#define SLOWLOG_DEFAULT_COUNT 10

static void reply_part(struct reply *reply, struct bytes part)
{
    reply_bulk(reply, part.data, part.len);
}

static void reply_entry(void *context, const struct slowlog_entry *entry)
{
    struct reply *reply = context;
    reply_array(reply, 6);
    reply_int(reply, entry->id);
    reply_int(reply, entry->time_s);
    reply_int(reply, entry->duration_us);
    reply_array(reply, (size_t)entry->argc);
    for (int i = 0; i < entry->argc; i++)
        reply_part(reply, entry->argv[i]);
    reply_part(reply, entry->address);
    reply_part(reply, entry->name);
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
    /* slowlog-max-len may have shrunk since the last entry was made */
    int64_t length = slowlog_cut(call->server->config.slowlog_max_len);
    struct reply_hole hole = reply_defer(call->reply);
    int64_t told = slowlog_each(count < 0 ? length : count, reply_entry, call->reply);
    reply_defer_array(call->reply, hole, (size_t)told);
}

void cmd_slowlog_len(struct call *call)
{
    reply_int(call->reply, slowlog_cut(call->server->config.slowlog_max_len));
}

void cmd_slowlog_reset(struct call *call)
{
    slowlog_cut(0);
    reply_ok(call->reply);
}

void cmd_slowlog_help(struct call *call)
{
    static const char *const lines[] = {
        "GET [<count>]",
        "    Show the newest <count> entries (10 by default, -1 for all), each with six parts:",
        "    number, Unix time, microseconds, arguments, the client's address (socket, pid, uid, gid) and its name.",
        "LEN",
        "    Tell how many entries there are.",
        "RESET",
        "    Forget all entries.",
    };
    reply_help(call->reply, "SLOWLOG", lines, sizeof lines / sizeof lines[0]);
}
