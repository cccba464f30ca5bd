#include "listen/socket_check.h"

#include "base/memory.h"
#include "config/config.h"
#include "config/mistakes.h"
#include "listen/socket_plan.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* Adds the mistake, if there is one, of the entry with this number; what is wrong is the accounts, or the file. */
static void note(struct config *config, size_t index, bool accounts, int result, const char *error)
{
    bool has_first = socket_plan_has_first(config);
    if (result == 0)
        return;
    char *place = has_first && index == 0 ? config_place(config, accounts ? "unixsocketgroup" : "unixsocket")
                                          : config_listen_place(config, index - has_first);
    config_mistake(config, place, "%s", error);
    mem_free(place);
}

static void check_accounts(struct config *config, size_t index, struct listener_rights *rights_out)
{
    struct listen_entry entry = socket_plan_entry(config, index);
    char error[512];
    *rights_out = (struct listener_rights){.mode = (mode_t)entry.mode, .access = entry.access, .user = entry.user};
    int result = socket_plan_owner(&entry, &rights_out->owner, error, sizeof error);
    note(config, index, true, result, error);
    result = socket_plan_group(&entry, &rights_out->group, error, sizeof error);
    note(config, index, true, result, error);
}

void sockets_check(struct config *config)
{
    for (size_t i = 0; i < socket_plan_count(config); i++) {
        struct listener_rights rights;
        char error[512];
        check_accounts(config, i, &rights);
        if (config_is_activated(config)) /* the files are the service manager's */
            continue;
        int result = listener_check(socket_plan_entry(config, i).path, &rights, error, sizeof error);
        note(config, i, result == -EPERM, result, error);
    }
}

void sockets_check_accounts(struct config *config)
{
    for (size_t i = 0; i < socket_plan_count(config); i++) {
        struct listener_rights rights;
        check_accounts(config, i, &rights);
    }
}
