#include "modes/watch.h"

#include "core/interrupt.h"
#include "core/memory.h"
#include "core/monotonic.h"
#include "core/terminal.h"
#include "output/output.h"
#include "output/text.h"
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RETRY_PAUSE 0.1   /* seconds between two attempts to connect again */
#define RETRY_TIMEOUT 1.0 /* seconds for each */

struct watch {
    struct options options;
    struct session *session;
    enum exit_code code;
    bool reconnects;
    bool has_answered;
    bool is_lost;    /* said, and no answer has come since */
    int drawn_width; /* columns of the open line; 0: none is open */
};

struct watch *watch_create(const struct options *options, bool reconnects)
{
    struct watch *watch = memory_alloc_zeroed(sizeof *watch);
    watch->options = *options;
    watch->options.database = 0; /* neither matters here, and either could be refused */
    watch->options.protocol = PROTOCOL_UNCHANGED;
    watch->session = session_create(&watch->options, SESSION_BATCH);
    watch->reconnects = reconnects;
    interrupt_install();
    return watch;
}

void watch_destroy(struct watch *watch)
{
    watch_end_line(watch);
    session_destroy(watch->session);
    free(watch);
}

enum exit_code watch_code(const struct watch *watch)
{
    return watch->code;
}

/* ---- time ---- */

/* The terminal has shown "^C", after which nothing should be written. An open line is drawn over it once more. */
static enum watch_status stop(const struct watch *watch)
{
    if (watch->drawn_width == 0 && isatty(STDOUT_FILENO))
        putchar('\n');
    return WATCH_STOPPED;
}

static enum watch_status pause_for(const struct watch *watch, double seconds)
{
    if (interrupt_sleep(seconds))
        return WATCH_OK;
    interrupt_take();
    return stop(watch);
}

enum watch_status watch_pause_until(struct watch *watch, uint64_t moment)
{
    for (;;) { /* a sleep may end early */
        uint64_t now = monotonic_nanoseconds();
        enum watch_status status = pause_for(watch, now < moment ? (double)(moment - now) / 1e9 : 0);
        if (status != WATCH_OK || now >= moment)
            return status;
    }
}

/* ---- the server ---- */

static enum watch_status fail(struct watch *watch, enum exit_code code)
{
    watch->code = code;
    return WATCH_FAILED;
}

static enum watch_status connect_once(struct watch *watch)
{
    enum exit_code code = session_connect(watch->session);
    if (code == EXIT_CODE_OK)
        return WATCH_OK;
    return interrupt_take() ? stop(watch) : fail(watch, code);
}

static bool is_listening(const char *path)
{
    struct connection *connection;
    if (connection_open(path, RETRY_TIMEOUT, &connection) < 0)
        return false;
    connection_close(connection);
    return true;
}

static void note_loss(struct watch *watch)
{
    session_disconnect(watch->session);
    if (watch->is_lost)
        return;
    watch->is_lost = true;
    watch_end_line(watch);
    fprintf(stderr, "kvs-cli: the server at %s closed the connection; waiting for it, Ctrl-C ends that\n",
            watch->options.socket_path);
}

/* Waits for a server that has gone. */
static enum watch_status connect_again(struct watch *watch)
{
    do {
        if (pause_for(watch, RETRY_PAUSE) != WATCH_OK)
            return WATCH_STOPPED;
    } while (!is_listening(watch->options.socket_path));
    return connect_once(watch);
}

static void note_answer(struct watch *watch)
{
    if (watch->is_lost)
        fprintf(stderr, "kvs-cli: connected again to %s\n", watch->options.socket_path);
    watch->is_lost = false;
    watch->has_answered = true;
}

static enum connection_status ask_once(struct watch *watch, const char *command, struct reply **reply_out)
{
    struct arguments arguments = {0};
    arguments_append(&arguments, command, strlen(command));
    enum connection_status status = connection_send(session_connection(watch->session), &arguments);
    arguments_deinit(&arguments);
    return status == CONNECTION_OK ? session_receive(watch->session, false, reply_out) : status;
}

static bool is_refusal(const struct reply *reply)
{
    return reply->type == REPLY_ERROR && session_code_of_error(reply) == EXIT_CODE_REFUSED;
}

enum watch_status watch_ask(struct watch *watch, const char *command, struct reply **reply_out, uint64_t *time_out)
{
    for (;;) {
        bool again = watch->is_lost && !session_connection(watch->session);
        enum watch_status connected = again ? connect_again(watch) : connect_once(watch);
        if (connected != WATCH_OK)
            return connected;
        uint64_t start = monotonic_nanoseconds();
        enum connection_status status = ask_once(watch, command, reply_out);
        *time_out = monotonic_nanoseconds() - start;
        if (status == CONNECTION_OK) {
            note_answer(watch);
            return is_refusal(*reply_out) ? watch_refuse(watch, command, *reply_out) : WATCH_OK;
        }
        if (status == CONNECTION_INTERRUPTED)
            return stop(watch);
        if (status != CONNECTION_CLOSED || !watch->has_answered || !watch->reconnects) {
            watch_end_line(watch);
            return fail(watch, session_lose(watch->session, status));
        }
        note_loss(watch);
    }
}

enum watch_status watch_refuse(struct watch *watch, const char *command, struct reply *error)
{
    char *text = text_copy_message(error->text, error->length);
    watch_end_line(watch);
    output_flush();
    fprintf(stderr, "kvs-cli: the server refuses %s, which %s needs: %s\n", command, watch->options.mode_option, text);
    free(text);
    enum exit_code code = session_code_of_error(error);
    reply_destroy(error);
    return fail(watch, code);
}

/* ---- the line ---- */

/* Bytes of the first `columns` characters; counts them. Continuation bytes of UTF-8 take no column. */
static int cut_to(const char *line, int columns, int *width_out)
{
    int at = 0, width = 0;
    for (; line[at] != '\0'; at++) {
        bool begins = ((unsigned char)line[at] & 0xc0) != 0x80;
        if (begins && width == columns)
            break;
        width += begins;
    }
    *width_out = width;
    return at;
}

/* Blanks wipe out what the line before had more, and the terminal's "^C": that takes no escape sequence. */
void watch_draw(struct watch *watch, const char *line)
{
    int columns, width;
    terminal_size(&columns, NULL);
    int bytes = cut_to(line, columns - 1, &width);
    int wiped = watch->drawn_width > width ? watch->drawn_width + 2 : width + 2;
    int rest = (wiped < columns ? wiped : columns - 1) - width;
    printf("\r%.*s%*s", bytes, line, rest, "");
    watch->drawn_width = width;
    output_flush();
}

void watch_end_line(struct watch *watch)
{
    if (watch->drawn_width > 0)
        putchar('\n');
    watch->drawn_width = 0;
    output_flush();
}

bool watch_is_for_person(const struct options *options)
{
    bool wanted = options->style.format == FORMAT_TERMINAL || options->style.format == FORMAT_HUMAN;
    return wanted && isatty(STDOUT_FILENO);
}
