#include "session/runner.h"

#include "connection/connection.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "core/monotonic.h"
#include "output/output.h"
#include "output/presentation.h"
#include "output/text.h"
#include "session/commands.h"

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

/* Prints a reply and destroys it. Not EXIT_CODE_OK: an error that ends a one-shot command with -e. */
static enum exit_code runner_print(struct runner *runner, struct reply *reply, bool as_text)
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
        runner_format(runner, reply, as_text);
    runner_flush(runner);
    runner->seconds_printing += monotonic_seconds() - start;
    session_advise(runner->session, reply);
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

static enum exit_code end_wait(struct runner *runner, enum connection_status status)
{
    if (status != CONNECTION_INTERRUPTED)
        return session_lose(runner->session, status);
    putc('\n', isatty(STDOUT_FILENO) ? stdout : stderr);
    return runner_stop(runner);
}

/* Prints what comes until Ctrl-C, the end of the connection, or an error reply. */
static enum exit_code runner_stream(struct runner *runner, bool is_subscription)
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
            return end_wait(runner, status);
        bool failed = reply->type == REPLY_ERROR;
        enum exit_code code = runner_print(runner, reply, false);
        if (failed)
            return code;
    }
    return runner_stop(runner);
}

static size_t expected_replies(const struct arguments *arguments, bool unsubscribes)
{
    return unsubscribes && arguments->count > 2 ? arguments->count - 1 : 1;
}

static enum exit_code runner_run_once(struct runner *runner, const struct arguments *arguments)
{
    struct session *session = runner->session;
    enum connection_status status = connection_send(session_connection(session), arguments);
    if (status != CONNECTION_OK)
        return end_wait(runner, status);
    bool subscribes = command_subscribes(arguments), unsubscribes = command_unsubscribes(arguments);
    if (subscribes || command_is(arguments, "monitor", NULL))
        return runner_stream(runner, subscribes);

    size_t expected = expected_replies(arguments, unsubscribes);
    enum exit_code code = EXIT_CODE_OK;
    while (expected-- > 0 && code == EXIT_CODE_OK && session_connection(session)) {
        struct reply *reply;
        status = session_receive(session, unsubscribes, &reply);
        if (status == CONNECTION_CLOSED && command_is(arguments, "shutdown", NULL)) {
            session_disconnect(session);
            return EXIT_CODE_OK;
        }
        if (status != CONNECTION_OK)
            return end_wait(runner, status);
        session_note_reply(session, arguments, reply);
        if (reply->type == REPLY_ERROR)
            expected = 0;
        code = runner_print(runner, reply, command_answers_text(arguments));
    }
    session_settle_user(session);
    return code;
}

static bool runner_pause(struct runner *runner)
{
    bool first = !runner->has_run;
    runner->has_run = true;
    double interval = session_options(runner->session)->interval;
    return first || interval <= 0 || interrupt_sleep(interval);
}

/* A connection that was lost since the last command is replaced; not in the middle of a transaction, since the command
 * would then run alone. */
static enum exit_code runner_check_connection(struct runner *runner)
{
    struct session *session = runner->session;
    struct connection *connection = session_connection(session);
    if (!connection || !connection_is_lost(connection))
        return EXIT_CODE_OK;
    if (!session_is_in_multi(session)) {
        session_disconnect(session);
        return EXIT_CODE_OK;
    }
    session_lose(session, CONNECTION_CLOSED);
    fputs("The transaction is lost; the command was not sent\n", stderr);
    return EXIT_CODE_NO_CONNECTION;
}

/* No command runs in the wrong database or protocol, except those that can put this right. */
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
        code = session_connect(session);
        bool authenticates = command_is(arguments, "auth", NULL) || command_is(arguments, "hello", NULL);
        if (code != EXIT_CODE_OK && (!session_connection(session) || !authenticates))
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
