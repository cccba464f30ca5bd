/*
 * The sources are read first, while the world runs; then everything is applied at once with the world stopped. The log
 * is reopened before anything is logged, so that all messages are in the new file.
 */
#include "upkeep/reload.h"

#include "base/gate.h"
#include "base/memory.h"
#include "config/sources.h"
#include "engine/access_config.h"
#include "host/log.h"
#include "server.h"

#include <string.h>

static void reopen_log(void)
{
    int error = log_reopen();
    if (error)
        log_warning("can't reopen the log: %s; the old file stays in use", strerror(-error));
    else
        log_notice("log reopened");
}

/* World stopped. */
static void apply(struct server *server, struct config_sources *sources)
{
    char *report = NULL, *error = NULL;
    int result = config_sources_apply(sources, &server->config, &report);
    if (result < 0)
        log_warning("configuration: %s", report);
    else
        log_notice("configuration: %s", report);
    mem_free(report);
    if (access_reload_users(server, &error))
        log_warning("aclfile: %s", error);
    mem_free(error);
}

bool reload_begin(struct config_sources *sources)
{
    char *error = NULL;
    reopen_log();
    if (config_sources_read(sources, &error)) {
        log_warning("configuration: %s; nothing has changed", error);
        mem_free(error);
        return false;
    }
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
