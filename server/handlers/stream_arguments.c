#include "handlers/stream_arguments.h"

#include "handlers/stream_reply.h"

static bool is_id(struct call *call, bool parsed)
{
    if (!parsed)
        reply_error(call->reply, STREAM_ID_ERROR);
    return parsed;
}

bool argument_stream_bound(struct call *call, const struct arg *arg, uint64_t default_seq, struct stream_id *id_out)
{
    return is_id(call, stream_id_parse_bound((struct bytes){arg->data, arg->len}, default_seq, id_out));
}

/* Behind a bracket "-" and "+" are no IDs. */
static bool parse_end(struct call *call, const struct arg *arg, uint64_t default_seq, struct stream_id *id_out,
                      bool *exclusive_out)
{
    *exclusive_out = arg->len > 1 && arg->data[0] == '(';
    if (!*exclusive_out)
        return argument_stream_bound(call, arg, default_seq, id_out);
    return is_id(call, stream_id_parse((struct bytes){arg->data + 1, arg->len - 1}, default_seq, id_out));
}

bool argument_stream_start(struct call *call, const struct arg *arg, struct stream_id *id_out)
{
    bool exclusive;
    if (!parse_end(call, arg, 0, id_out, &exclusive))
        return false;
    if (!exclusive || stream_id_increment(id_out))
        return true;
    reply_error(call->reply, "ERR invalid start ID for the interval");
    return false;
}

bool argument_stream_end(struct call *call, const struct arg *arg, struct stream_id *id_out)
{
    bool exclusive;
    if (!parse_end(call, arg, UINT64_MAX, id_out, &exclusive))
        return false;
    if (!exclusive || stream_id_decrement(id_out))
        return true;
    reply_error(call->reply, "ERR invalid end ID for the interval");
    return false;
}
