/*
 * Intersections, unions and differences of sets.
 *
 * Members that are found go one by one into an outcome: into the reply, into a count, or into a set that is made,
 * which a command that stores puts under its key when it is whole. So without memory nothing has changed.
 */
#include "base/memory.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/room.h"
#include "handlers/elements.h"
#include "handlers/lookup.h"
#include "handlers/set_limits.h"
#include "handlers/set_result.h"
#include "types/set.h"
#include "types/set_probe.h"

#include <stdlib.h>

static const struct key_event event_sinterstore = {"sinterstore", EVENT_SET, 1},
                              event_sunionstore = {"sunionstore", EVENT_SET, 1},
                              event_sdiffstore = {"sdiffstore", EVENT_SET, 1};

/* ---- the sets of a call ---- */

#define PROBES_MAX 8

struct operands {
    struct collection *sets; /* in the order of the keys; where there is no such key, entry is NULL */
    int count, missing;
    struct set_probe *probes[PROBES_MAX]; /* of the sets with these numbers; NULL: none */
    int probe_count;
};

/* From the key with that number on. False, after the answer, if one of them isn't a set; otherwise to be deinited. */
static bool operands_init(struct operands *operands, struct call *call, int first_key)
{
    int count = call->key_count - first_key;
    *operands = (struct operands){.sets = mem_try_alloc((size_t)count * sizeof operands->sets[0]), .count = count};
    if (!operands->sets) {
        error_no_memory(call);
        return false;
    }
    for (int i = 0; i < count; i++) {
        const struct entry *entry = lookup_read(call, &call->keys[first_key + i]);
        if (!lookup_is(call, entry, TYPE_SET)) {
            mem_free(operands->sets);
            return false;
        }
        if (entry)
            collection_open(&operands->sets[i], &set_kind, entry);
        else
            operands->sets[i].entry = NULL;
        operands->missing += !entry;
    }
    return true;
}

static void operands_deinit(struct operands *operands)
{
    for (int i = 0; i < PROBES_MAX; i++)
        mem_free(operands->probes[i]);
    mem_free(operands->sets);
}

static uint64_t operand_count(const struct collection *set)
{
    return set->entry ? collection_count(set) : 0;
}

static int compare_counts(const void *a, const void *b)
{
    uint64_t one = operand_count(a), other = operand_count(b);
    return (one > other) - (one < other);
}

static int compare_counts_down(const void *a, const void *b)
{
    return compare_counts(b, a);
}

/*
 * Makes probes for those of the sets from number first on, whose order is settled, where so many lookups make it pay.
 */
static void operands_probe(struct operands *operands, int first, uint64_t lookups)
{
    for (int i = first; i < operands->count && i < PROBES_MAX; i++) {
        const struct collection *set = &operands->sets[i];
        if (!set->entry || !set_probe_pays(set, lookups))
            continue;
        operands->probes[i] = set_probe_create();
        operands->probe_count += operands->probes[i] != NULL;
    }
}

/* hash is the member's if there are probes. */
static bool operand_has(const struct operands *operands, int number, uint64_t hash, const struct element *member)
{
    struct set_probe *probe = number < PROBES_MAX ? operands->probes[number] : NULL;
    const struct collection *set = &operands->sets[number];
    return probe ? set_probe_has(probe, set, hash, member) : set_has(set, member);
}

/* ---- what becomes of members that are found ---- */

struct outcome {
    struct call *call;
    bool makes_set;
    struct set_result made;
    bool counts;    /* they are only counted */
    uint64_t most;  /* up to so many; 0: all */
    uint64_t count; /* so far; of a set that is made, when it is whole */
    bool failed;    /* without memory */
};

/* They are put into a set, which will be under that key. False, after the answer, without memory. */
static bool outcome_begin_set(struct outcome *outcome, struct bytes key)
{
    struct set_limits limits = set_limits_now(outcome->call);
    if (set_result_begin(&outcome->made, key, ENTRY_NO_EXPIRY, &limits) != 0) {
        error_no_memory(outcome->call);
        return false;
    }
    outcome->makes_set = true;
    return true;
}

/* Takes a stored member; false: it wants no more. */
static bool outcome_take(struct outcome *outcome, const char *member)
{
    if (outcome->makes_set) {
        outcome->failed = set_result_add(&outcome->made, member) != 0;
        return !outcome->failed;
    }
    outcome->count++;
    if (outcome->counts)
        return outcome->count != outcome->most;
    reply_element(outcome->call->reply, member);
    return !reply_is_over(outcome->call->reply);
}

/* The set becomes whole. False without memory. */
static bool outcome_finish_set(struct outcome *outcome)
{
    outcome->failed = outcome->failed || set_result_finish(&outcome->made) != 0;
    outcome->count = collection_count(&outcome->made.set);
    return !outcome->failed;
}

static void outcome_drop_set(struct outcome *outcome)
{
    set_result_drop(&outcome->made);
}

/* All that is taken from now on is what stands at this place of a set, while it is walked. */
static void outcome_follow(struct outcome *outcome, const struct collection *set, const struct collection_place *place)
{
    if (outcome->makes_set)
        set_result_follow(&outcome->made, set, place);
}

static bool outcome_take_all(struct outcome *outcome, const struct collection *set)
{
    struct collection_place place;
    outcome_follow(outcome, set, &place);
    bool more = collection_at(set, 0, &place);
    while (more && outcome_take(outcome, place.record))
        more = collection_next(set, &place);
    return !more;
}

/* Answers with the set that was made. */
static void outcome_reply_set(struct outcome *outcome)
{
    struct reply *reply = outcome->call->reply;
    const struct collection *set = &outcome->made.set;
    struct collection_place place;
    if (!outcome_finish_set(outcome)) {
        error_no_memory(outcome->call);
        outcome_drop_set(outcome);
        return;
    }
    reply_set(reply, outcome->count);
    bool more = collection_at(set, 0, &place);
    for (; more && !reply_is_over(reply); more = collection_next(set, &place))
        reply_element(reply, place.record);
    outcome_drop_set(outcome);
}

/* Puts the set that was made under the call's first key; one without members deletes it. */
static void outcome_store(struct outcome *outcome, const struct key_event *event)
{
    struct call *call = outcome->call;
    const struct key *key = &call->keys[0];
    if (!outcome_finish_set(outcome))
        error_no_memory(call);
    if (outcome->failed || outcome->count == 0 || !room_for(call, entry_memory(outcome->made.set.entry, 1000)))
        outcome_drop_set(outcome);
    else
        keyspace_put(&call->view, key, outcome->made.set.entry, event);
    if (outcome->failed || call->outcome != CALL_DONE)
        return;
    if (outcome->count == 0)
        keyspace_delete(&call->view, key);
    reply_int(call->reply, (int64_t)outcome->count);
}

/* ---- the operations ---- */

/* Whether all sets from number first on have the member, or any of them. */
static bool all_have(const struct operands *operands, int first, const struct element *member)
{
    uint64_t hash = operands->probe_count > 0 ? element_hash(member) : 0;
    for (int i = first; i < operands->count; i++)
        if (!operand_has(operands, i, hash, member))
            return false;
    return true;
}

static bool any_has(const struct operands *operands, int first, const struct element *member)
{
    uint64_t hash = operands->probe_count > 0 ? element_hash(member) : 0;
    for (int i = first; i < operands->count; i++)
        if (operands->sets[i].entry && operand_has(operands, i, hash, member))
            return true;
    return false;
}

/* The smallest set is walked through. Those that are the same set come to stand behind it. */
static void intersect(struct operands *operands, struct outcome *outcome)
{
    struct collection_place place;
    struct element member;
    struct element_view view;
    int first = 1;
    if (operands->missing > 0)
        return;
    qsort(operands->sets, (size_t)operands->count, sizeof operands->sets[0], compare_counts);
    const struct collection *smallest = &operands->sets[0];
    while (first < operands->count && operands->sets[first].entry == smallest->entry)
        first++;
    operands_probe(operands, first, collection_count(smallest));
    outcome_follow(outcome, smallest, &place);
    for (bool more = collection_at(smallest, 0, &place); more; more = collection_next(smallest, &place)) {
        element_init_stored(&member, place.record, &view);
        if (all_have(operands, first, &member) && !outcome_take(outcome, place.record))
            return;
    }
}

/* Into a set, unless there are members in one set only. */
static void unite(const struct operands *operands, struct outcome *outcome)
{
    if (outcome->makes_set) {
        outcome->failed = set_result_unite(&outcome->made, operands->sets, (unsigned)operands->count) != 0;
        return;
    }
    for (int i = 0; i < operands->count; i++)
        if (operands->sets[i].entry)
            outcome_take_all(outcome, &operands->sets[i]);
}

/* Looks for each member of the first set in all the others, of which the largest is the likeliest to have it. */
static void subtract_by_looking(struct operands *operands, struct outcome *outcome)
{
    struct collection_place place;
    struct element member;
    struct element_view view;
    const struct collection *first = &operands->sets[0];
    qsort(operands->sets + 1, (size_t)operands->count - 1, sizeof operands->sets[0], compare_counts_down);
    operands_probe(operands, 1, collection_count(first));
    outcome_follow(outcome, first, &place);
    for (bool more = collection_at(first, 0, &place); more; more = collection_next(first, &place)) {
        element_init_stored(&member, place.record, &view);
        if (!any_has(operands, 1, &member) && !outcome_take(outcome, place.record))
            return;
    }
}

/* Puts all members of the first set into the outcome's, and takes out those of the others. */
static void subtract_by_removing(const struct operands *operands, struct outcome *outcome)
{
    struct collection_place place;
    struct element member;
    struct element_view view;
    if (!outcome_take_all(outcome, &operands->sets[0]) || !outcome_finish_set(outcome))
        return;
    for (int i = 1; i < operands->count && collection_count(&outcome->made.set) > 0; i++) {
        const struct collection *set = &operands->sets[i];
        bool more = set->entry && collection_at(set, 0, &place);
        for (; more && collection_count(&outcome->made.set) > 0; more = collection_next(set, &place)) {
            element_init_stored(&member, place.record, &view);
            outcome->failed = set_remove(&outcome->made.set, &member) < 0;
            if (outcome->failed)
                return;
        }
    }
}

static bool first_is_among_others(const struct operands *operands)
{
    for (int i = 1; i < operands->count; i++)
        if (operands->sets[i].entry == operands->sets[0].entry)
            return true;
    return false;
}

/*
 * Which of the two ways takes fewer steps. Looking has some advantage, as Redis gives it: which of them it was shows in
 * the encoding of what is stored.
 */
static bool removing_is_shorter(const struct operands *operands)
{
    uint64_t first = operand_count(&operands->sets[0]), looking = 0, removing = 0;
    for (int i = 0; i < operands->count; i++) {
        looking += operands->sets[i].entry ? first : 0;
        removing += operand_count(&operands->sets[i]);
    }
    return looking / 2 > removing;
}

/* ---- the commands ---- */

void cmd_sinter(struct call *call)
{
    struct outcome outcome = {.call = call};
    struct operands operands;
    if (!operands_init(&operands, call, 0))
        return;
    struct reply_hole hole = reply_defer(call->reply);
    intersect(&operands, &outcome);
    reply_defer_set(call->reply, hole, outcome.count);
    operands_deinit(&operands);
}

/* SINTERCARD numkeys key [key ...] [LIMIT limit] */
void cmd_sintercard(struct call *call)
{
    struct outcome outcome = {.call = call, .counts = true};
    struct operands operands;
    const struct arg *argv = call->argv;
    int64_t keys, limit = 0;
    if (!number_parse_i64(argv[1].data, argv[1].len, &keys) || keys < 1) {
        reply_error(call->reply, "ERR numkeys should be greater than 0");
        return;
    }
    if (keys > call->argc - 2) {
        reply_error(call->reply, "ERR Number of keys can't be greater than number of args");
        return;
    }
    for (int at = (int)keys + 2; at < call->argc; at += 2) {
        if (!arg_is(&argv[at], "limit") || at + 1 == call->argc) {
            error_syntax(call);
            return;
        }
        if (!number_parse_i64(argv[at + 1].data, argv[at + 1].len, &limit) || limit < 0) {
            reply_error(call->reply, "ERR LIMIT can't be negative");
            return;
        }
    }
    if (!operands_init(&operands, call, 0))
        return;
    outcome.most = (uint64_t)limit;
    intersect(&operands, &outcome);
    operands_deinit(&operands);
    reply_int(call->reply, (int64_t)outcome.count);
}

void cmd_sinterstore(struct call *call)
{
    struct outcome outcome = {.call = call};
    struct operands operands;
    if (!operands_init(&operands, call, 1))
        return;
    if (outcome_begin_set(&outcome, call->keys[0].name)) {
        intersect(&operands, &outcome);
        outcome_store(&outcome, &event_sinterstore);
    }
    operands_deinit(&operands);
}

void cmd_sunion(struct call *call)
{
    struct outcome outcome = {.call = call};
    struct operands operands;
    if (!operands_init(&operands, call, 0))
        return;
    if (operands.count - operands.missing <= 1) {
        struct reply_hole hole = reply_defer(call->reply);
        unite(&operands, &outcome);
        reply_defer_set(call->reply, hole, outcome.count);
    } else if (outcome_begin_set(&outcome, (struct bytes){"", 0})) {
        unite(&operands, &outcome);
        outcome_reply_set(&outcome);
    }
    operands_deinit(&operands);
}

void cmd_sunionstore(struct call *call)
{
    struct outcome outcome = {.call = call};
    struct operands operands;
    if (!operands_init(&operands, call, 1))
        return;
    if (outcome_begin_set(&outcome, call->keys[0].name)) {
        unite(&operands, &outcome);
        outcome_store(&outcome, &event_sunionstore);
    }
    operands_deinit(&operands);
}

/* Into the outcome's set, if it has one, or into the reply. */
static void subtract(struct operands *operands, struct outcome *outcome)
{
    if (!operands->sets[0].entry || first_is_among_others(operands))
        return;
    if (outcome->makes_set && removing_is_shorter(operands))
        subtract_by_removing(operands, outcome);
    else
        subtract_by_looking(operands, outcome);
}

void cmd_sdiff(struct call *call)
{
    struct outcome outcome = {.call = call};
    struct operands operands;
    if (!operands_init(&operands, call, 0))
        return;
    if (!removing_is_shorter(&operands)) {
        struct reply_hole hole = reply_defer(call->reply);
        subtract(&operands, &outcome);
        reply_defer_set(call->reply, hole, outcome.count);
    } else if (outcome_begin_set(&outcome, (struct bytes){"", 0})) {
        subtract(&operands, &outcome);
        outcome_reply_set(&outcome);
    }
    operands_deinit(&operands);
}

void cmd_sdiffstore(struct call *call)
{
    struct outcome outcome = {.call = call};
    struct operands operands;
    if (!operands_init(&operands, call, 1))
        return;
    if (outcome_begin_set(&outcome, call->keys[0].name)) {
        subtract(&operands, &outcome);
        outcome_store(&outcome, &event_sdiffstore);
    }
    operands_deinit(&operands);
}
