/* SAVE, BGSAVE and LASTSAVE: snapshots on demand. */
#include "base/memory.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/saving.h"
#include "handlers/save_wait.h"

/* SAVE */
void cmd_save(struct call *call)
{
    switch (save_wait(call, false)) {
    case SAVE_WAITS:
        break;
    case SAVE_BUSY:
        reply_error(call->reply, "ERR Background save already in progress");
        break;
    case SAVE_DONE:
        reply_ok(call->reply);
        break;
    case SAVE_FAILED:
        reply_error(call->reply, "ERR");
        break;
    }
}

/* In the middle of a transaction it would show a part of it. */
static void begin_afterwards(struct call *call)
{
    saving_ask();
    reply_simple(call->reply, "Background saving scheduled");
}

/* BGSAVE [SCHEDULE] */
void cmd_bgsave(struct call *call)
{
    if (call->argc > 2 || (call->argc == 2 && !arg_is(&call->argv[1], "schedule")))
        error_syntax(call);
    else if (saving_runs())
        reply_error(call->reply, "ERR Background save already in progress");
    else if (call->inside)
        begin_afterwards(call);
    else if (saving_begin(call->server))
        reply_simple(call->reply, "Background saving started");
    else
        reply_error(call->reply, "ERR");
}

/* LASTSAVE */
void cmd_lastsave(struct call *call)
{
    reply_int(call->reply, saving_report().last_s);
}
