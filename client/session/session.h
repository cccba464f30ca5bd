/*
 * A conversation with one server: connects when needed, sends commands, prints their replies, and keeps what
 * the server remembers about the connection (database, protocol, transaction) so that a new connection gets
 * it back.
 *
 * The prompt, commands from standard input and a one-shot command all go through session_run(). Messages
 * about trouble go to standard error, replies to standard output.
 */
#ifndef KVS_CLIENT_SESSION_SESSION_H
#define KVS_CLIENT_SESSION_SESSION_H

#include "core/exit_codes.h"
#include "options.h"
#include "core/quoting.h"
#include "connection/reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct session;

enum session_mode {
    SESSION_ONE_SHOT, /* -e ends the command at its first error reply */
    SESSION_BATCH,
    SESSION_PROMPT, /* a connection that was refused its database or protocol stays: a person can put it right */
};

/* `options` is borrowed for the session's life. */
struct session *session_create(const struct options *options, enum session_mode mode);
void session_destroy(struct session *session);

/* Connects unless connected, authenticates, chooses protocol and database. On failure the reason was printed. A
 * password that is refused is said and is no failure: the connection goes on as who it is without one. Somebody
 * unexpected at the other end is warned of (peer.h), once. */
enum exit_code session_connect(struct session *session);

/* Runs a command `repeat` times (negative: for ever), reconnecting first if the connection is gone. A command
 * whose connection dies is not sent again: it may have been executed. */
enum exit_code session_run(struct session *session, const struct arguments *arguments, long long repeat);

/* Sends a command on the connection and waits for its reply, which is the caller's to destroy and is printed by
 * nobody. Takes what `arguments` holds. EXIT_CODE_OK also for an error reply, else the connection was lost, which was
 * said. */
enum exit_code session_query(struct session *session, struct arguments *arguments, struct reply **reply_out);

/* The kernel's word on the other end of the connection (connection.h). */
bool session_peer(const struct session *session, struct ucred *peer_out);

/* What -e is about: EXIT_CODE_OK, or the code of the first error reply so far. */
enum exit_code session_first_error(const struct session *session);

/* Writes the text of the prompt: as whom unless that is the default user, where, which database, in a transaction or
 * not, connected or not. */
void session_write_prompt(const struct session *session, char *text, size_t size);

const struct options *session_options(const struct session *session);

#endif
