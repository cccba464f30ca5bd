/*
 * List commands. Those that take elements away stand in cmd_list_pop.c.
 */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/change.h"
#include "handlers/elements.h"
#include "handlers/list_change.h"
#include "handlers/lookup.h"
#include "types/list.h"

#include <limits.h>

static const struct key_event event_lset = {"lset", EVENT_LIST, 1}, event_linsert = {"linsert", EVENT_LIST, 1},
                              event_lrem = {"lrem", EVENT_LIST, 1}, event_ltrim = {"ltrim", EVENT_LIST, 1};

/* ---- a list that is changed ---- */

/* Puts an element at a place. False without memory. */
static bool put_element(struct collection *list, struct collection_place *place, const struct element *element,
                        const struct arg *arg, bool replaces)
{
    char record[RECORD_MAX];
    size_t len = element_store(record, element, arg);
    if (len == 0)
        return false;
    if (collection_splice(list, place, replaces, record, len, false) == 0)
        return true;
    element_release(record);
    return false;
}

static bool put_arg(struct collection *list, struct collection_place *place, const struct arg *arg, bool replaces)
{
    struct element element;
    element_init(&element, arg->data, arg->len);
    return put_element(list, place, &element, arg, replaces);
}

/* ---- pushing ---- */

/* Without memory for the rest, those before are pushed, and the answer is the error. */
static void push(struct call *call, enum side side, bool only_present)
{
    struct change change;
    if (!change_find(&change, call, &call->keys[0], &list_kind))
        return;
    if (only_present && !change.found) {
        reply_int(call->reply, 0);
        return;
    }
    if (!change_begin(&change))
        return;
    int pushed = 0;
    for (; pushed < call->argc - 2; pushed++) {
        struct collection_place place;
        list_place_beyond(&change.collection, side, &place);
        if (!put_arg(&change.collection, &place, &call->argv[pushed + 2], false))
            break;
    }
    if (pushed == call->argc - 2)
        reply_int(call->reply, (int64_t)collection_count(&change.collection));
    else
        error_no_memory(call);
    if (pushed > 0)
        list_end(&change, &event_list_push[side], (uint64_t)pushed);
    else
        change_abandon(&change);
}

void cmd_lpush(struct call *call)
{
    push(call, SIDE_LEFT, false);
}

void cmd_rpush(struct call *call)
{
    push(call, SIDE_RIGHT, false);
}

void cmd_lpushx(struct call *call)
{
    push(call, SIDE_LEFT, true);
}

void cmd_rpushx(struct call *call)
{
    push(call, SIDE_RIGHT, true);
}

/* ---- reading ---- */

/* The list that is read. False, after the answer, if the key holds something else; found says whether there is one. */
static bool find_list(struct call *call, struct collection *list_out, bool *found_out)
{
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!lookup_is(call, entry, TYPE_LIST))
        return false;
    *found_out = entry != NULL;
    if (entry)
        collection_open(list_out, &list_kind, entry);
    return true;
}

void cmd_llen(struct call *call)
{
    struct collection list;
    bool found;
    if (find_list(call, &list, &found))
        reply_int(call->reply, found ? (int64_t)collection_count(&list) : 0);
}

/* From the end where it is negative. False: there is no such element. */
static bool resolve_index(int64_t index, uint64_t count, uint64_t *index_out)
{
    if (index < 0)
        index += (int64_t)count;
    *index_out = (uint64_t)index;
    return index >= 0 && (uint64_t)index < count;
}

void cmd_lindex(struct call *call)
{
    struct collection list;
    struct collection_place place;
    int64_t index;
    uint64_t at;
    bool found;
    if (!find_list(call, &list, &found))
        return;
    if (!found)
        reply_null(call->reply);
    else if (!argument_i64(call, &call->argv[2], &index))
        return;
    else if (!resolve_index(index, collection_count(&list), &at) || !collection_at(&list, at, &place))
        reply_null(call->reply);
    else
        reply_element(call->reply, place.record);
}

/* Two ends, from the end where they are negative, to a range of elements; false if there are none in it. */
static bool resolve_range(int64_t start, int64_t end, uint64_t count, uint64_t *index_out, uint64_t *count_out)
{
    int64_t all = (int64_t)count;
    start = start < 0 ? start + all : start;
    end = end < 0 ? end + all : end;
    start = start < 0 ? 0 : start;
    end = end >= all ? all - 1 : end;
    if (start > end || start >= all)
        return false;
    *index_out = (uint64_t)start;
    *count_out = (uint64_t)(end - start + 1);
    return true;
}

void cmd_lrange(struct call *call)
{
    struct collection list;
    int64_t start, end;
    uint64_t index, count;
    bool found;
    if (!argument_i64(call, &call->argv[2], &start) || !argument_i64(call, &call->argv[3], &end) ||
        !find_list(call, &list, &found))
        return;
    if (found && resolve_range(start, end, collection_count(&list), &index, &count))
        list_reply(call, &list, index, count, false);
    else
        reply_array(call->reply, 0);
}

/* ---- finding elements ---- */

struct lpos {
    int64_t rank, count, maxlen; /* count: -1 without COUNT */
};

static bool lpos_options(struct call *call, struct lpos *options)
{
    *options = (struct lpos){.rank = 1, .count = -1};
    for (int at = 3; at < call->argc; at += 2) {
        const struct arg *word = &call->argv[at], *value = word + 1;
        if (at + 1 >= call->argc) {
            error_syntax(call);
            return false;
        }
        if (arg_is(word, "rank")) {
            if (!argument_i64(call, value, &options->rank))
                return false;
            if (options->rank == INT64_MIN) {
                reply_errorf(call->reply, "ERR value is out of range, value must between %lld and %lld",
                             -(long long)INT64_MAX, (long long)INT64_MAX);
                return false;
            }
            if (options->rank == 0) {
                reply_error(call->reply, "ERR RANK can't be zero: use 1 to start from the first match, 2 from the "
                                         "second ... or use negative to start from the end of the list");
                return false;
            }
        } else if (arg_is(word, "count")) {
            if (!argument_at_least(call, value, 0, "ERR COUNT can't be negative", &options->count))
                return false;
        } else if (arg_is(word, "maxlen")) {
            if (!argument_at_least(call, value, 0, "ERR MAXLEN can't be negative", &options->maxlen))
                return false;
        } else {
            error_syntax(call);
            return false;
        }
    }
    return true;
}

/* Calls with each index that matches, until that returns false. */
static void find_matches(const struct collection *list, const struct arg *arg, const struct lpos *options,
                         bool (*matched)(void *context, uint64_t index), void *context)
{
    struct element element;
    struct collection_place place;
    uint64_t all = collection_count(list), looked = 0, passed;
    uint64_t most = options->maxlen == 0 ? UINT64_MAX : (uint64_t)options->maxlen;
    bool back = options->rank < 0;
    uint64_t skip = (uint64_t)(back ? -options->rank : options->rank) - 1;
    element_init(&element, arg->data, arg->len);
    bool more = collection_at(list, back ? all - 1 : 0, &place);
    while (more && looked < most && collection_search(list, &element, back, most - looked, &place, &passed)) {
        looked += passed;
        if (skip > 0)
            skip--;
        else if (!matched(context, back ? all - 1 - looked : looked))
            return;
        looked++;
        more = back ? collection_previous(list, &place) : collection_next(list, &place);
    }
}

struct matches {
    struct reply *reply;
    int64_t wanted; /* 0: all */
    size_t met;
};

static bool reply_match(void *context, uint64_t index)
{
    struct matches *matches = context;
    reply_int(matches->reply, (int64_t)index);
    return (int64_t)++matches->met != matches->wanted && !reply_is_over(matches->reply);
}

void cmd_lpos(struct call *call)
{
    struct collection list;
    struct lpos options;
    bool found;
    if (!lpos_options(call, &options) || !find_list(call, &list, &found))
        return;
    struct matches matches = {call->reply, options.count < 0 ? 1 : options.count, 0};
    if (options.count < 0) {
        if (found)
            find_matches(&list, &call->argv[2], &options, reply_match, &matches);
        if (matches.met == 0)
            reply_null(call->reply);
        return;
    }
    if (!found) {
        reply_array(call->reply, 0);
        return;
    }
    struct reply_hole hole = reply_defer(call->reply);
    find_matches(&list, &call->argv[2], &options, reply_match, &matches);
    reply_defer_array(call->reply, hole, matches.met);
}

/* ---- changing ---- */

void cmd_lset(struct call *call)
{
    struct change change;
    struct collection_place place;
    int64_t index;
    uint64_t at;
    if (!change_find(&change, call, &call->keys[0], &list_kind))
        return;
    if (!change.found) {
        error_no_such_key(call);
        return;
    }
    if (!argument_i64(call, &call->argv[2], &index))
        return;
    if (!resolve_index(index, collection_count(&change.collection), &at)) {
        reply_error(call->reply, "ERR index out of range");
        return;
    }
    change_begin(&change);
    collection_at(&change.collection, at, &place);
    if (!put_arg(&change.collection, &place, &call->argv[3], true)) {
        error_no_memory(call);
        return;
    }
    list_end(&change, &event_lset, 1);
    reply_ok(call->reply);
}

/* LINSERT key BEFORE|AFTER pivot element */
void cmd_linsert(struct call *call)
{
    struct change change;
    struct collection_place place;
    struct element pivot;
    uint64_t passed;
    bool after = arg_is(&call->argv[2], "after");
    if (!after && !arg_is(&call->argv[2], "before")) {
        error_syntax(call);
        return;
    }
    if (!change_find(&change, call, &call->keys[0], &list_kind))
        return;
    if (!change.found) {
        reply_int(call->reply, 0);
        return;
    }
    element_init(&pivot, call->argv[3].data, call->argv[3].len);
    change_begin(&change);
    collection_at(&change.collection, 0, &place);
    if (!collection_search(&change.collection, &pivot, false, UINT64_MAX, &place, &passed)) {
        reply_int(call->reply, -1);
        return;
    }
    if (after && !collection_next(&change.collection, &place))
        collection_end(&change.collection, &place);
    if (!put_arg(&change.collection, &place, &call->argv[4], false)) {
        error_no_memory(call);
        return;
    }
    reply_int(call->reply, (int64_t)collection_count(&change.collection));
    list_end(&change, &event_linsert, 1);
}

/* Removes up to limit equal elements from one side on; 0: all. Returns how many. */
static int64_t remove_equal(struct collection *list, const struct element *element, bool back, uint64_t limit)
{
    struct collection_place place;
    uint64_t index = back ? collection_count(list) - 1 : 0, removed = 0, passed;
    bool more = collection_at(list, index, &place);
    while (more && collection_search(list, element, back, UINT64_MAX, &place, &passed)) {
        index = back ? index - passed : index + passed;
        if (collection_splice(list, &place, 1, NULL, 0, false) != 0)
            break;
        removed++;
        index -= back; /* behind the last one there is none any more */
        more = removed != limit && collection_at(list, index, &place);
    }
    return (int64_t)removed;
}

void cmd_lrem(struct call *call)
{
    struct change change;
    struct element element;
    int64_t count;
    if (!argument_i64(call, &call->argv[2], &count))
        return;
    if (!change_find(&change, call, &call->keys[0], &list_kind))
        return;
    int64_t removed = 0;
    if (change.found) {
        element_init(&element, call->argv[3].data, call->argv[3].len);
        change_begin(&change);
        removed =
            remove_equal(&change.collection, &element, count < 0, count < 0 ? 0 - (uint64_t)count : (uint64_t)count);
        if (removed > 0)
            list_end(&change, &event_lrem, (uint64_t)removed);
    }
    reply_int(call->reply, removed);
}

void cmd_ltrim(struct call *call)
{
    struct change change;
    int64_t start, end;
    uint64_t index = 0, count = 0;
    if (!argument_i64(call, &call->argv[2], &start) || !argument_i64(call, &call->argv[3], &end) ||
        !change_find(&change, call, &call->keys[0], &list_kind))
        return;
    if (change.found) {
        struct tree behind;
        uint64_t all = collection_count(&change.collection);
        if (!resolve_range(start, end, all, &index, &count))
            index = all;
        change_begin(&change);
        if (collection_cut(&change.collection, index + count, all, &behind) != 0) {
            error_no_memory(call);
            return;
        }
        bool cut = collection_cut(&change.collection, 0, index, &change.cut) == 0;
        list_end(&change, &event_ltrim, all - collection_count(&change.collection));
        collection_discard(&behind);
        if (!cut) {
            error_no_memory(call);
            return;
        }
    }
    reply_ok(call->reply);
}
