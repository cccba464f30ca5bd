#include "listen/socket_plan.h"

#include "base/memory.h"
#include "config/config.h"
#include "host/account.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

static int find_owner(const char *path, const char *name, uid_t *uid_out, char *error, size_t error_size)
{
    *uid_out = (uid_t)-1;
    if (*name == '\0' || account_find_user(name, uid_out))
        return 0;
    snprintf(error, error_size, "can't listen on %s: there is no user %s; make it (useradd) or give another as owner",
             path, name);
    return -EINVAL;
}

static int find_group(const char *path, const char *name, gid_t *gid_out, char *error, size_t error_size)
{
    *gid_out = (gid_t)-1;
    if (*name == '\0' || account_find_group(name, gid_out))
        return 0;
    snprintf(error, error_size, "can't listen on %s: there is no group %s; make it (groupadd) or give another", path,
             name);
    return -EINVAL;
}

static int read_entry(const struct listen_entry *entry, struct socket_wanted *wanted, char *error, size_t error_size)
{
    struct listener_rights *rights = &wanted->rights;
    wanted->path = entry->path;
    rights->mode = (mode_t)entry->mode;
    rights->access = entry->access;
    rights->user = entry->user;
    int result = find_owner(entry->path, entry->owner, &rights->owner, error, error_size);
    return result ? result : find_group(entry->path, entry->group, &rights->group, error, error_size);
}

int socket_plan_read(const struct config *config, struct socket_wanted **wanted_out, size_t *count_out, char *error,
                     size_t error_size)
{
    const struct listen_entry first = {.path = config->unixsocket,
                                       .mode = config->unixsocketperm,
                                       .owner = "",
                                       .group = config->unixsocketgroup,
                                       .access = ACCESS_ADMIN,
                                       .user = ""};
    bool has_first = *config->unixsocket != '\0';
    size_t count = config->listen_count + has_first;
    struct socket_wanted *wanted = mem_calloc((count + 1) * sizeof *wanted); /* never a size of 0 */
    int result = has_first ? read_entry(&first, &wanted[0], error, error_size) : 0;
    for (size_t i = 0; result == 0 && i < config->listen_count; i++)
        result = read_entry(&config->listens[i], &wanted[has_first + i], error, error_size);
    if (result) {
        mem_free(wanted);
        return result;
    }
    *wanted_out = wanted;
    *count_out = count;
    return 0;
}
