/*
 * The names that were found in a turn lie in a list; when the turn ends, they are written into an output of the walk's
 * own, which becomes the end of the client's when the number of names is known. So a short walk answers straight from
 * the list, and a long one copies its names once more, in pieces.
 *
 * A key's shard is fixed, so repetitions can come only from the same shard, and only if it was visited in more than one
 * piece: names are compared within such a shard.
 */
#include "handlers/name_walk.h"

#include "base/memory.h"
#include "clients/client.h"
#include "command/call.h"
#include "store/keyspace.h"

#define QUICK_COMPARISONS 128 /* for a name while its shard is locked */
#define STEP_COMPARISONS 8192 /* between two looks at the clock */

struct name_walk *name_walk_of(const struct call *call)
{
    return (struct name_walk *)turn_work(call);
}

/* ---- memory ---- */

static void walk_deinit(struct name_walk *walk)
{
    name_list_deinit(&walk->found);
    name_list_deinit(&walk->doubtful);
    name_list_deinit(&walk->expired);
    hash_set_deinit(&walk->seen);
    output_clear(&walk->output);
}

static void walk_destroy(struct turn_work *work)
{
    walk_deinit((struct name_walk *)work);
    mem_free(work);
}

static size_t walk_memory(const struct turn_work *work)
{
    const struct name_walk *walk = (const struct name_walk *)work;
    return sizeof *walk + walk->found.capacity + walk->doubtful.capacity + walk->expired.capacity +
           hash_set_memory(&walk->seen) + walk->output.memory;
}

void name_walk_begin(struct name_walk *walk)
{
    walk->work = (struct turn_work){.destroy = walk_destroy, .memory = walk_memory};
}

void name_walk_end(struct name_walk *walk, const struct call *call)
{
    if (name_walk_of(call) != walk)
        walk_deinit(walk);
}

bool name_walk_failed(const struct name_walk *walk)
{
    return walk->found.failed || walk->doubtful.failed || walk->seen.failed;
}

/* ---- a piece ---- */

/* Under the shard's lock. */
static void walk_visit(void *context, const struct entry *entry)
{
    struct name_walk *walk = context;
    struct bytes name = entry_key(entry);
    enum glob_result result = GLOB_YES;
    if (walk->pattern) {
        struct glob glob;
        glob_begin(&glob, walk->pattern->data, walk->pattern->len, name.data, name.len, false);
        result = glob_step(&glob, QUICK_COMPARISONS);
    }
    if (result == GLOB_NO)
        return;
    bool due = entry_is_due(entry, walk->now_ms);
    if (result == GLOB_UNDECIDED)
        name_list_add(&walk->doubtful, name);
    else if (due && walk->deletes)
        name_list_add(&walk->expired, name);
    else if (!due && (walk->type == WALK_ANY_TYPE || walk->type == entry->type))
        name_list_add(&walk->found, name);
}

/*
 * Looks a key up, and deletes it if it has expired and the walk deletes. *fits_out: it is there, and of the type. False:
 * its shard is busy.
 */
static bool look_up(const struct name_walk *walk, struct call *call, struct bytes name, bool *fits_out)
{
    struct key key = key_make(name.data, name.len);
    struct shard_set set = {0};
    shard_set_add(&set, key.hash);
    struct view view = call->view;
    if (!walk->deletes)
        view.now_ms = 0; /* at which nothing has expired */
    if (!keyspace_try_lock(view.keyspace, &set))
        return false;
    const struct entry *entry = keyspace_find(&view, &key, LOOKUP_PEEK);
    *fits_out =
        entry && !entry_is_due(entry, walk->now_ms) && (walk->type == WALK_ANY_TYPE || walk->type == entry->type);
    keyspace_unlock(view.keyspace, &set);
    call->view.events = view.events;
    return true;
}

/* Where the shard isn't busy; others find them otherwise. */
static void delete_expired(struct name_walk *walk, struct call *call)
{
    bool ignored;
    for (size_t offset = 0; offset < walk->expired.len;)
        look_up(walk, call, name_list_next(&walk->expired, &offset), &ignored);
    name_list_clear(&walk->expired);
}

static bool is_new(void *context, struct bytes name)
{
    return hash_set_add(context, key_hash(name.data, name.len));
}

/* False: the shard is busy. */
static bool walk_piece(struct name_walk *walk, struct call *call)
{
    size_t from = walk->found.len;
    if (!keyspace_scan_some(&call->view, &walk->cursor, &walk->left, walk_visit, walk))
        return false;
    walk->has_begun = true;
    delete_expired(walk, call);
    if (walk->unique && (walk->seen.count > 0 || keyspace_cursor_is_in_shard(walk->cursor)))
        name_list_keep(&walk->found, from, is_new, &walk->seen);
    return true;
}

/* ---- names that take longer ---- */

/* Goes on with the matching of a name; false when the turn is over before it is decided. */
static bool match_on(struct name_walk *walk, int64_t end_ns, bool *matches_out)
{
    enum glob_result result;
    while ((result = glob_step(&walk->glob, STEP_COMPARISONS)) == GLOB_UNDECIDED)
        if (turn_is_over(end_ns))
            return false;
    *matches_out = result == GLOB_YES;
    return true;
}

/* Decides on the doubtful names of a piece; false when the turn is over before, or a shard is busy. */
static bool walk_decide(struct name_walk *walk, struct call *call, int64_t end_ns)
{
    while (walk->doubtful_at < walk->doubtful.len) {
        bool matches, fits = false;
        size_t next = walk->doubtful_at;
        struct bytes name = name_list_next(&walk->doubtful, &next);
        if (!walk->is_matching)
            glob_begin(&walk->glob, walk->pattern->data, walk->pattern->len, name.data, name.len, false);
        walk->is_matching = true;
        if (!match_on(walk, end_ns, &matches))
            return false;
        walk->is_matching = false;
        if (matches && !look_up(walk, call, name, &fits))
            return false; /* and is matched again */
        walk->doubtful_at = next;
        if (fits && (!walk->unique || is_new(&walk->seen, name)))
            name_list_add(&walk->found, name);
        if (turn_is_over(end_ns))
            return false;
    }
    name_list_clear(&walk->doubtful);
    walk->doubtful_at = 0;
    return true;
}

/* ---- the walk ---- */

static bool walk_is_over(const struct name_walk *walk)
{
    return (walk->has_begun && walk->cursor == 0) || walk->left == 0 || name_walk_failed(walk) ||
           reply_is_over(&walk->body);
}

/* Works until the walk is over (true) or the turn is, or until it meets a shard that is busy. */
static bool walk_for_a_turn(struct name_walk *walk, struct call *call, int64_t end_ns)
{
    while (walk_decide(walk, call, end_ns)) {
        if (walk_is_over(walk))
            return true;
        if (!keyspace_cursor_is_in_shard(walk->cursor))
            hash_set_clear(&walk->seen);
        if (!walk_piece(walk, call))
            return false;
        if (walk->doubtful.len == 0 && walk_is_over(walk))
            return true;
        if (turn_is_over(end_ns))
            return false;
    }
    return false;
}

static void write_names(struct reply *reply, const struct name_list *names)
{
    for (size_t offset = 0; offset < names->len;) {
        struct bytes name = name_list_next(names, &offset);
        reply_bulk(reply, name.data, name.len);
    }
}

/* Makes what was found a part of the reply. */
static void walk_write(struct name_walk *walk, struct call *call)
{
    reply_begin(&walk->body, &walk->output, call->client->resp);
    walk->body.limit = call->reply->limit; /* it goes over no later than the reply that it is to become */
    walk->body.copy_limit = call->reply->copy_limit;
    write_names(&walk->body, &walk->found);
    reply_end(&walk->body);
    walk->written += walk->found.count;
    name_list_clear(&walk->found);
}

static void walk_give_way(struct name_walk *walk, struct call *call)
{
    if (name_walk_of(call) != walk) {
        struct name_walk *kept = mem_alloc(sizeof *kept);
        *kept = *walk;
        walk = kept;
    }
    walk_write(walk, call);
    turn_give_way(call, &walk->work);
}

bool name_walk_go_on(struct name_walk *walk, struct call *call, const struct arg *pattern)
{
    walk->pattern = pattern;
    walk->now_ms = call->view.now_ms;
    if (walk_for_a_turn(walk, call, turn_end_ns(call)))
        return true;
    walk_give_way(walk, call);
    return false;
}

void name_walk_reply(struct name_walk *walk, struct call *call)
{
    reply_array(call->reply, walk->written + walk->found.count);
    if (walk->written > 0) {
        if (!reply_is_over(&walk->body))
            walk_write(walk, call);
        reply_splice(call->reply, &walk->body);
    } else {
        write_names(call->reply, &walk->found);
    }
}
