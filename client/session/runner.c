#include "session/runner.h"

#include "connection/connection.h"
#include "connection/silence.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "core/monotonic.h"
#include "output/output.h"
#include "output/presentation.h"
#include "output/text.h"
#include "session/commands.h"
#include "session/unknown_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct runner {
    struct session *session;
    FILE *out; /* where replies go; NULL: standard output */
    const struct format_style *style;
    bool is_stopped; /* by Ctrl-C, or because nobody takes the replies: nothing more is to be run or printed */
    bool has_run;    /* a command was sent: -i pauses before the next */
    double seconds;  /* of the last run, without `seconds_printing` */
    double seconds_printing;
    unsigned long long error_count;
    char *last_error; /* printable */
    enum exit_code last_error_code;
    struct unknown_command unknown_command; /* that was explained */
};

struct runner *runner_create(struct session *session)
{
    struct runner *runner = memory_alloc_zeroed(sizeof *runner);
    runner->session = session;
    runner->style = &session_options(session)->style;
    return runner;
}

void runner_destroy(struct runner *runner)
{
    free(runner->last_error);
    unknown_command_deinit(&runner->unknown_command);
    free(runner);
}

struct session *runner_session(const struct runner *runner)
{
    return runner->session;
}

double runner_seconds(const struct runner *runner)
{
    return runner->is_stopped || runner->out ? 0 : runner->seconds;
}

unsigned long long runner_error_count(const struct runner *runner)
{
    return runner->error_count;
}

const char *runner_last_error(const struct runner *runner)
{
    return runner->last_error;
}

enum exit_code runner_last_error_code(const struct runner *runner)
{
    return runner->last_error_code;
}

static void runner_note_error(struct runner *runner, const struct reply *error)
{
    runner->error_count++;
    runner->last_error_code = session_code_of_error(error);
    free(runner->last_error);
    runner->last_error = text_copy_message(error->text, error->length);
}

void runner_redirect(struct runner *runner, FILE *out, const struct format_style *style)
{
    runner->out = out;
    runner->style = out ? style : &session_options(runner->session)->style;
}

/* ---- printing ---- */

/* A program that has read enough, or was ended by the Ctrl-C that ends the command, is no trouble. */
static void runner_flush(struct runner *runner)
{
    if (!runner->out) {
        output_flush();
        return;
    }
    errno = 0;
    if (fflush(runner->out) == 0 && !ferror(runner->out))
        return;
    if (!runner->is_stopped && errno != EPIPE && errno != EINTR)
        fprintf(stderr, "kvs-cli: the reply was not written: %s\n", strerror(errno != 0 ? errno : EIO));
    runner->is_stopped = true;
}

/* Replies that go elsewhere leave errors to the person who waits. */
static void runner_format(struct runner *runner, const struct reply *reply, bool as_text)
{
    const struct options *options = session_options(runner->session);
    if (!runner->out)
        presentation_show(reply, runner->style, as_text, options->pager);
    else if (reply->type == REPLY_ERROR)
        presentation_show_failure(reply);
    else if (as_text)
        format_reply_as_text(runner->out, reply, runner->style);
    else
        format_reply(runner->out, reply, runner->style);
}

/* Only to a person: scripts and what they pipe in know what they send. */
static bool runner_explains(const struct runner *runner)
{
    return session_mode(runner->session) != SESSION_BATCH && isatty(STDERR_FILENO);
}

/* Prints a reply to a command and destroys it. Not EXIT_CODE_OK: an error that ends a one-shot command with -e. */
static enum exit_code runner_print(struct runner *runner, const struct arguments *arguments, struct reply *reply)
{
    const struct options *options = session_options(runner->session);
    bool failed = reply->type == REPLY_ERROR;
    enum exit_code code = failed ? session_code_of_error(reply) : EXIT_CODE_OK;
    bool ends = failed && session_mode(runner->session) == SESSION_ONE_SHOT && options->error_exit;
    double start = monotonic_seconds();
    if (failed)
        runner_note_error(runner, reply);
    if (ends)
        presentation_show_failure(reply);
    else
        runner_format(runner, reply, command_answers_text(arguments));
    runner_flush(runner);
    session_advise(runner->session, reply);
    if (runner_explains(runner))
        unknown_command_explain(&runner->unknown_command, stderr, runner->session, arguments, reply);
    runner->seconds_printing += monotonic_seconds() - start;
    reply_destroy(reply);
    return ends ? code : EXIT_CODE_OK;
}

/* ---- running ---- */

/* What the server still sends belongs to nobody, so the connection is replaced. */
static enum exit_code runner_stop(struct runner *runner)
{
    runner->is_stopped = true;
    session_renew(runner->session);
    return EXIT_CODE_OK;
}

/* After the ^C on the screen. `remark` may be empty. */
static enum exit_code end_wait(struct runner *runner, enum connection_status status, const char *remark)
{
    if (status != CONNECTION_INTERRUPTED)
        return session_lose(runner->session, status);
    output_flush();
    putc('\n', isatty(STDOUT_FILENO) ? stdout : stderr);
    output_flush();
    fputs(remark, stderr);
    return runner_stop(runner);
}

static enum exit_code end_command(struct runner *runner, enum connection_status status)
{
    return end_wait(runner, status,
                    "Given up; the server may still execute it. The next command has a new connection.\n");
}

/* Prints what comes until Ctrl-C, the end of the connection, or an error reply. */
static enum exit_code runner_stream(struct runner *runner, const struct arguments *arguments, bool is_subscription)
{
    struct session *session = runner->session;
    if (is_subscription && runner->style->format != FORMAT_RAW) {
        fputs("Reading messages... (press Ctrl-C to quit)\n", runner->out ? runner->out : stdout);
        runner_flush(runner);
    }
    while (!runner->is_stopped) {
        struct reply *reply;
        enum connection_status status = session_receive(session, is_subscription, &reply);
        if (status != CONNECTION_OK)
            return end_wait(runner, status, "");
        bool failed = reply->type == REPLY_ERROR;
        enum exit_code code = runner_print(runner, arguments, reply);
        if (failed)
            return code;
    }
    return runner_stop(runner);
}

static size_t expected_replies(const struct arguments *arguments, bool unsubscribes)
{
    return unsubscribes && arguments->count > 2 ? arguments->count - 1 : 1;
}

/* A command after which replies stay away is sent once the server has said that it obeys. `*is_ready_out`: it may be
 * sent. In a transaction it would spoil EXEC's reply, which nothing could then be told from. */
static enum exit_code runner_prepare_silence(struct runner *runner, const struct arguments *arguments,
                                             bool *is_ready_out)
{
    struct session *session = runner->session;
    struct reply *reply;
    bool is_silent = session_is_silent(session);
    *is_ready_out = false;
    if (session_is_in_multi(session) && (is_silent || silence_begins(arguments))) {
        fputs("kvs-cli: CLIENT REPLY was not sent: in a transaction it would spoil the reply to EXEC\n", stderr);
        return EXIT_CODE_USAGE;
    }
    *is_ready_out = is_silent || !silence_begins(arguments);
    if (*is_ready_out)
        return EXIT_CODE_OK;
    enum exit_code code = session_ask_for_replies(session, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    *is_ready_out = reply->type != REPLY_ERROR;
    if (!*is_ready_out)
        return runner_print(runner, arguments, reply);
    reply_destroy(reply);
    if (session_mode(session) == SESSION_PROMPT && arguments_is(arguments, 2, "off"))
        fputs("No replies come until CLIENT REPLY ON.\n", stderr);
    return EXIT_CODE_OK;
}

/* Prints the replies to a command that was sent. */
static enum exit_code runner_receive(struct runner *runner, const struct arguments *arguments)
{
    struct session *session = runner->session;
    bool unsubscribes = command_unsubscribes(arguments);
    size_t expected = expected_replies(arguments, unsubscribes);
    enum exit_code code = EXIT_CODE_OK;
    while (expected-- > 0 && code == EXIT_CODE_OK && session_connection(session)) {
        struct reply *reply;
        enum connection_status status = session_receive(session, unsubscribes, &reply);
        if (status == CONNECTION_CLOSED && command_is(arguments, "shutdown", NULL)) {
            session_disconnect(session);
            return EXIT_CODE_OK;
        }
        if (status != CONNECTION_OK)
            return end_command(runner, status);
        session_note_reply(session, arguments, reply);
        if (reply->type == REPLY_ERROR)
            expected = 0;
        code = runner_print(runner, arguments, reply);
    }
    session_settle_user(session);
    return code;
}

static enum exit_code runner_run_once(struct runner *runner, const struct arguments *arguments)
{
    struct session *session = runner->session;
    bool is_ready = true;
    enum exit_code code = EXIT_CODE_OK;
    if (arguments->count == 1 && command_is(arguments, "sync", NULL)) {
        fputs("kvs-cli: SYNC was not sent: a copy of all data follows it, and no reply\n", stderr);
        return EXIT_CODE_USAGE;
    }
    if (silence_chooses(arguments))
        code = runner_prepare_silence(runner, arguments, &is_ready);
    if (code != EXIT_CODE_OK || !is_ready)
        return code;
    if (!session_connection(session))
        return EXIT_CODE_NO_CONNECTION;
    enum connection_status status = connection_send(session_connection(session), arguments);
    if (status != CONNECTION_OK)
        return end_command(runner, status);
    bool is_answered = session_expects_reply(session, arguments), subscribes = command_subscribes(arguments);
    if (subscribes || command_is(arguments, "monitor", NULL))
        return runner_stream(runner, arguments, subscribes);
    return is_answered ? runner_receive(runner, arguments) : EXIT_CODE_OK;
}

static bool runner_pause(struct runner *runner)
{
    bool first = !runner->has_run;
    runner->has_run = true;
    double interval = session_options(runner->session)->interval;
    return first || interval <= 0 || interrupt_sleep(interval);
}

/* A connection that was lost since the last command is replaced; not in the middle of a transaction, since the command
 * would then run alone, and not where earlier commands may have been lost unseen. */
static enum exit_code runner_check_connection(struct runner *runner)
{
    struct session *session = runner->session;
    struct connection *connection = session_connection(session);
    if (!connection || !connection_is_lost(connection))
        return EXIT_CODE_OK;
    bool in_multi = session_is_in_multi(session);
    if (!in_multi && !session_is_silent(session)) {
        session_disconnect(session);
        return EXIT_CODE_OK;
    }
    session_lose(session, CONNECTION_CLOSED);
    fputs(in_multi ? "The transaction is lost; the command was not sent\n"
                   : "Without replies nobody knows what was executed; the command was not sent\n",
          stderr);
    return EXIT_CODE_NO_CONNECTION;
}

/* What can put a refused login, database or protocol right. */
static bool runner_authenticates(const struct arguments *arguments)
{
    static const char *const names[] = {"auth", "hello", "reset", "quit"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (command_is(arguments, names[i], NULL))
            return true;
    }
    return false;
}

/* Connects for a command. No command runs as the wrong user, or in the wrong database or protocol. */
static enum exit_code runner_connect(struct session *session, const struct arguments *arguments)
{
    bool was_nobody = session_is_nobody(session);
    enum exit_code code = session_connect(session);
    if (session_connection(session) && runner_authenticates(arguments))
        return EXIT_CODE_OK;
    if (code != EXIT_CODE_OK || !was_nobody || !session_is_nobody(session))
        return code;
    fputs("Not sent: the login was refused. AUTH [USER] PASSWORD logs in; RESET goes on without.\n", stderr);
    return EXIT_CODE_REFUSED;
}

static enum exit_code runner_repeat(struct runner *runner, const struct arguments *arguments, long long repeat)
{
    struct session *session = runner->session;
    if (session_mode(session) == SESSION_PROMPT)
        runner->has_run = false; /* a person pauses already */
    while (!runner->is_stopped && (repeat < 0 || repeat-- > 0)) {
        if (!runner_pause(runner) || interrupt_is_pending())
            break;
        enum exit_code code = runner_check_connection(runner);
        if (code != EXIT_CODE_OK)
            return code;
        code = runner_connect(session, arguments);
        if (code != EXIT_CODE_OK)
            return code;
        code = runner_run_once(runner, arguments);
        if (code != EXIT_CODE_OK)
            return code;
    }
    return EXIT_CODE_OK;
}

enum exit_code runner_run(struct runner *runner, const struct arguments *arguments, long long repeat)
{
    double start = monotonic_seconds();
    runner->is_stopped = false;
    runner->seconds_printing = 0;
    enum exit_code code = runner_repeat(runner, arguments, repeat);
    runner->seconds = monotonic_seconds() - start - runner->seconds_printing;
    return code;
}
