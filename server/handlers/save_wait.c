#include "handlers/save_wait.h"

#include "base/memory.h"
#include "clients/turn.h"
#include "command/call.h"
#include "engine/refusal.h"
#include "engine/saving.h"
#include "engine/standstill.h"

struct save_work {
    struct turn_work work; /* first */
    uint64_t number;       /* of the snapshot that it waits for */
    bool is_others;        /* which has been cancelled: its own begins afterwards */
};

static void save_work_destroy(struct turn_work *work)
{
    mem_free(work);
}

static size_t save_work_memory(const struct turn_work *work)
{
    (void)work;
    return sizeof(struct save_work);
}

static struct turn_work *save_work_create(void)
{
    struct save_work *save = mem_alloc(sizeof *save);
    *save = (struct save_work){
        .work = {.destroy = save_work_destroy, .memory = save_work_memory, .waits = true},
    };
    return &save->work;
}

/* The call is to be called again, while it is going to be asked what has become of that snapshot. */
static enum save_wait wait_for(struct call *call, struct save_work *save, uint64_t number, bool is_others)
{
    struct turn_work *work = save ? &save->work : save_work_create();
    save = (struct save_work *)work;
    save->number = number;
    save->is_others = is_others;
    turn_give_way(call, work);
    return SAVE_WAITS;
}

static enum save_wait begin(struct call *call, struct save_work *save, bool takes_over)
{
    struct standstill standstill = standstill_begin(call);
    bool busy = standstill.may_run && saving_runs();
    bool begun = standstill.may_run && !busy && saving_begin(call->server);
    uint64_t number = saving_report().number;
    if (busy && takes_over)
        saving_cancel();
    standstill_end(standstill);
    if (!standstill.may_run) /* and it has been answered */
        return SAVE_WAITS;
    if (begun || (busy && takes_over))
        return wait_for(call, save, number, !begun);
    return busy ? SAVE_BUSY : SAVE_FAILED;
}

enum save_wait save_wait(struct call *call, bool takes_over)
{
    if (call->inside) { /* where nobody waits */
        refuse_inside(call->command, call->reply);
        return SAVE_WAITS;
    }
    struct save_work *save = (struct save_work *)turn_work(call);
    struct saving_report report = saving_report();
    if (save && report.number == save->number && saving_runs())
        return wait_for(call, save, save->number, save->is_others);
    if (!save || save->is_others)
        return begin(call, save, takes_over);
    return report.last_done >= save->number ? SAVE_DONE : SAVE_FAILED;
}
