/*
 * The log is at its path or it is lost. Whatever wakes the main thread makes it compare the two, so an event that is
 * missed or that we caused ourselves does no harm. While the log is lost, its folder is watched for what appears there.
 *
 * A lost log is opened anew at once if another file is at its path, and if it has no name any more, since its lines
 * then go nowhere. One that was renamed still holds what is written, so there is time to see whether a new one is
 * made. After a failure, events cause the next attempt, a tenth of a second later at the soonest, and time does, in
 * growing intervals.
 */
#include "host/log_watch.h"

#include "base/clock.h"
#include "base/memory.h"
#include "host/file_watch.h"
#include "host/log.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK_MS 10000   /* between looks when there are no events */
#define GRACE_MS 100     /* for whoever renamed it to make the new one; also between attempts */
#define PATIENCE_MS 1000 /* a new file may get its owner only after it was made: until then a failure isn't told */
#define DELAY_MAX_MS 4000

static struct {
    int fd;                /* inotify, or -1 */
    int64_t look_at_ms;    /* the next look without an event; -1: never */
    bool lost;             /* the file isn't at its path; what follows is about that */
    bool told;             /* that it can't be opened anew */
    int64_t lost_ms;       /* since when */
    int64_t not_before_ms; /* the next attempt */
    int delay_ms;          /* how long the next one is put off without an event */
} watch = {.fd = -1, .look_at_ms = -1};

/* Watches the file and, where its path is a symbolic link, the file that this leads to. 0 or a negative errno. */
static int watch_path(const char *path)
{
    char *target = realpath(path, NULL);
    int failed = file_watch_add(watch.fd, path);
    if (!failed && target && strcmp(target, path) != 0)
        failed = file_watch_add(watch.fd, target);
    if (watch.lost && !failed)
        failed = file_watch_await(watch.fd, target ? target : path);
    free(target);
    return failed == -ENOENT ? 0 : failed; /* the look that follows finds it missing */
}

/* A new watch, so that nothing about the old one has to be remembered. */
static void watch_again(void)
{
    static bool said;
    char *path = log_file_path();
    if (watch.fd >= 0)
        close(watch.fd);
    watch.fd = path ? file_watch_open() : -1;
    int failed = path && watch.fd < 0 ? -errno : 0;
    if (watch.fd >= 0)
        failed = watch_path(path);
    if (failed && !said) {
        said = true;
        log_warning("can't watch the log file (inotify: %s), so it is only looked at every %d seconds; raise "
                    "fs.inotify.max_user_instances and max_user_watches",
                    strerror(-failed), CHECK_MS / 1000);
    }
    mem_free(path);
}

static const char *fate(enum log_file_state state)
{
    return state == LOG_FILE_REPLACED ? "replaced" : state == LOG_FILE_REMOVED ? "removed" : "renamed";
}

/* The file is at its path, which may be for the first time. */
static void settle(void)
{
    watch.lost = watch.told = false;
    watch.delay_ms = 0;
    watch.look_at_ms = log_file_state() == LOG_FILE_NONE ? -1 : clock_monotonic_ms() + CHECK_MS;
}

static void lose(int64_t now_ms)
{
    watch.lost = true;
    watch.lost_ms = watch.not_before_ms = now_ms;
    watch_again();
}

static void put_off(enum log_file_state state, int error, int64_t now_ms)
{
    watch.delay_ms = watch.delay_ms ? 2 * watch.delay_ms : GRACE_MS;
    if (watch.delay_ms > DELAY_MAX_MS)
        watch.delay_ms = DELAY_MAX_MS;
    watch.not_before_ms = now_ms + GRACE_MS;
    watch.look_at_ms = now_ms + watch.delay_ms;
    if (watch.told || now_ms - watch.lost_ms < PATIENCE_MS)
        return;
    watch.told = true;
    char *path = log_file_path();
    log_warning("the log file was %s, and %s can't be opened anew: %s; going on in the old one until it can; have the "
                "rotation make it for this server's account (logrotate: create)",
                fate(state), path, strerror(-error));
    mem_free(path);
}

static void look(int64_t now_ms)
{
    enum log_file_state state = log_file_state();
    if (state == LOG_FILE_NONE || state == LOG_FILE_THERE) {
        bool back = watch.lost;
        settle();
        if (back)
            watch_again();
        return;
    }
    if (!watch.lost) {
        lose(now_ms);
        state = log_file_state(); /* for what happened before the folder was watched */
    }
    int64_t due_ms = watch.not_before_ms;
    if (state == LOG_FILE_RENAMED && due_ms < watch.lost_ms + GRACE_MS)
        due_ms = watch.lost_ms + GRACE_MS;
    watch.look_at_ms = due_ms;
    if (now_ms < due_ms)
        return;
    int error = log_reopen();
    if (error) {
        put_off(state, error, now_ms);
        return;
    }
    log_notice("log reopened: the file before this one was %s", fate(state));
    settle();
    watch_again();
    if (log_file_state() != LOG_FILE_THERE) { /* again already */
        lose(now_ms);
        watch.not_before_ms = watch.look_at_ms = now_ms + GRACE_MS;
    }
}

void log_watch_start(void)
{
    settle();
    watch_again();
    log_watch_serve(true);
}

void log_watch_reopen(void)
{
    int error = log_reopen();
    if (error)
        log_warning("can't reopen the log: %s; the old file stays in use", strerror(-error));
    else
        log_notice("log reopened");
    log_watch_start();
}

int log_watch_fd(void)
{
    return watch.fd;
}

int log_watch_timeout(void)
{
    int64_t wait_ms = watch.look_at_ms - clock_monotonic_ms();
    return watch.look_at_ms < 0 ? -1 : wait_ms < 0 ? 0 : (int)wait_ms;
}

void log_watch_serve(bool event)
{
    int64_t now_ms = clock_monotonic_ms();
    if (event && watch.fd >= 0)
        file_watch_drain(watch.fd);
    if (watch.look_at_ms >= 0 && (event || now_ms >= watch.look_at_ms))
        look(now_ms);
}
