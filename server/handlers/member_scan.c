/*
 * A walk goes over the collection in slices of a few leaves, and looks at the clock between them. The records that
 * match are known by their addresses while the turn lasts; when it ends, they are written into an output of the walk's
 * own, which becomes the end of the client's once their number is known. So a short walk answers straight from the
 * collection.
 *
 * A pattern that takes very many comparisons may be undecided when the turn ends. A slice can't be visited in parts, so
 * what is left of it is copied, with references to what lies outside, and decided in the next turns.
 */
#include "handlers/member_scan.h"

#include "base/glob.h"
#include "base/memory.h"
#include "base/number.h"
#include "clients/client.h"
#include "clients/turn.h"
#include "handlers/lookup.h"
#include "handlers/scan_options.h"

#define SLICE 64              /* members between two looks at the clock */
#define STEP_COMPARISONS 8192 /* the same of a pattern */
#define FOUND_FEW 32

/* Records that are undecided, in memory of their own and with references of their own. */
struct undecided {
    char *records;
    size_t len, capacity;
    size_t at; /* offset of the one that is matched now */
};

struct member_walk {
    struct turn_work work; /* first */
    const struct member_scan *scan;
    uint64_t cursor;           /* where it goes on; 0 at the end */
    uint64_t left;             /* members that it is still to look at, about */
    bool has_begun;            /* so a cursor of 0 is the end */
    bool bare;                 /* NOVALUES */
    bool failed;               /* memory couldn't be had: records are missing */
    const struct arg *pattern; /* NULL: any */
    /* of the running turn */
    int64_t end_ns;
    int64_t now_ms;
    struct collection collection;
    bool is_late;       /* it has ended while a record was matched */
    const char **found; /* records that match and aren't in body; they lie in few, or in memory of its own */
    size_t found_count, found_capacity;
    const char *few[FOUND_FEW];
    /* what hasn't been decided */
    struct undecided undecided;
    struct glob glob; /* if is_matching */
    struct element_view view;
    bool is_matching;
    /* what has been written of the reply */
    struct output output;
    struct reply body;
    size_t written; /* records in it */
};

/* ---- memory ---- */

static struct record_form form_of(const struct member_walk *walk)
{
    return walk->scan->kind->form;
}

static void forget_undecided(struct member_walk *walk)
{
    struct undecided *undecided = &walk->undecided;
    if (undecided->records)
        record_release_all(undecided->records, undecided->records + undecided->len, form_of(walk));
    undecided->len = undecided->at = 0;
}

static void walk_deinit(struct member_walk *walk)
{
    forget_undecided(walk);
    mem_free(walk->undecided.records);
    if (walk->found_capacity > FOUND_FEW)
        mem_free(walk->found);
    output_clear(&walk->output);
}

static void walk_destroy(struct turn_work *work)
{
    walk_deinit((struct member_walk *)work);
    mem_free(work);
}

static size_t walk_memory(const struct turn_work *work)
{
    const struct member_walk *walk = (const struct member_walk *)work;
    return sizeof *walk + walk->undecided.capacity + walk->output.memory;
}

/* ---- a record ---- */

static void add_found(struct member_walk *walk, const char *record)
{
    if (walk->found_count == walk->found_capacity) {
        size_t capacity = walk->found_capacity * 4;
        bool few = walk->found_capacity == FOUND_FEW;
        const char **found = mem_try_realloc(few ? NULL : walk->found, capacity * sizeof *found);
        walk->failed = walk->failed || !found;
        if (!found)
            return;
        if (few)
            memcpy(found, walk->few, sizeof walk->few);
        walk->found = found;
        walk->found_capacity = capacity;
    }
    walk->found[walk->found_count++] = record;
}

static void add_undecided(struct member_walk *walk, const char *record)
{
    struct undecided *undecided = &walk->undecided;
    size_t len = record_len(record, form_of(walk));
    if (undecided->len + len > undecided->capacity) {
        size_t capacity = 2 * (undecided->len + len);
        char *records = mem_try_realloc(undecided->records, capacity);
        walk->failed = walk->failed || !records;
        if (!records)
            return;
        undecided->records = records;
        undecided->capacity = capacity;
    }
    memcpy(undecided->records + undecided->len, record, len);
    record_retain_all(record, record + len, form_of(walk));
    undecided->len += len;
}

/* Begins to match a record, or goes on with it; GLOB_UNDECIDED when the turn ends before. */
static enum glob_result match(struct member_walk *walk, const char *record)
{
    enum glob_result result;
    if (!walk->is_matching) {
        element_view(record_element(record, form_of(walk)), &walk->view);
        glob_begin(&walk->glob, walk->pattern->data, walk->pattern->len, walk->view.text.data, walk->view.text.len,
                   false);
    }
    while ((result = glob_step(&walk->glob, STEP_COMPARISONS)) == GLOB_UNDECIDED && !turn_is_over(walk->end_ns))
        ;
    walk->is_matching = result == GLOB_UNDECIDED;
    return result;
}

static void visit(void *context, const char *record)
{
    struct member_walk *walk = context;
    walk->left -= walk->left > 0;
    if (walk->failed || !collection_is_live(&walk->collection, record, walk->now_ms))
        return;
    enum glob_result result = !walk->pattern ? GLOB_YES : walk->is_late ? GLOB_UNDECIDED : match(walk, record);
    if (result == GLOB_YES) {
        add_found(walk, record);
    } else if (result == GLOB_UNDECIDED) {
        walk->is_late = true;
        walk->is_matching = false; /* its text is another one in the copy */
        add_undecided(walk, record);
    }
}

/* ---- the reply ---- */

static void answer_found(struct member_walk *walk, struct reply *reply)
{
    const struct member_scan *scan = walk->scan;
    void (*answer)(struct reply * reply, const char *record) = walk->bare ? scan->answer_bare : scan->answer_member;
    for (size_t i = 0; i < walk->found_count && !reply_is_over(reply); i++)
        answer(reply, walk->found[i]);
}

/* Makes what was found a part of the reply. */
static void walk_write(struct member_walk *walk, const struct call *call)
{
    if (reply_is_over(&walk->body))
        return;
    reply_begin(&walk->body, &walk->output, call->client->resp);
    walk->body.limit = call->reply->limit; /* it goes over no later than the reply that it is to become */
    walk->body.copy_limit = call->reply->copy_limit;
    answer_found(walk, &walk->body);
    reply_end(&walk->body);
    walk->written += walk->found_count;
    walk->found_count = 0;
}

static void answer_cursor(struct call *call, uint64_t cursor)
{
    char text[NUMBER_I64_MAX_LEN];
    reply_array(call->reply, 2);
    reply_bulk(call->reply, text, number_format_u64(text, cursor));
}

static void walk_answer(struct member_walk *walk, struct call *call)
{
    if (walk->failed) {
        error_no_memory(call);
        return;
    }
    answer_cursor(call, walk->cursor);
    reply_array(call->reply, (walk->written + walk->found_count) * (walk->bare ? 1 : walk->scan->replies));
    if (walk->written == 0) {
        answer_found(walk, call->reply);
        return;
    }
    walk_write(walk, call);
    reply_splice(call->reply, &walk->body);
}

/* ---- the walk ---- */

/* Decides on what an earlier turn has left; false when this one is over before. */
static bool walk_decide(struct member_walk *walk, const struct call *call)
{
    struct undecided *undecided = &walk->undecided;
    while (undecided->at < undecided->len) {
        const char *record = undecided->records + undecided->at;
        enum glob_result result = match(walk, record);
        if (result == GLOB_UNDECIDED)
            return false;
        if (result == GLOB_YES)
            add_found(walk, record);
        undecided->at += record_len(record, form_of(walk));
    }
    if (undecided->len > 0)
        walk_write(walk, call);
    forget_undecided(walk);
    return true;
}

static bool walk_is_over(const struct member_walk *walk)
{
    return (walk->has_begun && walk->cursor == 0) || walk->left == 0 || walk->failed || reply_is_over(&walk->body);
}

/* Works until the walk is over (true) or the turn is. */
static bool walk_for_a_turn(struct member_walk *walk, const struct call *call)
{
    if (!walk_decide(walk, call))
        return false;
    while (!walk_is_over(walk)) {
        uint64_t count = walk->left < SLICE ? walk->left : SLICE;
        walk->cursor = collection_scan(&walk->collection, walk->cursor, count, visit, walk);
        walk->has_begun = true;
        if (walk->is_late || (!walk_is_over(walk) && turn_is_over(walk->end_ns)))
            return false;
    }
    return true;
}

static void walk_give_way(struct member_walk *walk, struct call *call)
{
    if (walk->found_count > 0)
        walk_write(walk, call);
    if (turn_work(call) != &walk->work) {
        struct member_walk *kept = mem_alloc(sizeof *kept);
        *kept = *walk;
        kept->found = kept->found_capacity > FOUND_FEW ? kept->found : kept->few;
        walk = kept;
    }
    turn_give_way(call, &walk->work);
}

/* Goes on for a turn with the collection of this moment, which may be another one than before, or NULL. */
static void walk_go_on(struct member_walk *walk, struct call *call, const struct entry *entry)
{
    walk->end_ns = turn_end_ns(call);
    walk->now_ms = call->view.now_ms;
    walk->is_late = false;
    if (entry)
        collection_open(&walk->collection, walk->scan->kind, entry);
    else
        walk->cursor = walk->left = 0;
    if (!walk_for_a_turn(walk, call)) {
        walk_give_way(walk, call);
        return;
    }
    walk_answer(walk, call);
    if (turn_work(call) != &walk->work)
        walk_deinit(walk);
}

static void walk_begin(struct call *call, const struct member_scan *scan, const struct entry *entry, uint64_t cursor)
{
    struct scan_options options = {.takes_novalues = scan->answer_bare != NULL};
    if (!scan_options_parse(call, 3, &options))
        return;
    struct member_walk walk = {
        .work = {.destroy = walk_destroy, .memory = walk_memory},
        .scan = scan,
        .cursor = cursor,
        .left = scan->is_compact(entry) ? UINT64_MAX : (uint64_t)options.count,
        .bare = options.novalues,
        .pattern = options.pattern,
        .found_capacity = FOUND_FEW,
    };
    walk.found = walk.few;
    walk_go_on(&walk, call, entry);
}

void member_scan(struct call *call, const struct member_scan *scan)
{
    uint64_t cursor;
    struct member_walk *walk = (struct member_walk *)turn_work(call);
    const struct entry *entry = keyspace_find(&call->view, &call->keys[0], walk ? LOOKUP_PEEK : LOOKUP_TOUCH);
    if (walk) {
        walk_go_on(walk, call, entry && entry->type == scan->kind->type ? entry : NULL);
        return;
    }
    if (!scan_cursor(call, &call->argv[2], &cursor) || !lookup_is(call, entry, (enum type_number)scan->kind->type))
        return;
    if (entry) {
        walk_begin(call, scan, entry, cursor);
        return;
    }
    answer_cursor(call, 0);
    reply_array(call->reply, 0);
}
