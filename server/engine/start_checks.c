/*
 * Order matters: the account comes before whatever depends on its rights, dir before relative paths. Only root can
 * raise the hard limit of open files, so that is done first of all.
 */
#include "engine/start_checks.h"

#include "base/memory.h"
#include "base/text.h"
#include "command/command_table.h"
#include "config/config.h"
#include "config/mistakes.h"
#include "config/remarks.h"
#include "engine/access_config.h"
#include "engine/rename_check.h"
#include "host/open_files.h"
#include "host/privileges.h"
#include "listen/socket_check.h"
#include "server.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* Adds a mistake about the directive with this name. */
#define mistake(config, name, ...)                                                                                     \
    do {                                                                                                               \
        char *place = config_place(config, name);                                                                      \
        config_mistake(config, place, __VA_ARGS__);                                                                    \
        mem_free(place);                                                                                               \
    } while (0)

static void fit_clients(struct server *server)
{
    struct config *config = &server->config;
    int own = config_own_files(config), clients = open_files_fit(config->maxclients, own);
    int least = config->maxclients < OPEN_FILES_CLIENTS_MIN ? config->maxclients : OPEN_FILES_CLIENTS_MIN;
    if (clients >= config->maxclients)
        return;
    if (clients < least) {
        config_mistake(
            config, "",
            "the limit of open files is too low: %d are needed for %d thread%s, %d client%s and the server's "
            "own; raise it (ulimit -n %d, or LimitNOFILE= of systemd)",
            own + least, config->threads, text_plural((unsigned)config->threads), least, text_plural((unsigned)least),
            own + least);
        return;
    }
    config_remark(config, "", "maxclients is %d instead of %d: the limit of open files (ulimit -n) allows no more",
                  clients, config->maxclients);
    config->maxclients = clients;
}

static void rename_commands(struct server *server)
{
    struct config *config = &server->config;
    rename_check(config);
    for (size_t i = 0; i < config->rename_count; i++) {
        const char *from = config->renames[2 * i], *to = config->renames[2 * i + 1];
        command_rename(from, strlen(from), to, strlen(to)); /* where it can't, that is a mistake already */
    }
}

/* Turns root into the account that `user NAME` names. */
static void become_account(struct server *server)
{
    struct config *config = &server->config;
    char error[256];
    if (config->account[0] && privileges_drop(config->account, error, sizeof error))
        mistake(config, "user", "%s", error);
}

static void enter_dir(struct server *server)
{
    struct config *config = &server->config;
    if (chdir(config->dir))
        mistake(config, "dir", "can't change to dir %s: %s; create it or give another with --dir", config->dir,
                strerror(errno));
}

static void check_files(struct server *server)
{
    config_check_paths(&server->config); /* once more, now that the rights are the account's */
}

static void check_sockets(struct server *server)
{
    sockets_check(&server->config);
}

void start_checks_run(struct server *server)
{
    static void (*const checks[])(struct server *) = {
        fit_clients, rename_commands, become_account, enter_dir, check_files, access_configure, check_sockets,
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        checks[i](server);
}

void start_checks_foresee(struct server *server)
{
    struct config *config = &server->config;
    char *problem = *config->pidfile ? config_path_problem(config, config->pidfile) : NULL;
    if (!problem)
        return;
    char *place = config_place(config, "pidfile");
    config_remark(config, place, "can't write pidfile %s: %s; the server would run without it", config->pidfile,
                  problem);
    mem_free(place);
    mem_free(problem);
}
