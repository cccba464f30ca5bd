/*
 * The access control list: all users, by name.
 *
 * There is always a user "default", that connections start as where nothing else is said. The order of the list
 * is that of the names' bytes, in ACL LIST as in the search for a peer's user.
 *
 * Changes while the world is stopped; lookups inside the gate.
 */
#ifndef KVS_ACL_ACL_H
#define KVS_ACL_ACL_H

#include "acl/user.h"

struct acl;

/* With a default user that may do everything without a password. */
struct acl *acl_create(void);
void acl_destroy(struct acl *acl);

/* acl-pubsub-default: whether new users get all channels. */
void acl_set_channel_default(struct acl *acl, bool all_channels);

size_t acl_count(const struct acl *acl);
struct user *acl_at(const struct acl *acl, size_t index);                   /* borrowed */
struct user *acl_find(const struct acl *acl, const char *name, size_t len); /* borrowed; NULL there is none */
struct user *acl_default(const struct acl *acl);

/*
 * ACL SETUSER: applies all rules or none; makes the user if it isn't there. On failure -EINVAL and *error_out:
 * the text behind "ERR " of the reply, or of the message about a line of configuration (mem_free()).
 */
int acl_set_user(struct acl *acl, struct bytes name, const struct bytes *rules, size_t count, char **error_out);

/*
 * A `user` line of a configuration file: like acl_set_user(), but the user begins as a new one, "default" too,
 * and can be defined only once.
 */
int acl_define_user(struct acl *acl, struct bytes name, const struct bytes *rules, size_t count, char **error_out);

/* Takes the user from the list; false if it isn't there. Not for "default". */
bool acl_delete_user(struct acl *acl, const char *name, size_t len);

/* requirepass: the default user's one password; "" gives it nopass. */
void acl_set_default_password(struct acl *acl, const char *password);

/*
 * The user that this peer is by a peer: rule: the first in the list's order that is on; NULL none. fd is the
 * connection's socket, asked for supplementary groups only if a rule is about groups.
 */
struct user *acl_user_of_peer(const struct acl *acl, uid_t uid, gid_t gid, int fd);

/* "user <name> <rules>" of one user, as ACL LIST, ACL SAVE and CONFIG REWRITE have it. */
void acl_describe_user(const struct user *user, struct text *text);

/*
 * Replaces the whole list by that of a file: all of it or, on any mistake in it, nothing. Users whose name
 * stays are changed in place; others leave the list. 0, or a negative errno with *error_out: one line, or
 * several joined by spaces, as ACL LOAD answers (mem_free()).
 */
int acl_load(struct acl *acl, const char *path, char **error_out);

/* Writes the list: a new file beside it, synced and renamed, then the folder synced. 0 or a negative errno. */
int acl_save(const struct acl *acl, const char *path);

/* 2 * bytes + 1 characters, hexadecimal: SHA-256 of a password. */
#define ACL_HASH_TEXT 65
void acl_hash_password(const char *password, size_t len, char out[ACL_HASH_TEXT]);

#endif
