/*
 * String commands that store whole values: SET and its relatives, and what compares a value before it goes.
 *
 * A SET without options is what most clients do most of the time, besides GET: it runs from top to bottom without an
 * allocation when there is already a value of similar size. Everything with options goes through set_with_options().
 *
 * An overwrite changes the entry that is there if it keeps its layout: an entry that gains or loses a TTL is
 * made anew. So is one that held a blob: keyspace_put() frees large values after the lock, while
 * changing the entry would free them under it.
 */
#include "base/memory.h"
#include "base/number.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "handlers/expiry_time.h"
#include "handlers/lookup.h"
#include "handlers/string_reply.h"
#include "server.h"
#include "types/string.h"
#include "types/type_number.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>

#define DIGEST_DIGITS 16

/* ---- storing ---- */

/*
 * Stores the value of an argument under key, whose present entry is old (or NULL), with that expiry. Without memory
 * returns false with nothing changed; the caller then answers.
 */
static bool store(struct call *call, const struct key *key, const struct entry *old, const struct arg *value,
                  int64_t expire_ms)
{
    struct view *view = &call->view;
    int64_t old_expire_ms = old ? entry_expiry(old) : ENTRY_NO_EXPIRY;
    bool in_place = old && old->type == TYPE_STRING && old->encoding != STRING_BLOB &&
                    (old_expire_ms == ENTRY_NO_EXPIRY) == (expire_ms == ENTRY_NO_EXPIRY);
    struct entry *stored =
        in_place ? string_set(keyspace_edit(view, key, old), value) : string_create(key->name, value, expire_ms);
    if (__builtin_expect(!stored, 0))
        return false;
    if (!in_place)
        keyspace_put(view, key, stored, &string_event_set);
    else if (expire_ms == old_expire_ms)
        keyspace_edited(view, key, old, stored, &string_event_set);
    else
        keyspace_edited_until(view, key, old, stored, expire_ms, &string_event_set);
    return true;
}

enum expiry_option {
    EXPIRY_DROP, /* none given: a SET takes the TTL away */
    EXPIRY_KEEP,
    EXPIRY_EX,
    EXPIRY_PX,
    EXPIRY_EXAT,
    EXPIRY_PXAT,
    EXPIRY_PERSIST,
};

/* ---- comparing the value that is there ---- */

/* IFEQ and its like: what the present value must be for the command to go on. */
enum comparison {
    COMPARE_NOTHING,
    COMPARE_EQUAL,
    COMPARE_UNEQUAL,
    COMPARE_DIGEST_EQUAL,
    COMPARE_DIGEST_UNEQUAL,
};

/* The comparison with that name, or COMPARE_NOTHING. */
static enum comparison comparison_of(const struct arg *arg)
{
    static const char *const words[] = {
        [COMPARE_EQUAL] = "ifeq",
        [COMPARE_UNEQUAL] = "ifne",
        [COMPARE_DIGEST_EQUAL] = "ifdeq",
        [COMPARE_DIGEST_UNEQUAL] = "ifdne",
    };
    for (enum comparison i = COMPARE_EQUAL; i <= COMPARE_DIGEST_UNEQUAL; i++)
        if (arg_is(arg, words[i]))
            return i;
    return COMPARE_NOTHING;
}

/* A digest as DIGEST replies it, in upper or lower case. False, with the error, if it is none. */
static bool read_digest(struct call *call, const struct arg *arg, uint64_t *digest_out)
{
    uint64_t digest = 0;
    size_t len = 0;
    for (; len < arg->len && len < DIGEST_DIGITS && isxdigit((unsigned char)arg->data[len]); len++) {
        char digit = (char)tolower((unsigned char)arg->data[len]);
        digest = digest << 4 | (uint64_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    *digest_out = digest;
    if (len == DIGEST_DIGITS && arg->len == len)
        return true;
    reply_error(call->reply, "ERR The digest must be exactly 16 hexadecimal characters");
    return false;
}

/*
 * Whether a string is as it must be; entry NULL is a missing key, which is unlike any value. False, with the error, if
 * operand is no digest where it should be one.
 */
static bool compare(struct call *call, enum comparison comparison, const struct arg *operand, const struct entry *entry,
                    bool *holds_out)
{
    bool of_digest = comparison >= COMPARE_DIGEST_EQUAL, equal;
    uint64_t digest = 0;
    if (of_digest && !read_digest(call, operand, &digest))
        return false;
    if (!entry)
        equal = false;
    else if (of_digest)
        equal = string_fingerprint(entry) == digest;
    else
        equal = string_equals(entry, operand->data, operand->len);
    *holds_out = equal == (comparison == COMPARE_EQUAL || comparison == COMPARE_DIGEST_EQUAL);
    return true;
}

/* The same for what is there under the first key; another type is an error, too. */
static bool compare_present(struct call *call, enum comparison comparison, const struct arg *operand, bool *holds_out)
{
    const struct entry *entry = keyspace_find_for_write(&call->view, &call->keys[0]);
    return (!entry || lookup_is_string(call, entry)) && compare(call, comparison, operand, entry, holds_out);
}

/* ---- SET with options ---- */

struct set_options {
    enum expiry_option expiry;
    const struct arg *time; /* of EX, PX, EXAT and PXAT */
    bool only_absent;       /* NX */
    bool only_present;      /* XX */
    bool get;
    enum comparison comparison; /* with operand; not together with NX or XX */
    const struct arg *operand;
};

/* Reads the time of an expiry option into absolute milliseconds. False, with the error, if it isn't valid. */
static bool read_expiry(struct call *call, enum expiry_option option, const struct arg *time, int64_t *expire_ms_out)
{
    enum time_unit unit = option == EXPIRY_EX || option == EXPIRY_EXAT ? TIME_SECONDS : TIME_MILLISECONDS;
    enum time_origin origin = option == EXPIRY_EX || option == EXPIRY_PX ? TIME_FROM_NOW : TIME_SINCE_1970;
    return expiry_time_read(call, time, unit, origin, 1, expire_ms_out);
}

/* Records an option about expiry; false if there was one of another kind. */
static bool choose_expiry(struct set_options *options, enum expiry_option expiry)
{
    if (options->expiry != EXPIRY_DROP && options->expiry != expiry)
        return false;
    options->expiry = expiry;
    return true;
}

/*
 * Reads one of the options that SET and GETEX share: those with a time. Advances *index over it. False if
 * the argument is no such option or contradicts an earlier one.
 */
static bool parse_expiry_option(struct call *call, int *index, struct set_options *options)
{
    static const struct {
        const char *word;
        enum expiry_option expiry;
    } timed[] = {{"ex", EXPIRY_EX}, {"px", EXPIRY_PX}, {"exat", EXPIRY_EXAT}, {"pxat", EXPIRY_PXAT}};

    for (size_t i = 0; i < sizeof timed / sizeof timed[0]; i++) {
        if (!arg_is(&call->argv[*index], timed[i].word))
            continue;
        if (*index + 1 >= call->argc || !choose_expiry(options, timed[i].expiry))
            return false;
        options->time = &call->argv[++*index];
        return true;
    }
    return false;
}

/* Whether the option is NX or XX, alone of the conditions; repeating it does no harm. */
static bool parse_existence(const struct arg *arg, struct set_options *options)
{
    if (options->comparison)
        return false;
    if (arg_is(arg, "nx") && !options->only_present)
        options->only_absent = true;
    else if (arg_is(arg, "xx") && !options->only_absent)
        options->only_present = true;
    else
        return false;
    return true;
}

/* The same for one that compares. Advances *index over its operand. */
static bool parse_comparison(const struct call *call, int *index, struct set_options *options)
{
    enum comparison comparison = comparison_of(&call->argv[*index]);
    if (!comparison || options->comparison || options->only_absent || options->only_present || *index + 1 >= call->argc)
        return false;
    options->comparison = comparison;
    options->operand = &call->argv[++*index];
    return true;
}

/* Reads SET's options from argv[3] on. False, with the error, if they are wrong. */
static bool parse_set_options(struct call *call, struct set_options *options)
{
    for (int i = 3; i < call->argc; i++) {
        const struct arg *arg = &call->argv[i];
        if (arg_is(arg, "get"))
            options->get = true;
        else if (!parse_existence(arg, options) && !(arg_is(arg, "keepttl") && choose_expiry(options, EXPIRY_KEEP)) &&
                 !parse_expiry_option(call, &i, options) && !parse_comparison(call, &i, options)) {
            error_syntax(call);
            return false;
        }
    }
    return true;
}

/* A time that counts from now isn't the same later, so the moment is said. */
static void say_set_until(struct call *call, const struct arg *value, int64_t expire_ms)
{
    char digits[NUMBER_I64_MAX_LEN];
    struct bytes words[] = {EFFECT_WORD("SET"),
                            call->keys[0].name,
                            {value->data, value->len},
                            EFFECT_WORD("PXAT"),
                            {digits, number_format_i64(digits, expire_ms)}};
    effect_say(call, sizeof words / sizeof words[0], words);
}

enum set_outcome {
    SET_STORED,
    SET_REFUSED,  /* a condition said so */
    SET_ANSWERED, /* there is a reply already: an error, or the old value that GET asks for */
};

static enum set_outcome set_with_options(struct call *call, const struct set_options *options, const struct arg *value)
{
    const struct key *key = &call->keys[0];
    int64_t expire_ms = ENTRY_NO_EXPIRY;
    if (options->time && !read_expiry(call, options->expiry, options->time, &expire_ms))
        return SET_ANSWERED;
    bool is_met = true;
    if (options->comparison && !compare_present(call, options->comparison, options->operand, &is_met))
        return SET_ANSWERED;
    struct reply_mark before = reply_mark(call->reply);
    if (options->get && !string_reply_or_null(call, lookup_read(call, key)))
        return SET_ANSWERED;
    const struct entry *old = keyspace_find_for_write(&call->view, key);
    bool may = !(old ? options->only_absent : options->only_present);
    if (!may || !is_met)
        return options->get ? SET_ANSWERED : SET_REFUSED;
    if (options->expiry == EXPIRY_KEEP && old)
        expire_ms = entry_expiry(old);
    if (!store(call, key, old, value, expire_ms)) {
        reply_rollback(call->reply, before);
        error_no_memory(call);
        return SET_ANSWERED;
    }
    if (options->time) {
        keyspace_remark(&call->view, key, &event_expire);
        say_set_until(call, value, expire_ms);
    }
    return options->get ? SET_ANSWERED : SET_STORED;
}

static void reply_set_outcome(struct call *call, enum set_outcome outcome)
{
    if (outcome == SET_STORED)
        reply_ok(call->reply);
    else if (outcome == SET_REFUSED)
        reply_null(call->reply);
}

void cmd_set(struct call *call)
{
    if (__builtin_expect(call->argc != 3, 0)) {
        struct set_options options = {0};
        if (parse_set_options(call, &options))
            reply_set_outcome(call, set_with_options(call, &options, &call->argv[2]));
        return;
    }
    const struct key *key = &call->keys[0];
    if (store(call, key, keyspace_find_for_write(&call->view, key), &call->argv[2], ENTRY_NO_EXPIRY))
        reply_ok(call->reply);
    else
        error_no_memory(call);
}

void cmd_setnx(struct call *call)
{
    struct set_options options = {.only_absent = true};
    enum set_outcome outcome = set_with_options(call, &options, &call->argv[2]);
    if (outcome != SET_ANSWERED)
        reply_int(call->reply, outcome == SET_STORED);
}

void cmd_setex(struct call *call)
{
    struct set_options options = {.expiry = EXPIRY_EX, .time = &call->argv[2]};
    reply_set_outcome(call, set_with_options(call, &options, &call->argv[3]));
}

void cmd_psetex(struct call *call)
{
    struct set_options options = {.expiry = EXPIRY_PX, .time = &call->argv[2]};
    reply_set_outcome(call, set_with_options(call, &options, &call->argv[3]));
}

void cmd_getset(struct call *call)
{
    struct set_options options = {.get = true};
    set_with_options(call, &options, &call->argv[2]);
}

void cmd_getdel(struct call *call)
{
    const struct key *key = &call->keys[0];
    const struct entry *entry = lookup_read(call, key);
    if (!string_reply_or_null(call, entry) || !entry)
        return;
    keyspace_delete(&call->view, key);
    effect_delete(call, key);
}

/* Reads GETEX's options: at most one kind. False, with the error, if they are wrong. */
static bool parse_getex_options(struct call *call, struct set_options *options)
{
    for (int i = 2; i < call->argc; i++) {
        if (!(arg_is(&call->argv[i], "persist") && choose_expiry(options, EXPIRY_PERSIST)) &&
            !parse_expiry_option(call, &i, options)) {
            error_syntax(call);
            return false;
        }
    }
    return true;
}

void cmd_getex(struct call *call)
{
    const struct key *key = &call->keys[0];
    struct set_options options = {0};
    if (!parse_getex_options(call, &options))
        return;
    const struct entry *entry = lookup_read(call, key);
    if (!entry) {
        reply_null(call->reply);
        return;
    }
    int64_t expire_ms = ENTRY_NO_EXPIRY;
    if (!lookup_is_string(call, entry) ||
        (options.time && !read_expiry(call, options.expiry, options.time, &expire_ms)))
        return;
    struct reply_mark before = reply_mark(call->reply);
    string_reply(call, entry);
    if (options.expiry == EXPIRY_DROP)
        return; /* no option: a plain GET */
    bool is_absolute = options.expiry == EXPIRY_EXAT || options.expiry == EXPIRY_PXAT;
    if (is_absolute && expire_ms <= call->view.now_ms) {
        keyspace_delete(&call->view, key);
        effect_delete(call, key);
        return;
    }
    entry = keyspace_find_for_write(&call->view, key);
    if (expire_ms == ENTRY_NO_EXPIRY && entry_expiry(entry) == ENTRY_NO_EXPIRY)
        return; /* setting the same TTL again is a change, for Redis too; PERSIST without a TTL isn't */
    if (keyspace_set_expiry(&call->view, key, entry, expire_ms) != 0) {
        reply_rollback(call->reply, before);
        error_no_memory(call);
        return;
    }
    effect_expire_at(call, expire_ms);
}

/* ---- several at once ---- */

/* Stores every pair, in order: a key that is named twice keeps the last value. */
static bool store_pairs(struct call *call)
{
    for (int i = 0; i < call->key_count; i++) {
        const struct key *key = &call->keys[i];
        const struct entry *old = keyspace_find_for_write(&call->view, key);
        if (!store(call, key, old, &call->argv[2 * i + 2], ENTRY_NO_EXPIRY)) {
            error_no_memory(call);
            return false;
        }
    }
    return true;
}

void cmd_mset(struct call *call)
{
    if (call->argc % 2 == 0)
        error_arity(call);
    else if (store_pairs(call))
        reply_ok(call->reply);
}

void cmd_msetnx(struct call *call)
{
    if (call->argc % 2 == 0) {
        error_arity(call);
        return;
    }
    for (int i = 0; i < call->key_count; i++) {
        if (keyspace_find_for_write(&call->view, &call->keys[i])) {
            reply_int(call->reply, 0);
            return;
        }
    }
    if (store_pairs(call))
        reply_int(call->reply, 1);
}

/* Reads MSETEX's options, behind the pairs. False, with the error, if they are wrong. */
static bool parse_msetex_options(struct call *call, int first, struct set_options *options)
{
    for (int i = first; i < call->argc; i++) {
        if (!parse_existence(&call->argv[i], options) &&
            !(arg_is(&call->argv[i], "keepttl") && choose_expiry(options, EXPIRY_KEEP)) &&
            !parse_expiry_option(call, &i, options)) {
            error_syntax(call);
            return false;
        }
    }
    return true;
}

/* Whether NX and XX let all keys be stored. */
static bool may_store_all(struct call *call, const struct set_options *options)
{
    for (int i = 0; (options->only_absent || options->only_present) && i < call->key_count; i++) {
        bool is_there = keyspace_find_for_write(&call->view, &call->keys[i]);
        if (is_there ? options->only_absent : options->only_present)
            return false;
    }
    return true;
}

/* The call with its pairs, and the moment instead of its options. */
static void say_msetex_until(struct call *call, int64_t expire_ms)
{
    char digits[NUMBER_I64_MAX_LEN];
    unsigned given = 2 + 2 * (unsigned)call->key_count;
    struct bytes *words = effect_is_wanted() ? mem_alloc((given + 2) * sizeof *words) : NULL;
    if (!words)
        return;
    for (unsigned i = 0; i < given; i++)
        words[i] = (struct bytes){call->argv[i].data, call->argv[i].len};
    words[given] = EFFECT_WORD("PXAT");
    words[given + 1] = (struct bytes){digits, number_format_i64(digits, expire_ms)};
    effect_say(call, given + 2, words);
    mem_free(words);
}

void cmd_msetex(struct call *call)
{
    struct set_options options = {0};
    int64_t count, expire_ms = ENTRY_NO_EXPIRY;
    if (!number_parse_i64(call->argv[1].data, call->argv[1].len, &count) || count < 1 || count > INT_MAX) {
        reply_error(call->reply, "ERR invalid numkeys value");
        return;
    }
    if (count > (call->argc - 2) / 2) {
        reply_error(call->reply, "ERR wrong number of key-value pairs");
        return;
    }
    if (!parse_msetex_options(call, 2 + 2 * (int)count, &options) ||
        (options.time && !read_expiry(call, options.expiry, options.time, &expire_ms)))
        return;
    if (!may_store_all(call, &options)) {
        reply_int(call->reply, 0);
        return;
    }
    for (int i = 0; i < call->key_count; i++) {
        const struct key *key = &call->keys[i];
        const struct entry *old = keyspace_find_for_write(&call->view, key);
        int64_t until_ms = options.expiry == EXPIRY_KEEP && old ? entry_expiry(old) : expire_ms;
        if (!store(call, key, old, &call->argv[2 * i + 3], until_ms)) {
            error_no_memory(call);
            return;
        }
        if (options.time)
            keyspace_remark(&call->view, key, &event_expire);
    }
    if (options.time)
        say_msetex_until(call, expire_ms);
    reply_int(call->reply, 1);
}

/* ---- what goes with its value ---- */

void cmd_digest(struct call *call)
{
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!entry)
        reply_null(call->reply);
    else if (lookup_is_string(call, entry))
        reply_bulkf(call->reply, "%0*" PRIx64, DIGEST_DIGITS, string_fingerprint(entry));
}

static void delete_first(struct call *call)
{
    bool deleted = keyspace_delete(&call->view, &call->keys[0]);
    if (deleted)
        effect_delete(call, &call->keys[0]);
    reply_int(call->reply, deleted);
}

void cmd_delex(struct call *call)
{
    if (call->argc == 2) {
        delete_first(call);
        return;
    }
    if (call->argc != 4) {
        error_arity(call);
        return;
    }
    enum comparison comparison = comparison_of(&call->argv[2]);
    if (!comparison) {
        reply_error(call->reply, "ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE");
        return;
    }
    const struct entry *entry = keyspace_find_for_write(&call->view, &call->keys[0]);
    bool holds;
    if (entry && entry->type != TYPE_STRING)
        reply_error(call->reply, "ERR Key should be of string type if conditions are specified");
    else if (!compare(call, comparison, &call->argv[3], entry, &holds))
        return;
    else if (entry && holds)
        delete_first(call);
    else
        reply_int(call->reply, 0);
}

void cmd_delifeq(struct call *call)
{
    bool holds;
    if (!compare_present(call, COMPARE_EQUAL, &call->argv[2], &holds))
        return;
    if (holds)
        delete_first(call);
    else
        reply_int(call->reply, 0);
}
