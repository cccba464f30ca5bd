/*
 * The plan: which sockets the configuration wants, with the names of accounts turned into numbers. Looking these up may
 * block (host/account.h).
 */
#ifndef KVS_LISTEN_SOCKET_PLAN_H
#define KVS_LISTEN_SOCKET_PLAN_H

#include "config/settings.h"
#include "listen/listener.h"

#include <stdbool.h>
#include <stddef.h>

struct socket_wanted {
    const char *path; /* as configured; path and user are borrowed from the configuration */
    struct listener_rights rights;
};

/*
 * Its entries one by one, that of unixsocket first, if it has one. Texts are borrowed from the configuration. And the
 * accounts that an entry names: 0, or a negative errno and one line in error.
 */
bool socket_plan_has_first(const struct config *config);
size_t socket_plan_count(const struct config *config);
struct listen_entry socket_plan_entry(const struct config *config, size_t index);
int socket_plan_owner(const struct listen_entry *entry, uid_t *uid_out, char *error, size_t error_size);
int socket_plan_group(const struct listen_entry *entry, gid_t *gid_out, char *error, size_t error_size);

/* 0 and an array (freed with mem_free()); or a negative errno and one line in error. */
int socket_plan_read(const struct config *config, struct socket_wanted **wanted_out, size_t *count_out, char *error,
                     size_t error_size);

#endif
