/*
 * Three descriptors are waited for at once: standard input, the server, Ctrl-C. One buffer of input is filled when it
 * is empty and read from the kernel only when there is something, since standard input may be shared with others who
 * do not expect it to be non-blocking.
 *
 * It learns that everything was answered as redis-cli does: an ECHO of random bytes follows the input. Input that ends
 * in the middle of a command would swallow it; so the input's framing is followed, and then nothing more is sent: the
 * end is when all complete commands have been answered. Input that turned replies off (CLIENT REPLY) has them turned on
 * again before that ECHO; the reply to this is nobody's.
 */
#include "modes/pipe.h"

#include "connection/command_skimmer.h"
#include "connection/reply_skimmer.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "core/monotonic.h"
#include "core/progress.h"
#include "core/quantity.h"
#include "modes/line_map.h"
#include "output/output.h"
#include "output/text.h"
#include "session/session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_SIZE (256 * 1024)
#define REPLIES_SIZE (64 * 1024)
#define PIPE_CAPACITY (1024 * 1024) /* asked for where standard input is a pipe: fewer, larger reads */
#define ERRORS_SHOWN 20
#define MARKER_LENGTH 20
#define REPLIES_COMMAND "*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$2\r\nON\r\n"
#define MARKER_COMMAND "*2\r\n$4\r\nECHO\r\n$20\r\n"
#define TICK 0.2 /* seconds between two looks at the clock while there is progress to show */

enum pipe_state {
    PIPE_SENDING,  /* there is more input */
    PIPE_WAITING,  /* for the reply to the marker */
    PIPE_CUT,      /* for the replies to all whole commands: the last one is cut */
    PIPE_ANSWERED, /* the end: all replies are there */
    PIPE_SILENT,   /* the end: no replies for too long */
    PIPE_INTERRUPTED,
    PIPE_FAILED, /* the end: for a reason that was printed */
};

struct pipe {
    const struct options *options;
    struct session *session;
    int server_fd;
    enum pipe_state state;
    enum exit_code failure; /* of PIPE_FAILED */

    char *input; /* bytes from `input_from` to `input_to` are still to be sent */
    size_t input_from;
    size_t input_to;
    uint64_t input_read;
    uint64_t input_size;     /* of a file; 0: unknown */
    bool server_takes;       /* false once a write failed: only its last words are still to be read */
    bool was_cut;            /* it ended in the middle of a command */
    bool leaves_transaction; /* it ended between MULTI and EXEC */
    bool awaits_replies;     /* CLIENT REPLY ON was sent behind it, and not answered yet */
    char marker[MARKER_LENGTH + 1];
    struct command_skimmer commands;
    struct line_map *lines;

    struct reply_skimmer skimmer;
    char *reply_bytes;
    uint64_t replies;
    uint64_t errors; /* among them */

    struct progress progress;
    double began;
    double last_sign; /* of life of the server: it took something or replied */
};

static void pipe_fail(struct pipe *pipe, enum exit_code failure)
{
    pipe->state = PIPE_FAILED;
    pipe->failure = failure;
}

/* The connection is of no more use. */
static void pipe_lose(struct pipe *pipe, const char *reason)
{
    progress_clear(&pipe->progress);
    fprintf(stderr, "Error: %s\n", reason);
    pipe_fail(pipe, EXIT_CODE_NO_CONNECTION);
}

/* ---- input ---- */

static void pipe_follow_input(struct pipe *pipe, const char *bytes, size_t size)
{
    struct command_skimmer *commands = &pipe->commands;
    while (size > 0) {
        uint64_t before = commands->commands;
        size_t taken = command_skimmer_next(commands, bytes, size);
        if (commands->commands > before && !commands->has_resp)
            line_map_add(pipe->lines, commands->commands, commands->lines);
        bytes += taken;
        size -= taken;
    }
}

static void pipe_append(struct pipe *pipe, const char *bytes, size_t size)
{
    memcpy(pipe->input + pipe->input_to, bytes, size);
    pipe->input_to += size;
}

static void pipe_choose_marker(struct pipe *pipe)
{
    unsigned char random[MARKER_LENGTH / 2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        memset(random, 0, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(pipe->marker + 2 * i, 3, "%02x", random[i]);
}

/* The buffer is empty. */
static void pipe_end_input(struct pipe *pipe)
{
    enum command_place place = pipe->commands.place;
    progress_clear(&pipe->progress);
    puts("All data transferred. Waiting for the last reply...");
    pipe->last_sign = monotonic_seconds();
    pipe->input_from = pipe->input_to = 0;
    if (place == PLACE_INLINE || place == PLACE_LOST) { /* a last line without its end */
        pipe_append(pipe, "\r\n", 2);
        pipe_follow_input(pipe, "\r\n", 2);
    } else if (place != PLACE_BETWEEN) {
        pipe->was_cut = true;
        pipe->state = pipe->replies >= pipe->commands.commands ? PIPE_ANSWERED : PIPE_CUT;
        return;
    }
    pipe->state = PIPE_WAITING;
    pipe->awaits_replies = pipe->commands.silence.lasts || pipe->commands.silence.is_single;
    if (pipe->awaits_replies)
        pipe_append(pipe, REPLIES_COMMAND, strlen(REPLIES_COMMAND));
    pipe_choose_marker(pipe);
    pipe_append(pipe, MARKER_COMMAND, strlen(MARKER_COMMAND));
    pipe_append(pipe, pipe->marker, MARKER_LENGTH);
    pipe_append(pipe, "\r\n", 2);
}

/* The buffer is empty and there is something to read. */
static void pipe_read_input(struct pipe *pipe)
{
    ssize_t size = read(STDIN_FILENO, pipe->input, INPUT_SIZE);
    if (size > 0) {
        pipe->input_from = 0;
        pipe->input_to = (size_t)size;
        pipe->input_read += (uint64_t)size;
        pipe_follow_input(pipe, pipe->input, (size_t)size);
    } else if (size == 0) {
        pipe_end_input(pipe);
    } else if (errno != EINTR && errno != EAGAIN) {
        progress_clear(&pipe->progress);
        fprintf(stderr, "kvs-cli: cannot read standard input: %s\n", strerror(errno));
        pipe_fail(pipe, EXIT_CODE_LOCAL);
    }
}

static void pipe_write(struct pipe *pipe)
{
    ssize_t size = write(pipe->server_fd, pipe->input + pipe->input_from, pipe->input_to - pipe->input_from);
    if (size >= 0) {
        pipe->input_from += (size_t)size;
        pipe->last_sign = monotonic_seconds();
    } else if (errno != EINTR && errno != EAGAIN) {
        pipe->server_takes = false;
    }
}

/* ---- replies ---- */

static void pipe_show_error(struct pipe *pipe)
{
    const struct reply_skimmer *reply = &pipe->skimmer;
    uint64_t line = line_map_find(pipe->lines, pipe->replies);
    progress_clear(&pipe->progress);
    if (pipe->errors <= ERRORS_SHOWN) {
        char *text = text_copy_message(reply->text, reply->text_length);
        fprintf(stderr, "%s %" PRIu64 ": %s\n", line > 0 ? "line" : "command", line > 0 ? line : pipe->replies, text);
        free(text);
    } else if (pipe->errors == ERRORS_SHOWN + 1) {
        fputs("(more errors are counted, not shown)\n", stderr);
    }
}

static bool text_begins(const struct reply_skimmer *reply, const char *prefix)
{
    size_t length = strlen(prefix);
    return reply->text_length >= length && memcmp(reply->text, prefix, length) == 0;
}

static bool pipe_leaves_transaction(const struct pipe *pipe)
{
    return pipe->skimmer.type == '+' && text_begins(&pipe->skimmer, "QUEUED");
}

/* Whether the reply just read is the marker's: the marker itself; or what a server says that does not allow or know
 * ECHO, not even here because the input has subscribed, or to which the input has left a transaction open. */
static bool pipe_is_last_reply(const struct pipe *pipe)
{
    const struct reply_skimmer *reply = &pipe->skimmer;
    if (pipe->state != PIPE_WAITING)
        return false;
    if (reply->type == '$')
        return reply->text_length == MARKER_LENGTH && memcmp(reply->text, pipe->marker, MARKER_LENGTH) == 0;
    if (pipe->commands.place == PLACE_LOST || pipe->replies < pipe->commands.commands || pipe->awaits_replies)
        return false;
    if (reply->type == '-' && text_begins(reply, "ERR Can't execute 'echo'")) /* SUBSCRIBE has several replies */
        return true;
    if (pipe->replies != pipe->commands.commands)
        return false;
    if (reply->type == '-')
        return text_begins(reply, "NOPERM") || text_begins(reply, "NOAUTH") || text_begins(reply, "ERR unknown");
    return pipe_leaves_transaction(pipe);
}

static void pipe_count_reply(struct pipe *pipe)
{
    char type = pipe->skimmer.type;
    if (type == '>')
        return;
    if (pipe_is_last_reply(pipe)) {
        pipe->leaves_transaction = pipe_leaves_transaction(pipe);
        pipe->state = PIPE_ANSWERED;
        return;
    }
    if (pipe->awaits_replies && pipe->replies >= pipe->commands.commands) {
        pipe->awaits_replies = false;
        return;
    }
    pipe->replies++;
    if (type == '-' || type == '!') {
        pipe->errors++;
        pipe_show_error(pipe);
    }
    if (pipe->state == PIPE_CUT && pipe->replies >= pipe->commands.commands)
        pipe->state = PIPE_ANSWERED;
}

static void pipe_read_replies(struct pipe *pipe)
{
    ssize_t size = read(pipe->server_fd, pipe->reply_bytes, REPLIES_SIZE);
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (size <= 0) {
        pipe_lose(pipe, size == 0 || errno == ECONNRESET ? "Server closed the connection" : strerror(errno));
        return;
    }
    const char *at = pipe->reply_bytes, *end = at + size;
    enum skim_status status;
    while ((status = reply_skimmer_next(&pipe->skimmer, &at, end)) == SKIM_REPLY)
        pipe_count_reply(pipe);
    pipe->last_sign = monotonic_seconds();
    if (status == SKIM_BAD)
        pipe_lose(pipe, "what the server sends is no reply");
}

/* ---- waiting ---- */

/* Seconds that the server may keep silent now; 0: for ever. */
static double pipe_patience(const struct pipe *pipe)
{
    if (pipe->state != PIPE_SENDING)
        return pipe->options->pipe_timeout;
    return pipe->input_from < pipe->input_to ? pipe->options->timeout : 0;
}

/* Milliseconds for poll(2). */
static int pipe_wait_limit(const struct pipe *pipe)
{
    double patience = pipe_patience(pipe), limit = INFINITY;
    if (patience > 0)
        limit = fmax(0, pipe->last_sign + patience - monotonic_seconds());
    if (pipe->progress.enabled)
        limit = fmin(limit, TICK);
    return isinf(limit) ? -1 : (int)fmin(ceil(limit * 1000), INT_MAX);
}

static void pipe_check_patience(struct pipe *pipe)
{
    double patience = pipe_patience(pipe);
    if (patience <= 0 || monotonic_seconds() - pipe->last_sign < patience)
        return;
    if (pipe->state == PIPE_SENDING)
        pipe_lose(pipe, "The server took nothing and said nothing for the time that -t gives it");
    else
        pipe->state = PIPE_SILENT;
}

static void pipe_show_progress(struct pipe *pipe)
{
    char bytes[QUANTITY_SIZE], replies[QUANTITY_SIZE], rate[QUANTITY_SIZE], errors[QUANTITY_SIZE + 16] = "";
    double seconds = monotonic_seconds() - pipe->began;
    uint64_t sent = pipe->input_read - (pipe->state == PIPE_SENDING ? pipe->input_to - pipe->input_from : 0);
    double fraction = pipe->input_size > 0 ? (double)sent / (double)pipe->input_size : -1;
    if (pipe->errors > 0) {
        char count[QUANTITY_SIZE];
        snprintf(errors, sizeof errors, ", %s %s", quantity_write_count(count, (double)pipe->errors),
                 quantity_noun(pipe->errors, "error", "errors"));
    }
    progress_show(&pipe->progress, fraction, "%s sent, %s %s (%s/s)%s", quantity_write_bytes(bytes, (double)sent),
                  quantity_write_count(replies, (double)pipe->replies),
                  quantity_noun(pipe->replies, "reply", "replies"),
                  quantity_write_count(rate, seconds > 0 ? (double)pipe->replies / seconds : 0), errors);
}

/* Waits for something to do, and does it. */
static void pipe_step(struct pipe *pipe)
{
    bool has_input = pipe->input_from < pipe->input_to && pipe->server_takes;
    bool wants_input = pipe->state == PIPE_SENDING && pipe->input_from == pipe->input_to;
    struct pollfd waits[3] = {
        {.fd = pipe->server_fd, .events = (short)(POLLIN | (has_input ? POLLOUT : 0))},
        {.fd = interrupt_fd(), .events = POLLIN},
        {.fd = wants_input ? STDIN_FILENO : -1, .events = POLLIN},
    };
    int count = poll(waits, 3, pipe_wait_limit(pipe));
    if (interrupt_take()) {
        pipe->state = PIPE_INTERRUPTED;
        return;
    }
    if (count > 0 && waits[0].revents & ~POLLOUT)
        pipe_read_replies(pipe);
    if (count > 0 && waits[2].revents != 0 && pipe->state == PIPE_SENDING)
        pipe_read_input(pipe);
    if (pipe->state < PIPE_ANSWERED && pipe->input_from < pipe->input_to && pipe->server_takes)
        pipe_write(pipe);
    if (pipe->state < PIPE_ANSWERED)
        pipe_check_patience(pipe);
    if (progress_is_due(&pipe->progress))
        pipe_show_progress(pipe);
}

/* ---- the end ---- */

static void pipe_say_unanswered(const struct pipe *pipe)
{
    if (pipe->commands.place != PLACE_LOST && pipe->replies < pipe->commands.commands)
        fprintf(stderr, "%" PRIu64 " of %" PRIu64 " %s read %s answered.\n", pipe->replies, pipe->commands.commands,
                quantity_noun(pipe->commands.commands, "command", "commands"),
                quantity_noun(pipe->replies, "was", "were"));
}

/* Why there is no more. What counts as an error here is one of redis-cli's too. */
static void pipe_explain_end(struct pipe *pipe)
{
    progress_clear(&pipe->progress);
    switch (pipe->state) {
    case PIPE_ANSWERED:
        if (!pipe->was_cut && !pipe->leaves_transaction)
            puts("Last reply received from server.");
        break;
    case PIPE_SILENT:
        fprintf(stderr, "No replies for %g %s: exiting.\n", pipe->options->pipe_timeout,
                quantity_noun(pipe->options->pipe_timeout == 1, "second", "seconds"));
        pipe_say_unanswered(pipe);
        pipe->errors++;
        break;
    case PIPE_INTERRUPTED:
        fputs("Interrupted.\n", stderr);
        pipe_say_unanswered(pipe);
        break;
    default:
        pipe_say_unanswered(pipe);
        break;
    }
    if (pipe->was_cut) {
        fprintf(stderr, "The input ends in the middle of command %" PRIu64 ", which was not executed.\n",
                pipe->commands.commands + pipe->commands.silent + 1);
        pipe->errors++;
    }
    if (pipe->leaves_transaction) {
        fputs("The input leaves a transaction open: without EXEC, its commands were not executed.\n", stderr);
        pipe->errors++;
    }
}

static enum exit_code pipe_finish(struct pipe *pipe)
{
    pipe_explain_end(pipe);
    printf("errors: %" PRIu64 ", replies: %" PRIu64 "\n", pipe->errors, pipe->replies);
    output_flush();
    if (pipe->state == PIPE_INTERRUPTED)
        return EXIT_CODE_INTERRUPTED;
    if (pipe->state == PIPE_FAILED)
        return pipe->failure;
    return pipe->errors > 0 ? EXIT_CODE_ERROR_REPLY : EXIT_CODE_OK;
}

static uint64_t bytes_to_read(void)
{
    struct stat status;
    if (fstat(STDIN_FILENO, &status) < 0 || !S_ISREG(status.st_mode))
        return 0;
    off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
    return at >= 0 && at < status.st_size ? (uint64_t)(status.st_size - at) : 0;
}

static enum exit_code pipe_transfer(struct pipe *pipe)
{
    pipe->server_fd = connection_fd(session_connection(pipe->session));
    pipe->server_takes = true;
    pipe->input = memory_alloc(INPUT_SIZE);
    pipe->reply_bytes = memory_alloc(REPLIES_SIZE);
    pipe->lines = line_map_create();
    pipe->input_size = bytes_to_read();
    pipe->progress = progress_begin();
    pipe->began = pipe->last_sign = monotonic_seconds();
    fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE_CAPACITY);
    while (pipe->state < PIPE_ANSWERED)
        pipe_step(pipe);
    enum exit_code code = pipe_finish(pipe);
    line_map_destroy(pipe->lines);
    free(pipe->reply_bytes);
    free(pipe->input);
    return code;
}

enum exit_code pipe_run(const struct options *options)
{
    if ((fcntl(STDIN_FILENO, F_GETFL) & O_ACCMODE) == O_WRONLY) { /* as standard_files_open() leaves a closed one */
        fprintf(stderr, "kvs-cli: cannot read standard input: %s\n", strerror(EBADF));
        return EXIT_CODE_LOCAL;
    }
    interrupt_install();
    struct pipe pipe = {.options = options, .session = session_create(options, SESSION_ONE_SHOT)};
    enum exit_code code = session_connect(pipe.session);
    if (code == EXIT_CODE_OK)
        code = pipe_transfer(&pipe);
    session_destroy(pipe.session);
    return code;
}
