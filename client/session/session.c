#include "session/session.h"

#include "connection/connect_error.h"
#include "connection/connection.h"
#include "connection/peer.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "output/output.h"
#include "output/text.h"
#include "session/advice.h"
#include "session/commands.h"
#include "session/reconnection.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct session {
    const struct options *options;
    struct connection *connection; /* NULL: not connected */
    enum session_mode mode;

    /* What the server knows of this connection; the user is known at the prompt only. */
    struct connection_state now;
    bool user_may_differ; /* from that, since AUTH, HELLO or RESET */
    unsigned generation;

    /* What a new connection is given. */
    int wanted_database;
    enum protocol_choice wanted_protocol;
    int database_before_multi;
    struct arguments login; /* at the prompt: the last AUTH that went well; empty: what the options say */

    /* At the prompt: the connection before this one. */
    bool has_past, past_was_lost;
    bool is_settled; /* this connection was given all that it is to have: it can become the past */
    struct connection_state past;

    /* Whom peer_warn() has judged. */
    bool has_peer;
    uid_t peer_uid;

    struct advice advice; /* that was given */
};

struct session *session_create(const struct options *options, enum session_mode mode)
{
    struct session *session = memory_alloc_zeroed(sizeof *session);
    session->options = options;
    session->mode = mode;
    session->wanted_database = options->database;
    session->wanted_protocol = options->protocol;
    return session;
}

/* A login holds a password. */
static void forget_login(struct session *session)
{
    for (size_t i = 0; i < session->login.count; i++)
        explicit_bzero(session->login.values[i], session->login.lengths[i]);
    arguments_deinit(&session->login);
}

void session_disconnect(struct session *session)
{
    if (!session->connection)
        return;
    if (session->is_settled && session->mode == SESSION_PROMPT) {
        session->has_past = session->past_was_lost = true;
        session->past = session->now;
    }
    session->is_settled = false;
    connection_close(session->connection);
    session->connection = NULL;
    session->now = (struct connection_state){0};
    session->user_may_differ = false;
}

void session_destroy(struct session *session)
{
    session_disconnect(session);
    forget_login(session);
    free(session);
}

enum session_mode session_mode(const struct session *session)
{
    return session->mode;
}

struct connection *session_connection(const struct session *session)
{
    return session->connection;
}

bool session_is_in_multi(const struct session *session)
{
    return session->now.in_multi;
}

int session_database(const struct session *session)
{
    return session->now.database;
}

unsigned session_generation(const struct session *session)
{
    return session->generation;
}

const struct options *session_options(const struct session *session)
{
    return session->options;
}

void session_write_prompt(const struct session *session, char *text, size_t size)
{
    char database[16] = "";
    const struct connection_state *now = &session->now;
    if (!session->connection) {
        snprintf(text, size, "not connected> ");
        return;
    }
    if (now->database != 0)
        snprintf(database, sizeof database, "[%d]", now->database);
    snprintf(text, size, "kvs %s%s%s%s%s> ", now->user, now->user[0] != '\0' ? "@" : "", session->options->socket_path,
             database, now->in_multi ? "(tx)" : "");
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == '\x7f')
            *c = '?'; /* a path can hold anything, and a terminal obeys */
    }
}

/* ---- replies ---- */

enum exit_code session_code_of_error(const struct reply *error)
{
    bool refused =
        reply_has_prefix(error, "NOAUTH") || reply_has_prefix(error, "NOPERM") || reply_has_prefix(error, "WRONGPASS");
    return refused ? EXIT_CODE_REFUSED : EXIT_CODE_ERROR_REPLY;
}

enum exit_code session_lose(struct session *session, enum connection_status status)
{
    const char *reason = "Server closed the connection";
    if (status == CONNECTION_INTERRUPTED)
        reason = "Interrupted";
    if (status == CONNECTION_TIMED_OUT)
        reason = "Nothing came from the server for the time that -t gives it";
    if (status == CONNECTION_BROKEN)
        reason = connection_error(session->connection);
    output_flush();
    fprintf(stderr, "Error: %s\n", reason);
    session_disconnect(session);
    return EXIT_CODE_NO_CONNECTION;
}

void session_advise(struct session *session, const struct reply *reply)
{
    if (isatty(STDERR_FILENO))
        advice_print(stderr, &session->advice, reply);
}

enum connection_status session_receive(struct session *session, bool pushes_count, struct reply **reply_out)
{
    for (;;) {
        struct reply *reply;
        enum connection_status status = connection_receive(session->connection, &reply);
        if (status != CONNECTION_OK)
            return status;
        if (reply->type != REPLY_PUSH || pushes_count) {
            *reply_out = reply;
            return CONNECTION_OK;
        }
        if (session->options->show_pushes) {
            format_push(stdout, reply, &session->options->style);
            output_flush();
        }
        reply_destroy(reply);
    }
}

/* ---- connecting ---- */

static void append_text(struct arguments *arguments, const char *text)
{
    arguments_append(arguments, text, strlen(text));
}

enum exit_code session_query(struct session *session, struct arguments *arguments, struct reply **reply_out)
{
    enum connection_status status = connection_send(session->connection, arguments);
    arguments_deinit(arguments);
    if (status == CONNECTION_OK)
        status = session_receive(session, false, reply_out);
    if (status == CONNECTION_OK)
        return EXIT_CODE_OK;
    session_lose(session, status);
    return EXIT_CODE_NO_CONNECTION;
}

enum exit_code session_ask(struct session *session, const char *const *words, struct reply **reply_out)
{
    struct arguments arguments = {0};
    for (; *words; words++)
        arguments_append(&arguments, *words, strlen(*words));
    return session_query(session, &arguments, reply_out);
}

/* Sends a command of our own. EXIT_CODE_OK, or the reason was printed as "WHAT failed: ...". */
static enum exit_code session_require(struct session *session, const char *what, struct arguments *arguments)
{
    struct reply *reply;
    enum exit_code code = session_query(session, arguments, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    if (reply->type == REPLY_ERROR) {
        char *text = text_copy_message(reply->text, reply->length);
        fprintf(stderr, "%s failed: %s\n", what, text);
        free(text);
        session_advise(session, reply);
        code = session_code_of_error(reply);
    }
    reply_destroy(reply);
    return code;
}

static void append_login(const struct session *session, struct arguments *arguments)
{
    const struct options *options = session->options;
    for (size_t i = 0; i < session->login.count; i++)
        arguments_append(arguments, session->login.values[i], session->login.lengths[i]);
    if (session->login.count > 0 || !options->password)
        return;
    append_text(arguments, "AUTH");
    if (options->user)
        append_text(arguments, options->user);
    append_text(arguments, options->password);
}

static enum exit_code session_authenticate(struct session *session)
{
    struct arguments arguments = {0};
    append_login(session, &arguments);
    if (arguments.count == 0)
        return EXIT_CODE_OK;
    enum exit_code code = session_require(session, "AUTH", &arguments);
    return session->connection ? EXIT_CODE_OK : code;
}

static enum exit_code session_choose_protocol(struct session *session)
{
    enum protocol_choice wanted = session->wanted_protocol;
    if (wanted != PROTOCOL_3 && wanted != PROTOCOL_3_PREFERRED)
        return EXIT_CODE_OK;
    struct arguments arguments = {0};
    append_text(&arguments, "HELLO");
    append_text(&arguments, "3");
    enum exit_code code = session_require(session, "HELLO 3", &arguments);
    bool lost = !session->connection;
    return wanted == PROTOCOL_3_PREFERRED && !lost ? EXIT_CODE_OK : code;
}

static enum exit_code session_choose_database(struct session *session)
{
    if (session->wanted_database == session->now.database)
        return EXIT_CODE_OK;
    char number[16], what[32];
    snprintf(number, sizeof number, "%d", session->wanted_database);
    snprintf(what, sizeof what, "SELECT %s", number);
    struct arguments arguments = {0};
    append_text(&arguments, "SELECT");
    append_text(&arguments, number);
    enum exit_code code = session_require(session, what, &arguments);
    if (code == EXIT_CODE_OK)
        session->now.database = session->wanted_database;
    return code;
}

/* Asks for the ACL user, for the prompt. A server that has no ACL, or does not say, leaves it unknown. */
static enum exit_code session_learn_user(struct session *session)
{
    if (session->mode != SESSION_PROMPT)
        return EXIT_CODE_OK;
    struct reply *reply;
    session->now.user[0] = '\0';
    session->generation++;
    enum exit_code code = session_ask(session, (const char *[]){"ACL", "WHOAMI", NULL}, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    if (reply->type == REPLY_STRING && strcmp(reply->text, "default") != 0) {
        char *name = quoting_copy_printable(reply->text, reply->length);
        snprintf(session->now.user, sizeof session->now.user, "%s", name);
        free(name);
    }
    reply_destroy(reply);
    return EXIT_CODE_OK;
}

void session_settle_user(struct session *session)
{
    if (!session->user_may_differ || session->now.in_multi || !session->connection)
        return;
    session->user_may_differ = false;
    session_choose_database(session);
    if (session->connection)
        session_learn_user(session);
}

/* Warns of somebody unexpected, again only when it is somebody else. */
static void session_check_peer(struct session *session)
{
    struct ucred peer;
    if (!connection_peer(session->connection, &peer))
        return;
    session->now.pid = peer.pid;
    if (session->has_peer && session->peer_uid == peer.uid)
        return;
    session->has_peer = true;
    session->peer_uid = peer.uid;
    peer_warn(stderr, session->options->socket_path, &peer);
}

bool session_peer(const struct session *session, struct ucred *peer_out)
{
    return session->connection && connection_peer(session->connection, peer_out);
}

/* Gives a new connection what it is to have. */
static enum exit_code session_settle(struct session *session)
{
    enum exit_code code = session_authenticate(session);
    if (code == EXIT_CODE_OK)
        code = session_choose_protocol(session);
    if (code == EXIT_CODE_OK)
        code = session_choose_database(session);
    if (code != EXIT_CODE_OK && session->mode != SESSION_PROMPT)
        session_disconnect(session);
    if (session->connection) {
        enum exit_code lost = session_learn_user(session);
        code = lost != EXIT_CODE_OK ? lost : code;
    }
    return code;
}

static void session_tell_reconnection(struct session *session)
{
    if (!session->has_past)
        return;
    output_flush();
    reconnection_tell(stderr, session->options->socket_path, &session->past, &session->now, session->past_was_lost);
    session->has_past = false;
}

enum exit_code session_connect(struct session *session)
{
    if (session->connection)
        return EXIT_CODE_OK;
    const struct options *options = session->options;
    int error = connection_open(options->socket_path, options->timeout, &session->connection);
    if (error < 0) {
        session->past_was_lost = session->has_past;
        connect_error_explain(stderr, options->socket_path, options->socket_source, -error);
        return error == -EACCES || error == -EPERM ? EXIT_CODE_REFUSED : EXIT_CODE_NO_CONNECTION;
    }
    session_check_peer(session);
    enum exit_code code = session_settle(session);
    session->is_settled = session->connection;
    if (session->is_settled)
        session_tell_reconnection(session);
    return code;
}

enum exit_code session_renew(struct session *session)
{
    session_disconnect(session);
    session->past_was_lost = false;
    return session_connect(session);
}

/* ---- what a command did to the connection ---- */

static void end_multi(struct session *session, bool undo)
{
    session->now.in_multi = false;
    if (undo)
        session->now.database = session->wanted_database = session->database_before_multi;
}

static void note_multi(struct session *session)
{
    session->now.in_multi = true;
    session->database_before_multi = session->now.database;
}

static void note_select(struct session *session, const struct arguments *arguments)
{
    session->now.database = session->wanted_database = atoi(arguments->values[1]);
}

/* The words from `first` on (a user and) a password were accepted: a new connection logs in with them. */
static void note_login(struct session *session, const struct arguments *arguments, size_t first, size_t count)
{
    session->user_may_differ = true;
    if (session->mode != SESSION_PROMPT || session->now.in_multi || first + count > arguments->count)
        return;
    forget_login(session);
    append_text(&session->login, "AUTH");
    for (size_t i = first; i < first + count; i++)
        arguments_append(&session->login, arguments->values[i], arguments->lengths[i]);
}

static void note_hello(struct session *session, const struct arguments *arguments, const struct reply *reply)
{
    session->wanted_protocol = reply->type == REPLY_MAP ? PROTOCOL_3 : PROTOCOL_2;
    for (size_t i = 2; i < arguments->count; i++) {
        if (arguments_is(arguments, i, "auth")) {
            note_login(session, arguments, i + 1, 2);
            break;
        }
    }
}

static void note_reset(struct session *session)
{
    session->now.in_multi = false;
    session->now.database = session->wanted_database = 0;
    session->wanted_protocol = PROTOCOL_2;
    session->user_may_differ = true;
    forget_login(session);
}

void session_note_reply(struct session *session, const struct arguments *arguments, const struct reply *reply)
{
    bool failed = reply->type == REPLY_ERROR;
    size_t count = arguments->count;
    if (count == 1 && command_is(arguments, "exec", NULL) && session->now.in_multi) {
        end_multi(session, failed || reply->type == REPLY_NULL);
    } else if (failed) {
        return;
    } else if (count == 2 && command_is(arguments, "select", NULL)) {
        note_select(session, arguments);
    } else if (count == 1 && command_is(arguments, "multi", NULL)) {
        note_multi(session);
    } else if (count == 1 && command_is(arguments, "discard", NULL)) {
        end_multi(session, true);
    } else if (count == 1 && command_is(arguments, "reset", NULL)) {
        note_reset(session);
    } else if (count > 1 && command_is(arguments, "hello", NULL)) {
        note_hello(session, arguments, reply);
    } else if (command_is(arguments, "auth", NULL)) {
        note_login(session, arguments, 1, count - 1);
    }
}
