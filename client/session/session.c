#include "session/session.h"

#include "connection/connect_error.h"
#include "connection/connection.h"
#include "connection/peer.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "output/output.h"
#include "session/advice.h"
#include "session/commands.h"

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

    /* What the server knows of this connection. */
    int database;
    bool in_multi;
    bool user_may_differ; /* from `user`, since AUTH, HELLO or RESET */
    char user[64];        /* at the prompt: the ACL user; empty when default or unknown */

    /* What a new connection is given. */
    int wanted_database;
    enum protocol_choice wanted_protocol;
    int database_before_multi;

    /* Whom peer_warn() has judged. */
    bool has_peer;
    uid_t peer_uid;

    struct advice advice; /* that was given */
};

struct session *session_create(const struct options *options, enum session_mode mode)
{
    struct session *session = memory_alloc_zeroed(sizeof(*session));
    session->options = options;
    session->mode = mode;
    session->wanted_database = options->database;
    session->wanted_protocol = options->protocol;
    return session;
}

void session_disconnect(struct session *session)
{
    connection_close(session->connection);
    session->connection = NULL;
    session->database = 0;
    session->in_multi = false;
    session->user_may_differ = false;
    session->user[0] = '\0';
}

void session_destroy(struct session *session)
{
    session_disconnect(session);
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
    return session->in_multi;
}

const struct options *session_options(const struct session *session)
{
    return session->options;
}

void session_write_prompt(const struct session *session, char *text, size_t size)
{
    char database[16] = "";
    if (session->connection == NULL) {
        snprintf(text, size, "not connected> ");
        return;
    }
    if (session->database != 0)
        snprintf(database, sizeof(database), "[%d]", session->database);
    snprintf(text, size, "kvs %s%s%s%s%s> ", session->user, session->user[0] != '\0' ? "@" : "",
             session->options->socket_path, database, session->in_multi ? "(TX)" : "");
}

/* Replies. */

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

/* Connecting. */

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

/* Sends a command of our own. EXIT_CODE_OK, or the reason was printed as "WHAT failed: ...". */
static enum exit_code session_ask(struct session *session, const char *what, struct arguments *arguments)
{
    struct reply *reply;
    enum exit_code code = session_query(session, arguments, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    if (reply->type == REPLY_ERROR) {
        char *text = quoting_copy_printable(reply->text, reply->length);
        fprintf(stderr, "%s failed: %s\n", what, text);
        free(text);
        session_advise(session, reply);
        code = session_code_of_error(reply);
    }
    reply_destroy(reply);
    return code;
}

static enum exit_code session_authenticate(struct session *session)
{
    const struct options *options = session->options;
    if (options->password == NULL)
        return EXIT_CODE_OK;
    struct arguments arguments = {0};
    append_text(&arguments, "AUTH");
    if (options->user != NULL)
        append_text(&arguments, options->user);
    append_text(&arguments, options->password);
    enum exit_code code = session_ask(session, "AUTH", &arguments);
    return session->connection != NULL ? EXIT_CODE_OK : code;
}

static enum exit_code session_choose_protocol(struct session *session)
{
    enum protocol_choice wanted = session->wanted_protocol;
    if (wanted != PROTOCOL_3 && wanted != PROTOCOL_3_PREFERRED)
        return EXIT_CODE_OK;
    struct arguments arguments = {0};
    append_text(&arguments, "HELLO");
    append_text(&arguments, "3");
    enum exit_code code = session_ask(session, "HELLO 3", &arguments);
    bool lost = session->connection == NULL;
    return wanted == PROTOCOL_3_PREFERRED && !lost ? EXIT_CODE_OK : code;
}

static enum exit_code session_choose_database(struct session *session)
{
    if (session->wanted_database == session->database)
        return EXIT_CODE_OK;
    char number[16], what[32];
    snprintf(number, sizeof(number), "%d", session->wanted_database);
    snprintf(what, sizeof(what), "SELECT %s", number);
    struct arguments arguments = {0};
    append_text(&arguments, "SELECT");
    append_text(&arguments, number);
    enum exit_code code = session_ask(session, what, &arguments);
    if (code == EXIT_CODE_OK)
        session->database = session->wanted_database;
    return code;
}

/* Asks for the ACL user, for the prompt. A server that has no ACL, or does not say, leaves it unknown. */
static enum exit_code session_learn_user(struct session *session)
{
    if (session->mode != SESSION_PROMPT)
        return EXIT_CODE_OK;
    struct arguments arguments = {0};
    struct reply *reply;
    append_text(&arguments, "ACL");
    append_text(&arguments, "WHOAMI");
    session->user[0] = '\0';
    enum exit_code code = session_query(session, &arguments, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    if (reply->type == REPLY_STRING && strcmp(reply->text, "default") != 0) {
        char *name = quoting_copy_printable(reply->text, reply->length);
        snprintf(session->user, sizeof(session->user), "%s", name);
        free(name);
    }
    reply_destroy(reply);
    return EXIT_CODE_OK;
}

void session_settle_user(struct session *session)
{
    if (!session->user_may_differ || session->in_multi || session->connection == NULL)
        return;
    session->user_may_differ = false;
    session_choose_database(session);
    if (session->connection != NULL)
        session_learn_user(session);
}

/* Warns of somebody unexpected, again only when it is somebody else. */
static void session_check_peer(struct session *session)
{
    struct ucred peer;
    if (!connection_peer(session->connection, &peer) || (session->has_peer && session->peer_uid == peer.uid))
        return;
    session->has_peer = true;
    session->peer_uid = peer.uid;
    peer_warn(stderr, session->options->socket_path, &peer);
}

bool session_peer(const struct session *session, struct ucred *peer_out)
{
    return session->connection != NULL && connection_peer(session->connection, peer_out);
}

enum exit_code session_connect(struct session *session)
{
    if (session->connection != NULL)
        return EXIT_CODE_OK;
    const struct options *options = session->options;
    int error = connection_open(options->socket_path, options->timeout, &session->connection);
    if (error < 0) {
        connect_error_explain(stderr, options->socket_path, options->socket_source, -error);
        return error == -EACCES || error == -EPERM ? EXIT_CODE_REFUSED : EXIT_CODE_NO_CONNECTION;
    }
    session_check_peer(session);
    enum exit_code code = session_authenticate(session);
    if (code == EXIT_CODE_OK)
        code = session_choose_protocol(session);
    if (code == EXIT_CODE_OK)
        code = session_choose_database(session);
    if (code != EXIT_CODE_OK && session->mode != SESSION_PROMPT)
        session_disconnect(session);
    if (session->connection != NULL) {
        enum exit_code lost = session_learn_user(session);
        code = lost != EXIT_CODE_OK ? lost : code;
    }
    return code;
}

/* What a command did to the connection. */

static void end_multi(struct session *session, bool undo)
{
    session->in_multi = false;
    if (undo)
        session->database = session->wanted_database = session->database_before_multi;
}

static void note_select(struct session *session, const struct arguments *arguments)
{
    session->database = session->wanted_database = atoi(arguments->values[1]);
}

static void note_hello(struct session *session, const struct reply *reply)
{
    session->wanted_protocol = reply->type == REPLY_MAP ? PROTOCOL_3 : PROTOCOL_2;
    session->user_may_differ = true;
}

static void note_reset(struct session *session)
{
    session->in_multi = false;
    session->database = session->wanted_database = 0;
    session->wanted_protocol = PROTOCOL_2;
    session->user_may_differ = true;
}

void session_note_reply(struct session *session, const struct arguments *arguments, const struct reply *reply)
{
    bool failed = reply->type == REPLY_ERROR;
    size_t count = arguments->count;
    if (count == 1 && command_is(arguments, "exec", NULL) && session->in_multi) {
        end_multi(session, failed || reply->type == REPLY_NULL);
    } else if (failed) {
        return;
    } else if (count == 2 && command_is(arguments, "select", NULL)) {
        note_select(session, arguments);
    } else if (count == 1 && command_is(arguments, "multi", NULL)) {
        session->in_multi = true;
        session->database_before_multi = session->database;
    } else if (count == 1 && command_is(arguments, "discard", NULL)) {
        end_multi(session, true);
    } else if (count == 1 && command_is(arguments, "reset", NULL)) {
        note_reset(session);
    } else if (count > 1 && command_is(arguments, "hello", NULL)) {
        note_hello(session, reply);
    } else if (command_is(arguments, "auth", NULL)) {
        session->user_may_differ = true;
    }
}
