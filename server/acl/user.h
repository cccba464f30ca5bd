/*
 * Users: what one name may do.
 *
 * A user has flags, passwords, peers (accounts of this machine that need no password) and selectors. Each
 * selector says which commands may be used on which keys and channels; the first one is the root selector,
 * further ones are written in parentheses. A request is allowed if one selector alone allows all of it. Rules
 * and their texts are those of Redis 7.2's ACL SETUSER; peer:NAME, peer:UID, peer:@GROUP, -peer:... and resetpeers
 * are kvs's own.
 *
 * Users change only while the world is stopped; clients read them inside the gate. They have a reference count, so
 * clients keep their user even after it has left the list.
 */
#ifndef KVS_ACL_USER_H
#define KVS_ACL_USER_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct arg;
struct command;
struct text;
struct user;

enum user_flag {
    USER_ENABLED = 1 << 0,
    USER_NOPASS = 1 << 1,
    USER_SANITIZE_PAYLOAD = 1 << 2,
    USER_SANITIZE_PAYLOAD_SKIP = 1 << 3,
};

/* A new user as Redis makes it: off, no passwords, no commands, no keys; channels as acl-pubsub-default says. */
struct user *user_create(const char *name, size_t len, bool all_channels);
struct user *user_copy(const struct user *user); /* same name */
struct user *user_retain(struct user *user);
void user_release(struct user *user);

struct bytes user_name(const struct user *user);
uint32_t user_flags(const struct user *user); /* user_flag */

/*
 * Applies one rule ("on", ">secret", "~app:*", "+@read", "(+get ~x)", "peer:www-data"). 0, or a negative errno
 * and *error_out, the reason in Redis's words after "Error in ACL SETUSER modifier '...': " (static text): -ENOENT
 * if there is no such command, category or account, otherwise -EINVAL.
 */
int user_apply(struct user *user, struct bytes rule, const char **error_out);

/* acl-pubsub-default: whether new selectors, and all after "reset", allow all channels. */
void user_set_channel_default(struct user *user, bool all_channels);

/* Gives user the rights of another one with the same name (a copy that was changed). */
void user_assign(struct user *user, const struct user *from);

/* ---- who it is ---- */

/* Whether the password is one of the user's, or the user needs none. Takes the same time for any wrong password. */
bool user_password_is_right(const struct user *user, const char *password, size_t len);

/* Whether one of the peer: rules names this peer. groups are the supplementary ones. */
bool user_has_peer(const struct user *user, uid_t uid, gid_t gid, const gid_t *groups, size_t group_count);
bool user_has_peer_rules(const struct user *user);
bool user_has_peer_groups(const struct user *user);

/* ---- what it may do ---- */

enum user_verdict { USER_ALLOWED, USER_DENIED_COMMAND, USER_DENIED_KEY, USER_DENIED_CHANNEL };

/* Whether it may use all commands, keys and channels, including future commands: then no check is needed. */
bool user_is_unrestricted(const struct user *user);

/*
 * Whether the request may run. argc fits the command's arity. On a denial *index_out is the index of the argument at
 * fault, or 0 for the command itself, for ACL LOG. A command that is allowed with all arguments costs one bit test.
 */
enum user_verdict user_check(const struct user *user, const struct command *command, const struct arg *argv, int argc,
                             int *index_out);

/*
 * Whether a selector that allows the request allows every key to be read as well: for commands that learn on their way
 * which keys they read.
 */
bool user_may_read_all(const struct user *user, const struct command *command, const struct arg *argv, int argc);

/* ---- in words ---- */

/* Adds "on nopass sanitize-payload ~* &* +@all", as in ACL LIST after "user <name> ". */
void user_describe(const struct user *user, struct text *text);

/* The parts of ACL GETUSER. */
size_t user_password_count(const struct user *user);
const char *user_password_hash(const struct user *user, size_t index); /* 64 hexadecimal digits */
size_t user_selector_count(const struct user *user);                   /* the root selector is number 0 */
void user_selector_commands(const struct user *user, size_t index, struct text *text); /* "+@all -get" */
void user_selector_keys(const struct user *user, size_t index, struct text *text);     /* "~a* %R~b*" */
void user_selector_channels(const struct user *user, size_t index, struct text *text);
size_t user_peer_count(const struct user *user);
const char *user_peer(const struct user *user, size_t index); /* "www-data", "@adm", "1000" */

#endif
