#include "listen/socket_plan.h"

#include "base/memory.h"
#include "config/config.h"
#include "host/account.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

int socket_plan_owner(const struct listen_entry *entry, uid_t *uid_out, char *error, size_t error_size)
{
    *uid_out = (uid_t)-1;
    if (*entry->owner == '\0' || account_find_user(entry->owner, uid_out))
        return 0;
    snprintf(error, error_size, "can't listen on %s: there is no user %s; make it (useradd) or give another as owner",
             entry->path, entry->owner);
    return -EINVAL;
}

int socket_plan_group(const struct listen_entry *entry, gid_t *gid_out, char *error, size_t error_size)
{
    *gid_out = (gid_t)-1;
    if (*entry->group == '\0' || account_find_group(entry->group, gid_out))
        return 0;
    snprintf(error, error_size, "can't listen on %s: there is no group %s; make it (groupadd) or give another",
             entry->path, entry->group);
    return -EINVAL;
}

bool socket_plan_has_first(const struct config *config)
{
    return *config->unixsocket != '\0';
}

size_t socket_plan_count(const struct config *config)
{
    return config->listen_count + socket_plan_has_first(config);
}

struct listen_entry socket_plan_entry(const struct config *config, size_t index)
{
    bool has_first = socket_plan_has_first(config);
    if (!has_first || index > 0)
        return config->listens[index - has_first];
    return (struct listen_entry){.path = config->unixsocket,
                                 .mode = config->unixsocketperm,
                                 .owner = "",
                                 .group = config->unixsocketgroup,
                                 .access = ACCESS_ADMIN,
                                 .user = ""};
}

static int read_entry(const struct config *config, size_t index, struct socket_wanted *wanted, char *error,
                      size_t error_size)
{
    struct listen_entry entry = socket_plan_entry(config, index);
    struct listener_rights *rights = &wanted->rights;
    wanted->path = entry.path;
    rights->mode = (mode_t)entry.mode;
    rights->access = entry.access;
    rights->user = entry.user;
    int result = socket_plan_owner(&entry, &rights->owner, error, error_size);
    return result ? result : socket_plan_group(&entry, &rights->group, error, error_size);
}

int socket_plan_read(const struct config *config, struct socket_wanted **wanted_out, size_t *count_out, char *error,
                     size_t error_size)
{
    size_t count = socket_plan_count(config);
    struct socket_wanted *wanted = mem_calloc((count + 1) * sizeof *wanted); /* never a size of 0 */
    for (size_t i = 0; i < count; i++) {
        int result = read_entry(config, i, &wanted[i], error, error_size);
        if (result) {
            mem_free(wanted);
            return result;
        }
    }
    *wanted_out = wanted;
    *count_out = count;
    return 0;
}
