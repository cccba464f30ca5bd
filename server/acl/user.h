/*
 * Users: what one name may do.
 *
 * A user has flags, passwords, peers (accounts of this machine that need no password) and selectors. Each
 * selector says which commands may be used on which keys and channels; the first one is the root selector,
 * further ones are written in parentheses. A request is allowed if one selector alone allows all of it. Rules
 * and their texts are those of Redis 7.2's ACL SETUSER, and peer:NAME, peer:UID, peer:@GROUP, -peer:...,
 * resetpeers besides.
 *
 * Users change only while the world is stopped; clients read them inside the gate. They are counted by
 * reference: clients keep the user they are, even when its name is gone.
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
 * and *error_out, the reason in the words of Redis behind "Error in ACL SETUSER modifier '...': " (static
 * text): -ENOENT for a command, category or account that there is not, else -EINVAL.
 */
int user_apply(struct user *user, struct bytes rule, const char **error_out);

/* acl-pubsub-default: what the channels of new selectors are, and of all after "reset". */
void user_set_channel_default(struct user *user, bool all_channels);

/* Takes over the rights of another user of the same name (which is what was worked on aside). */
void user_assign(struct user *user, const struct user *from);

/* ---- who it is ---- */

/* Whether the password is one of the user's, or it needs none. Takes the same time for any wrong one. */
bool user_password_is_right(const struct user *user, const char *password, size_t len);

/* Whether one of the peer: rules names this peer. groups are the supplementary ones. */
bool user_has_peer(const struct user *user, uid_t uid, gid_t gid, const gid_t *groups, size_t group_count);
bool user_has_peer_rules(const struct user *user);
bool user_has_peer_groups(const struct user *user);

/* ---- what it may do ---- */

enum user_verdict { USER_ALLOWED, USER_DENIED_COMMAND, USER_DENIED_KEY, USER_DENIED_CHANNEL };

/* All commands, keys and channels, now and in the future: nothing need ever be checked. */
bool user_is_unrestricted(const struct user *user);

/*
 * Whether the request may run. argc fits the command's arity. On a denial *index_out is the argument at fault,
 * or 0 for the command itself, as ACL LOG tells it. Commands that are allowed with all arguments cost one bit
 * test.
 */
enum user_verdict user_check(const struct user *user, const struct command *command, const struct arg *argv, int argc,
                             int *index_out);

/*
 * The same for the channels of a request: count arguments from first on. Patterns to subscribe to have to be
 * among the user's own. For commands without keys, besides user_check().
 */
enum user_verdict user_check_channels(const struct user *user, const struct command *command, const struct arg *argv,
                                      int argc, int first, int count, bool are_patterns, int *index_out);

/* ---- in words ---- */

/* "on nopass sanitize-payload ~* &* +@all", as ACL LIST has it behind "user <name> ". */
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
