/*
 * BITOP: strings are combined bit by bit, and the result is stored.
 *
 * A large result is made in turns (clients/turn.h), and yet of one moment, the one at which it is stored. Its head, the
 * first BLOB_MIN bytes, comes last, in the turn that stores it; nothing behind the head depends on a source that isn't
 * a blob, since those are shorter. The blobs are retained between turns, so each is what it was for as long as its key
 * has the same one. If one has another, somebody has written to a source, and all begins anew; after a few times it is
 * done in a single turn, or a busy source would keep it from ever ending.
 */
#include "base/blob.h"
#include "base/memory.h"
#include "clients/turn.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/room.h"
#include "handlers/lookup.h"
#include "types/bitmap.h"
#include "types/string.h"
#include "types/type_number.h"

#define HEAD BLOB_MIN
#define BYTES_BETWEEN_LOOKS ((size_t)256 << 10) /* at the clock; of all sources */
#define STEP_MIN ((size_t)4096)                 /* bytes of the result between two looks */
#define RESTARTS_MAX 3

/* What there is at the beginning of a turn. */
struct bitop_sources {
    struct string_view *views;
    struct bytes *bytes; /* of the views */
    size_t count;
    size_t longest; /* bytes */
};

struct bitop {
    struct turn_work work; /* first */
    enum bitmap_operation operation;
    struct blob *result; /* NULL: not begun, or to begin anew */
    size_t done;         /* bytes of the result, except for those of the head */
    struct blob **blobs; /* of each source, retained, or NULL; there is none before the first turn ends */
    size_t count;
    unsigned restarts;
};

/* ---- sources ---- */

static void sources_deinit(struct bitop_sources *sources)
{
    mem_free(sources->views);
    mem_free(sources->bytes);
}

/* Finds all of them; a missing key is an empty string. False, with the error, if one is no string. */
static bool sources_find(struct call *call, enum lookup how, struct bitop_sources *sources)
{
    const struct key *keys = call->keys + 1; /* behind the destination */
    size_t count = (size_t)call->key_count - 1;
    *sources = (struct bitop_sources){.views = mem_alloc(count * sizeof *sources->views),
                                      .bytes = mem_alloc(count * sizeof *sources->bytes),
                                      .count = count};
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = keyspace_find(&call->view, &keys[i], how);
        struct string_view *view = &sources->views[i];
        *view = (struct string_view){.data = ""};
        if (entry && !lookup_is_string(call, entry))
            return false;
        if (entry)
            string_view(entry, view);
        sources->bytes[i] = (struct bytes){view->data, view->len};
        if (view->len > sources->longest)
            sources->longest = view->len;
    }
    return true;
}

/* ---- what is kept between turns ---- */

/* Drops all that it has done. */
static void bitop_clear(struct bitop *bitop)
{
    for (size_t i = 0; bitop->blobs && i < bitop->count; i++)
        blob_release(bitop->blobs[i]);
    mem_free(bitop->blobs);
    blob_release(bitop->result);
    bitop->blobs = NULL;
    bitop->result = NULL;
}

static void bitop_destroy(struct turn_work *work)
{
    bitop_clear((struct bitop *)work);
    mem_free(work);
}

/* A source counts as the client's once nobody else has it. */
static size_t bitop_memory(const struct turn_work *work)
{
    const struct bitop *bitop = (const struct bitop *)work;
    size_t bytes = sizeof *bitop + (bitop->result ? blob_memory(bitop->result) : 0);
    for (size_t i = 0; bitop->blobs && i < bitop->count; i++)
        bytes += sizeof *bitop->blobs +
                 (bitop->blobs[i] && blob_is_exclusive(bitop->blobs[i]) ? blob_memory(bitop->blobs[i]) : 0);
    return bytes;
}

static void bitop_give_way(struct call *call, struct bitop *bitop, const struct bitop_sources *sources)
{
    if (!bitop->work.destroy) { /* it is still on the stack */
        struct bitop *kept = mem_alloc(sizeof *kept);
        *kept = *bitop;
        kept->work = (struct turn_work){.destroy = bitop_destroy, .memory = bitop_memory};
        bitop = kept;
    }
    if (!bitop->blobs) {
        bitop->count = sources->count;
        bitop->blobs = mem_alloc(sources->count * sizeof(struct blob *));
        for (size_t i = 0; i < sources->count; i++)
            bitop->blobs[i] = sources->views[i].blob ? blob_retain(sources->views[i].blob) : NULL;
    }
    turn_give_way(call, &bitop->work);
}

static bool is_outdated(const struct bitop *bitop, const struct bitop_sources *sources)
{
    for (size_t i = 0; bitop->blobs && i < bitop->count; i++)
        if (bitop->blobs[i] != sources->views[i].blob)
            return true;
    return false;
}

/* ---- the command ---- */

/* Puts a new entry under the destination, and answers with the length of its value; entry NULL: without memory. */
static void store_result(struct call *call, struct entry *entry, size_t len)
{
    if (!entry) {
        error_no_memory(call);
        return;
    }
    entry->flags |= STRING_RAW; /* text, even if it is that of a number */
    keyspace_put(&call->view, &call->keys[0], entry, &string_event_set);
    reply_int(call->reply, (int64_t)len);
}

static void run_small(struct call *call, enum bitmap_operation operation, const struct bitop_sources *sources)
{
    char result[HEAD];
    if (sources->longest == 0) {
        keyspace_delete(&call->view, &call->keys[0]);
        reply_int(call->reply, 0);
        return;
    }
    bitmap_combine(operation, sources->bytes, sources->count, result, 0, sources->longest);
    store_result(call, string_create_bytes(call->keys[0].name, result, sources->longest, ENTRY_NO_EXPIRY),
                 sources->longest);
}

/* Makes a place for the result. False if there is no room or no memory; the call has answered or begins again. */
static bool begin_large(struct call *call, struct bitop *bitop, size_t len)
{
    if (!room_for(call, blob_memory_for(len)))
        return false;
    bitop->result = blob_create(len);
    if (!bitop->result) {
        error_no_memory(call);
        return false;
    }
    bitop->result->len = len;
    bitop->done = HEAD;
    return true;
}

/* Goes on behind the head; false when the turn is over before it is complete. */
static bool combine_rest(struct call *call, struct bitop *bitop, const struct bitop_sources *sources)
{
    int64_t end_ns = bitop->restarts < RESTARTS_MAX ? turn_end_ns(call) : INT64_MAX;
    size_t step = BYTES_BETWEEN_LOOKS / (sources->count + 1), len = bitop->result->len;
    if (step < STEP_MIN)
        step = STEP_MIN;
    while (bitop->done < len) {
        size_t end = len - bitop->done < step ? len : bitop->done + step;
        bitmap_combine(bitop->operation, sources->bytes, sources->count, bitop->result->data, bitop->done, end);
        bitop->done = end;
        if (end < len && turn_is_over(end_ns))
            return false;
    }
    return true;
}

static void run_large(struct call *call, struct bitop *bitop, const struct bitop_sources *sources)
{
    if (is_outdated(bitop, sources)) {
        bitop_clear(bitop);
        bitop->restarts++;
    }
    if (!bitop->result && !begin_large(call, bitop, sources->longest))
        return;
    if (!combine_rest(call, bitop, sources)) {
        bitop_give_way(call, bitop, sources);
        return;
    }
    struct blob *result = bitop->result;
    size_t len = result->len;
    bitmap_combine(bitop->operation, sources->bytes, sources->count, result->data, 0, HEAD);
    struct entry *entry = string_create_blob(call->keys[0].name, result, ENTRY_NO_EXPIRY);
    if (entry)
        bitop->result = NULL;
    else
        bitop_clear(bitop);
    store_result(call, entry, len);
}

/* Reads the operation. False, with the error, if there is no such one or not with so many sources. */
static bool read_operation(struct call *call, enum bitmap_operation *operation_out)
{
    static const char *const names[] = {
        [BITMAP_AND] = "AND",   [BITMAP_OR] = "OR",       [BITMAP_XOR] = "XOR",     [BITMAP_NOT] = "NOT",
        [BITMAP_DIFF] = "DIFF", [BITMAP_DIFF1] = "DIFF1", [BITMAP_ANDOR] = "ANDOR", [BITMAP_ONE] = "ONE",
    };
    size_t number = 0, count = sizeof names / sizeof names[0];
    while (number < count && !arg_is(&call->argv[1], names[number]))
        number++;
    if (number == count) {
        error_syntax(call);
        return false;
    }
    enum bitmap_operation operation = (enum bitmap_operation)number;
    if (operation == BITMAP_NOT && call->argc != 4) {
        reply_error(call->reply, "ERR BITOP NOT must be called with a single source key.");
        return false;
    }
    if ((operation == BITMAP_DIFF || operation == BITMAP_DIFF1 || operation == BITMAP_ANDOR) && call->argc < 5) {
        reply_errorf(call->reply, "ERR BITOP %s must be called with at least two source keys.", names[number]);
        return false;
    }
    *operation_out = operation;
    return true;
}

void cmd_bitop(struct call *call)
{
    struct bitop first = {.result = NULL}, *bitop = (struct bitop *)turn_work(call);
    struct bitop_sources sources;
    if (!bitop && !read_operation(call, &first.operation))
        return;
    if (!sources_find(call, bitop ? LOOKUP_PEEK : LOOKUP_TOUCH, &sources))
        ; /* it has answered */
    else if (sources.longest < HEAD)
        run_small(call, bitop ? bitop->operation : first.operation, &sources);
    else
        run_large(call, bitop ? bitop : &first, &sources);
    sources_deinit(&sources);
}
