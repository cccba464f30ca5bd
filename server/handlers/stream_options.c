#include "handlers/stream_options.h"

#include "command/arguments.h"
#include "command/errors.h"
#include "handlers/stream_reply.h"
#include "server.h"

#define LIMIT_NODES 100
#define LIMIT_DEFAULT 10000
#define LIMIT_MOST 1000000

static bool is_sign(const struct arg *arg, char sign)
{
    return arg->len == 1 && arg->data[0] == sign;
}

/* MAXLEN or MINID at *at, which becomes its last argument. False, with the error, if it is wrong. */
static bool read_strategy(struct call *call, struct stream_options *options, int *at)
{
    struct stream_trim *trim = &options->trim;
    const struct arg *word = &call->argv[*at];
    if (options->trims) {
        reply_error(call->reply, "ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
        return false;
    }
    options->trims = true;
    trim->by_id = arg_is(word, "minid");
    if (call->argc - 1 - *at >= 2 && (is_sign(word + 1, '~') || is_sign(word + 1, '='))) {
        trim->whole_blocks = is_sign(word + 1, '~');
        ++*at;
    }
    const struct arg *threshold = &call->argv[++*at];
    options->threshold = *at;
    if (trim->by_id)
        return argument_stream_id(call, threshold, 0, &trim->first);
    int64_t most;
    if (!argument_i64(call, threshold, &most))
        return false;
    if (most < 0) {
        reply_error(call->reply, "ERR The MAXLEN argument must be >= 0.");
        return false;
    }
    trim->most = (uint64_t)most;
    return true;
}

/* KEEPREF, DELREF or ACKED, of which there is one at most. False if the word is none of them, or there was one. */
static bool read_references(const struct arg *word, struct stream_options *options)
{
    bool drops = arg_is(word, "delref"), acked = arg_is(word, "acked");
    if (options->has_references || !(drops || acked || arg_is(word, "keepref")))
        return false;
    options->has_references = true;
    options->trim.references = drops ? STREAM_DROP_REFERENCES : acked ? STREAM_ONLY_ACKED : STREAM_KEEP_REFERENCES;
    return true;
}

/* IDMP or IDMPAUTO at *at, which becomes its last argument. False, with the error, if it is wrong. */
static bool read_producer(struct call *call, struct stream_options *options, int *at)
{
    bool has_message = arg_is(&call->argv[*at], "idmp");
    const char *error = NULL;
    if (options->producer != 0)
        error = "ERR IDMP/IDMPAUTO specified multiple times";
    else if (call->argv[*at + 1].len == 0)
        error =
            has_message ? "ERR IDMP requires a non-empty producer ID" : "ERR IDMPAUTO requires a non-empty producer ID";
    else if (has_message && call->argv[*at + 2].len == 0)
        error = "ERR IDMP requires a non-empty idempotent ID";
    if (error) {
        reply_error(call->reply, error);
        return false;
    }
    options->producer = *at + 1;
    options->has_message = has_message;
    *at += has_message ? 2 : 1;
    return true;
}

/* The ID of XADD, or what isn't one. */
static bool read_id(struct call *call, const struct arg *arg, struct stream_options *options)
{
    options->has_id = true;
    if (stream_id_parse_new((struct bytes){arg->data, arg->len}, &options->id, &options->any_seq))
        return true;
    reply_error(call->reply, STREAM_ID_ERROR);
    return false;
}

static bool check_limit(struct call *call, struct stream_options *options, bool limited)
{
    struct stream_trim *trim = &options->trim;
    if (trim->limit > 0 && !options->trims) {
        reply_error(call->reply, "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
        return false;
    }
    if (limited && !trim->whole_blocks) {
        reply_error(call->reply, "ERR syntax error, LIMIT cannot be used without the special ~ option");
        return false;
    }
    if (!limited && trim->whole_blocks) {
        int64_t entries = call->server->config.stream_node_max_entries;
        trim->limit = entries <= 0 ? LIMIT_DEFAULT : (uint64_t)entries;
        trim->limit = trim->limit > LIMIT_MOST / LIMIT_NODES ? LIMIT_MOST : trim->limit * LIMIT_NODES;
    }
    return true;
}

bool stream_options_read(struct call *call, bool adds, struct stream_options *options)
{
    bool limited = false;
    *options = (struct stream_options){.id_at = call->argc};
    for (int at = 2; at < call->argc; at++) {
        const struct arg *word = &call->argv[at];
        bool more = at + 1 < call->argc;
        if (adds && is_sign(word, '*')) {
            options->id_at = at;
            break;
        }
        if (more && (arg_is(word, "maxlen") || arg_is(word, "minid"))) {
            if (!read_strategy(call, options, &at))
                return false;
        } else if (more && arg_is(word, "limit")) {
            int64_t limit;
            if (!argument_i64(call, &call->argv[++at], &limit))
                return false;
            if (limit < 0) {
                reply_error(call->reply, "ERR The LIMIT argument must be >= 0.");
                return false;
            }
            options->trim.limit = (uint64_t)limit;
            limited = true;
        } else if (adds && arg_is(word, "nomkstream")) {
            options->makes_none = true;
        } else if (adds && ((more && arg_is(word, "idmpauto")) || (at + 2 < call->argc && arg_is(word, "idmp")))) {
            if (!read_producer(call, options, &at))
                return false;
        } else if (read_references(word, options)) {
            continue;
        } else if (adds) {
            options->id_at = at;
            if (!read_id(call, word, options))
                return false;
            break;
        } else {
            error_syntax(call);
            return false;
        }
    }
    if (!adds && !options->trims && !(limited && options->trim.limit > 0)) {
        reply_error(call->reply, "ERR syntax error, XTRIM must be called with a trimming strategy");
        return false;
    }
    if (options->producer != 0 && options->has_id) {
        reply_error(call->reply, "ERR IDMP/IDMPAUTO can be used only with auto-generated IDs");
        return false;
    }
    return check_limit(call, options, limited);
}
