#include "handlers/stream_reply.h"

#include "base/blob.h"

void reply_stream_id(struct reply *reply, struct stream_id id)
{
    char text[STREAM_ID_MAX_LEN];
    reply_bulk(reply, text, stream_id_format(text, id));
}

static void reply_text(struct reply *reply, const struct element_view *view)
{
    if (view->blob && view->text.len >= BLOB_MIN)
        reply_blob(reply, view->blob, 0, view->blob->len);
    else
        reply_bulk(reply, view->text.data, view->text.len);
}

void reply_stream_entry(struct reply *reply, struct stream_walk *walk)
{
    reply_array(reply, 2);
    reply_stream_entry_parts(reply, walk);
}

void reply_stream_entry_parts(struct reply *reply, struct stream_walk *walk)
{
    struct element_view field, value;
    reply_stream_id(reply, walk->id);
    reply_array(reply, 2 * (size_t)walk->pairs);
    for (uint32_t i = 0; i < walk->pairs && !reply_is_over(reply); i++) {
        stream_walk_pair(walk, &field, &value);
        reply_text(reply, &field);
        reply_text(reply, &value);
    }
}

void reply_stream_range(struct reply *reply, const struct stream *stream, struct stream_id from, struct stream_id to,
                        bool back, uint64_t count)
{
    struct stream_walk walk;
    size_t replied = 0;
    struct reply_hole hole = reply_defer(reply);
    stream_walk_begin(&walk, stream, from, to, back);
    for (; (count == 0 || replied < count) && !reply_is_over(reply) && stream_walk_next(&walk); replied++)
        reply_stream_entry(reply, &walk);
    reply_defer_array(reply, hole, replied);
}

bool argument_stream_id(struct call *call, const struct arg *arg, uint64_t default_seq, struct stream_id *id_out)
{
    if (stream_id_parse((struct bytes){arg->data, arg->len}, default_seq, id_out))
        return true;
    reply_error(call->reply, STREAM_ID_ERROR);
    return false;
}
