/*
 * Commands about the time to live: EXPIRE and its relatives set it, TTL and its relatives show it, PERSIST takes it
 * away. Times are kept as absolute wall time in milliseconds; the command's own time (call->view.now_ms) is the present
 * throughout.
 */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "handlers/expiry_time.h"
#include "handlers/lookup.h"
#include "server.h"

/* Reads the options from argv[3] on. False, with the error, if they are wrong. */
static bool parse_condition(struct call *call, struct expire_condition *condition)
{
    for (int i = 3; i < call->argc; i++) {
        const struct arg *arg = &call->argv[i];
        if (arg_is(arg, "nx")) {
            condition->nx = true;
        } else if (arg_is(arg, "xx")) {
            condition->xx = true;
        } else if (arg_is(arg, "gt")) {
            condition->gt = true;
        } else if (arg_is(arg, "lt")) {
            condition->lt = true;
        } else {
            reply_errorf(call->reply, "ERR Unsupported option %.*s", (int)arg->len, arg->data);
            return false;
        }
    }
    if (condition->nx && (condition->xx || condition->gt || condition->lt)) {
        reply_error(call->reply, "ERR NX and XX, GT or LT options at the same time are not compatible");
        return false;
    }
    if (condition->gt && condition->lt) {
        reply_error(call->reply, "ERR GT and LT options at the same time are not compatible");
        return false;
    }
    return true;
}

static void expire_at(struct call *call, enum time_unit unit, enum time_origin origin)
{
    const struct key *key = &call->keys[0];
    struct expire_condition condition = {0};
    int64_t at;
    if (!parse_condition(call, &condition) || !expiry_time_read(call, &call->argv[2], unit, origin, INT64_MIN, &at))
        return;
    const struct entry *entry = keyspace_find_for_write(&call->view, key);
    if (!entry || !expire_condition_holds(&condition, entry_expiry(entry), at)) {
        reply_int(call->reply, 0);
        return;
    }
    if (at <= call->view.now_ms) {
        keyspace_delete(&call->view, key);
        effect_delete(call, key);
    } else if (keyspace_set_expiry(&call->view, key, entry, at) != 0) {
        error_no_memory(call);
        return;
    } else {
        effect_expire_at(call, at);
    }
    reply_int(call->reply, 1);
}

void cmd_expire(struct call *call)
{
    expire_at(call, TIME_SECONDS, TIME_FROM_NOW);
}

void cmd_pexpire(struct call *call)
{
    expire_at(call, TIME_MILLISECONDS, TIME_FROM_NOW);
}

void cmd_expireat(struct call *call)
{
    expire_at(call, TIME_SECONDS, TIME_SINCE_1970);
}

void cmd_pexpireat(struct call *call)
{
    expire_at(call, TIME_MILLISECONDS, TIME_SINCE_1970);
}

/* -2: no such key; -1: no TTL. Seconds are rounded to the nearest. */
static void reply_time(struct call *call, enum time_unit unit, enum time_origin origin)
{
    const struct entry *entry = keyspace_find(&call->view, &call->keys[0], LOOKUP_NO_TOUCH);
    if (!entry) {
        reply_int(call->reply, -2);
        return;
    }
    int64_t at = entry_expiry(entry);
    if (at == ENTRY_NO_EXPIRY) {
        reply_int(call->reply, -1);
        return;
    }
    int64_t base_ms = origin == TIME_FROM_NOW ? call->view.now_ms : 0, left = at > base_ms ? at - base_ms : 0;
    if (unit == TIME_SECONDS)
        left = left / 1000 + (left % 1000 >= 500);
    reply_int(call->reply, left);
}

void cmd_ttl(struct call *call)
{
    reply_time(call, TIME_SECONDS, TIME_FROM_NOW);
}

void cmd_pttl(struct call *call)
{
    reply_time(call, TIME_MILLISECONDS, TIME_FROM_NOW);
}

void cmd_expiretime(struct call *call)
{
    reply_time(call, TIME_SECONDS, TIME_SINCE_1970);
}

void cmd_pexpiretime(struct call *call)
{
    reply_time(call, TIME_MILLISECONDS, TIME_SINCE_1970);
}

void cmd_persist(struct call *call)
{
    const struct key *key = &call->keys[0];
    const struct entry *entry = keyspace_find_for_write(&call->view, key);
    if (!entry || entry_expiry(entry) == ENTRY_NO_EXPIRY)
        reply_int(call->reply, 0);
    else if (keyspace_set_expiry(&call->view, key, entry, ENTRY_NO_EXPIRY) == 0)
        reply_int(call->reply, 1);
    else
        error_no_memory(call);
}
