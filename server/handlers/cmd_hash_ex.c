/*
 * HGETEX, HSETEX and HGETDEL: fields are read or set, and their times to live or they themselves go along.
 */
#include "base/memory.h"
#include "base/number.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "handlers/change.h"
#include "handlers/elements.h"
#include "handlers/field_list.h"
#include "handlers/hash_put.h"
#include "types/hash.h"

static const struct key_event event_hset_ex = {"hset", EVENT_HASH, 1}, event_hexpire_ex = {"hexpire", EVENT_HASH, 1},
                              event_hpersist_ex = {"hpersist", EVENT_HASH, 1}, event_hdel_ex = {"hdel", EVENT_HASH, 1};

/* ---- options ---- */

struct ex_options {
    bool sets;              /* HSETEX's options, not HGETEX's */
    bool nx, xx;            /* of the key */
    bool fnx, fxx;          /* of all fields */
    bool keeps;             /* KEEPTTL */
    bool persists;          /* PERSIST */
    const struct arg *time; /* NULL: none is given */
    enum time_unit unit;
    enum time_origin origin;
    int64_t expire_ms; /* ENTRY_NO_EXPIRY without time */
    struct field_list list;
};

static bool is_time_word(const struct arg *word, enum time_unit *unit_out, enum time_origin *origin_out)
{
    *unit_out = arg_is(word, "ex") || arg_is(word, "exat") ? TIME_SECONDS : TIME_MILLISECONDS;
    *origin_out = arg_is(word, "exat") || arg_is(word, "pxat") ? TIME_SINCE_1970 : TIME_FROM_NOW;
    return *unit_out == TIME_SECONDS || arg_is(word, "px") || arg_is(word, "pxat");
}

/* A word about the time, with its argument. How many words that are; 0: it is none; -1: the error was answered. */
static int parse_time(struct call *call, int at, struct ex_options *options)
{
    enum time_unit unit;
    enum time_origin origin;
    const struct arg *word = &call->argv[at];
    bool keeps = options->sets && arg_is(word, "keepttl"), persists = !options->sets && arg_is(word, "persist");
    bool timed = is_time_word(word, &unit, &origin);
    if (!keeps && !persists && !timed)
        return 0;
    if (options->keeps || options->persists || options->time) {
        reply_errorf(call->reply, "ERR Only one of EX, PX, EXAT, PXAT or %s arguments can be specified",
                     options->sets ? "KEEPTTL" : "PERSIST");
        return -1;
    }
    options->keeps = keeps;
    options->persists = persists;
    if (!timed)
        return 1;
    if (at + 1 >= call->argc) {
        reply_error(call->reply, "ERR missing expire time");
        return -1;
    }
    options->time = word + 1;
    options->unit = unit;
    options->origin = origin;
    return 2;
}

/* A word about conditions, as parse_time(). NX and XX of the key are Valkey's. */
static int parse_condition_word(struct call *call, int at, struct ex_options *options)
{
    const struct arg *word = &call->argv[at];
    bool *flag = arg_is(word, "fnx")   ? &options->fnx
                 : arg_is(word, "fxx") ? &options->fxx
                 : arg_is(word, "nx")  ? &options->nx
                 : arg_is(word, "xx")  ? &options->xx
                                       : NULL;
    if (!flag || !options->sets)
        return 0;
    if ((flag == &options->fnx || flag == &options->fxx) && (options->fnx || options->fxx)) {
        reply_error(call->reply, "ERR Only one of FXX or FNX arguments can be specified");
        return -1;
    }
    if ((flag == &options->nx || flag == &options->xx) && (options->nx || options->xx)) {
        error_syntax(call);
        return -1;
    }
    *flag = true;
    return 1;
}

/* FIELDS and what follows, which is the rest of the request. */
static bool parse_fields(struct call *call, int at, struct ex_options *options)
{
    int64_t count;
    int step = options->sets ? 2 : 1;
    const struct arg *number = &call->argv[at + 1];
    if (at + 1 >= call->argc) {
        error_arity(call);
        return false;
    }
    if (!number_parse_i64(number->data, number->len, &count) || count < 1) {
        reply_error(call->reply, "ERR invalid number of fields");
        return false;
    }
    int given = call->argc - at - 2;
    if (given % step != 0 || count != given / step) {
        error_arity(call);
        return false;
    }
    options->list = (struct field_list){number + 1, (int)count, step};
    return true;
}

static bool parse_words(struct call *call, struct ex_options *options)
{
    for (int at = 2; at < call->argc;) {
        if (arg_is(&call->argv[at], "fields"))
            return parse_fields(call, at, options);
        int words = parse_time(call, at, options);
        if (words == 0)
            words = parse_condition_word(call, at, options);
        if (words == 0)
            reply_errorf(call->reply, "ERR unknown argument: %.*s", (int)call->argv[at].len, call->argv[at].data);
        if (words <= 0)
            return false;
        at += words;
    }
    reply_error(call->reply, "ERR missing FIELDS argument");
    return false;
}

/* False, with the error, if they are wrong. */
static bool parse_options(struct call *call, struct ex_options *options)
{
    options->expire_ms = ENTRY_NO_EXPIRY;
    return parse_words(call, options) && (!options->time || field_time_read(call, options->time, options->unit,
                                                                            options->origin, &options->expire_ms));
}

/* Whether what is set has expired already. */
static bool is_past(const struct call *call, const struct ex_options *options)
{
    return options->time && options->expire_ms <= call->view.now_ms;
}

static bool find_field(const struct change *change, const struct arg *field, struct collection_place *place_out)
{
    struct element element;
    element_init(&element, field->data, field->len);
    return change->found && hash_find(&change->collection, &element, change->call->view.now_ms, place_out);
}

/* ---- reading ---- */

/* What happens to the fields that are read. */
struct read_change {
    const struct key_event *event; /* NULL: nothing */
    bool deletes;
    int64_t expire_ms;
};

/* Whether the field at the place was changed; without memory it stays as it is. */
static bool change_read_field(struct change *change, struct collection_place *place, const struct read_change *what)
{
    if (!what->event || (what->event == &event_hpersist_ex && hash_expiry(place->record) == ENTRY_NO_EXPIRY))
        return false;
    return (what->deletes ? collection_splice(&change->collection, place, 1, NULL, 0, false)
                          : hash_set_expiry(&change->collection, place, what->expire_ms)) == 0;
}

static void read_and_change(struct change *change, const struct field_list *list, const struct read_change *what)
{
    struct call *call = change->call;
    struct field_effect effect;
    uint64_t changes = 0;
    field_effect_begin(&effect, list->count);
    if (change->found)
        change_begin(change);
    reply_array(call->reply, (size_t)list->count);
    for (int i = 0; i < list->count; i++) {
        struct collection_place place;
        const struct arg *field = field_list_at(list, i);
        if (!find_field(change, field, &place)) {
            reply_null(call->reply);
            continue;
        }
        reply_element(call->reply, hash_value(place.record));
        if (!change_read_field(change, &place, what))
            continue;
        field_effect_add(&effect, (struct bytes){field->data, field->len});
        changes++;
    }
    if (changes > 0)
        change_end(change, what->event, changes);
    if (what->deletes)
        field_effect_say_deletion(&effect, call);
    else
        field_effect_say_time(&effect, call, what->expire_ms);
}

void cmd_hgetex(struct call *call)
{
    struct change change;
    struct ex_options options = {0};
    if (!parse_options(call, &options) || !change_find(&change, call, &call->keys[0], &hash_kind))
        return;
    struct read_change what = {.expire_ms = options.expire_ms, .deletes = is_past(call, &options)};
    what.event = what.deletes       ? &event_hdel_ex
                 : options.time     ? &event_hexpire_ex
                 : options.persists ? &event_hpersist_ex
                                    : NULL;
    read_and_change(&change, &options.list, &what);
}

void cmd_hgetdel(struct call *call)
{
    struct change change;
    struct field_list list;
    static const struct read_change what = {.event = &event_hdel_ex, .deletes = true};
    if (change_find(&change, call, &call->keys[0], &hash_kind) &&
        field_list_read(call, 2, "ERR Number of fields must be a positive integer", &list))
        read_and_change(&change, &list, &what);
}

/* ---- setting ---- */

static bool conditions_hold(const struct change *change, const struct ex_options *options)
{
    struct collection_place place;
    if ((options->nx && change->found) || (options->xx && !change->found))
        return false;
    for (int i = 0; (options->fnx || options->fxx) && i < options->list.count; i++)
        if (find_field(change, field_list_at(&options->list, i), &place) != options->fxx)
            return false;
    return true;
}

/* What is set has expired already: the fields go. */
static void delete_fields(struct change *change, const struct ex_options *options)
{
    struct field_effect effect;
    uint64_t removed = 0;
    field_effect_begin(&effect, options->list.count);
    if (change->found)
        change_begin(change);
    for (int i = 0; i < options->list.count; i++) {
        struct collection_place place;
        const struct arg *field = field_list_at(&options->list, i);
        if (!find_field(change, field, &place) ||
            collection_splice(&change->collection, &place, 1, NULL, 0, false) != 0)
            continue;
        field_effect_add(&effect, (struct bytes){field->data, field->len});
        removed++;
    }
    if (removed > 0)
        change_end(change, &event_hdel_ex, removed);
    field_effect_say_deletion(&effect, change->call);
}

/* With the time in its absolute form; the conditions held. */
static void say_set(struct call *call, const struct ex_options *options)
{
    char time[NUMBER_I64_MAX_LEN];
    unsigned values = 2 * (unsigned)options->list.count, count = 0;
    if (!effect_is_wanted())
        return;
    struct bytes *words = mem_alloc((6 + values) * sizeof *words);
    words[count++] = (struct bytes)EFFECT_WORD("HSETEX");
    words[count++] = call->keys[0].name;
    if (options->keeps)
        words[count++] = (struct bytes)EFFECT_WORD("KEEPTTL");
    if (options->time) {
        words[count++] = (struct bytes)EFFECT_WORD("PXAT");
        words[count++] = (struct bytes){time, number_format_i64(time, options->expire_ms)};
    }
    words[count++] = (struct bytes)EFFECT_WORD("FIELDS");
    for (const struct arg *arg = options->list.fields - 1; arg < call->argv + call->argc; arg++)
        words[count++] = (struct bytes){arg->data, arg->len};
    effect_say(call, count, words);
    mem_free(words);
}

static int set_field(struct change *change, const struct arg *field, const struct ex_options *options)
{
    struct collection_place place;
    int64_t expire_ms = options->expire_ms;
    struct element element;
    element_init(&element, field->data, field->len);
    if (options->keeps && hash_find(&change->collection, &element, change->call->view.now_ms, &place))
        expire_ms = hash_expiry(place.record);
    return hash_put_arg(change->call, &change->collection, field, field + 1, expire_ms);
}

/* Without memory for the rest, the fields before are set, and the answer is the error. */
static void set_fields(struct change *change, const struct ex_options *options)
{
    struct call *call = change->call;
    struct hash_terms terms = hash_terms_of(call);
    int set = 0;
    if (!change_begin(change))
        return;
    hash_expect(&change->collection, (uint64_t)options->list.count, &terms);
    while (set < options->list.count && set_field(change, field_list_at(&options->list, set), options) >= 0)
        set++;
    if (set == options->list.count)
        reply_int(call->reply, 1);
    else
        error_no_memory(call);
    if (set == 0) {
        change_abandon(change);
        return;
    }
    change_end(change, &event_hset_ex, (uint64_t)set);
    if (options->time)
        keyspace_remark(&call->view, change->key, &event_hexpire_ex);
    say_set(call, options);
}

void cmd_hsetex(struct call *call)
{
    struct change change;
    struct ex_options options = {.sets = true};
    if (!parse_options(call, &options) || !change_find(&change, call, &call->keys[0], &hash_kind))
        return;
    if (!conditions_hold(&change, &options)) {
        reply_int(call->reply, 0);
    } else if (is_past(call, &options)) {
        delete_fields(&change, &options);
        reply_int(call->reply, 1);
    } else {
        set_fields(&change, &options);
    }
}
