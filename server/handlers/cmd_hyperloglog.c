/*
 * HyperLogLog commands. The values are strings (types/hyperloglog.h), which clients may read and write as such.
 *
 * A value may be anything, so it is read as a whole before it is changed: one that isn't intact is refused, and left as
 * it is. A dense value is changed where it is; a sparse one, whose bytes move with every change, in a copy on the
 * stack.
 */
#include "base/text.h"
#include "command/handlers.h"
#include "engine/room.h"
#include "handlers/lookup.h"
#include "handlers/value_edit.h"
#include "server.h"
#include "types/hyperloglog.h"
#include "types/string.h"

#include <math.h>

/* PFMERGE tells the same event as PFADD, as in Redis. The changes of the other two are told to nobody, but counted. */
static const struct key_event event_merge = {"pfadd", EVENT_STRING, 1}, event_count = {"pfcount", EVENT_WHOLE, 1},
                              event_debug = {"pfdebug", EVENT_WHOLE, 1};

static void error_corrupted(struct call *call)
{
    reply_error(call->reply, "INVALIDOBJ Corrupted HLL object detected");
}

/* A value's bytes and form. False, with the error, if it is no HyperLogLog. */
static bool read_value(struct call *call, const struct entry *entry, struct string_view *view_out,
                       enum hyperloglog_form *form_out)
{
    if (!lookup_is_string(call, entry))
        return false;
    string_view(entry, view_out);
    *form_out = hyperloglog_form(view_out->data, view_out->len);
    if (*form_out != HYPERLOGLOG_NONE)
        return true;
    reply_error(call->reply, "WRONGTYPE Key is not a valid HyperLogLog string value.");
    return false;
}

static bool merge_value(struct call *call, const struct string_view *view, uint8_t *registers)
{
    if (hyperloglog_merge(view->data, view->len, registers))
        return true;
    error_corrupted(call);
    return false;
}

/* Puts the value under the first key, whose entry is old or NULL. False, with the error or for want of room, if not. */
static bool store_value(struct call *call, const struct entry *old, const struct hyperloglog *hll,
                        const struct key_event *event)
{
    size_t old_len = old ? string_len(old) : 0;
    if (hll->len > old_len && !room_for(call, hll->len - old_len))
        return false;
    struct entry *stored = old ? string_rewrite(value_edit(call, old), hll->data, hll->len)
                               : string_create_written(call->keys[0].name, hll->data, hll->len, ENTRY_NO_EXPIRY);
    return value_finish(call, old, stored, event);
}

/* ---- adding ---- */

/* Raises the registers of all elements; returns how many times one was raised. The first change is announced. */
static uint32_t add_to_dense(struct call *call, const struct entry *entry)
{
    struct hyperloglog hll;
    uint32_t raised = 0;
    hyperloglog_open_dense(&hll, entry_value(entry));
    for (int i = 2; i < call->argc; i++) {
        unsigned index, rank = hyperloglog_rank(call->argv[i].data, call->argv[i].len, &index);
        if (hyperloglog_register(&hll, index) >= rank)
            continue;
        if (raised++ == 0)
            value_edit(call, entry);
        hyperloglog_raise(&hll, index, rank, 0);
    }
    return raised;
}

/* The same for a copy, whose registers are known, so that only an element that raises one has to find it. */
static uint32_t add_to_copy(const struct call *call, struct hyperloglog *hll, uint8_t *registers)
{
    size_t sparse_max = call->server->config.hll_sparse_max_bytes;
    uint32_t raised = 0;
    for (int i = 2; i < call->argc; i++) {
        unsigned index, rank = hyperloglog_rank(call->argv[i].data, call->argv[i].len, &index);
        if (registers[index] >= rank)
            continue;
        registers[index] = (uint8_t)rank;
        raised += hyperloglog_raise(hll, index, rank, sparse_max);
    }
    return raised;
}

void cmd_pfadd(struct call *call)
{
    const struct entry *entry = keyspace_find_for_write(&call->view, &call->keys[0]);
    struct string_view view;
    enum hyperloglog_form form;
    if (entry && !read_value(call, entry, &view, &form))
        return;
    if (entry && form == HYPERLOGLOG_DENSE && entry->encoding == STRING_BYTES) {
        struct key_event event = {"pfadd", EVENT_STRING, add_to_dense(call, entry)};
        if (event.changes == 0 || value_finish(call, entry, (struct entry *)entry, &event))
            reply_int(call->reply, event.changes > 0);
        return;
    }
    char buffer[HYPERLOGLOG_MAX_LEN];
    uint8_t registers[HYPERLOGLOG_REGISTERS] = {0};
    struct hyperloglog hll;
    struct key_event event = {"pfadd", EVENT_STRING, !entry};
    if (!entry)
        hyperloglog_init(&hll, buffer);
    else if (merge_value(call, &view, registers))
        hyperloglog_copy(&hll, buffer, view.data, view.len);
    else
        return;
    event.changes += add_to_copy(call, &hll, registers);
    if (event.changes == 0 || store_value(call, entry, &hll, &event))
        reply_int(call->reply, event.changes > 0);
}

/* ---- counting ---- */

/* The count is kept in the value, so that the next one costs nothing. Without memory for that it is not. */
static void keep_count(struct call *call, const struct entry *entry, uint64_t count)
{
    char bytes[HYPERLOGLOG_COUNT_LEN];
    hyperloglog_count_bytes(count, bytes);
    struct entry *changed = string_write(value_edit(call, entry), HYPERLOGLOG_COUNT_OFFSET, bytes, sizeof bytes);
    if (changed)
        value_finish(call, entry, changed, &event_count);
}

static void count_one(struct call *call)
{
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    struct string_view view;
    enum hyperloglog_form form;
    uint64_t count = 0;
    if (entry && !read_value(call, entry, &view, &form))
        return;
    if (entry && !hyperloglog_kept_count(view.data, &count)) {
        uint8_t registers[HYPERLOGLOG_REGISTERS] = {0};
        if (!merge_value(call, &view, registers))
            return;
        count = hyperloglog_estimate(registers);
        keep_count(call, entry, count);
    }
    reply_int(call->reply, (int64_t)count);
}

/*
 * Merges the values of all keys; *dense_out tells whether one of them is dense. False, with the error, if one is no
 * HyperLogLog or isn't intact.
 */
static bool merge_all(struct call *call, uint8_t *registers, bool *dense_out)
{
    *dense_out = false;
    for (int i = 0; i < call->key_count; i++) {
        const struct entry *entry = lookup_read(call, &call->keys[i]);
        struct string_view view;
        enum hyperloglog_form form;
        if (!entry)
            continue;
        if (!read_value(call, entry, &view, &form) || !merge_value(call, &view, registers))
            return false;
        *dense_out |= form == HYPERLOGLOG_DENSE;
    }
    return true;
}

void cmd_pfcount(struct call *call)
{
    if (call->key_count == 1) {
        count_one(call);
        return;
    }
    uint8_t registers[HYPERLOGLOG_REGISTERS] = {0};
    bool is_dense;
    if (merge_all(call, registers, &is_dense))
        reply_int(call->reply, (int64_t)hyperloglog_estimate(registers));
}

void cmd_pfmerge(struct call *call)
{
    uint8_t registers[HYPERLOGLOG_REGISTERS] = {0};
    bool is_dense;
    if (!merge_all(call, registers, &is_dense))
        return;
    const struct entry *entry = keyspace_find_for_write(&call->view, &call->keys[0]);
    char buffer[HYPERLOGLOG_MAX_LEN];
    struct hyperloglog hll;
    if (entry) {
        struct string_view view;
        string_view(entry, &view);
        hyperloglog_copy(&hll, buffer, view.data, view.len);
        hyperloglog_outdate(&hll);
    } else {
        hyperloglog_init(&hll, buffer);
    }
    if (is_dense)
        hyperloglog_make_dense(&hll);
    for (unsigned i = 0; i < HYPERLOGLOG_REGISTERS; i++)
        if (registers[i] > 0)
            hyperloglog_raise(&hll, i, registers[i], call->server->config.hll_sparse_max_bytes);
    if (store_value(call, entry, &hll, &event_merge))
        reply_ok(call->reply);
}

/* ---- debugging ---- */

/* Makes the value of the first key dense, in buffer. False, with the error or for want of room, if it can't be. */
static bool convert(struct call *call, const struct entry *entry, const struct string_view *view,
                    struct hyperloglog *hll, char *buffer)
{
    uint8_t registers[HYPERLOGLOG_REGISTERS] = {0};
    if (!merge_value(call, view, registers))
        return false;
    hyperloglog_copy(hll, buffer, view->data, view->len);
    hyperloglog_make_dense(hll);
    return store_value(call, entry, hll, &event_debug);
}

static void debug_todense(struct call *call, const struct entry *entry, const struct string_view *view,
                          enum hyperloglog_form form)
{
    char buffer[HYPERLOGLOG_MAX_LEN];
    struct hyperloglog hll;
    if (form == HYPERLOGLOG_DENSE || convert(call, entry, view, &hll, buffer))
        reply_int(call->reply, form != HYPERLOGLOG_DENSE);
}

/* The value becomes dense, as in Redis. */
static void debug_getreg(struct call *call, const struct entry *entry, const struct string_view *view,
                         enum hyperloglog_form form)
{
    char buffer[HYPERLOGLOG_MAX_LEN];
    struct hyperloglog hll;
    if (form == HYPERLOGLOG_DENSE)
        hyperloglog_copy(&hll, buffer, view->data, view->len);
    else if (!convert(call, entry, view, &hll, buffer))
        return;
    reply_array(call->reply, HYPERLOGLOG_REGISTERS);
    for (unsigned i = 0; i < HYPERLOGLOG_REGISTERS; i++)
        reply_int(call->reply, hyperloglog_register(&hll, i));
}

static void debug_decode(struct call *call, const struct string_view *view, enum hyperloglog_form form)
{
    uint8_t registers[HYPERLOGLOG_REGISTERS] = {0};
    if (form != HYPERLOGLOG_SPARSE) {
        reply_error(call->reply, "ERR HLL encoding is not sparse");
        return;
    }
    if (!merge_value(call, view, registers))
        return;
    struct text runs = {0};
    struct hyperloglog_run run;
    for (size_t at = HYPERLOGLOG_HEADER_LEN; hyperloglog_run_at(view->data, view->len, at, &run); at += run.bytes) {
        const char *blank = at > HYPERLOGLOG_HEADER_LEN ? " " : "";
        if (run.value > 0)
            text_addf(&runs, "%sv:%u,%u", blank, run.value, run.length);
        else
            text_addf(&runs, "%s%c:%u", blank, run.bytes == 1 ? 'z' : 'Z', run.length);
    }
    reply_bulk(call->reply, runs.data, runs.len);
    text_deinit(&runs);
}

void cmd_pfdebug(struct call *call)
{
    const struct arg *word = &call->argv[1];
    const struct entry *entry = keyspace_find_for_write(&call->view, &call->keys[0]);
    struct string_view view;
    enum hyperloglog_form form;
    if (!entry)
        reply_error(call->reply, "ERR The specified key does not exist");
    else if (!read_value(call, entry, &view, &form))
        return;
    else if (arg_is(word, "getreg"))
        debug_getreg(call, entry, &view, form);
    else if (arg_is(word, "decode"))
        debug_decode(call, &view, form);
    else if (arg_is(word, "encoding"))
        reply_simple(call->reply, form == HYPERLOGLOG_DENSE ? "dense" : "sparse");
    else if (arg_is(word, "todense"))
        debug_todense(call, entry, &view, form);
    else
        reply_errorf(call->reply, "ERR Unknown PFDEBUG subcommand '%.*s'", (int)word->len, word->data);
}

/* ---- self-test ---- */

#define SELF_TEST_ELEMENTS 100000

static uint64_t count_of(const struct hyperloglog *hll)
{
    uint8_t registers[HYPERLOGLOG_REGISTERS] = {0};
    return hyperloglog_merge(hll->data, hll->len, registers) ? hyperloglog_estimate(registers) : UINT64_MAX;
}

/* Whether dense registers keep the values that they are given, each its own. */
static bool test_registers(struct call *call, struct hyperloglog *dense)
{
    for (unsigned i = 0; i < HYPERLOGLOG_REGISTERS; i++)
        hyperloglog_raise(dense, i, i * 7 % 64, 0);
    for (unsigned i = 0; i < HYPERLOGLOG_REGISTERS; i++) {
        unsigned value = hyperloglog_register(dense, i);
        if (value == i * 7 % 64)
            continue;
        reply_errorf(call->reply, "ERR TESTFAILED Register %u should be %u but is %u", i, i * 7 % 64, value);
        return false;
    }
    return true;
}

/* Whether both forms give the same count of so many elements, and no worse one than can be expected. */
static bool test_counts(struct call *call, uint64_t elements, const struct hyperloglog *dense,
                        const struct hyperloglog *sparse)
{
    uint64_t count = count_of(dense), error = count > elements ? count - elements : elements - count;
    if (count_of(sparse) != count)
        reply_error(call->reply, "ERR TESTFAILED dense/sparse disagree");
    else if ((double)error > ceil(6 * 1.04 / sqrt(HYPERLOGLOG_REGISTERS) * (double)elements))
        reply_errorf(call->reply, "ERR TESTFAILED Too big error. card:%llu abserr:%llu", (unsigned long long)elements,
                     (unsigned long long)error);
    else
        return true;
    return false;
}

void cmd_pfselftest(struct call *call)
{
    char dense_buffer[HYPERLOGLOG_MAX_LEN], sparse_buffer[HYPERLOGLOG_MAX_LEN];
    struct hyperloglog dense, sparse;
    size_t sparse_max = call->server->config.hll_sparse_max_bytes;
    hyperloglog_init(&dense, dense_buffer);
    hyperloglog_make_dense(&dense);
    if (!test_registers(call, &dense))
        return;
    hyperloglog_init(&dense, dense_buffer);
    hyperloglog_make_dense(&dense);
    hyperloglog_init(&sparse, sparse_buffer);
    uint64_t checkpoint = 1;
    for (uint64_t element = 1; element <= SELF_TEST_ELEMENTS; element++) {
        unsigned index, rank = hyperloglog_rank((const char *)&element, sizeof element, &index);
        hyperloglog_raise(&dense, index, rank, 0);
        hyperloglog_raise(&sparse, index, rank, sparse_max);
        if (element != checkpoint)
            continue;
        if (element < sparse_max / 2 && hyperloglog_form(sparse.data, sparse.len) != HYPERLOGLOG_SPARSE) {
            reply_error(call->reply, "ERR TESTFAILED sparse encoding not used");
            return;
        }
        if (!test_counts(call, element, &dense, &sparse))
            return;
        checkpoint *= 10;
    }
    reply_ok(call->reply);
}
