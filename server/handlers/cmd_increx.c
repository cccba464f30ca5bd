/*
 * INCREX, a counter with bounds and a time to live, of Redis 8.8, with NX and XX of Valkey 9.2:
 *
 *     INCREX key [NX|XX] [BYINT n | BYFLOAT x] [LBOUND low] [UBOUND high] [SATURATE]
 *            [EX s | PX ms | EXAT s | PXAT ms | PERSIST] [ENX]
 *
 * Where the sum would lie outside the bounds nothing happens, unless it is to stop there (SATURATE); the reply has the
 * value and what was added to it.
 */
#include "base/number.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "handlers/expiry_time.h"
#include "handlers/lookup.h"
#include "handlers/value_edit.h"
#include "types/string.h"

#include <float.h>
#include <math.h>

static const struct key_event event_increx = {"incrby", EVENT_STRING, 1},
                              event_increx_float = {"incrbyfloat", EVENT_STRING, 1};

/* An integer, or with BYFLOAT a number with a fraction: one of the two is used. */
struct amount {
    int64_t integer;
    long double real;
};

struct increx_options {
    bool is_float, saturates, persists, only_without_expiry, only_absent, only_present;
    const struct arg *by, *low, *high, *time;
    enum time_unit unit;
    enum time_origin origin;
};

/* ---- the options, each of which is given once ---- */

static bool parse_time(struct increx_options *options, const struct arg *word, const struct arg *value)
{
    static const struct {
        const char *word;
        enum time_unit unit;
        enum time_origin origin;
    } kinds[] = {{"ex", TIME_SECONDS, TIME_FROM_NOW},
                 {"px", TIME_MILLISECONDS, TIME_FROM_NOW},
                 {"exat", TIME_SECONDS, TIME_SINCE_1970},
                 {"pxat", TIME_MILLISECONDS, TIME_SINCE_1970}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!arg_is(word, kinds[i].word))
            continue;
        options->unit = kinds[i].unit;
        options->origin = kinds[i].origin;
        options->time = value;
        return true;
    }
    return false;
}

/* One that stands alone. */
static bool parse_flag(struct increx_options *options, const struct arg *word)
{
    const struct {
        const char *word;
        bool *flag, excluded;
    } flags[] = {{"saturate", &options->saturates, false},
                 {"enx", &options->only_without_expiry, false},
                 {"persist", &options->persists, options->time != NULL},
                 {"nx", &options->only_absent, options->only_present},
                 {"xx", &options->only_present, options->only_absent}};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (!arg_is(word, flags[i].word))
            continue;
        bool may = !*flags[i].flag && !flags[i].excluded;
        *flags[i].flag = true;
        return may;
    }
    return false;
}

/* One with a value behind it. */
static bool parse_valued(struct increx_options *options, const struct arg *word)
{
    const struct arg *value = word + 1;
    if (!options->by && (arg_is(word, "byint") || arg_is(word, "byfloat"))) {
        options->is_float = arg_is(word, "byfloat");
        options->by = value;
    } else if (!options->low && arg_is(word, "lbound")) {
        options->low = value;
    } else if (!options->high && arg_is(word, "ubound")) {
        options->high = value;
    } else {
        return !options->time && !options->persists && parse_time(options, word, value);
    }
    return true;
}

static bool parse_options(struct call *call, struct increx_options *options)
{
    for (int i = 2; i < call->argc; i++) {
        if (i + 1 < call->argc && parse_valued(options, &call->argv[i])) {
            i++;
        } else if (!parse_flag(options, &call->argv[i])) {
            error_syntax(call);
            return false;
        }
    }
    if (!options->only_without_expiry || options->time)
        return true;
    error_syntax(call);
    return false;
}

/* ---- amounts ---- */

static bool read_amount(struct call *call, const struct increx_options *options, const struct arg *arg,
                        struct amount *amount_out)
{
    if (!options->is_float)
        return argument_i64(call, arg, &amount_out->integer);
    if (number_parse_long_double(arg->data, arg->len, &amount_out->real))
        return true;
    reply_error(call->reply, "ERR value is not a valid float");
    return false;
}

struct counting {
    struct amount by, low, high, value;
};

static bool read_amounts(struct call *call, const struct increx_options *options, struct counting *counting)
{
    bool is_float = options->is_float;
    counting->by = (struct amount){1, 1};
    counting->low = (struct amount){INT64_MIN, -LDBL_MAX};
    counting->high = (struct amount){INT64_MAX, LDBL_MAX};
    if ((options->by && !read_amount(call, options, options->by, &counting->by)) ||
        (options->low && !read_amount(call, options, options->low, &counting->low)) ||
        (options->high && !read_amount(call, options, options->high, &counting->high)))
        return false;
    if (is_float ? counting->low.real <= counting->high.real : counting->low.integer <= counting->high.integer)
        return true;
    reply_error(call->reply, "ERR LBOUND can't be greater than UBOUND");
    return false;
}

static bool read_value(struct call *call, const struct increx_options *options, const struct entry *entry,
                       struct amount *value_out)
{
    *value_out = (struct amount){0, 0};
    if (!entry)
        return true;
    if (!lookup_is_string(call, entry))
        return false;
    if (options->is_float ? string_to_long_double(entry, &value_out->real) : string_to_i64(entry, &value_out->integer))
        return true;
    reply_error(call->reply,
                options->is_float ? "ERR value is not a valid float" : "ERR value is not an integer or out of range");
    return false;
}

static void reply_amounts(struct call *call, const struct increx_options *options, struct amount value,
                          struct amount added)
{
    reply_array(call->reply, 2);
    if (options->is_float) {
        reply_long_double(call->reply, value.real);
        reply_long_double(call->reply, added.real);
    } else {
        reply_int(call->reply, value.integer);
        reply_int(call->reply, added.integer);
    }
}

/* What counting came to. */
enum counted { COUNTED, COUNTED_OUTSIDE, COUNTED_WRONG };

static enum counted count_integer(struct call *call, const struct increx_options *options, struct counting *counting,
                                  struct amount *added_out)
{
    int64_t old = counting->value.integer, sum;
    bool overflows = __builtin_add_overflow(old, counting->by.integer, &sum);
    bool above = overflows ? counting->by.integer > 0 : sum > counting->high.integer;
    bool below = overflows ? counting->by.integer < 0 : sum < counting->low.integer;
    if ((above || below) && !options->saturates)
        return COUNTED_OUTSIDE;
    counting->value.integer = above ? counting->high.integer : below ? counting->low.integer : sum;
    if (!__builtin_sub_overflow(counting->value.integer, old, &added_out->integer))
        return COUNTED;
    reply_error(call->reply, "ERR increment or decrement would overflow");
    return COUNTED_WRONG;
}

static enum counted count_float(struct call *call, const struct increx_options *options, struct counting *counting,
                                struct amount *added_out)
{
    long double old = counting->value.real, sum = old + counting->by.real;
    if (isnan(sum) || isinf(counting->by.real)) {
        reply_error(call->reply, "ERR increment would produce NaN or Infinity");
        return COUNTED_WRONG;
    }
    bool above = sum > counting->high.real, below = sum < counting->low.real;
    if ((above || below) && !options->saturates)
        return COUNTED_OUTSIDE;
    counting->value.real = above ? counting->high.real : below ? counting->low.real : sum;
    added_out->real = above || below ? counting->value.real - old : counting->by.real;
    if (!isinf(added_out->real) && !isinf(counting->value.real))
        return COUNTED;
    reply_error(call->reply, "ERR increment would produce NaN or Infinity");
    return COUNTED_WRONG;
}

/* ---- storing ---- */

/* With the same expiry the value changes in place; otherwise it is made anew. False, with the error, without memory. */
static bool store_text(struct call *call, const struct entry *old, struct bytes text, int64_t expire_ms, bool is_float)
{
    const struct key_event *event = is_float ? &event_increx_float : &event_increx;
    int64_t number = 0;
    bool is_int = number_parse_i64(text.data, text.len, &number);
    if (old && entry_expiry(old) == expire_ms)
        return value_finish(call, old,
                            is_int ? string_set_int(value_edit(call, old), number)
                                   : string_set_bytes(value_edit(call, old), text.data, text.len),
                            event);
    struct bytes name = call->keys[0].name;
    return value_finish(call, NULL,
                        is_int ? string_create_int(name, number, expire_ms)
                               : string_create_bytes(name, text.data, text.len, expire_ms),
                        event);
}

static void say_stored(struct call *call, struct bytes text, int64_t expire_ms)
{
    char digits[NUMBER_I64_MAX_LEN];
    struct bytes words[] = {EFFECT_WORD("SET"), call->keys[0].name, text, EFFECT_WORD("PXAT"), {digits, 0}};
    if (expire_ms != ENTRY_NO_EXPIRY)
        words[4].len = number_format_i64(digits, expire_ms);
    effect_say(call, expire_ms == ENTRY_NO_EXPIRY ? 3 : 5, words);
}

/* The expiry that the key has afterwards; the time that was read is at until_ms. */
static int64_t expiry_after(const struct increx_options *options, const struct entry *old, int64_t until_ms)
{
    int64_t old_until_ms = old ? entry_expiry(old) : ENTRY_NO_EXPIRY;
    if (options->persists)
        return ENTRY_NO_EXPIRY;
    bool keeps = !options->time || (options->only_without_expiry && old_until_ms != ENTRY_NO_EXPIRY);
    return keeps ? old_until_ms : until_ms;
}

static void finish(struct call *call, const struct increx_options *options, const struct entry *old, int64_t until_ms,
                   struct amount value, struct amount added)
{
    char digits[NUMBER_LONG_DOUBLE_MAX_LEN];
    struct bytes text = {digits, options->is_float ? number_format_long_double(digits, value.real)
                                                   : number_format_i64(digits, value.integer)};
    until_ms = expiry_after(options, old, until_ms);
    if (!store_text(call, old, text, until_ms, options->is_float))
        return;
    if (options->time && until_ms != ENTRY_NO_EXPIRY)
        keyspace_remark(&call->view, &call->keys[0], &event_expire);
    say_stored(call, text, until_ms);
    reply_amounts(call, options, value, added);
}

void cmd_increx(struct call *call)
{
    struct increx_options options = {0};
    struct counting counting;
    struct amount added = {0};
    int64_t until_ms = ENTRY_NO_EXPIRY;
    if (!parse_options(call, &options) || !read_amounts(call, &options, &counting) ||
        (options.time && !expiry_time_read(call, options.time, options.unit, options.origin, 1, &until_ms)))
        return;
    const struct entry *old = keyspace_find_for_write(&call->view, &call->keys[0]);
    if (old ? options.only_absent : options.only_present) {
        reply_null_array(call->reply);
        return;
    }
    if (!read_value(call, &options, old, &counting.value))
        return;
    struct amount before = counting.value;
    enum counted counted = options.is_float ? count_float(call, &options, &counting, &added)
                                            : count_integer(call, &options, &counting, &added);
    if (counted == COUNTED_OUTSIDE)
        reply_amounts(call, &options, before, added);
    else if (counted == COUNTED)
        finish(call, &options, old, until_ms, counting.value, added);
}
