/*
 * At a terminal the formatter writes to a stream of our own, which keeps what comes until the decision is made:
 *
 *      KEEPING --- the reply ends -----------------> all of it to the terminal
 *         |------- longer than the screen, --pager > TO_PAGER
 *         '------- too long: a question -----------> TO_TERMINAL, TO_PAGER or STOPPED
 *
 * Where there is nothing to decide it begins with TO_TERMINAL. Once STOPPED (No, Ctrl-C, the pager left) every
 * write fails, and the formatter ends by itself. A pager that can't be run is found out afterwards; the reply is
 * formatted again then, without one.
 */
#include "output/presentation.h"

#include "core/interrupt.h"
#include "core/memory.h"
#include "core/quantity.h"
#include "core/terminal.h"
#include "output/output.h"
#include "output/pager.h"
#include "output/text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLICE (16 * 1024) /* bytes that are looked at and written at a time */

enum state { KEEPING, TO_TERMINAL, TO_PAGER, STOPPED };

struct stream {
    const struct reply *reply;
    enum state state;
    bool use_pager, may_ask;
    bool has_pager;
    struct pager pager; /* where has_pager */

    char *kept;
    size_t length, capacity; /* of what is kept */
    size_t lines;            /* ends of lines therein */

    /* How many of the screen's rows that takes. */
    int screen_columns, screen_rows;
    long rows;
    int column;
    bool in_escape; /* in a change of colour, which takes no columns */
};

/* ---- what there is to show ---- */

struct measure {
    size_t elements; /* without those that only hold others */
    size_t bytes;    /* of the values */
};

static void measure_reply(const struct reply *reply, struct measure *measure)
{
    if (reply->count == 0)
        measure->elements++;
    measure->bytes += reply->text ? reply->length : sizeof reply->integer;
    for (size_t i = 0; i < reply->count; i++)
        measure_reply(&reply->elements[i], measure);
}

/* Where a reply that is too long is to go. */
static enum state ask(const struct reply *reply)
{
    static const char choices[] = "Show it? [y]es, [p]ager, [N]o ";
    struct measure measure = {0};
    char elements[QUANTITY_SIZE], bytes[QUANTITY_SIZE], question[160];
    measure_reply(reply, &measure);
    quantity_write_thousands(elements, measure.elements);
    quantity_write_bytes(bytes, (double)measure.bytes);
    if (measure.elements == 1)
        snprintf(question, sizeof question, "This reply has %s. %s", bytes, choices);
    else
        snprintf(question, sizeof question, "This reply has %s elements (%s). %s", elements, bytes, choices);
    for (;;) {
        switch (terminal_ask(question)) {
        case 'y':
            return TO_TERMINAL;
        case 'p':
            return TO_PAGER;
        case 'n':
        case 0:
            return STOPPED;
        default:
            break;
        }
    }
}

/* ---- writing ---- */

/* Not all of it, because of a Ctrl-C or errno: false. EAGAIN comes from a terminal that another program has left
 * non-blocking. */
static bool write_bytes(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        if (interrupt_is_pending())
            return false;
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        else if (written < 0 && errno != EINTR)
            return false;
        bytes += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static void stream_pass(struct stream *stream, const char *bytes, size_t length)
{
    bool to_pager = stream->state == TO_PAGER;
    if (stream->state == STOPPED || write_bytes(to_pager ? stream->pager.fd : STDOUT_FILENO, bytes, length))
        return;
    if (!to_pager && !interrupt_is_pending())
        output_fail(errno);
    stream->state = STOPPED;
}

/* From now on what comes goes to where it was decided, and what was kept before it. */
static void stream_decide(struct stream *stream, enum state state)
{
    stream->state = state;
    if (state == TO_PAGER) {
        int error = pager_start(&stream->pager);
        stream->has_pager = error == 0;
        if (error < 0) {
            fprintf(stderr, "kvs-cli: cannot start a pager: %s\n", strerror(-error));
            stream->state = TO_TERMINAL;
        }
    }
    stream_pass(stream, stream->kept, stream->length);
    stream->length = 0;
}

/* Characters in a row on the screen, as far as a glance can tell: a byte that continues a character takes no column,
 * and neither does a change of colour. */
static void stream_count(struct stream *stream, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == '\n') {
            stream->lines++;
            stream->rows++;
            stream->column = 0;
        } else if (stream->in_escape) {
            stream->in_escape = byte != 'm';
        } else if (byte == '\033') {
            stream->in_escape = true;
        } else if ((byte & 0xc0) != 0x80 && ++stream->column > stream->screen_columns) {
            stream->rows++;
            stream->column = 1;
        }
    }
}

static void stream_keep(struct stream *stream, const char *bytes, size_t length)
{
    if (stream->length + length > stream->capacity) {
        stream->capacity = (stream->length + length) * 2;
        stream->kept = memory_resize(stream->kept, stream->capacity);
    }
    memcpy(stream->kept + stream->length, bytes, length);
    stream->length += length;
    stream_count(stream, bytes, length);
    if (stream->use_pager && stream->rows >= stream->screen_rows)
        stream_decide(stream, TO_PAGER);
    else if (stream->may_ask && (stream->lines > PRESENTATION_MANY_LINES || stream->length > PRESENTATION_MANY_BYTES))
        stream_decide(stream, ask(stream->reply));
}

/* For fopencookie(3): what was taken, or 0, which makes the stream fail. */
static ssize_t stream_take(void *cookie, const char *bytes, size_t length)
{
    struct stream *stream = cookie;
    for (size_t at = 0; at < length && stream->state != STOPPED; at += SLICE) {
        size_t slice = length - at < SLICE ? length - at : SLICE;
        if (stream->state == KEEPING)
            stream_keep(stream, bytes + at, slice);
        else
            stream_pass(stream, bytes + at, slice);
    }
    return stream->state != STOPPED ? (ssize_t)length : 0;
}

/* SIGINT where it ends the program: the terminal is not left in the colour of what was being printed. */
static void die_uncolored(int number)
{
    ssize_t ignored = write(STDOUT_FILENO, "\033[0m\n", 5);
    (void)ignored;
    raise(number); /* it comes when this returns, and SA_RESETHAND has made it deadly */
}

static void format(FILE *out, const struct reply *reply, const struct format_style *style, bool as_text)
{
    if (as_text)
        format_reply_as_text(out, reply, style);
    else
        format_reply(out, reply, style);
}

/* False: there was no pager to be had, and nothing was seen. */
static bool stream_show(struct stream *stream, const struct format_style *style, bool as_text)
{
    static char buffer[SLICE];
    FILE *out = fopencookie(stream, "w", (cookie_io_functions_t){.write = stream_take});
    if (!out)
        memory_fail();
    setvbuf(out, buffer, _IOFBF, sizeof buffer);
    format(out, stream->reply, style, as_text);
    fclose(out);
    if (stream->state == KEEPING)
        stream_decide(stream, TO_TERMINAL);
    free(stream->kept);
    if (stream->has_pager)
        return pager_finish(&stream->pager);
    if (stream->state == STOPPED && interrupt_is_pending()) {
        fputs(style->format == FORMAT_TERMINAL && style->color ? "\033[0m\n" : "\n", stdout);
        output_flush();
    }
    return true;
}

static void show_on_terminal(const struct reply *reply, const struct format_style *style, bool as_text, bool use_pager)
{
    struct stream stream = {.reply = reply, .use_pager = use_pager, .may_ask = isatty(STDIN_FILENO) != 0};
    struct format_style fitted = *style;
    terminal_size(&stream.screen_columns, &stream.screen_rows);
    fitted.columns = stream.screen_columns;
    stream.state = stream.use_pager || stream.may_ask ? KEEPING : TO_TERMINAL;
    if (!stream_show(&stream, &fitted, as_text)) {
        struct stream plain = {.reply = reply, .state = TO_TERMINAL};
        stream_show(&plain, &fitted, as_text);
    }
}

void presentation_show(const struct reply *reply, const struct format_style *style, bool as_text, bool use_pager)
{
    if (!isatty(STDOUT_FILENO)) {
        format(stdout, reply, style, as_text);
        output_flush();
        return;
    }
    struct sigaction uncolor = {.sa_handler = die_uncolored, .sa_flags = (int)SA_RESETHAND}, saved;
    sigemptyset(&uncolor.sa_mask);
    sigaction(SIGINT, NULL, &saved);
    bool is_deadly = saved.sa_handler == SIG_DFL && style->format == FORMAT_TERMINAL && style->color;
    output_flush();
    if (is_deadly)
        sigaction(SIGINT, &uncolor, NULL);
    show_on_terminal(reply, style, as_text, use_pager);
    if (is_deadly)
        sigaction(SIGINT, &saved, NULL);
}

void presentation_show_failure(const struct reply *error)
{
    terminal_choose_locale();
    if (isatty(STDERR_FILENO))
        text_write_line(stderr, error->text, error->length);
    else
        fwrite(error->text, 1, error->length, stderr);
    putc('\n', stderr);
}
