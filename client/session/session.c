#include "session/session.h"

#include "connection/connect_error.h"
#include "connection/connection.h"
#include "connection/peer.h"
#include "connection/silence.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "output/output.h"
#include "output/text.h"
#include "session/advice.h"
#include "session/commands.h"
#include "session/info.h"
#include "session/reconnection.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RENEWAL_PATIENCE 0.5 /* seconds that a server has to answer a new connection after Ctrl-C */

struct session {
    const struct options *options;
    struct connection *connection; /* NULL: not connected */
    enum session_mode mode;

    /* What the server knows of this connection; the user is known at the prompt only. */
    struct connection_state now;
    bool user_may_differ;  /* from that, since AUTH, HELLO or RESET */
    bool login_was_queued; /* in a transaction */
    bool has_login;        /* the user is the one of the login below, or of the options */
    bool is_default;       /* the user is default, or the server has no users */
    bool owes_protocol;    /* since a login was refused */
    bool is_nobody;        /* the login was refused: the server takes us for somebody whom nobody asked for */
    struct silence silence;
    unsigned generation;
    bool has_asked_kind, is_with_kvs;

    /* What a new connection is given. */
    bool is_hurried; /* somebody waits for the prompt: RENEWAL_PATIENCE applies */
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
    session->user_may_differ = session->is_nobody = session->owes_protocol = false;
    session->has_login = session->is_default = false;
    session->has_asked_kind = session->is_with_kvs = false;
    session->silence = (struct silence){0};
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

bool session_is_nobody(const struct session *session)
{
    return session->is_nobody;
}

bool session_is_default_user(const struct session *session)
{
    return session->is_default;
}

bool session_is_in_multi(const struct session *session)
{
    return session->now.in_multi;
}

bool session_is_silent(const struct session *session)
{
    return session->silence.lasts;
}

bool session_can_ask(const struct session *session)
{
    return session->connection && !session->is_nobody && !session->now.in_multi && !session->silence.lasts &&
           !session->silence.is_single;
}

/* A one-shot command has no time to learn who its user is: it is default unless the login names another. */
static bool may_be_restricted(const struct session *session)
{
    const char *user = session->options->user;
    if (session->mode == SESSION_PROMPT)
        return !session->is_default;
    return user && strcmp(user, "default") != 0;
}

bool session_can_ask_unbidden(const struct session *session)
{
    return session_can_ask(session) && !may_be_restricted(session);
}

bool session_is_with_kvs(struct session *session)
{
    struct reply *reply;
    if (session->has_asked_kind || !session_can_ask_unbidden(session))
        return session->is_with_kvs;
    session->has_asked_kind = true;
    if (session_ask(session, (const char *[]){"INFO", "server", NULL}, &reply) != EXIT_CODE_OK)
        return false;
    struct info *info = info_parse_reply(reply);
    session->is_with_kvs = info && info_text(info, "kvs_version");
    info_destroy(info);
    reply_destroy(reply);
    return session->is_with_kvs;
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
    if (session->is_nobody) {
        snprintf(text, size, "not logged in> ");
        return;
    }
    if (now->database != 0)
        snprintf(database, sizeof database, "[%d]", now->database);
    const char *silence = session->silence.lasts ? "(no replies)" : session->silence.is_single ? "(no reply)" : "";
    snprintf(text, size, "kvs %s%s%s%s%s%s> ", now->user, now->user[0] != '\0' ? "@" : "",
             session->options->socket_path, database, now->in_multi ? "(tx)" : "", silence);
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
        reason = session->is_hurried ? "The server does not answer; the next command tries again"
                                     : "Nothing came from the server for the time that -t gives it";
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
    session->has_login = code == EXIT_CODE_OK;
    session->is_nobody = session->owes_protocol = session->connection && code != EXIT_CODE_OK;
    return session->is_nobody ? EXIT_CODE_REFUSED : code;
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

static void note_user(struct session *session, const char *text, size_t length)
{
    session->is_default = strcmp(text, "default") == 0;
    if (session->is_default)
        return;
    char *name = quoting_copy_printable(text, length);
    snprintf(session->now.user, sizeof session->now.user, "%s", name);
    free(name);
}

/* AUTH USER PASSWORD or AUTH PASSWORD, which is the default user's. */
static void note_user_of_login(struct session *session)
{
    struct arguments login = {0};
    append_login(session, &login);
    if (login.count > 2)
        note_user(session, login.values[1], login.lengths[1]);
    else
        note_user(session, "default", strlen("default"));
    for (size_t i = 0; i < login.count; i++)
        explicit_bzero(login.values[i], login.lengths[i]);
    arguments_deinit(&login);
}

/* HELLO is everybody's, and kvs adds the name of a user whom the account or the socket file gives (kvs_user). Else who
 * did not log in is default, or nobody yet. */
static void note_given_user(struct session *session, const struct reply *hello)
{
    const struct reply *given = reply_find(hello, "kvs_user");
    if (given && given->type == REPLY_STRING)
        note_user(session, given->text, given->length);
    else
        session->is_default = hello->type != REPLY_ERROR || session_code_of_error(hello) != EXIT_CODE_REFUSED;
}

static void note_whoami(struct session *session, const struct reply *name)
{
    if (name->type == REPLY_STRING)
        note_user(session, name->text, name->length);
    else
        session->is_default = name->type != REPLY_ERROR || session_code_of_error(name) != EXIT_CODE_REFUSED;
}

/* The ACL user, for the prompt. Who logged in is known. ACL WHOAMI, of which a refusal would stand in ACL LOG, is asked
 * only after a login in a transaction: whether that went well isn't seen. */
static enum exit_code session_learn_user(struct session *session)
{
    if (session->mode != SESSION_PROMPT || session->is_nobody)
        return EXIT_CODE_OK;
    struct reply *reply;
    bool was_queued = session->login_was_queued;
    session->login_was_queued = false;
    session->now.user[0] = '\0';
    session->generation++;
    if (session->has_login) {
        note_user_of_login(session);
        return EXIT_CODE_OK;
    }
    const char *const *words = was_queued ? (const char *[]){"ACL", "WHOAMI", NULL} : (const char *[]){"HELLO", NULL};
    enum exit_code code = session_ask(session, words, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    if (was_queued)
        note_whoami(session, reply);
    else
        note_given_user(session, reply);
    reply_destroy(reply);
    return EXIT_CODE_OK;
}

void session_settle_user(struct session *session)
{
    if (!session->user_may_differ || session->now.in_multi || !session->connection)
        return;
    bool owes_protocol = session->owes_protocol;
    session->user_may_differ = session->owes_protocol = false;
    if (owes_protocol)
        session_choose_protocol(session);
    if (session->connection)
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

/* Seconds for a new connection; 0: for ever. */
static double session_patience(const struct session *session)
{
    double usual = session->options->timeout;
    return session->is_hurried && (usual <= 0 || usual > RENEWAL_PATIENCE) ? RENEWAL_PATIENCE : usual;
}

enum exit_code session_connect(struct session *session)
{
    if (session->connection)
        return EXIT_CODE_OK;
    const struct options *options = session->options;
    int error = connection_open(options->socket_path, session_patience(session), &session->connection);
    if (error < 0) {
        session->past_was_lost = session->has_past;
        connect_error_explain(stderr, options->socket_path, options->socket_source, -error);
        return error == -EACCES || error == -EPERM ? EXIT_CODE_REFUSED : EXIT_CODE_NO_CONNECTION;
    }
    session_check_peer(session);
    enum exit_code code = session_settle(session);
    session->is_settled = session->connection && !session->is_nobody;
    if (session->is_settled)
        session_tell_reconnection(session);
    return code;
}

enum exit_code session_renew(struct session *session)
{
    session_disconnect(session);
    session->past_was_lost = false;
    session->is_hurried = true;
    enum exit_code code = session_connect(session);
    session->is_hurried = false;
    if (session->connection)
        connection_set_timeout(session->connection, session->options->timeout);
    else
        session->past_was_lost = session->has_past;
    return code;
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
    session->is_nobody = session->has_login = false;
    session->login_was_queued = session->now.in_multi;
    if (session->mode != SESSION_PROMPT || session->now.in_multi || first + count > arguments->count)
        return;
    session->has_login = true;
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
    session->is_nobody = session->has_login = session->login_was_queued = false;
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

/* ---- commands without a reply ---- */

bool session_expects_reply(struct session *session, const struct arguments *arguments)
{
    static const char *const noted[] = {"select", "multi", "exec", "discard"};
    if (silence_pass(&session->silence, arguments))
        return true;
    struct reply done = {.type = REPLY_STATUS, .text = (char[]){"OK"}, .length = 2};
    for (size_t i = 0; i < sizeof noted / sizeof noted[0]; i++) {
        if (command_is(arguments, noted[i], NULL))
            session_note_reply(session, arguments, &done);
    }
    return false;
}

enum exit_code session_ask_for_replies(struct session *session, struct reply **reply_out)
{
    struct arguments arguments = {0};
    append_text(&arguments, "CLIENT");
    append_text(&arguments, "REPLY");
    append_text(&arguments, "ON");
    session_expects_reply(session, &arguments);
    return session_query(session, &arguments, reply_out);
}

enum exit_code session_end_silence(struct session *session)
{
    struct reply *reply;
    if (!session->connection || !session->silence.lasts)
        return EXIT_CODE_OK;
    enum exit_code code = session_ask_for_replies(session, &reply);
    if (code == EXIT_CODE_OK)
        reply_destroy(reply);
    return code;
}
