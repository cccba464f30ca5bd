/*
 * A conversation with one server: connects when needed, and keeps what the server remembers about the connection (user,
 * database, protocol) so that a new connection gets it back. At the prompt a new connection in place of a lost one is
 * reported, with what is different (reconnection.h), and a password that was accepted is kept in memory for it.
 *
 * Commands of people and scripts are run and printed by runner.h; modes ask with session_query(), or many at once on
 * session_connection(). Messages about trouble go to standard error.
 */
#ifndef KVS_CLIENT_SESSION_SESSION_H
#define KVS_CLIENT_SESSION_SESSION_H

#include "connection/connection.h"
#include "connection/reply.h"
#include "core/exit_codes.h"
#include "core/quoting.h"
#include "options/options.h"

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

/* Connects unless connected, authenticates, chooses protocol and database. On failure the reason was printed. A refused
 * login is EXIT_CODE_REFUSED, whatever the server's word for it: nothing is done as somebody else. There is one warning
 * about somebody unexpected at the other end (peer.h). */
enum exit_code session_connect(struct session *session);

/* Takes a new connection for one whose replies nobody waits for any more. Says what changed by that, if anything. Does not
 * wait long for a server that doesn't answer: then there is no connection until the next command. */
enum exit_code session_renew(struct session *session);

/* Sends a command on the connection and waits for its reply, which is the caller's to destroy and is printed by nobody.
 * Takes what `arguments` holds. EXIT_CODE_OK also for an error reply, otherwise the connection was lost, which was
 * reported. */
enum exit_code session_query(struct session *session, struct arguments *arguments, struct reply **reply_out);

/* The same for a command as plain words, NULL after the last. */
enum exit_code session_ask(struct session *session, const char *const *words, struct reply **reply_out);

/* The kernel's word on the other end of the connection (connection.h). */
bool session_peer(const struct session *session, struct ucred *peer_out);

/* Writes the text of the prompt: the user unless it is the default one, the socket, the database, and whether there is
 * a transaction and a connection. */
void session_write_prompt(const struct session *session, char *text, size_t size);

/* Tells a person at the terminal what an error reply means and what to do, where there is something to say; each piece
 * of advice once. */
void session_advise(struct session *session, const struct reply *reply);

const struct options *session_options(const struct session *session);
enum session_mode session_mode(const struct session *session);

/* At the prompt: the login was refused, and the connection is there only for AUTH, HELLO and RESET. */
bool session_is_nobody(const struct session *session);

/* At the prompt: the user is default, or the server has no users. Others may be restricted: what they did not ask for is
 * not asked, lest refusals of it stand in the server's ACL LOG under their name. */
bool session_is_default_user(const struct session *session);

bool session_is_in_multi(const struct session *session);

/* Whether a question of kvs-cli's own would be answered now: there is a connection whose user was accepted, no
 * transaction that would queue it, and the server replies. */
bool session_can_ask(const struct session *session);

/* The same for a question that nobody wants asked: not where the user may be a restricted one (above). */
bool session_can_ask_unbidden(const struct session *session);

/* Whether the server is kvs-server. It is asked with the first call for a connection and a user who can be asked for;
 * false until there is an answer. */
bool session_is_with_kvs(struct session *session);

int session_database(const struct session *session);

/* At the prompt: another number for each connection and each user, who may see other commands. */
unsigned session_generation(const struct session *session);

/* ---- for those who send by themselves ---- */

/* NULL: not connected. */
struct connection *session_connection(const struct session *session);

/* The next reply that answers a command; push messages before it are shown or dropped, as --show-pushes says, unless
 * they count as replies (of SUBSCRIBE). */
enum connection_status session_receive(struct session *session, bool pushes_count, struct reply **reply_out);

/* After anything but CONNECTION_OK: says why the connection is of no more use, and drops it. */
enum exit_code session_lose(struct session *session, enum connection_status status);

void session_disconnect(struct session *session);

/* Keeps what `reply` to `arguments` says about database, transaction, protocol and user. */
void session_note_reply(struct session *session, const struct arguments *arguments, const struct reply *reply);

/* ---- commands without a reply (CLIENT REPLY OFF, SKIP) ---- */

/*
 * Notes that a command was sent. False: no reply comes, and what the command does to the connection is taken for done.
 */
bool session_expects_reply(struct session *session, const struct arguments *arguments);

/* No replies until CLIENT REPLY ON. */
bool session_is_silent(const struct session *session);

/* Asks for replies. The server's answer tells whether CLIENT REPLY is obeyed; to OFF or SKIP, nothing but a refusal would
 * come. */
enum exit_code session_ask_for_replies(struct session *session, struct reply **reply_out);

/* Before the connection is left: waits until all that was sent without replies has been executed. */
enum exit_code session_end_silence(struct session *session);

/* After the replies of a command that changed the user: the database may have been refused until now. */
void session_settle_user(struct session *session);

/* EXIT_CODE_REFUSED or EXIT_CODE_ERROR_REPLY. */
enum exit_code session_code_of_error(const struct reply *error);

#endif
