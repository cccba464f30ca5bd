/*
 * Rules for all socket files together: when there is a default one, that there is one at all, that no two share a path.
 * Private to config/.
 */
#ifndef KVS_CONFIG_SOCKET_RULES_H
#define KVS_CONFIG_SOCKET_RULES_H

#include "config/settings.h"

#include <stdbool.h>

/*
 * Notes whether the service manager hands sockets over (LISTEN_FDS), and removes the default of unixsocket if there is
 * something else to serve on. Called when everything has been read.
 */
void socket_rules_settle(struct config *config);

/* Whether there is anything that clients can connect to. */
bool socket_rules_has_socket(const struct config *config);

/* The first entry whose path is unixsocket's or that of an entry before it; NULL: none. */
const struct listen_entry *socket_rules_find_twin(const struct config *config);

/* Why CONFIG SET can't accept this set of sockets, or NULL. */
const char *socket_rules_problem(const struct config *config);

/* The absolute path, without redundant parts; freed with mem_free(). */
char *socket_rules_absolute(const struct config *config, const char *path);

#endif
