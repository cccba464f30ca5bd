/*
 * SCAN, KEYS and RANDOMKEY: the commands that walk the keyspace (handlers/name_walk.h).
 *
 * None of them stops the world: they hold one shard's lock at a time, for microseconds, and KEYS and a SCAN with a
 * large COUNT give way to the worker's other clients every millisecond.
 */
#include "base/memory.h"
#include "base/number.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/name_walk.h"
#include "handlers/scan_options.h"
#include "store/keyspace.h"
#include "store/value_type.h"

/* ---- SCAN ---- */

static void reply_scan(struct call *call, struct name_walk *walk)
{
    if (name_walk_failed(walk)) {
        error_no_memory(call);
        return;
    }
    char text[NUMBER_I64_MAX_LEN];
    reply_array(call->reply, 2);
    reply_bulk(call->reply, text, number_format_u64(text, walk->cursor));
    name_walk_reply(walk, call);
}

void cmd_scan(struct call *call)
{
    struct name_walk begun = {.deletes = true}, *walk = name_walk_of(call);
    struct scan_options options = {.takes_type = true};
    if (!scan_cursor(call, &call->argv[1], &begun.cursor) || !scan_options_parse(call, 2, &options))
        return;
    if (!walk) {
        walk = &begun;
        walk->left = (size_t)options.count;
        walk->type = options.type ? value_type_find(options.type->data, options.type->len) : WALK_ANY_TYPE;
        name_walk_begin(walk);
    }
    if (!name_walk_go_on(walk, call, options.pattern))
        return;
    reply_scan(call, walk);
    name_walk_end(walk, call);
}

/* ---- KEYS and RANDOMKEY ---- */

void cmd_keys(struct call *call)
{
    struct name_walk begun = {.left = SIZE_MAX, .type = WALK_ANY_TYPE, .unique = true}, *walk = name_walk_of(call);
    if (!walk) {
        walk = &begun;
        name_walk_begin(walk);
    }
    if (!name_walk_go_on(walk, call, scan_pattern(&call->argv[1])))
        return;
    if (name_walk_failed(walk))
        error_no_memory(call);
    else
        name_walk_reply(walk, call);
    name_walk_end(walk, call);
}

static void search_destroy(struct turn_work *work)
{
    mem_free(work);
}

static size_t search_memory(const struct turn_work *work)
{
    return sizeof *work;
}

/* Keys that have expired may be all that there is, so it is a search, in turns. It has nothing to remember. */
static void search_give_way(struct call *call)
{
    struct turn_work *work = turn_work(call);
    if (!work) {
        work = mem_alloc(sizeof *work);
        *work = (struct turn_work){.destroy = search_destroy, .memory = search_memory};
    }
    turn_give_way(call, work);
}

void cmd_randomkey(struct call *call)
{
    char *name;
    size_t len;
    enum random_key got;
    int64_t end_ns = turn_end_ns(call);
    while ((got = keyspace_random_key(&call->view, &name, &len)) == RANDOM_KEY_AGAIN) {
        if (turn_is_over(end_ns)) {
            search_give_way(call);
            return;
        }
    }
    if (got == RANDOM_KEY_NONE) {
        reply_null(call->reply);
        return;
    }
    reply_bulk(call->reply, name, len);
    mem_free(name);
}
