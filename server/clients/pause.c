/*
 * The pause changes while the world is stopped, so inside the gate it is read plainly. When the clock has ended it, the
 * first thread that asks notices, and clears ATTENTION_PAUSE; nobody can begin a new pause meanwhile.
 */
#include "clients/pause.h"

#include "base/clock.h"
#include "store/keyspace.h"

/* Changed while the world is stopped. */
static struct {
    enum pause_kind kind;
    int64_t until_ms; /* monotonic */
} pause;

enum pause_kind pause_kind(void)
{
    if (clock_monotonic_ms() < pause.until_ms)
        return pause.kind;
    attention_set(ATTENTION_PAUSE, false);
    return PAUSE_NONE;
}

static void pause_set(struct keyspace *keyspace, enum pause_kind kind, int64_t until_ms)
{
    pause.kind = kind;
    pause.until_ms = until_ms;
    keyspace_suspend_expiry_until(keyspace, until_ms);
    attention_set(ATTENTION_PAUSE, kind != PAUSE_NONE);
}

void pause_extend(struct keyspace *keyspace, enum pause_kind kind, int64_t milliseconds)
{
    int64_t end_ms = milliseconds > 0 ? clock_monotonic_ms() + milliseconds : 0;
    enum pause_kind before = pause_kind();
    if (before != PAUSE_NONE) {
        kind = before > kind ? before : kind;
        end_ms = pause.until_ms > end_ms ? pause.until_ms : end_ms;
    }
    pause_set(keyspace, kind, end_ms);
}

void pause_end(struct keyspace *keyspace)
{
    pause_set(keyspace, PAUSE_NONE, 0);
}
