#include "handlers/save_wait.h"

#include "base/memory.h"
#include "clients/turn.h"
#include "command/call.h"
#include "engine/saving.h"
#include "engine/standstill.h"

struct save_work {
    struct turn_work work; /* first */
    uint64_t number;       /* of the snapshot that it waits for */
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

static struct turn_work *save_work_create(uint64_t number)
{
    struct save_work *save = mem_alloc(sizeof *save);
    *save = (struct save_work){
        {.destroy = save_work_destroy, .memory = save_work_memory, .waits = true},
        number,
    };
    return &save->work;
}

enum save_wait save_wait(struct call *call)
{
    struct save_work *save = (struct save_work *)turn_work(call);
    if (!save) {
        struct standstill standstill = standstill_begin(call);
        bool busy = standstill.may_run && saving_runs();
        bool begun = standstill.may_run && !busy && saving_begin(call->server);
        uint64_t number = saving_report().number;
        standstill_end(standstill);
        if (!standstill.may_run) /* and it has been answered */
            return SAVE_WAITS;
        if (!begun)
            return busy ? SAVE_BUSY : SAVE_FAILED;
        turn_give_way(call, save_work_create(number));
        return SAVE_WAITS;
    }
    struct saving_report report = saving_report();
    if (report.number == save->number && saving_runs()) {
        turn_give_way(call, &save->work);
        return SAVE_WAITS;
    }
    return report.last_done >= save->number ? SAVE_DONE : SAVE_FAILED;
}
