/*
 * What the configuration says of access, brought into effect: users, the default password, socket files.
 */
#ifndef KVS_ENGINE_ACCESS_CONFIG_H
#define KVS_ENGINE_ACCESS_CONFIG_H

#include <stddef.h>

struct server;

/*
 * Makes the list of users from requirepass and either aclfile or the `user` lines. At start, in the folder `dir`. 0,
 * or a negative errno and *error_out: one line (mem_free()).
 */
int access_configure(struct server *server, char **error_out);

/*
 * After CONFIG SET: acts on the directives named that are about access. World stopped. 0, or a negative errno and
 * *error_out, the reason, with everything as it was (mem_free()).
 */
int access_config_changed(struct server *server, const char *const *names, size_t count, char **error_out);

/* Reads aclfile again, if there is one, and looks at all clients anew. World stopped. Errors as access_configure(). */
int access_reload_users(struct server *server, char **error_out);

/*
 * Writes the users back into the configuration, for CONFIG REWRITE, unless they have a file of their own. World
 * stopped.
 */
void access_config_collect(struct server *server);

#endif
