/*
 * Bitmap commands: bits of strings, one by one, counted and found, and in fields. BITOP has a file of its own.
 *
 * BITCOUNT and BITPOS go through a large value in turns (clients/turn.h): before the first one ends, they retain the
 * blob that holds it, and so go on with what it was at the command's time.
 *
 * A write makes text of its value whether a bit changes or not, as OBJECT ENCODING shows; if none does, and the value
 * doesn't grow either, it is no change of the key: nobody is told of it, and a large value isn't touched.
 */
#include "base/blob.h"
#include "base/memory.h"
#include "clients/turn.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/room.h"
#include "handlers/lookup.h"
#include "handlers/value_range.h"
#include "server.h"
#include "types/bitmap.h"
#include "types/string.h"
#include "types/type_number.h"

#include <assert.h>

#define BITS_BETWEEN_LOOKS ((uint64_t)256 << 13) /* at the clock: 256 KiB */

static const struct key_event event_setbit = {"setbit", EVENT_STRING, 1},
                              event_opened = {"setbit", EVENT_WHOLE, 0}; /* all bits are as they were */

/*
 * Reads the offset of a bit; "#7" is that of the seventh field of so many bits, where fields are meant. False, with the
 * error, if it isn't one or lies beyond the largest string.
 */
static bool read_offset(struct call *call, const struct arg *arg, unsigned field_bits, uint64_t *offset_out)
{
    bool counts_fields = field_bits > 0 && arg->len > 0 && arg->data[0] == '#';
    int64_t offset;
    if (!number_parse_i64(arg->data + counts_fields, arg->len - counts_fields, &offset) || offset < 0 ||
        (counts_fields && __builtin_mul_overflow(offset, (int64_t)field_bits, &offset)) ||
        (uint64_t)offset / 8 >= call->server->config.proto_max_bulk_len) {
        reply_error(call->reply, "ERR bit offset is not an integer or out of range");
        return false;
    }
    *offset_out = (uint64_t)offset;
    return true;
}

/* The value of an entry as bytes, empty if there is none. False, with the error, if it is no string. */
static bool view_string(struct call *call, const struct entry *entry, struct string_view *view_out)
{
    *view_out = (struct string_view){.data = ""};
    if (!entry)
        return true;
    if (!lookup_is_string(call, entry))
        return false;
    string_view(entry, view_out);
    return true;
}

/* ---- one bit ---- */

void cmd_getbit(struct call *call)
{
    uint64_t at;
    struct string_view view;
    if (read_offset(call, &call->argv[2], 0, &at) && view_string(call, lookup_read(call, &call->keys[0]), &view))
        reply_int(call->reply, bitmap_get(view.data, view.len, at));
}

/* The first key's value, opened to be written to. */
struct opened {
    const struct entry *found; /* NULL: there was no key */
    struct entry *entry;
    char *data;
};

/* Opens at least len bytes. False if there was no room or no memory for that; the call has answered or begins again. */
static bool open_value(struct call *call, const struct entry *found, size_t len, struct opened *opened_out)
{
    const struct key *key = &call->keys[0];
    if (!room_for(call, string_write_adds(found, len - 1, 1)))
        return false;
    struct entry *entry =
        found ? keyspace_edit(&call->view, key, found) : string_create_bytes(key->name, "", 0, ENTRY_NO_EXPIRY);
    opened_out->found = found;
    opened_out->entry = entry ? string_open(entry, len, &opened_out->data) : NULL;
    if (opened_out->entry)
        return true;
    if (entry && !found)
        entry_free(entry);
    error_no_memory(call);
    return false;
}

static void close_value(struct call *call, const struct opened *opened, const struct key_event *event)
{
    if (opened->found)
        keyspace_edited(&call->view, &call->keys[0], opened->found, opened->entry, event);
    else
        keyspace_put(&call->view, &call->keys[0], opened->entry, event);
}

/* Whether opening the value would change how it is kept, though no byte of it. */
static bool is_closed(const struct entry *entry)
{
    return entry->encoding != STRING_BLOB && !(entry->flags & STRING_RAW);
}

void cmd_setbit(struct call *call)
{
    uint64_t at;
    int64_t bit;
    if (!read_offset(call, &call->argv[2], 0, &at))
        return;
    if (!number_parse_i64(call->argv[3].data, call->argv[3].len, &bit) || (bit != 0 && bit != 1)) {
        reply_error(call->reply, "ERR bit is not an integer or out of range");
        return;
    }
    const struct entry *found = keyspace_find_for_write(&call->view, &call->keys[0]);
    struct string_view view;
    if (!view_string(call, found, &view))
        return;
    bool old = bitmap_get(view.data, view.len, at);
    bool changes = at / 8 >= view.len || old != bit;
    struct opened opened;
    if (changes || is_closed(found)) {
        if (!open_value(call, found, at / 8 + 1, &opened))
            return;
        bitmap_set(opened.data, at, bit);
        close_value(call, &opened, changes ? &event_setbit : &event_opened);
    }
    reply_int(call->reply, old);
}

/* ---- walking through all bits ---- */

/* A walk of BITCOUNT or BITPOS. Between turns it is the client's work, and has a reference to the blob. */
struct bit_walk {
    struct turn_work work; /* first */
    const char *data;
    struct blob *blob; /* that holds data; NULL: none does */
    uint64_t at, end;  /* bits that it has still to look at */
    uint64_t count;    /* BITCOUNT: of those so far */
    bool finds;        /* BITPOS */
    bool value;        /* what it looks for */
    bool is_kept;      /* it is the client's work, and no longer on the stack */
    int64_t not_found; /* its reply then */
};

static void bit_walk_destroy(struct turn_work *work)
{
    blob_release(((struct bit_walk *)work)->blob);
    mem_free(work);
}

/* The value counts as the client's once nobody else has it. */
static size_t bit_walk_memory(const struct turn_work *work)
{
    const struct bit_walk *walk = (const struct bit_walk *)work;
    return sizeof *walk + (blob_is_exclusive(walk->blob) ? blob_memory(walk->blob) : 0);
}

static void bit_walk_give_way(struct call *call, struct bit_walk *walk)
{
    if (!walk->is_kept) {
        assert(walk->blob != NULL);
        struct bit_walk *kept = mem_alloc(sizeof *kept);
        *kept = *walk;
        kept->work = (struct turn_work){.destroy = bit_walk_destroy, .memory = bit_walk_memory};
        kept->is_kept = true;
        blob_retain(kept->blob);
        walk = kept;
    }
    turn_give_way(call, &walk->work);
}

/* Looks at the bits before end. False when that is the end of the walk: it has found its bit and answered. */
static bool bit_walk_step(struct call *call, struct bit_walk *walk, uint64_t end)
{
    if (walk->finds) {
        uint64_t found = bitmap_find(walk->data, walk->at, end, walk->value);
        if (found < end) {
            reply_int(call->reply, (int64_t)found);
            return false;
        }
    } else {
        walk->count += bitmap_count(walk->data, walk->at, end);
    }
    walk->at = end;
    return true;
}

/* Goes on as far as the turn goes, and answers at the end. */
static void bit_walk_go_on(struct call *call, struct bit_walk *walk)
{
    int64_t end_ns = walk->end - walk->at > BITS_BETWEEN_LOOKS ? turn_end_ns(call) : 0;
    while (walk->end - walk->at > BITS_BETWEEN_LOOKS) {
        if (!bit_walk_step(call, walk, walk->at + BITS_BETWEEN_LOOKS))
            return;
        if (turn_is_over(end_ns)) {
            bit_walk_give_way(call, walk);
            return;
        }
    }
    if (bit_walk_step(call, walk, walk->end))
        reply_int(call->reply, walk->finds ? walk->not_found : (int64_t)walk->count);
}

/* The piece of a value that BITCOUNT and BITPOS are given: all of it, unless they say otherwise. */
struct bit_range {
    int64_t first, last;
    bool bits; /* the unit; bytes otherwise */
};

/* Reads the word for a unit. False, with the error, if it is another. */
static bool read_unit(struct call *call, const struct arg *arg, bool *bits_out)
{
    *bits_out = arg_is(arg, "bit");
    if (*bits_out || arg_is(arg, "byte"))
        return true;
    error_syntax(call);
    return false;
}

/* Sets what the walk has to look at; false if the range is empty. */
static bool bit_walk_set(struct bit_walk *walk, const struct string_view *view, const struct bit_range *range)
{
    size_t unit = range->bits ? 1 : 8, offset, count;
    if (!value_range(range->first, range->last, view->len * 8 / unit, &offset, &count))
        return false;
    walk->data = view->data;
    walk->blob = view->blob;
    walk->at = offset * unit;
    walk->end = walk->at + count * unit;
    return true;
}

void cmd_bitcount(struct call *call)
{
    struct bit_range range = {.last = -1};
    struct bit_walk walk = {.finds = false};
    struct string_view view;
    if (turn_work(call)) {
        bit_walk_go_on(call, (struct bit_walk *)turn_work(call));
        return;
    }
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!entry) { /* whatever else it says, as in Redis 7 */
        reply_int(call->reply, 0);
        return;
    }
    if (!view_string(call, entry, &view))
        return;
    if (call->argc == 3 || call->argc > 5) {
        error_syntax(call);
        return;
    }
    if (call->argc > 3 &&
        (!argument_i64(call, &call->argv[2], &range.first) || !argument_i64(call, &call->argv[3], &range.last)))
        return;
    if (value_range_is_reversed(range.first, range.last)) {
        reply_int(call->reply, 0);
        return;
    }
    if (call->argc == 5 && !read_unit(call, &call->argv[4], &range.bits))
        return;
    if (bit_walk_set(&walk, &view, &range))
        bit_walk_go_on(call, &walk);
    else
        reply_int(call->reply, 0);
}

void cmd_bitpos(struct call *call)
{
    struct bit_range range = {.last = -1};
    struct bit_walk walk = {.finds = true, .not_found = -1};
    struct string_view view;
    int64_t bit;
    if (turn_work(call)) {
        bit_walk_go_on(call, (struct bit_walk *)turn_work(call));
        return;
    }
    if (!argument_i64(call, &call->argv[2], &bit))
        return;
    if (bit != 0 && bit != 1) {
        reply_error(call->reply, "ERR The bit argument must be 1 or 0.");
        return;
    }
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!entry) { /* likewise; it is all zeros, without end */
        reply_int(call->reply, bit ? -1 : 0);
        return;
    }
    if (!view_string(call, entry, &view))
        return;
    if (call->argc > 6) {
        error_syntax(call);
        return;
    }
    if ((call->argc > 3 && !argument_i64(call, &call->argv[3], &range.first)) ||
        (call->argc > 5 && !read_unit(call, &call->argv[5], &range.bits)) ||
        (call->argc > 4 && !argument_i64(call, &call->argv[4], &range.last)))
        return;
    walk.value = bit;
    if (!bit && call->argc < 5)
        walk.not_found = (int64_t)view.len * 8; /* without an end, zeros follow */
    if (bit_walk_set(&walk, &view, &range))
        bit_walk_go_on(call, &walk);
    else
        reply_int(call->reply, -1);
}

/* ---- fields ---- */

enum field_kind { FIELD_GET, FIELD_SET, FIELD_INCRBY };

/* One operation of BITFIELD. */
struct field_operation {
    enum field_kind kind;
    enum bitmap_overflow overflow;
    struct bitmap_field field;
    int64_t number; /* that is set or added */
};

struct field_operations {
    struct field_operation *list; /* few, or more than those */
    size_t count;
    size_t needed; /* bytes of the value up to the end of the last field that is written to; 0: all are GET */
    struct field_operation few[8];
};

/* Reads a type: i1 to i64, u1 to u63. False, with the error, if it is another. */
static bool read_field_type(struct call *call, const struct arg *arg, struct bitmap_field *field)
{
    int64_t bits;
    field->is_signed = arg->len > 0 && arg->data[0] == 'i';
    if ((!field->is_signed && (arg->len == 0 || arg->data[0] != 'u')) ||
        !number_parse_i64(arg->data + 1, arg->len - 1, &bits) || bits < 1 || bits > (field->is_signed ? 64 : 63)) {
        reply_error(call->reply, "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported "
                                 "but i64 is.");
        return false;
    }
    field->bits = (unsigned)bits;
    return true;
}

static bool read_overflow(struct call *call, const struct arg *arg, enum bitmap_overflow *overflow_out)
{
    static const char *const words[] = {[BITMAP_WRAP] = "wrap", [BITMAP_SAT] = "sat", [BITMAP_FAIL] = "fail"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (arg_is(arg, words[i])) {
            *overflow_out = (enum bitmap_overflow)i;
            return true;
        }
    }
    reply_error(call->reply, "ERR Invalid OVERFLOW type specified");
    return false;
}

/* Reads the operation whose word is *index, and advances *index to its last argument. False, with the error. */
static bool read_field_operation(struct call *call, int *index, struct field_operation *operation)
{
    const struct arg *word = &call->argv[*index];
    int behind = call->argc - *index - 1;
    if (arg_is(word, "get") && behind >= 2) {
        operation->kind = FIELD_GET;
    } else if (arg_is(word, "set") && behind >= 3) {
        operation->kind = FIELD_SET;
    } else if (arg_is(word, "incrby") && behind >= 3) {
        operation->kind = FIELD_INCRBY;
    } else {
        error_syntax(call);
        return false;
    }
    *index += operation->kind == FIELD_GET ? 2 : 3;
    return read_field_type(call, word + 1, &operation->field) &&
           read_offset(call, word + 2, operation->field.bits, &operation->field.at) &&
           (operation->kind == FIELD_GET || argument_i64(call, word + 3, &operation->number));
}

/* Reads all operations; list has room for them. False, with the error, if something is wrong with one. */
static bool read_field_operations(struct call *call, struct field_operations *operations)
{
    enum bitmap_overflow overflow = BITMAP_WRAP;
    for (int i = 2; i < call->argc; i++) {
        if (arg_is(&call->argv[i], "overflow") && i + 1 < call->argc) {
            if (!read_overflow(call, &call->argv[++i], &overflow))
                return false;
            continue;
        }
        struct field_operation operation = {.overflow = overflow};
        if (!read_field_operation(call, &i, &operation))
            return false;
        operations->list[operations->count++] = operation;
        size_t end = (size_t)(operation.field.at + operation.field.bits + 7) / 8;
        if (operation.kind != FIELD_GET && end > operations->needed)
            operations->needed = end;
    }
    return true;
}

/* All fields are read. */
static void read_fields(struct call *call, const struct field_operations *operations)
{
    struct string_view view;
    if (!view_string(call, lookup_read(call, &call->keys[0]), &view))
        return;
    reply_array(call->reply, operations->count);
    for (size_t i = 0; i < operations->count && !reply_is_over(call->reply); i++)
        reply_int(call->reply, bitmap_field_get(view.data, view.len, &operations->list[i].field));
}

enum field_outcome { FIELD_FAILED, FIELD_SAME, FIELD_CHANGED };

/* Writes to a field within len bytes of data, and answers. */
static enum field_outcome write_field(struct call *call, const struct field_operation *operation, char *data,
                                      size_t len)
{
    const struct bitmap_field *field = &operation->field;
    int64_t old = bitmap_field_get(data, len, field), now;
    bool set = operation->kind == FIELD_SET;
    if (!bitmap_field_add(field, set ? operation->number : old, set ? 0 : operation->number, operation->overflow,
                          &now)) {
        reply_null(call->reply);
        return FIELD_FAILED;
    }
    bitmap_field_put(data, field, now);
    reply_int(call->reply, set ? old : now);
    return now == old ? FIELD_SAME : FIELD_CHANGED;
}

/*
 * Some fields are written to. In a value that has grown for them each write counts as a change, as in Redis; otherwise
 * those do that make another number.
 */
static void write_fields(struct call *call, const struct field_operations *operations)
{
    const struct entry *found = keyspace_find_for_write(&call->view, &call->keys[0]);
    struct string_view view;
    struct opened opened;
    if (!view_string(call, found, &view))
        return;
    size_t len = view.len > operations->needed ? view.len : operations->needed;
    bool grows = len > view.len;
    if (!open_value(call, found, operations->needed, &opened))
        return;
    struct key_event event = event_setbit;
    event.changes = 0;
    reply_array(call->reply, operations->count);
    for (size_t i = 0; i < operations->count; i++) {
        const struct field_operation *operation = &operations->list[i];
        if (operation->kind == FIELD_GET) {
            reply_int(call->reply, bitmap_field_get(opened.data, len, &operation->field));
            continue;
        }
        enum field_outcome outcome = write_field(call, operation, opened.data, len);
        event.changes += outcome == FIELD_CHANGED || (outcome == FIELD_SAME && grows);
    }
    close_value(call, &opened, event.changes > 0 ? &event : &event_opened);
}

static void run_field_operations(struct call *call, bool may_write)
{
    size_t most = (size_t)call->argc / 3; /* each has three words or more, and there are two before them */
    struct field_operations operations = {.count = 0};
    operations.list = operations.few;
    if (most > sizeof operations.few / sizeof operations.few[0])
        operations.list = mem_alloc(most * sizeof *operations.list);
    if (!read_field_operations(call, &operations))
        ; /* it has answered */
    else if (operations.needed == 0)
        read_fields(call, &operations);
    else if (may_write)
        write_fields(call, &operations);
    else
        reply_error(call->reply, "ERR BITFIELD_RO only supports the GET subcommand");
    if (operations.list != operations.few)
        mem_free(operations.list);
}

void cmd_bitfield(struct call *call)
{
    run_field_operations(call, true);
}

void cmd_bitfield_ro(struct call *call)
{
    run_field_operations(call, false);
}
