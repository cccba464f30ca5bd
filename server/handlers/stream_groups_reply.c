#include "handlers/stream_groups_reply.h"

void stream_groups_reply_full(struct call *call, const struct stream *stream, uint64_t count)
{
    (void)stream, (void)count; /* no command makes a group yet */
    reply_array(call->reply, 0);
}
