/*
 * TIME.
 */
#include "base/clock.h"
#include "command/call.h"
#include "command/handlers.h"

void cmd_time(struct call *call)
{
    int64_t now_us = clock_wall_us();
    reply_array(call->reply, 2);
    reply_bulk_int(call->reply, now_us / 1000000);
    reply_bulk_int(call->reply, now_us % 1000000);
}
