/*
 * SCAN through a keyspace as the options say (--pattern, --type, --count): the commands, and what their replies hold.
 * Sending and receiving are the caller's.
 */
#ifndef KVS_CLIENT_SURVEY_KEY_SCAN_H
#define KVS_CLIENT_SURVEY_KEY_SCAN_H

#include "connection/connection.h"
#include "core/exit_codes.h"
#include "options/options.h"

#include <stdbool.h>

struct key_scan;

/* NULL after saying what is wrong with --quoted-pattern. */
struct key_scan *key_scan_create(const struct options *options);
void key_scan_destroy(struct key_scan *scan);

/* Whether a pattern or type leaves keys out. */
bool key_scan_is_filtered(const struct key_scan *scan);

/* The cursor is back where it began: there is nothing more to ask for. */
bool key_scan_is_done(const struct key_scan *scan);

/* Appends the SCAN for the next keys to what the connection is to send. */
void key_scan_append(struct key_scan *scan, struct connection *connection);

/* Takes the cursor out of the reply. `*keys_out` is the array of keys, all of them strings, inside `reply`. False for
 * an error reply, or one that is not of this form. */
bool key_scan_take(struct key_scan *scan, const struct reply *reply, const struct reply **keys_out);

/* Prints what was wrong with a reply that could not be taken. */
enum exit_code key_scan_explain(const struct reply *reply);

/* As redis-cli does with -i: waits after every hundredth reply. False when Ctrl-C cut it short. */
bool key_scan_pause(struct key_scan *scan);

#endif
