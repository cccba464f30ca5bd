/*
 * A question goes to each worker's mailbox. When all have answered, the service manager gets a sign of life, and the
 * next questions go out in the next interval. A worker that never returns to its mailbox leaves its question open: then
 * there are no more signs of life, and the manager does what it was configured to do.
 */
#include "upkeep/watchdog.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "host/log.h"
#include "host/supervisor.h"
#include "net/worker.h"

#include <stdatomic.h>
#include <stdbool.h>

static atomic_uint open_questions; /* released by workers, acquired here */

static void answer(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    atomic_fetch_sub_explicit(&open_questions, 1, memory_order_release);
}

static void ask_workers(void)
{
    atomic_store_explicit(&open_questions, workers_count(), memory_order_relaxed);
    for (unsigned i = 0; i < workers_count(); i++) {
        struct message *message = mem_alloc(sizeof *message);
        *message = (struct message){.run = answer};
        worker_post(worker_at(i), message);
    }
}

void watchdog_run(void)
{
    static int64_t next_ns;
    static bool asked, warned;
    int64_t interval_ns = (int64_t)supervisor_watchdog_us() * 1000, now_ns = clock_monotonic_ns();
    if (interval_ns == 0 || now_ns < next_ns)
        return;
    unsigned missing = asked ? atomic_load_explicit(&open_questions, memory_order_acquire) : 0;
    if (missing > 0) {
        if (!warned)
            log_warning("%u of %u worker%s %s answer; the service manager gets no sign of life until all do", missing,
                        workers_count(), text_plural(workers_count()), missing == 1 ? "doesn't" : "don't");
        warned = true;
        return;
    }
    if (asked)
        supervisor_alive();
    warned = false;
    asked = true;
    ask_workers();
    next_ns = now_ns + interval_ns / 2;
}
