/*
 * The access control list: all users, by name.
 *
 * There is always a user "default", which connections start as unless their socket file names another. The list is
 * ordered by the bytes of the names, both in ACL LIST and when a peer's user is searched for.
 *
 * It is changed while the world is stopped, and read inside the gate.
 */
#ifndef KVS_ACL_ACL_H
#define KVS_ACL_ACL_H

#include "acl/user.h"

struct acl;

/* A list with a default user that may do everything without a password. */
struct acl *acl_create(void);
void acl_destroy(struct acl *acl);

/* acl-pubsub-default: whether new users get all channels. */
void acl_set_channel_default(struct acl *acl, bool all_channels);

size_t acl_count(const struct acl *acl);
struct user *acl_at(const struct acl *acl, size_t index);                   /* borrowed */
struct user *acl_find(const struct acl *acl, const char *name, size_t len); /* borrowed; NULL: there is none */
struct user *acl_default(const struct acl *acl);

/*
 * ACL SETUSER: applies all rules or none; makes the user if there is none. 0, or -EINVAL and *error_out: the reply's
 * text after "ERR ", or the reason for a message about a line of configuration (mem_free()).
 */
int acl_set_user(struct acl *acl, struct bytes name, const struct bytes *rules, size_t count, char **error_out);

/*
 * A `user` line of a configuration file: like acl_set_user(), but every user, even "default", starts as a new one
 * and can be defined only once. The error is for a log: a line for each rule that is refused, with line feeds between
 * them, which repeats no rule that may be a password.
 */
int acl_define_user(struct acl *acl, struct bytes name, const struct bytes *rules, size_t count, char **error_out);

/* Takes the user out of the list and drops the list's reference; false if there is none, or for "default". */
bool acl_delete_user(struct acl *acl, const char *name, size_t len);

/* requirepass: sets the default user's only password; "" gives it nopass. */
void acl_set_default_password(struct acl *acl, const char *password);

/*
 * The user that a peer: rule gives this peer: the first enabled one in the list's order, or NULL. Borrowed. fd is the
 * connection's socket, which is asked for supplementary groups only if a rule concerns groups.
 */
struct user *acl_user_of_peer(const struct acl *acl, uid_t uid, gid_t gid, int fd);

/* Adds "user <name> <rules>", as in ACL LIST, ACL SAVE and CONFIG REWRITE. */
void acl_describe_user(const struct user *user, struct text *text);

/*
 * Replaces the whole list with that of a file, or, if there is any mistake in it, nothing. Users that are also in the
 * file are changed in place; the others leave the list. 0, or a negative errno with *error_out: one line, or a line
 * for each mistake and a last one that nothing has changed, with line feeds between them (mem_free()). World stopped.
 */
int acl_load(struct acl *acl, const char *path, char **error_out);

/*
 * Replaces the file with the list (file_replace()), and keeps the comments that it has (acl/acl_comments.h). 0 or a
 * negative errno, which is logged.
 */
int acl_save(const struct acl *acl, const char *path);

/* The SHA-256 of a password: 64 hexadecimal digits and a NUL. */
#define ACL_HASH_TEXT 65
void acl_hash_password(const char *password, size_t len, char out[ACL_HASH_TEXT]);

#endif
