/*
 * Brings into effect what the configuration says about access: users, the default password, socket files.
 */
#ifndef KVS_ENGINE_ACCESS_CONFIG_H
#define KVS_ENGINE_ACCESS_CONFIG_H

#include <stddef.h>

struct server;

/*
 * Makes the list of users from requirepass and either aclfile or the `user` lines. At start, when `dir` is the working
 * directory. Returns 0, or a negative errno with *error_out set to one line (freed with mem_free()).
 */
int access_configure(struct server *server, char **error_out);

/*
 * After CONFIG SET: acts on those of the named directives that concern access. World stopped. Returns 0, or a negative
 * errno with everything as it was and the reason in *error_out (freed with mem_free()).
 */
int access_config_changed(struct server *server, const char *const *names, size_t count, char **error_out);

/*
 * Reads aclfile again, if there is one, and works out all clients' rights again. World stopped. Errors as
 * access_configure().
 */
int access_reload_users(struct server *server, char **error_out);

/*
 * Writes the users back into the configuration, for CONFIG REWRITE, unless they have a file of their own. World
 * stopped.
 */
void access_config_collect(struct server *server);

#endif
