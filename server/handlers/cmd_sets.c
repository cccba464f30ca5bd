/*
 * Commands on the members of a set. What is made of several sets: cmd_set_algebra.c.
 */
#include "base/random.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "handlers/change.h"
#include "handlers/elements.h"
#include "handlers/lookup.h"
#include "handlers/member_sample.h"
#include "handlers/member_scan.h"
#include "handlers/set_limits.h"
#include "handlers/set_result.h"
#include "types/sample.h"
#include "types/set.h"

#include <errno.h>

static const struct key_event event_sadd = {"sadd", EVENT_SET, 1}, event_srem = {"srem", EVENT_SET, 1},
                              event_spop = {"spop", EVENT_SET, 1};

/* SPOP makes the set anew when this many times the members that remain are taken. */
#define POP_RENAMES 5

/* Up to this part of a large set members are popped one by one; a larger part makes a set of those that remain. */
#define POP_FEW_PART 4

/* ---- adding and removing ---- */

/* Without memory for the rest, those before are added, and the answer is the error. */
void cmd_sadd(struct call *call)
{
    struct change change;
    struct element member;
    struct set_limits limits = set_limits_now(call);
    int count = call->argc - 2, added = 0, result = 0;
    if (!change_find(&change, call, &call->keys[0], &set_kind) || !change_begin(&change))
        return;
    element_init_arg(&member, call, 2);
    if (change.found)
        set_name_before(&change.collection, (uint64_t)count, &limits);
    else
        set_name(&change.collection, &member, (uint64_t)count, &limits);
    for (int i = 0; i < count && result >= 0; i++) {
        if (i > 0)
            element_init_arg(&member, call, i + 2);
        result = set_add(&change.collection, &member, &call->argv[i + 2], &limits);
        added += result > 0;
    }
    if (result < 0)
        error_no_memory(call);
    else
        reply_int(call->reply, added);
    if (added > 0)
        change_end(&change, &event_sadd, (uint64_t)added);
    else
        change_abandon(&change);
}

/* The same as with SADD. */
void cmd_srem(struct call *call)
{
    struct change change;
    struct element member;
    int removed = 0, result = 0;
    if (!change_find(&change, call, &call->keys[0], &set_kind))
        return;
    if (change.found)
        change_begin(&change);
    for (int i = 2; change.found && i < call->argc && result >= 0; i++) {
        element_init_arg(&member, call, i);
        result = set_remove(&change.collection, &member);
        removed += result > 0;
        if (collection_count(&change.collection) == 0)
            break;
    }
    if (result < 0)
        error_no_memory(call);
    else
        reply_int(call->reply, removed);
    if (removed > 0)
        change_end(&change, &event_srem, (uint64_t)removed);
}

/* From one set to another; the target, which exists or has been begun, has it first. 1 if it is new there, or 0. */
static int move_member(struct change *source, struct change *target, const struct element *member)
{
    struct collection_place place;
    struct set_limits limits = set_limits_now(source->call);
    collection_find(&source->collection, member, &place);
    if (!target->found)
        set_name(&target->collection, member, 1, &limits);
    int added = set_add_stored(&target->collection, place.record, &limits);
    if (added < 0)
        return added;
    change_begin(source);
    int removed = set_remove(&source->collection, member);
    if (removed < 0 && added > 0)
        set_remove(&target->collection, member);
    return removed < 0 ? removed : added;
}

void cmd_smove(struct call *call)
{
    struct change source, target;
    struct element member;
    if (!change_find(&source, call, &call->keys[0], &set_kind))
        return;
    if (!source.found) {
        reply_int(call->reply, 0);
        return;
    }
    if (!change_find(&target, call, &call->keys[1], &set_kind))
        return;
    element_init_arg(&member, call, 3);
    bool has = set_has(&source.collection, &member);
    if (!has || target.found == source.found) {
        reply_int(call->reply, has);
        return;
    }
    if (!change_begin(&target))
        return;
    int added = move_member(&source, &target, &member);
    if (added < 0) {
        change_abandon(&target);
        error_no_memory(call);
        return;
    }
    change_end(&source, &event_srem, 1);
    if (added > 0)
        change_end(&target, &event_sadd, 1);
    reply_int(call->reply, 1);
}

/* ---- asking for members ---- */

/* The set that is read. False, after the answer, if the key holds something else; found says whether there is one. */
static bool find_set(struct call *call, struct collection *set_out, bool *found_out)
{
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!lookup_is(call, entry, TYPE_SET))
        return false;
    *found_out = entry != NULL;
    if (entry)
        collection_open(set_out, &set_kind, entry);
    return true;
}

void cmd_scard(struct call *call)
{
    struct collection set;
    bool found;
    if (find_set(call, &set, &found))
        reply_int(call->reply, found ? (int64_t)collection_count(&set) : 0);
}

void cmd_sismember(struct call *call)
{
    struct collection set;
    struct element member;
    bool found;
    if (!find_set(call, &set, &found))
        return;
    element_init_arg(&member, call, 2);
    reply_int(call->reply, found && set_has(&set, &member));
}

void cmd_smismember(struct call *call)
{
    struct collection set;
    struct element member;
    bool found;
    if (!find_set(call, &set, &found))
        return;
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc && !reply_is_over(call->reply); i++) {
        element_init_arg(&member, call, i);
        reply_int(call->reply, found && set_has(&set, &member));
    }
}

/* The header stands already. */
static void reply_members(struct call *call, const struct collection *set)
{
    struct collection_place place;
    bool more = collection_at(set, 0, &place);
    for (; more && !reply_is_over(call->reply); more = collection_next(set, &place))
        reply_element(call->reply, place.record);
}

void cmd_smembers(struct call *call)
{
    struct collection set;
    bool found;
    if (!find_set(call, &set, &found))
        return;
    reply_set(call->reply, found ? collection_count(&set) : 0);
    if (found)
        reply_members(call, &set);
}

/* ---- random members ---- */

static uint64_t random_index(const struct collection *set)
{
    return random_below(random_thread(), collection_count(set));
}

static const struct member_sample sample = {.kind = &set_kind, .answer_member = reply_element};

void cmd_srandmember(struct call *call)
{
    member_sample(call, &sample);
}

/* ---- popping: elsewhere chance would take others, so the effect is SREM ---- */

static void say_popped(const struct change *change, const char *member)
{
    struct element_view view;
    if (!effect_is_wanted())
        return;
    element_view(member, &view);
    effect_say(change->call, 3, (struct bytes[]){EFFECT_WORD("SREM"), change->key->name, view.text});
}

/* Takes a random member out and answers with it. False without memory, which a tree doesn't need for that. */
static bool pop_random(struct change *change)
{
    struct collection_place place;
    char member[RECORD_MAX];
    collection_at(&change->collection, random_index(&change->collection), &place);
    memcpy(member, place.record, element_len(place.record));
    if (collection_splice(&change->collection, &place, 1, NULL, 0, true) != 0)
        return false;
    reply_element(change->call->reply, member);
    say_popped(change, member);
    element_release(member);
    return true;
}

static void pop_one(struct change *change)
{
    change_begin(change);
    if (pop_random(change))
        change_end(change, &event_spop, 1);
    else
        error_no_memory(change->call);
}

static void pop_all(struct change *change)
{
    uint64_t all = collection_count(&change->collection);
    struct reply_mark before = reply_mark(change->call->reply);
    reply_set(change->call->reply, all);
    reply_members(change->call, &change->collection);
    change_begin(change);
    if (collection_cut(&change->collection, 0, all, &change->cut) == 0) {
        change_end(change, &event_spop, all);
        effect_delete(change->call, change->key);
        return;
    }
    reply_rollback(change->call->reply, before);
    error_no_memory(change->call);
}

static void pop_few(struct change *change, uint64_t count)
{
    reply_set(change->call->reply, count);
    change_begin(change);
    for (uint64_t i = 0; i < count; i++)
        pop_random(change);
    change_end(change, &event_spop, count);
}

/* Answers with so many random members, and puts the others into rest. 0 or -ENOMEM. */
static int part_members(const struct change *change, uint64_t count, struct set_result *rest)
{
    struct collection_place place;
    uint64_t left = collection_count(&change->collection);
    set_result_follow(rest, &change->collection, &place);
    for (bool more = collection_at(&change->collection, 0, &place); more; left--) {
        if (sample_takes(count, left)) {
            reply_element(change->call->reply, place.record);
            count--;
        } else if (set_result_add(rest, place.record) != 0) {
            return -ENOMEM;
        }
        more = collection_next(&change->collection, &place);
    }
    return set_result_finish(rest);
}

static void say_all_popped(const struct change *change, const struct collection *rest)
{
    struct collection_place place;
    struct element member;
    struct element_view view;
    const struct collection *set = &change->collection;
    for (bool more = collection_at(set, 0, &place); more; more = collection_next(set, &place)) {
        element_init_stored(&member, place.record, &view);
        if (!set_has(rest, &member))
            say_popped(change, place.record);
    }
}

/* Makes another set of those that remain, so that without memory nothing has happened. */
static void pop_most(struct change *change, uint64_t count)
{
    struct call *call = change->call;
    struct set_limits limits = set_limits_now(call);
    struct reply_mark before = reply_mark(call->reply);
    struct key_event told = event_spop;
    struct set_result rest;
    uint64_t remaining = collection_count(&change->collection) - count;
    if (set_result_begin(&rest, change->key->name, entry_expiry(change->found), &limits) != 0) {
        error_no_memory(call);
        return;
    }
    set_name_like(&rest.set, &change->collection);
    reply_set(call->reply, count);
    if (part_members(change, count, &rest) != 0) {
        set_result_drop(&rest);
        reply_rollback(call->reply, before);
        error_no_memory(call);
        return;
    }
    set_name_like(&rest.set, &change->collection);
    if (remaining * POP_RENAMES <= count)
        set_name_remains(&rest.set, &limits);
    if (effect_is_wanted())
        say_all_popped(change, &rest.set);
    told.changes = (uint32_t)count;
    keyspace_put(&call->view, change->key, rest.set.entry, &told);
}

static void pop_some(struct change *change, uint64_t count)
{
    uint64_t all = collection_count(&change->collection);
    if (count >= all)
        pop_all(change);
    else if (change->collection.is_tree && count <= all / POP_FEW_PART)
        pop_few(change, count);
    else
        pop_most(change, count);
}

/* SPOP key [count] */
void cmd_spop(struct call *call)
{
    struct change change;
    int64_t count = 1;
    bool counts = call->argc == 3;
    if (call->argc > 3) {
        error_syntax(call);
        return;
    }
    if (counts && (!number_parse_i64(call->argv[2].data, call->argv[2].len, &count) || count < 0)) {
        reply_error(call->reply, "ERR value is out of range, must be positive");
        return;
    }
    if (!change_find(&change, call, &call->keys[0], &set_kind))
        return;
    if (counts && (!change.found || count == 0))
        reply_set(call->reply, 0);
    else if (!change.found)
        reply_null(call->reply);
    else if (counts)
        pop_some(&change, (uint64_t)count);
    else
        pop_one(&change);
}

/* ---- walking in parts ---- */

static void answer_member(struct reply *reply, const char *record)
{
    reply_element(reply, record);
}

void cmd_sscan(struct call *call)
{
    static const struct member_scan scan = {
        .kind = &set_kind, .is_compact = set_is_compact, .replies = 1, .answer_member = answer_member};
    member_scan(call, &scan);
}
