/*
 * Lists: elements that are taken away or moved, by commands that answer at once and by those that wait for them
 * (clients/waiting.h).
 *
 * What a waiting command does when it begins and when it is served is the same function. Its effect is said in the
 * words of the command that doesn't wait.
 */
#include "clients/waiting.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "handlers/change.h"
#include "handlers/elements.h"
#include "handlers/list_change.h"
#include "types/list.h"
#include "types/type_number.h"

/* ---- from one list ---- */

static struct bytes pop_word(enum side side)
{
    return side == SIDE_LEFT ? EFFECT_WORD("LPOP") : EFFECT_WORD("RPOP");
}

/* Takes away count elements from a side of the list that was found. False without memory: the answer is that alone. */
static bool pop_some(struct change *change, enum side side, uint64_t count, struct reply_mark before)
{
    uint64_t all = collection_count(&change->collection);
    change_begin(change);
    if (collection_cut(&change->collection, side == SIDE_LEFT ? 0 : all - count, count, &change->cut) == 0) {
        list_end(change, &event_list_pop[side], count);
        return true;
    }
    reply_rollback(change->call->reply, before);
    error_no_memory(change->call);
    return false;
}

/* Answers with at most count elements from a side, and takes them away. Returns how many it has taken. */
static uint64_t pop_array(struct change *change, enum side side, uint64_t count, struct reply_mark before)
{
    uint64_t all = collection_count(&change->collection);
    count = count < all ? count : all;
    list_reply(change->call, &change->collection, side == SIDE_LEFT ? 0 : all - 1, count, side == SIDE_RIGHT);
    return count > 0 && pop_some(change, side, count, before) ? count : 0;
}

/* The same with one, without an array. */
static bool pop_one(struct change *change, enum side side, struct reply_mark before)
{
    struct reply *reply = change->call->reply;
    struct collection_place place;
    change_begin(change);
    list_place_at(&change->collection, side, &place);
    reply_element(reply, place.record);
    if (collection_splice(&change->collection, &place, 1, NULL, 0, false) == 0) {
        list_end(change, &event_list_pop[side], 1);
        return true;
    }
    reply_rollback(reply, before);
    error_no_memory(change->call);
    return false;
}

static void pop(struct call *call, enum side side)
{
    struct change change;
    int64_t count = 1;
    bool counts = call->argc == 3;
    if (call->argc > 3) {
        error_arity(call);
        return;
    }
    if (counts && !argument_at_least(call, &call->argv[2], 0, "ERR value is out of range, must be positive", &count))
        return;
    if (!change_find(&change, call, &call->keys[0], &list_kind))
        return;
    if (!change.found && counts)
        reply_null_array(call->reply);
    else if (!change.found)
        reply_null(call->reply);
    else if (counts)
        pop_array(&change, side, (uint64_t)count, reply_mark(call->reply));
    else
        pop_one(&change, side, reply_mark(call->reply));
}

void cmd_lpop(struct call *call)
{
    pop(call, SIDE_LEFT);
}

void cmd_rpop(struct call *call)
{
    pop(call, SIDE_RIGHT);
}

/* "LEFT" or "RIGHT"; false, with the error, if it is neither. */
static bool argument_side(struct call *call, const struct arg *arg, enum side *side_out)
{
    if (!arg_is(arg, "left") && !arg_is(arg, "right")) {
        error_syntax(call);
        return false;
    }
    *side_out = arg_is(arg, "left") ? SIDE_LEFT : SIDE_RIGHT;
    return true;
}

/* numkeys key [key ...] LEFT|RIGHT [COUNT count] */
struct lmpop {
    enum side side;
    int64_t count;
};

/* Reads them from argv[at] on. False, with the error, if they are wrong. */
static bool lmpop_options(struct call *call, int at, struct lmpop *options)
{
    int64_t keys;
    bool counted = false;
    options->count = 1;
    if (!argument_at_least(call, &call->argv[at++], 1, "ERR numkeys should be greater than 0", &keys))
        return false;
    if (keys > call->argc - at - 1) {
        error_syntax(call);
        return false;
    }
    at += (int)keys;
    if (!argument_side(call, &call->argv[at++], &options->side))
        return false;
    for (; at < call->argc; at += 2, counted = true) {
        if (counted || at + 1 >= call->argc || !arg_is(&call->argv[at], "count")) {
            error_syntax(call);
            return false;
        }
        if (!argument_at_least(call, &call->argv[at + 1], 1, "ERR count should be greater than 0", &options->count))
            return false;
    }
    return true;
}

/* Answers with elements of the first of the keys that has any, and takes them away. False: none has. */
static bool lmpop(struct call *call, const struct lmpop *options)
{
    for (int i = 0; i < call->key_count; i++) {
        struct change change;
        if (!change_find(&change, call, &call->keys[i], &list_kind))
            return true;
        if (!change.found)
            continue;
        struct reply_mark before = reply_mark(call->reply);
        reply_array(call->reply, 2);
        reply_bulk(call->reply, call->keys[i].name.data, call->keys[i].name.len);
        uint64_t taken = pop_array(&change, options->side, (uint64_t)options->count, before);
        if (taken > 0)
            effect_pop(call, pop_word(options->side), &call->keys[i], taken);
        return true;
    }
    return false;
}

void cmd_lmpop(struct call *call)
{
    struct lmpop options;
    if (lmpop_options(call, 1, &options) && !lmpop(call, &options))
        reply_null_array(call->reply);
}

/* ---- from one list to another ---- */

/* An element that would come to stand where it stands is neither moved nor popped. */
static void turn_round(struct change *list, enum side from, enum side to, struct reply_mark before)
{
    bool moves = from != to && collection_count(&list->collection) > 1;
    struct change again;
    change_begin(list);
    if (moves && list_move(&list->collection, from, &list->collection, to) != 0) {
        reply_rollback(list->call->reply, before);
        error_no_memory(list->call);
        return;
    }
    list_end(list, &event_list_push[to], !moves); /* where it moves the pop counts for both */
    if (!moves || !change_find(&again, list->call, list->key, &list_kind))
        return;
    change_begin(&again);
    list_end(&again, &event_list_pop[from], 1);
}

/* Moves an element from the first key to the second one, and answers with it. False: there is none. */
static bool move(struct call *call, enum side from, enum side to)
{
    struct change source, target;
    struct collection_place place;
    if (!change_find(&source, call, &call->keys[0], &list_kind))
        return true;
    if (!source.found)
        return false;
    if (!change_find(&target, call, &call->keys[1], &list_kind))
        return true;
    struct reply_mark before = reply_mark(call->reply);
    list_place_at(&source.collection, from, &place);
    reply_element(call->reply, place.record);
    if (target.found == source.found) {
        turn_round(&source, from, to, before);
        return true;
    }
    change_begin(&source);
    if (!change_begin(&target)) {
        reply_rollback(call->reply, before);
        error_no_memory(call);
    } else if (list_move(&source.collection, from, &target.collection, to) != 0) {
        change_abandon(&target);
        reply_rollback(call->reply, before);
        error_no_memory(call);
    } else {
        list_end(&target, &event_list_push[to], 0); /* the pop counts for both */
        list_end(&source, &event_list_pop[from], 1);
    }
    return true;
}

void cmd_lmove(struct call *call)
{
    enum side from, to;
    if (argument_side(call, &call->argv[3], &from) && argument_side(call, &call->argv[4], &to) && !move(call, from, to))
        reply_null(call->reply);
}

void cmd_rpoplpush(struct call *call)
{
    if (!move(call, SIDE_RIGHT, SIDE_LEFT))
        reply_null(call->reply);
}

/* ---- waiting for an element ---- */

/* The first of the call's keys that has an element gives one away. */
static bool take_first(struct call *call, enum side side)
{
    for (int i = 0; i < call->key_count; i++) {
        struct change change;
        const struct key *key = &call->keys[i];
        if (!change_find(&change, call, key, &list_kind))
            return true;
        if (!change.found)
            continue;
        struct reply_mark before = reply_mark(call->reply);
        reply_array(call->reply, 2);
        reply_bulk(call->reply, key->name.data, key->name.len);
        if (pop_one(&change, side, before))
            effect_say(call, 2, (struct bytes[]){pop_word(side), key->name});
        return true;
    }
    return false;
}

static bool serve_blpop(struct call *call)
{
    return take_first(call, SIDE_LEFT);
}

static bool serve_brpop(struct call *call)
{
    return take_first(call, SIDE_RIGHT);
}

static bool serve_blmpop(struct call *call)
{
    struct lmpop options;
    return !lmpop_options(call, 2, &options) || lmpop(call, &options);
}

static void say_move(struct call *call)
{
    struct bytes words[5] = {EFFECT_WORD("LMOVE")};
    for (int i = 1; i < 5; i++)
        words[i] = (struct bytes){call->argv[i].data, call->argv[i].len};
    effect_say(call, 5, words);
}

static bool serve_blmove(struct call *call)
{
    enum side from, to;
    if (!argument_side(call, &call->argv[3], &from) || !argument_side(call, &call->argv[4], &to))
        return true;
    bool moved = move(call, from, to);
    if (call->view.events > 0)
        say_move(call);
    return moved;
}

static bool serve_brpoplpush(struct call *call)
{
    bool moved = move(call, SIDE_RIGHT, SIDE_LEFT);
    if (call->view.events > 0)
        effect_say(call, 3, (struct bytes[]){EFFECT_WORD("RPOPLPUSH"), call->keys[0].name, call->keys[1].name});
    return moved;
}

static const struct wait_kind
    wait_blpop = {.type = TYPE_LIST, .serve = serve_blpop, .give_up = reply_null_array},
    wait_brpop = {.type = TYPE_LIST, .serve = serve_brpop, .give_up = reply_null_array},
    wait_blmpop = {.type = TYPE_LIST, .serve = serve_blmpop, .give_up = reply_null_array},
    wait_blmove = {.type = TYPE_LIST, .moves = true, .serve = serve_blmove, .give_up = reply_null_array},
    wait_brpoplpush = {.type = TYPE_LIST, .moves = true, .serve = serve_brpoplpush, .give_up = reply_null_array};

/* BLPOP key [key ...] timeout */
void cmd_blpop(struct call *call)
{
    waiting_try(call, &wait_blpop, &call->argv[call->argc - 1], reply_null_array);
}

void cmd_brpop(struct call *call)
{
    waiting_try(call, &wait_brpop, &call->argv[call->argc - 1], reply_null_array);
}

/* BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count] */
void cmd_blmpop(struct call *call)
{
    struct lmpop options;
    if (lmpop_options(call, 2, &options))
        waiting_try(call, &wait_blmpop, &call->argv[1], reply_null_array);
}

/* BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout. Inside another call the answer is another than in vain. */
void cmd_blmove(struct call *call)
{
    enum side side;
    if (argument_side(call, &call->argv[3], &side) && argument_side(call, &call->argv[4], &side))
        waiting_try(call, &wait_blmove, &call->argv[5], reply_null);
}

void cmd_brpoplpush(struct call *call)
{
    waiting_try(call, &wait_brpoplpush, &call->argv[3], reply_null);
}
