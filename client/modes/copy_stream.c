/*
 * A key goes through three queues:
 *
 *   found      its name came from SCAN
 *   asked      DUMP and PEXPIRETIME (or PTTL) are on their way; answers come in this order
 *   writer     RESTORE is being written, or waits for its answer (copy_writer.h)
 *
 * SCAN is asked only when no name is left, so its answer comes after those of all keys that were asked.
 *
 * What bounds memory: nothing is taken from the source while HELD_MAX bytes wait to be written, and only so many keys
 * are asked as are likely to have that many bytes together, by the largest value of late. The source needs memory as
 * well for answers that nobody takes.
 */
#include "modes/copy_stream.h"

#include "core/interrupt.h"
#include "core/monotonic.h"
#include "core/quantity.h"
#include "modes/copy_key.h"
#include "modes/copy_writer.h"
#include "output/text.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HELD_MAX (16 * 1024 * 1024)
#define ASKED_MAX 256         /* keys */
#define FIRST_GUESS (1 << 20) /* bytes of a value, as long as none is known */
#define ERRORS_SHOWN 10
#define TICK 200 /* milliseconds between two looks at the clock */

struct copy_stream {
    const struct copy_plan *plan;
    struct copy_totals totals;
    struct connection *source;
    struct connection *target;
    enum exit_code code;

    struct copy_queue found, asked;
    struct copy_writer writer;
    size_t guess; /* of a value's bytes */
    char cursor[24];
    bool scan_is_asked;
    bool scan_is_done;
    bool is_stopping; /* what is on its way to the target is finished, nothing else is begun */
    bool is_over;     /* not even that */

    uint64_t errors;  /* that were shown or not */
    double last_sign; /* of life of a server that owes something */
    double began;
    struct progress progress;
};

/* ---- trouble ---- */

static void stop(struct copy_stream *stream, enum exit_code code)
{
    if (stream->code == EXIT_CODE_OK)
        stream->code = code;
    stream->is_stopping = stream->totals.is_stopped = true;
    copy_queue_clear(&stream->found);
}

static void lose(struct copy_stream *stream, const struct copy_side *side, enum connection_status status)
{
    progress_clear(&stream->progress);
    copy_side_tell_loss(side, status);
    stop(stream, EXIT_CODE_NO_CONNECTION);
    stream->is_over |= side == &stream->plan->target;
    copy_queue_clear(&stream->asked);
    stream->scan_is_asked = false;
}

/* Whether what a server says about one key holds for all. NOPERM can be about the command or about the key. */
static bool is_about_all(const struct reply *error)
{
    static const char *const words[] = {"NOAUTH", "LOADING", "OOM", "BUSY ", "READONLY", "MISCONF", "MASTERDOWN"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (reply_has_prefix(error, words[i]))
            return true;
    }
    return reply_has_prefix(error, "NOPERM") && strstr(error->text, "to run the");
}

static const char *name_of(const struct copy_side *side)
{
    return side->product[0] != '\0' ? side->product : side->path;
}

/* Says what a server refused, and stops if there is no use in going on. `key` may be NULL. */
static void note_error(struct copy_stream *stream, const struct copy_side *side, const char *command,
                       const struct copy_key *key, const struct reply *error)
{
    bool is_version = strstr(error->text, "DUMP payload version") && stream->totals.copied == 0;
    bool ends = !key || is_version || is_about_all(error);
    if (stream->is_stopping || (!ends && stream->errors++ >= ERRORS_SHOWN))
        return;
    progress_clear(&stream->progress);
    if (reply_has_prefix(error, "ERR unknown command")) {
        stop(stream, copy_side_lacks(side, command));
        return;
    }
    char *text = text_copy_message(error->text, error->length);
    fprintf(stderr, "kvs-cli: --copy-from: %s", ends ? side->path : "");
    if (!ends && stream->plan->names_database)
        fprintf(stderr, "database %d, ", side->database);
    if (key && !ends)
        quoting_write(stderr, key->name, key->name_length);
    fprintf(stderr, ": %s: %s", command, text);
    if (is_version)
        fprintf(stderr, "; the servers' versions differ, %s does not read what %s writes",
                name_of(&stream->plan->target), name_of(&stream->plan->source));
    fputs(ends ? "; nothing more is copied\n" : "\n", stderr);
    free(text);
    if (ends)
        stop(stream, session_code_of_error(error));
}

static void note_nonsense(struct copy_stream *stream, const char *command)
{
    progress_clear(&stream->progress);
    fprintf(stderr, "kvs-cli: --copy-from: what the server at %s sent is no answer to %s\n", stream->plan->source.path,
            command);
    stop(stream, EXIT_CODE_NO_CONNECTION);
}

/* ---- the source ---- */

static void append_word(struct arguments *arguments, const char *word)
{
    arguments_append(arguments, word, strlen(word));
}

static void ask_scan(struct copy_stream *stream)
{
    const struct copy_plan *plan = stream->plan;
    struct arguments arguments = {0};
    char count[24];
    snprintf(count, sizeof count, "%lld", plan->scan_count);
    append_word(&arguments, "SCAN");
    append_word(&arguments, stream->cursor);
    append_word(&arguments, "COUNT");
    append_word(&arguments, count);
    if (plan->pattern) {
        append_word(&arguments, "MATCH");
        arguments_append(&arguments, plan->pattern, plan->pattern_length);
    }
    if (plan->type) {
        append_word(&arguments, "TYPE");
        append_word(&arguments, plan->type);
    }
    connection_append(stream->source, &arguments);
    arguments_deinit(&arguments);
    stream->scan_is_asked = true;
}

static void ask_key(struct copy_stream *stream, struct copy_key *key)
{
    const char *const commands[] = {"DUMP", stream->plan->has_expire_time ? "PEXPIRETIME" : "PTTL"};
    for (size_t i = 0; i < 2; i++) {
        struct arguments arguments = {0};
        append_word(&arguments, commands[i]);
        arguments_append(&arguments, key->name, key->name_length);
        connection_append(stream->source, &arguments);
        arguments_deinit(&arguments);
    }
    copy_queue_append(&stream->asked, key);
}

static size_t keys_to_ask(const struct copy_stream *stream)
{
    size_t count = HELD_MAX / (stream->guess + 1);
    return count < 1 ? 1 : count > ASKED_MAX ? ASKED_MAX : count;
}

/* Sends what the source is to be asked next. */
static void ask(struct copy_stream *stream)
{
    if (stream->is_stopping || stream->writer.held >= HELD_MAX)
        return;
    bool asks = false;
    for (; stream->found.count > 0 && stream->asked.count < keys_to_ask(stream); asks = true)
        ask_key(stream, copy_queue_take(&stream->found));
    if (stream->found.count == 0 && !stream->scan_is_asked && !stream->scan_is_done) {
        ask_scan(stream);
        asks = true;
    }
    enum connection_status status = asks ? connection_flush(stream->source) : CONNECTION_OK;
    if (status == CONNECTION_INTERRUPTED) {
        stream->totals.is_interrupted = true;
        stop(stream, EXIT_CODE_INTERRUPTED);
    } else if (status != CONNECTION_OK) {
        lose(stream, &stream->plan->source, status);
    }
}

static bool is_cursor(const struct reply *reply)
{
    return reply->type == REPLY_STRING && reply->length > 0 &&
           reply->length < sizeof(((struct copy_stream *)0)->cursor) &&
           strspn(reply->text, "0123456789") == reply->length;
}

static void take_scan(struct copy_stream *stream, const struct reply *reply)
{
    stream->scan_is_asked = false;
    if (reply->type == REPLY_ERROR) {
        note_error(stream, &stream->plan->source, "SCAN", NULL, reply);
        return;
    }
    if (reply->type != REPLY_ARRAY || reply->count != 2 || !is_cursor(&reply->elements[0]) ||
        reply->elements[1].type != REPLY_ARRAY) {
        note_nonsense(stream, "SCAN");
        return;
    }
    const struct reply *names = &reply->elements[1];
    for (size_t i = 0; i < names->count; i++) {
        const struct reply *name = &names->elements[i];
        if (name->type != REPLY_STRING)
            continue;
        copy_queue_append(&stream->found, copy_key_create(name->text, name->length));
    }
    snprintf(stream->cursor, sizeof stream->cursor, "%s", reply->elements[0].text);
    stream->scan_is_done = strcmp(stream->cursor, "0") == 0;
}

static long long now_in_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Gives a key with its value to the target, and learns how large values are. */
static void give(struct copy_stream *stream, struct copy_key *key, long long expires)
{
    size_t faded = stream->guess - stream->guess / 16, length = key->value->length;
    stream->guess = length > faded ? length : faded;
    copy_writer_add(&stream->writer, key, expires);
}

/* The answer to DUMP, which it keeps. */
static void take_value(struct copy_stream *stream, struct reply *reply)
{
    struct copy_key *key = stream->asked.first;
    key->value = reply;
    if (reply->type == REPLY_ERROR) {
        note_error(stream, &stream->plan->source, "DUMP", key, reply);
        stream->totals.failed++;
    } else if (reply->type == REPLY_NULL) {
        stream->totals.vanished++;
    } else if (reply->type != REPLY_STRING) {
        note_nonsense(stream, "DUMP");
    }
}

/* The answer to PEXPIRETIME or PTTL, after which the key's way goes on, or ends. */
static void take_expiry(struct copy_stream *stream, const struct reply *reply)
{
    const char *command = stream->plan->has_expire_time ? "PEXPIRETIME" : "PTTL";
    struct copy_key *key = copy_queue_take(&stream->asked);
    if (key->value->type == REPLY_STRING && reply->type == REPLY_ERROR) {
        note_error(stream, &stream->plan->source, command, key, reply);
        stream->totals.failed++;
    } else if (key->value->type == REPLY_STRING && reply->type != REPLY_INTEGER) {
        note_nonsense(stream, command);
    } else if (key->value->type == REPLY_STRING && reply->integer == -2) {
        stream->totals.vanished++;
    } else if (key->value->type == REPLY_STRING && !stream->is_stopping) {
        long long expires = reply->integer < 0 ? 0 : reply->integer;
        if (reply->integer >= 0 && !stream->plan->has_expire_time)
            expires = now_in_milliseconds() + (reply->integer < LLONG_MAX / 2 ? reply->integer : LLONG_MAX / 2);
        give(stream, key, expires);
        return;
    }
    copy_key_destroy(key);
}

static void take_from_source(struct copy_stream *stream)
{
    while (!stream->is_stopping && stream->writer.held < HELD_MAX) {
        struct reply *reply;
        enum connection_status status = connection_take(stream->source, &reply);
        if (status != CONNECTION_OK)
            lose(stream, &stream->plan->source, status);
        if (status != CONNECTION_OK || !reply)
            return;
        if (stream->asked.first && !stream->asked.first->value) {
            take_value(stream, reply);
            continue;
        }
        if (stream->asked.first)
            take_expiry(stream, reply);
        else if (stream->scan_is_asked)
            take_scan(stream, reply);
        else
            note_nonsense(stream, "anything");
        reply_destroy(reply);
    }
}

/* ---- the target ---- */

static void take_answer(struct copy_stream *stream, const struct reply *reply)
{
    struct copy_key *key = copy_writer_take_answered(&stream->writer);
    if (!key) { /* an answer before the question: such as why the server is about to close the connection */
        if (reply->type == REPLY_ERROR)
            note_error(stream, &stream->plan->target, "connection", NULL, reply);
        return;
    }
    if (reply->type != REPLY_ERROR) {
        stream->totals.copied++;
        stream->totals.bytes += key->value_length;
    } else if (reply_has_prefix(reply, "BUSYKEY")) {
        stream->totals.skipped++;
    } else {
        note_error(stream, &stream->plan->target, "RESTORE", key, reply);
        stream->totals.failed++;
    }
    copy_key_destroy(key);
}

static void take_from_target(struct copy_stream *stream)
{
    while (!stream->is_over) {
        struct reply *reply;
        enum connection_status status = connection_take(stream->target, &reply);
        if (status != CONNECTION_OK)
            lose(stream, &stream->plan->target, status);
        if (status != CONNECTION_OK || !reply)
            return;
        take_answer(stream, reply);
        reply_destroy(reply);
    }
}

/* ---- both ---- */

static void show_progress(struct copy_stream *stream)
{
    char count[QUANTITY_SIZE], size[QUANTITY_SIZE], rate[QUANTITY_SIZE];
    const struct copy_totals *totals = &stream->totals;
    if (!progress_is_due(&stream->progress))
        return;
    uint64_t done = totals->copied + totals->skipped + totals->vanished + totals->failed;
    double all = (double)stream->plan->done + (double)done;
    double fraction = stream->plan->expected > 0 ? all / (double)stream->plan->expected : -1;
    double seconds = monotonic_seconds() - stream->began;
    char database[32] = "";
    if (stream->plan->names_database)
        snprintf(database, sizeof database, "database %d: ", stream->plan->source.database);
    progress_show(&stream->progress, fraction, "%s%s %s, %s, %s keys/s", database,
                  quantity_write_thousands(count, totals->copied), quantity_noun(totals->copied, "key", "keys"),
                  quantity_write_bytes(size, (double)totals->bytes),
                  quantity_write_count(rate, (double)done / seconds));
}

static void read_side(struct copy_stream *stream, const struct copy_side *side, const struct pollfd *wait)
{
    if (wait->revents == 0)
        return;
    stream->last_sign = monotonic_seconds();
    if ((wait->revents & ~POLLOUT) == 0)
        return;
    enum connection_status status = connection_read(session_connection(side->session));
    if (status != CONNECTION_OK)
        lose(stream, side, status);
}

/* The first Ctrl-C lets what is on its way arrive, the second doesn't. */
static void take_interrupt(struct copy_stream *stream)
{
    if (!interrupt_take())
        return;
    stream->is_over = stream->totals.is_interrupted;
    stream->totals.is_interrupted = true;
    stop(stream, EXIT_CODE_INTERRUPTED);
}

static bool source_owes(const struct copy_stream *stream)
{
    return !stream->is_stopping && (stream->asked.count > 0 || stream->scan_is_asked);
}

/* Waits until one of the servers has something, or can take something. `is_eager`: does not wait. */
static void wait_for_servers(struct copy_stream *stream, bool is_eager)
{
    bool reads_source = source_owes(stream) && stream->writer.held < HELD_MAX;
    bool writes = copy_writer_has_work(&stream->writer);
    struct pollfd waits[3] = {
        {.fd = reads_source ? connection_fd(stream->source) : -1, .events = POLLIN},
        {.fd = connection_fd(stream->target), .events = (short)(writes ? POLLIN | POLLOUT : POLLIN)},
        {.fd = interrupt_fd(), .events = POLLIN},
    };
    poll(waits, 3, is_eager ? 0 : TICK);
    take_interrupt(stream);
    read_side(stream, &stream->plan->source, &waits[0]);
    read_side(stream, &stream->plan->target, &waits[1]);
    double silence = monotonic_seconds() - stream->last_sign;
    if (stream->plan->timeout > 0 && silence > stream->plan->timeout && !stream->is_over)
        lose(stream, stream->writer.keys.count > 0 ? &stream->plan->target : &stream->plan->source,
             CONNECTION_TIMED_OUT);
}

static bool has_work(const struct copy_stream *stream)
{
    if (stream->is_over)
        return false;
    bool is_begun = stream->writer.keys.count > 0;
    return is_begun ||
           (!stream->is_stopping && (source_owes(stream) || stream->found.count > 0 || !stream->scan_is_done));
}

static void say_not_shown(uint64_t errors)
{
    fprintf(stderr, "kvs-cli: --copy-from: %" PRIu64 " more %s not shown\n", errors,
            quantity_noun(errors, "error is", "errors are"));
}

enum exit_code copy_stream_run(const struct copy_plan *plan, struct copy_totals *totals_out)
{
    struct copy_stream stream = {
        .plan = plan,
        .source = session_connection(plan->source.session),
        .target = session_connection(plan->target.session),
        .writer = {.replace = plan->replace},
        .guess = FIRST_GUESS,
        .cursor = "0",
        .began = monotonic_seconds(),
        .last_sign = monotonic_seconds(),
        .progress = progress_begin(),
    };
    while (has_work(&stream)) {
        take_from_source(&stream);
        ask(&stream);
        bool was_full = stream.writer.held >= HELD_MAX;
        copy_writer_write(&stream.writer, connection_fd(stream.target));
        take_from_target(&stream);
        show_progress(&stream);
        if (has_work(&stream)) /* the source's reader may hold answers that were not taken while all was full */
            wait_for_servers(&stream, was_full && stream.writer.held < HELD_MAX);
    }
    progress_clear(&stream.progress);
    if (stream.errors > ERRORS_SHOWN)
        say_not_shown(stream.errors - ERRORS_SHOWN);
    copy_queue_clear(&stream.found);
    copy_queue_clear(&stream.asked);
    copy_writer_clear(&stream.writer);
    *totals_out = stream.totals;
    bool failed = stream.code == EXIT_CODE_OK && stream.totals.failed > 0;
    return failed ? EXIT_CODE_ERROR_REPLY : stream.code;
}
