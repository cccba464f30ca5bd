/*
 * Three batches of keys are under way at a time, one after the other. A round sends, all at once,
 *
 *      the details of the oldest batch      whose types are known
 *      TYPE of each key of the next         which the last SCAN named
 *      the next SCAN                        whose cursor came with it
 *
 * and takes the replies in the same order. So the server always has work, and a batch costs one round trip.
 */
#include "survey/key_walk.h"

#include "core/interrupt.h"
#include "core/memory.h"
#include "core/monotonic.h"
#include "core/quantity.h"
#include "output/text.h"
#include "survey/key_scan.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TYPE_NAMES 64 /* of modules; a server that has more is not believed */
#define LONGEST_TYPE_NAME 32
#define MOST_WORDS 5

/* A key of a batch, in the order of the batch's reply. */
struct pending_key {
    const struct key_type *type;
    const char *type_name;
    bool is_gone;
};

struct batch {
    struct reply *reply; /* to SCAN; NULL: there is no batch */
    const struct reply *names;
    struct pending_key *keys;
};

struct refusal {
    uint64_t count;
    char *reason; /* the first */
    enum exit_code code;
};

struct key_walk {
    struct session *session;
    const struct key_walk_plan *plan;
    struct key_scan *scan;
    struct batch scanned;
    struct batch typed;
    char samples[24]; /* for MEMORY USAGE; empty: as the server likes */
    char *type_names[MOST_TYPE_NAMES];
    size_t type_name_count;
    struct refusal refusals[KEY_QUESTIONS];

    struct progress *progress;
    double began;
    uint64_t total; /* keys; 0: unknown */
    struct key_walk_result result;
};

static void batch_end(struct batch *batch)
{
    reply_destroy(batch->reply);
    free(batch->keys);
    *batch = (struct batch){0};
}

static size_t batch_count(const struct batch *batch)
{
    return batch->reply ? batch->names->count : 0;
}

/* ---- asking ---- */

struct words {
    char *values[MOST_WORDS];
    size_t lengths[MOST_WORDS];
    size_t count;
};

static void words_add(struct words *words, const char *bytes, size_t length)
{
    words->values[words->count] = (char *)bytes; /* only read */
    words->lengths[words->count++] = length;
}

/* The command as words, borrowed. `command` may be two words, such as "MEMORY USAGE". */
static void walk_append(struct key_walk *walk, const char *command, const struct reply *name, const char *option,
                        const char *value)
{
    struct words words = {.count = 0};
    size_t first = strcspn(command, " ");
    words_add(&words, command, first);
    if (command[first] != '\0')
        words_add(&words, command + first + 1, strlen(command + first + 1));
    words_add(&words, name->text, name->length);
    if (option) {
        words_add(&words, option, strlen(option));
        words_add(&words, value, strlen(value));
    }
    struct arguments arguments = {.count = words.count, .values = words.values, .lengths = words.lengths};
    connection_append(session_connection(walk->session), &arguments);
}

static const char *question_command(const struct pending_key *key, enum key_question question)
{
    switch (question) {
    case KEY_TYPE:
        return "TYPE";
    case KEY_LENGTH:
        return key && key->type ? key->type->length_command : "the length";
    case KEY_MEMORY:
    case KEY_MEMORY_OF_UNKNOWN:
        return "MEMORY USAGE";
    case KEY_TTL:
        return "PTTL";
    default:
        return "OBJECT FREQ";
    }
}

/* Whether a question is asked about a key, once its type is known. */
static bool walk_asks(const struct key_walk *walk, const struct pending_key *key, enum key_question question)
{
    if (!walk->plan->asks[question] || question == KEY_TYPE || key->is_gone)
        return false;
    if (question == KEY_LENGTH)
        return key->type;
    return question != KEY_MEMORY_OF_UNKNOWN || !key->type;
}

static void walk_append_details(struct key_walk *walk)
{
    const struct batch *batch = &walk->typed;
    for (size_t i = 0; i < batch_count(batch); i++) {
        const struct pending_key *key = &batch->keys[i];
        for (int question = 0; question < KEY_QUESTIONS; question++) {
            if (!walk_asks(walk, key, question))
                continue;
            bool samples = (question == KEY_MEMORY || question == KEY_MEMORY_OF_UNKNOWN) && walk->samples[0] != '\0';
            walk_append(walk, question_command(key, question), &batch->names->elements[i], samples ? "SAMPLES" : NULL,
                        walk->samples);
        }
    }
}

static void walk_append_types(struct key_walk *walk)
{
    const struct batch *batch = &walk->scanned;
    for (size_t i = 0; i < batch_count(batch) && walk->plan->asks[KEY_TYPE]; i++)
        walk_append(walk, "TYPE", &batch->names->elements[i], NULL, NULL);
}

/* Answers. Functions that send or receive return false when the walk has ended: walk->result says how. */

static bool walk_go_on(struct key_walk *walk, enum connection_status status)
{
    if (status == CONNECTION_OK)
        return true;
    progress_clear(walk->progress);
    walk->result.was_interrupted = status == CONNECTION_INTERRUPTED;
    if (walk->result.was_interrupted)
        session_disconnect(walk->session);
    else
        walk->result.code = session_lose(walk->session, status);
    return false;
}

static bool walk_send(struct key_walk *walk)
{
    return walk_go_on(walk, connection_flush(session_connection(walk->session)));
}

static bool walk_receive(struct key_walk *walk, struct reply **reply_out)
{
    return walk_go_on(walk, session_receive(walk->session, false, reply_out));
}

/* Whether no other key would get a better answer: the server does not have the command, or not for this user. */
static bool is_hopeless(const struct reply *error)
{
    if (reply_has_prefix(error, "NOPERM"))
        return strstr(error->text, "to run");
    return true;
}

/* An error reply that says nothing about the key. False: it ends the walk. */
static bool walk_note_refusal(struct key_walk *walk, enum key_question question, const struct reply *error)
{
    struct refusal *refusal = &walk->refusals[question];
    if (refusal->count++ == 0) {
        refusal->reason = text_copy_message(error->text, error->length);
        refusal->code = session_code_of_error(error);
    }
    return question != walk->plan->essential || !is_hopeless(error);
}

/* A copy that lives as long as the walk. */
static const char *walk_keep_type_name(struct key_walk *walk, const struct reply *reply)
{
    size_t length = reply->length < LONGEST_TYPE_NAME ? reply->length : LONGEST_TYPE_NAME;
    char *name = quoting_copy_printable(reply->text, length);
    for (size_t i = 0; i < walk->type_name_count; i++) {
        if (strcmp(walk->type_names[i], name) == 0) {
            free(name);
            return walk->type_names[i];
        }
    }
    if (walk->type_name_count == MOST_TYPE_NAMES) {
        free(name);
        return "other";
    }
    return walk->type_names[walk->type_name_count++] = name;
}

static bool walk_take_type(struct key_walk *walk, struct pending_key *key, const struct reply *reply)
{
    if (reply->type == REPLY_ERROR)
        return walk_note_refusal(walk, KEY_TYPE, reply);
    if (reply->type != REPLY_STATUS && reply->type != REPLY_STRING)
        return true;
    key->is_gone = strcmp(reply->text, "none") == 0;
    key->type = key_type_find(reply->text);
    key->type_name = key->type ? key->type->name : walk_keep_type_name(walk, reply);
    return true;
}

static bool walk_take_types(struct key_walk *walk)
{
    const struct batch *batch = &walk->scanned;
    bool goes_on = true;
    for (size_t i = 0; i < batch_count(batch) && walk->plan->asks[KEY_TYPE] && goes_on; i++) {
        struct reply *reply;
        if (!walk_receive(walk, &reply))
            return false;
        goes_on = walk_take_type(walk, &batch->keys[i], reply);
        reply_destroy(reply);
    }
    return goes_on;
}

/* The answer to a question about one key; -1 stays where there is none. */
static bool walk_take_answer(struct key_walk *walk, struct pending_key *key, enum key_question question,
                             const struct reply *reply, int64_t *answer)
{
    if (reply->type == REPLY_ERROR) {
        key->is_gone |= reply_has_prefix(reply, "WRONGTYPE") || reply_has_prefix(reply, "ERR no such key");
        return key->is_gone || walk_note_refusal(walk, question, reply);
    }
    key->is_gone |= reply->type == REPLY_NULL;
    if (reply->type != REPLY_INTEGER)
        return true;
    if (reply->integer >= 0)
        *answer = reply->integer;
    else if (question == KEY_TTL && reply->integer == -1)
        *answer = KEY_HAS_NO_TTL;
    else if (question == KEY_TTL)
        key->is_gone = true;
    return true;
}

static bool walk_take_key(struct key_walk *walk, const struct reply *name, struct pending_key *key)
{
    struct walked_key walked = {
        .name = name->text,
        .name_length = name->length,
        .type_name = key->type_name,
        .type = key->type,
        .fraction = -1,
    };
    struct pending_key asked = *key; /* a key that is found to be gone is still answered for */
    for (int question = 0; question < KEY_QUESTIONS; question++) {
        struct reply *reply;
        walked.answers[question] = -1;
        if (!walk_asks(walk, &asked, question))
            continue;
        if (!walk_receive(walk, &reply))
            return false;
        bool goes_on = walk_take_answer(walk, key, question, reply, &walked.answers[question]);
        reply_destroy(reply);
        if (!goes_on)
            return false;
    }
    if (key->is_gone)
        return true;
    if (walked.answers[KEY_MEMORY] < 0)
        walked.answers[KEY_MEMORY] = walked.answers[KEY_MEMORY_OF_UNKNOWN];
    if (walk->total > 0)
        walk->result.fraction = walked.fraction = fmin(1, (double)walk->result.walked / (double)walk->total);
    walk->result.walked++;
    walk->plan->visit(walk->plan->context, &walked);
    return true;
}

static bool walk_take_details(struct key_walk *walk)
{
    const struct batch *batch = &walk->typed;
    for (size_t i = 0; i < batch_count(batch); i++) {
        if (!walk_take_key(walk, &batch->names->elements[i], &batch->keys[i]))
            return false;
    }
    return true;
}

static bool walk_take_scan(struct key_walk *walk, struct batch *batch)
{
    if (!walk_receive(walk, &batch->reply))
        return false;
    if (!key_scan_take(walk->scan, batch->reply, &batch->names)) {
        progress_clear(walk->progress);
        walk->result.code = key_scan_explain(batch->reply);
        reply_destroy(batch->reply);
        batch->reply = NULL;
        return false;
    }
    batch->keys = memory_alloc_zeroed(batch->names->count * sizeof *batch->keys);
    return true;
}

/* ---- progress ---- */

static void walk_note_progress(struct key_walk *walk)
{
    const struct key_walk_result *result = &walk->result;
    if (!progress_is_due(walk->progress))
        return;
    char walked[QUANTITY_SIZE], total[QUANTITY_SIZE], rate[QUANTITY_SIZE];
    double seconds = monotonic_seconds() - walk->began;
    quantity_write_count(walked, (double)result->walked);
    quantity_write_count(rate, (double)result->walked / seconds);
    if (walk->total > 0)
        progress_show(walk->progress, result->fraction, "%s of %s %s (%s/s)", walked,
                      quantity_write_count(total, (double)walk->total), quantity_noun(walk->total, "key", "keys"),
                      rate);
    else
        progress_show(walk->progress, -1, "%s %s (%s/s)", walked, quantity_noun(result->walked, "key", "keys"), rate);
}

/* How many keys there are, where that helps and may be asked. */
static bool walk_learn_total(struct key_walk *walk)
{
    struct arguments arguments = {0};
    struct reply *reply;
    walk->result.fraction = -1;
    if (key_scan_is_filtered(walk->scan))
        return true;
    arguments_append(&arguments, "DBSIZE", strlen("DBSIZE"));
    connection_append(session_connection(walk->session), &arguments);
    arguments_deinit(&arguments);
    if (!walk_send(walk) || !walk_receive(walk, &reply))
        return false;
    if (reply->type == REPLY_INTEGER && reply->integer > 0) {
        walk->total = (uint64_t)reply->integer;
        walk->result.fraction = 0;
    }
    reply_destroy(reply);
    return true;
}

/* ---- the walk ---- */

static bool walk_round(struct key_walk *walk)
{
    struct batch next = {0};
    bool scans = !key_scan_is_done(walk->scan);
    walk_append_details(walk);
    walk_append_types(walk);
    if (scans)
        key_scan_append(walk->scan, session_connection(walk->session));
    if (!walk_send(walk))
        return false;
    if (!walk_take_details(walk) || !walk_take_types(walk) || (scans && !walk_take_scan(walk, &next)))
        return false;
    batch_end(&walk->typed);
    walk->typed = walk->scanned;
    walk->scanned = next;
    walk_note_progress(walk);
    if (!key_scan_pause(walk->scan)) {
        walk->result.was_interrupted = interrupt_take();
        return false;
    }
    return true;
}

/* Says what was refused. The first of these decides the exit code, where there is none that is worse. */
static void walk_explain_refusals(struct key_walk *walk)
{
    for (int question = 0; question < KEY_QUESTIONS; question++) {
        struct refusal *refusal = &walk->refusals[question];
        if (refusal->count == 0)
            continue;
        char count[QUANTITY_SIZE];
        fprintf(stderr, "kvs-cli: %s was refused for %s %s: %s\n", question_command(NULL, question),
                quantity_write_thousands(count, refusal->count), quantity_noun(refusal->count, "key", "keys"),
                refusal->reason);
        free(refusal->reason);
        if (walk->result.code == EXIT_CODE_OK)
            walk->result.code = refusal->code;
    }
}

struct key_walk_result key_walk_run(struct session *session, const struct key_walk_plan *plan,
                                    struct progress *progress)
{
    const struct options *options = session_options(session);
    struct key_walk walk = {.session = session, .plan = plan, .progress = progress, .began = monotonic_seconds()};
    walk.result.code = EXIT_CODE_USAGE;
    walk.scan = key_scan_create(options);
    if (!walk.scan)
        return walk.result;
    walk.result.code = EXIT_CODE_OK;
    if (options->memory_samples >= 0)
        snprintf(walk.samples, sizeof walk.samples, "%lld", options->memory_samples);
    bool goes_on = walk_learn_total(&walk);
    while (goes_on && (!key_scan_is_done(walk.scan) || walk.scanned.reply || walk.typed.reply))
        goes_on = walk_round(&walk);
    walk.result.is_complete = goes_on;
    progress_clear(progress);
    walk_explain_refusals(&walk);
    batch_end(&walk.scanned);
    batch_end(&walk.typed);
    for (size_t i = 0; i < walk.type_name_count; i++)
        free(walk.type_names[i]);
    key_scan_destroy(walk.scan);
    return walk.result;
}
