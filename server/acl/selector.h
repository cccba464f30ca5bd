/*
 * Selectors: which commands may be used, on which keys and channels.
 *
 * Rules are applied one by one, as in ACL SETUSER, and later ones win. The rules about commands are also kept as
 * text, without those that later ones made pointless: the text shows what was meant ("+@read -keys"), also for
 * commands that only Redis has so far (command/absent_commands.h).
 *
 * A selector belongs to one user; see acl/user.h for threads. After command_table_init().
 */
#ifndef KVS_ACL_SELECTOR_H
#define KVS_ACL_SELECTOR_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command;
struct selector;
struct text;

/* A new one allows no commands and no keys, and all channels or none. */
struct selector *selector_create(bool all_channels);
struct selector *selector_copy(const struct selector *selector);
void selector_destroy(struct selector *selector);

/*
 * Applies one rule about commands, keys or channels. NULL, or what is wrong with it (static text, or the one
 * below).
 */
extern const char selector_unknown_command[];
const char *selector_apply(struct selector *selector, struct bytes rule);

/* Back to what selector_create() made. */
void selector_reset(struct selector *selector, bool all_channels);

/* ---- what it allows ---- */

/* Whether it allows everything, including future commands. */
bool selector_is_unrestricted(const struct selector *selector);

/* Whether it allows the command with any arguments. */
bool selector_allows_freely(const struct selector *selector, const struct command *command);

/* Whether it allows the command with this first argument; argc may be 1. */
bool selector_allows_command(const struct selector *selector, const struct command *command, const struct arg *argv,
                             int argc);

/* Whether it allows the key to be used as key_flags (enum key_flag) say. */
bool selector_allows_key(const struct selector *selector, const char *key, size_t len, uint32_t key_flags);

/* Whether it allows every key to be read. */
bool selector_allows_all_reading(const struct selector *selector);

/* Whether it allows the channel; a pattern to subscribe to has to be literally one of the selector's patterns. */
bool selector_allows_channel(const struct selector *selector, const char *channel, size_t len, bool is_pattern);

/* ---- in words ---- */
void selector_describe(const struct selector *selector, struct text *text); /* "~a* resetchannels -@all +get" */
void selector_describe_commands(const struct selector *selector, struct text *text);
void selector_describe_keys(const struct selector *selector, struct text *text);
void selector_describe_channels(const struct selector *selector, struct text *text);

#endif
