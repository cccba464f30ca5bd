/*
 * Brings into effect what the configuration says about access: users, the default password, socket files.
 */
#ifndef KVS_ENGINE_ACCESS_CONFIG_H
#define KVS_ENGINE_ACCESS_CONFIG_H

#include <stddef.h>

struct acl;
struct config;
struct server;

/*
 * Makes the list of users from requirepass and either aclfile or the `user` lines. At start, when `dir` is the working
 * directory. Adds each mistake in them to the configuration's (config/mistakes.h).
 */
void access_configure(struct server *server);

/*
 * Adds a mistake for each user line and each account of a socket file that a configuration names in vain, while the
 * server runs with another. Main thread.
 */
void access_check(struct config *config);

/*
 * After CONFIG SET: acts on those of the named directives that concern access. World stopped. Returns 0, or a negative
 * errno with everything as it was and the reason in *error_out (freed with mem_free()).
 */
int access_config_changed(struct server *server, const char *const *names, size_t count, char **error_out);

/*
 * Reads aclfile again, if there is one, and works out all clients' rights again. World stopped. Returns 0, or a
 * negative errno with *error_out as by acl_load().
 */
int access_reload_users(struct server *server, char **error_out);

/*
 * A list of the users that the start makes of the `user` lines of a configuration, with requirepass and
 * acl-pubsub-default of `now`. What is wrong with a line becomes a mistake of lines. Freed with acl_destroy().
 */
struct acl *access_acl_of_lines(struct config *lines, const struct config *now);

/*
 * CONFIG REWRITE, with the users as they are now unless they have a file of their own. As config_rewrite(). World
 * stopped.
 */
int access_rewrite_config(struct server *server);

#endif
