#include "handlers/member_sample.h"

#include "base/memory.h"
#include "clients/client.h"
#include "clients/turn.h"
#include "command/arguments.h"
#include "handlers/lookup.h"
#include "types/sample.h"

#include <limits.h>

#define PICKS_AT_ONCE 4096 /* that need no turns */
#define PICKS_BETWEEN 256  /* between two looks at the clock */

/* Work with a negative count. */
struct sample_walk {
    struct turn_work work; /* first */
    const struct member_sample *sample;
    bool with;
    uint64_t count, left;
    struct output output; /* what has been written of the reply, but its beginning */
    struct reply body;
};

static void answer(struct reply *reply, const struct member_sample *sample, bool with, const char *record)
{
    if (with && reply->resp > 2)
        reply_array(reply, 2);
    sample->answer_member(reply, record);
    if (with)
        sample->answer_beside(reply, record);
}

static void answer_count(struct reply *reply, bool with, uint64_t count)
{
    reply_array(reply, with && reply->resp == 2 ? 2 * count : count);
}

/* ---- different ones ---- */

static void sample_different(struct call *call, const struct collection *collection, const struct member_sample *sample,
                             bool with, uint64_t count)
{
    struct sample chosen;
    const char *record;
    uint64_t all = collection_count(collection) - collection_due(collection, call->view.now_ms);
    count = count < all ? count : all;
    answer_count(call->reply, with, count);
    sample_begin(&chosen, collection, count, call->view.now_ms);
    while (!reply_is_over(call->reply) && (record = sample_next(&chosen)))
        answer(call->reply, sample, with, record);
}

/* ---- with repetitions ---- */

static void answer_one(struct reply *reply, const struct collection *collection, const struct member_sample *sample,
                       bool with, int64_t now_ms)
{
    answer(reply, sample, with, sample_one(collection, now_ms));
}

/* Whether the collection has a member that isn't due; as good as none has the same answer as none. */
static bool has_members(const struct call *call, const struct member_sample *sample, const struct entry *entry)
{
    struct collection collection;
    if (!entry)
        return false;
    collection_open(&collection, sample->kind, entry);
    return collection_count(&collection) > collection_due(&collection, call->view.now_ms);
}

static void walk_destroy(struct turn_work *work)
{
    output_clear(&((struct sample_walk *)work)->output);
    mem_free(work);
}

static size_t walk_memory(const struct turn_work *work)
{
    const struct sample_walk *walk = (const struct sample_walk *)work;
    return sizeof *walk + walk->output.memory;
}

/* Works until all have been picked (true) or the turn is over. */
static bool pick_for_a_turn(struct sample_walk *walk, const struct call *call, const struct collection *collection)
{
    int64_t end_ns = turn_end_ns(call);
    while (walk->left > 0 && !reply_is_over(&walk->body)) {
        for (uint64_t i = 0; i < PICKS_BETWEEN && walk->left > 0; i++, walk->left--)
            answer_one(&walk->body, collection, walk->sample, walk->with, call->view.now_ms);
        if (turn_is_over(end_ns))
            return walk->left == 0;
    }
    return true;
}

static void walk_write(struct sample_walk *walk, const struct call *call)
{
    if (walk->left < walk->count) {
        reply_resume(&walk->body);
        return;
    }
    reply_begin(&walk->body, &walk->output, call->client->resp);
    walk->body.limit = call->reply->limit; /* it goes over no later than the reply that it is to become */
    walk->body.copy_limit = call->reply->copy_limit;
}

/* Goes on with the collection of this moment; NULL: there is none any more, so there is nothing to pick. */
static void walk_go_on(struct sample_walk *walk, struct call *call, const struct entry *entry)
{
    struct collection collection;
    if (!has_members(call, walk->sample, entry)) {
        reply_array(call->reply, 0);
        return;
    }
    collection_open(&collection, walk->sample->kind, entry);
    walk_write(walk, call);
    bool over = pick_for_a_turn(walk, call, &collection);
    reply_end(&walk->body);
    if (!over) {
        turn_give_way(call, &walk->work);
        return;
    }
    answer_count(call->reply, walk->with, walk->count);
    reply_splice(call->reply, &walk->body);
}

static void sample_repeating(struct call *call, const struct entry *entry, const struct member_sample *sample,
                             bool with, uint64_t count)
{
    struct collection collection;
    if (count > PICKS_AT_ONCE) {
        struct sample_walk *walk = mem_alloc(sizeof *walk);
        *walk = (struct sample_walk){.work = {.destroy = walk_destroy, .memory = walk_memory},
                                     .sample = sample,
                                     .with = with,
                                     .count = count,
                                     .left = count};
        walk_go_on(walk, call, entry);
        if (turn_work(call) != &walk->work)
            walk_destroy(&walk->work);
        return;
    }
    collection_open(&collection, sample->kind, entry);
    answer_count(call->reply, with, count);
    for (; count > 0 && !reply_is_over(call->reply); count--)
        answer_one(call->reply, &collection, sample, with, call->view.now_ms);
}

/* ---- the command ---- */

struct sample_options {
    bool counts, with;
    int64_t count;
};

static bool read_count(struct call *call, int64_t *count_out)
{
    if (!argument_i64(call, &call->argv[2], count_out))
        return false;
    if (*count_out != INT64_MIN)
        return true;
    reply_errorf(call->reply, "ERR value is out of range, value must between %lld and %lld", -(long long)INT64_MAX,
                 (long long)INT64_MAX);
    return false;
}

/* False, with the error, if they are wrong. */
static bool read_options(struct call *call, const struct member_sample *sample, struct sample_options *options)
{
    *options = (struct sample_options){.counts = call->argc > 2};
    if (call->argc > 3 && !sample->with) {
        error_syntax(call);
        return false;
    }
    if (options->counts && !read_count(call, &options->count))
        return false;
    if (call->argc <= 3)
        return true;
    if (call->argc > 4 || !arg_is(&call->argv[3], sample->with)) {
        error_syntax(call);
        return false;
    }
    options->with = true;
    if (options->count >= -(INT64_MAX / 2) && options->count <= INT64_MAX / 2)
        return true;
    reply_error(call->reply, "ERR value is out of range");
    return false;
}

static void begin(struct call *call, const struct member_sample *sample, const struct entry *entry,
                  const struct sample_options *options)
{
    struct collection collection;
    if (options->count < 0) {
        sample_repeating(call, entry, sample, options->with, (uint64_t)-options->count);
        return;
    }
    collection_open(&collection, sample->kind, entry);
    if (options->counts)
        sample_different(call, &collection, sample, options->with, (uint64_t)options->count);
    else
        answer_one(call->reply, &collection, sample, false, call->view.now_ms);
}

void member_sample(struct call *call, const struct member_sample *sample)
{
    struct sample_options options;
    struct sample_walk *walk = (struct sample_walk *)turn_work(call);
    if (walk) {
        const struct entry *now = keyspace_find(&call->view, &call->keys[0], LOOKUP_PEEK);
        walk_go_on(walk, call, now && now->type == sample->kind->type ? now : NULL);
        return;
    }
    if (!read_options(call, sample, &options))
        return;
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!lookup_is(call, entry, (enum type_number)sample->kind->type))
        return;
    if (has_members(call, sample, entry))
        begin(call, sample, entry, &options);
    else if (options.counts)
        reply_array(call->reply, 0);
    else
        reply_null(call->reply);
}
