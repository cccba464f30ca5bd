/*
 * The sources are read first, while the world runs; then everything is applied at once with the world stopped. The log
 * is reopened before anything is logged, so that all messages are in the new file.
 */
#include "upkeep/reload.h"

#include "base/gate.h"
#include "base/memory.h"
#include "config/sources.h"
#include "engine/access_config.h"
#include "engine/rename_check.h"
#include "engine/user_edits.h"
#include "host/log.h"
#include "host/log_watch.h"
#include "server.h"

#include <string.h>

/* Cuts the text up. */
static void log_lines(const char *subject, char *text)
{
    for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n"))
        log_warning("%s: %s", subject, line);
}

/* Of the reading that is to be applied; main thread. */
static struct user_edits *user_edits;

/* Compares the users before the world stops, since there may be many. */
static void compare_users(struct config_sources *sources)
{
    struct config *last, *next;
    user_edits_free(user_edits);
    user_edits = config_sources_compare(sources, &last, &next) ? user_edits_find(last, next) : NULL;
}

/* World stopped. */
static void apply(struct server *server, struct config_sources *sources)
{
    char *report = NULL, *error = NULL;
    bool users_change = user_edits && user_edits_change(user_edits, server);
    int result = config_sources_apply(sources, &server->config, users_change, &report);
    if (result < 0)
        log_warning("configuration: %s", report);
    else
        log_notice("configuration: %s", report);
    mem_free(report);
    if (result >= 0 && user_edits)
        user_edits_apply(user_edits, server);
    else
        user_edits_free(user_edits);
    user_edits = NULL;
    if (access_reload_users(server, &error))
        log_lines("aclfile", error);
    mem_free(error);
}

static void log_remark(void *context, const char *line)
{
    (void)context;
    log_notice("configuration: %s", line);
}

void reload_tell_remarks(const struct config *config)
{
    config_remarks_tell(config, log_remark, NULL);
}

/* What the start checks and a running server can check of a configuration that isn't its own. */
static void check(struct config *config)
{
    rename_check(config);
    access_check(config);
}

bool reload_begin(struct config_sources *sources)
{
    char *error = NULL;
    log_watch_reopen();
    if (config_sources_read_checked(sources, check, &error)) {
        log_lines("configuration", error);
        log_warning("configuration: nothing has changed because of that");
        mem_free(error);
        return false;
    }
    config_sources_tell_remarks(sources, log_remark, NULL);
    compare_users(sources);
    return true;
}

bool reload_finish(struct server *server, struct config_sources *sources, struct gate_member *gate)
{
    if (!gate_try_enter(gate))
        return false;
    bool alone = gate_attempt_close(gate) == GATE_CLOSED;
    if (alone) {
        apply(server, sources);
        gate_open(gate);
    }
    gate_leave(gate);
    return alone;
}
