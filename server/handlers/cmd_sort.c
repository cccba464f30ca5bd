/*
 * SORT and SORT_RO.
 *
 * The elements are copied, so that a sort that needs nothing of the keyspace any more gives its locks back before it
 * sorts. Keys that BY and GET name lie in other shards than the sorted one. Which shards these are follows from the
 * elements: so they are read once, and if a shard is missing then, all locks are given back and taken again with it, in
 * order, and the sort begins again. It changes nothing before it has all that it needs, so there is nothing to tear.
 */
#include "acl/user.h"
#include "base/memory.h"
#include "clients/client.h"
#include "clients/waiting.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "engine/room.h"
#include "handlers/elements.h"
#include "handlers/lookup.h"
#include "handlers/sort_pattern.h"
#include "handlers/string_reply.h"
#include "server.h"
#include "store/disposal.h"
#include "store/hold.h"
#include "types/list.h"
#include "types/set.h"
#include "types/zset.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define CHUNK 65536
#define FEW_KEYS 2048 /* of more than so many, the shards are not found out but all locked */
#define ATTEMPTS 3    /* after which all are locked as well */

static const struct key_event event_sortstore = {"sortstore", EVENT_LIST, 1};

/* ---- what is asked for ---- */

struct sort_options {
    bool descending, by_text, unsorted;
    const struct arg *store;   /* NULL: the reply */
    int64_t offset, count;     /* of LIMIT; count -1: all */
    struct sort_pattern by;    /* SORT_NOTHING: the elements themselves */
    struct sort_pattern *gets; /* what is answered for each element */
    int get_count, get_keys;   /* patterns, and those of them that name keys */
};

/* Whether the client may use patterns, which read any key. */
static bool may_use_patterns(struct call *call, const char *option)
{
    const struct user *user = call->client->user;
    if (!user || user_may_read_all(user, call->command, call->argv, call->argc))
        return true;
    reply_errorf(call->reply, "ERR %s option of SORT denied due to insufficient ACL permissions.", option);
    return false;
}

static bool take_by(struct call *call, const struct arg *pattern, struct sort_options *options)
{
    sort_pattern_init(&options->by, pattern);
    if (options->by.names != SORT_KEY) {
        options->by.names = SORT_NOTHING;
        options->unsorted = true; /* and so it stays, whatever other BY follows */
        return true;
    }
    return may_use_patterns(call, "BY");
}

static bool take_get(struct call *call, const struct arg *pattern, struct sort_options *options)
{
    if (!may_use_patterns(call, "GET"))
        return false;
    struct sort_pattern *get = &options->gets[options->get_count++];
    sort_pattern_init(get, pattern);
    options->get_keys += get->names == SORT_KEY;
    return true;
}

/* False, with the error, if they are wrong. */
static bool take_options(struct call *call, bool stores, struct sort_options *options)
{
    for (int at = 2; at < call->argc; at++) {
        const struct arg *word = &call->argv[at], *value = word + 1;
        int left = call->argc - at - 1;
        bool taken = true;
        if (arg_is(word, "asc")) {
            options->descending = false;
        } else if (arg_is(word, "desc")) {
            options->descending = true;
        } else if (arg_is(word, "alpha")) {
            options->by_text = true;
        } else if (arg_is(word, "limit") && left >= 2) {
            taken = argument_i64(call, value, &options->offset) && argument_i64(call, value + 1, &options->count);
            at += 2;
        } else if (arg_is(word, "store") && left >= 1 && stores) {
            options->store = value;
            at++;
        } else if (arg_is(word, "by") && left >= 1) {
            taken = take_by(call, value, options);
            at++;
        } else if (arg_is(word, "get") && left >= 1) {
            taken = take_get(call, value, options);
            at++;
        } else {
            error_syntax(call);
            return false;
        }
        if (!taken)
            return false;
    }
    return true;
}

/* ---- the elements ---- */

struct sort_item {
    const char *element; /* as it was stored, in a chunk, with a reference to what lies outside */
    struct bytes text;   /* by_text: what it is sorted by; data NULL: nothing */
    double score;        /* otherwise */
};

struct sort_chunk {
    struct sort_chunk *next;
    char bytes[];
};

struct sort {
    struct call *call;
    struct sort_options options;
    struct hold hold;
    bool is_held, failed; /* failed: without memory */
    struct key source, target;
    struct sort_item *items;
    uint64_t loaded;        /* items */
    uint64_t first, behind; /* those that are answered */
    struct sort_chunk *chunks;
    size_t chunk_left;
    char *chunk_at;
    struct sort_name name;
};

/* Memory that lasts as long as the items; NULL without. */
static char *take_bytes(struct sort *sort, size_t len)
{
    if (len > sort->chunk_left) {
        size_t size = len > CHUNK ? len : CHUNK;
        struct sort_chunk *chunk = mem_try_alloc(sizeof *chunk + size);
        if (!chunk) {
            sort->failed = true;
            return NULL;
        }
        chunk->next = sort->chunks;
        sort->chunks = chunk;
        sort->chunk_at = chunk->bytes;
        sort->chunk_left = size;
    }
    char *at = sort->chunk_at;
    sort->chunk_at += len;
    sort->chunk_left -= len;
    return at;
}

static void drop_items(struct sort *sort)
{
    for (uint64_t i = 0; sort->items && i < sort->loaded; i++)
        element_release(sort->items[i].element);
    mem_free(sort->items);
    while (sort->chunks) {
        struct sort_chunk *chunk = sort->chunks;
        sort->chunks = chunk->next;
        mem_free(chunk);
    }
    sort->items = NULL;
    sort->loaded = sort->first = sort->behind = 0;
    sort->chunk_left = 0;
}

static void release_hold(struct sort *sort)
{
    if (sort->is_held)
        hold_end(&sort->hold);
    sort->is_held = false;
}

/* Which of so many elements LIMIT means. */
static void resolve_limit(struct sort *sort, uint64_t all)
{
    const struct sort_options *options = &sort->options;
    uint64_t offset = options->offset < 0 ? 0 : (uint64_t)options->offset;
    sort->first = offset < all ? offset : all;
    uint64_t most = all - sort->first;
    sort->behind =
        sort->first + (options->count < 0 || (uint64_t)options->count > most ? most : (uint64_t)options->count);
}

static void load_element(struct sort *sort, const char *element)
{
    size_t len = element_len(element);
    char *copy = take_bytes(sort, len);
    if (!copy)
        return;
    memcpy(copy, element, len);
    element_retain(copy);
    sort->items[sort->loaded++] = (struct sort_item){.element = copy};
}

/* Of what has an order of its own only the answered range, in its direction; otherwise all. */
static void load_elements(struct sort *sort, const struct collection *collection)
{
    struct collection_place place;
    uint64_t all = collection_count(collection);
    bool in_order = sort->options.unsorted && collection->kind != &set_kind;
    bool back = in_order && sort->options.descending;
    resolve_limit(sort, all);
    uint64_t from = in_order ? sort->first : 0, count = in_order ? sort->behind - sort->first : all;
    if (count == 0)
        return;
    sort->items = count <= SIZE_MAX / sizeof sort->items[0] ? mem_try_alloc(count * sizeof sort->items[0]) : NULL;
    sort->failed = !sort->items;
    bool more = !sort->failed && collection_at(collection, back ? all - 1 - from : from, &place);
    for (; more && sort->loaded < count && !sort->failed;
         more = back ? collection_previous(collection, &place) : collection_next(collection, &place))
        load_element(sort, record_element(place.record, collection->kind->form));
    if (in_order) {
        sort->behind -= sort->first;
        sort->first = 0;
    }
}

/* False, after the answer, if the key holds something else. */
static bool load_source(struct sort *sort)
{
    static const struct collection_kind *const kinds[] = {&list_kind, &set_kind, &zset_kind};
    struct collection collection;
    const struct entry *entry = lookup_read(sort->call, &sort->source);
    if (!entry)
        return true;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (entry->type != kinds[i]->type)
            continue;
        /* What is stored, or goes on in a script, has an order. */
        bool lasts = sort->options.store || (sort->call->client->flags & CLIENT_IN_SCRIPT);
        if (entry->type == TYPE_SET && sort->options.unsorted && lasts) {
            sort->options.unsorted = false;
            sort->options.by_text = true;
            sort->options.by.names = SORT_NOTHING;
        }
        collection_open(&collection, kinds[i], entry);
        load_elements(sort, &collection);
        return true;
    }
    error_wrong_type(sort->call);
    return false;
}

/* ---- the shards of other keys ---- */

static bool names_keys(const struct sort *sort)
{
    return sort->options.get_keys > 0 || (sort->options.by.names == SORT_KEY && !sort->options.unsorted);
}

static void add_shard(struct sort *sort, const struct sort_pattern *pattern, struct bytes element,
                      struct shard_set *shards)
{
    struct key key;
    if (pattern->names == SORT_KEY && sort_pattern_key(pattern, element, &sort->name, &key))
        shard_set_add(shards, key.hash);
    else
        sort->failed = sort->failed || pattern->names == SORT_KEY;
}

/* Adds the shards of all keys that are named. */
static void add_shards(struct sort *sort, struct shard_set *shards)
{
    const struct sort_options *options = &sort->options;
    struct element_view view;
    if (sort->loaded * ((uint64_t)options->get_keys + 1) > FEW_KEYS) {
        shard_set_fill(shards);
        return;
    }
    for (uint64_t i = 0; i < sort->loaded && !sort->failed; i++) {
        element_view(sort->items[i].element, &view);
        if (!options->unsorted)
            add_shard(sort, &options->by, view.text, shards);
        for (int k = 0; k < options->get_count; k++)
            add_shard(sort, &options->gets[k], view.text, shards);
    }
}

/* Takes the locks. False: the world was stopped meanwhile, and the call has to be admitted again. */
static bool take_hold(struct sort *sort, const struct shard_set *shards)
{
    sort->is_held = true;
    if (hold_begin(&sort->hold, sort->call->view.keyspace, shards, false))
        return true;
    sort->is_held = false;
    sort->call->outcome = CALL_BEGINS_AGAIN;
    return false;
}

/* Adds the shards that are touched when those who wait for the list that is stored get something of it. */
static void add_reached(const struct sort *sort, struct shard_set *shards)
{
    struct shard_set reached;
    if (wait_queue_has_moves() && wait_queue_reach(&sort->target, 1, &sort->hold.shards, &reached))
        shard_set_add_all(shards, &reached);
}

/* Loads the elements, with all shards held that are needed. False, after the answer or to begin again. */
static bool load(struct sort *sort)
{
    const struct sort_options asked = sort->options;
    struct shard_set shards = {0};
    shard_set_add(&shards, sort->source.hash);
    if (sort->options.store)
        shard_set_add(&shards, sort->target.hash);
    for (int attempt = 0;; attempt++) {
        struct shard_set held = shards;
        if (!take_hold(sort, &shards) || !load_source(sort))
            return false;
        if (names_keys(sort))
            add_shards(sort, &shards);
        if (sort->options.store)
            add_reached(sort, &shards);
        if (sort->failed || memcmp(&held, &shards, sizeof held) == 0)
            return !sort->failed;
        release_hold(sort);
        drop_items(sort);
        sort->options = asked; /* the key may hold another type by then */
        if (attempt == ATTEMPTS)
            shard_set_fill(&shards);
    }
}

/* ---- what they are sorted by ---- */

/* As strtod() reads the whole of it, up to a NUL. */
static bool score_of_text(struct sort *sort, struct arg text, double *score_out)
{
    char few[128], *end, *copy = text.len < sizeof few ? few : mem_try_alloc(text.len + 1);
    if (!copy) {
        sort->failed = true;
        return true;
    }
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    errno = 0;
    *score_out = strtod(copy, &end);
    bool is_score = *end == '\0' && errno != ERANGE && !isnan(*score_out);
    if (copy != few)
        mem_free(copy);
    return is_score;
}

static bool score_of_element(struct sort *sort, const char *element, double *score_out)
{
    struct element_view view;
    int64_t number;
    if (element_to_i64(element, &number)) {
        *score_out = (double)number;
        return true;
    }
    element_view(element, &view);
    return score_of_text(sort, (struct arg){.data = view.text.data, .len = view.text.len}, score_out);
}

/*
 * A text to sort by. One that is a number lies in the view: it is copied. Redis compares up to a NUL unless it stores;
 * the rest of what it does is the locale's, which is none here.
 */
static struct bytes text_to_compare(struct sort *sort, struct bytes text, const char *digits)
{
    char *copy = text.data == digits ? take_bytes(sort, text.len) : NULL;
    const char *nul = !sort->options.store && text.len > 0 ? memchr(text.data, '\0', text.len) : NULL;
    if (nul)
        text.len = (size_t)(nul - text.data);
    if (!copy)
        return text;
    memcpy(copy, text.data, text.len);
    return (struct bytes){copy, text.len};
}

/* What BY names for the item; false if that is no number and has to be one. */
static bool weigh_by_key(struct sort *sort, struct sort_item *item)
{
    struct element_view view;
    struct sort_value value;
    struct sort_text text;
    struct key key;
    element_view(item->element, &view);
    if (!sort_pattern_key(&sort->options.by, view.text, &sort->name, &key)) {
        sort->failed = true;
        return true;
    }
    if (!sort_pattern_find(sort->call, &sort->options.by, &key, &value))
        return true;
    struct arg found = sort_value_text(&value, &text);
    if (!sort->options.by_text)
        return score_of_text(sort, found, &item->score);
    const char *digits = value.string ? text.string.digits : text.element.digits;
    item->text = text_to_compare(sort, (struct bytes){found.data, found.len}, digits);
    return true;
}

static bool weigh(struct sort *sort, struct sort_item *item)
{
    struct element_view view;
    if (sort->options.by.names == SORT_KEY)
        return weigh_by_key(sort, item);
    if (!sort->options.by_text)
        return score_of_element(sort, item->element, &item->score);
    element_view(item->element, &view);
    item->text = text_to_compare(sort, view.text, view.digits);
    return true;
}

/* ---- sorting ---- */

static int compare_bytes(struct bytes a, struct bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.data, b.data, shorter) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_items(const struct sort_item *a, const struct sort_item *b, bool by_text)
{
    struct element_view view;
    if (by_text && (!a->text.data || !b->text.data))
        return (a->text.data != NULL) - (b->text.data != NULL);
    if (by_text)
        return compare_bytes(a->text, b->text);
    if (a->score != b->score)
        return a->score > b->score ? 1 : -1;
    element_view(b->element, &view);
    return element_compare(a->element, view.text);
}

static int compare_for_sort(const void *a, const void *b, void *context)
{
    const struct sort_options *options = context;
    int order = compare_items(a, b, options->by_text);
    return options->descending ? -order : order;
}

/* False, after the answer, if an item has nothing to sort it by, or without memory. */
static bool sort_items(struct sort *sort)
{
    struct sort_options *options = &sort->options;
    bool are_scores = true;
    for (uint64_t i = 0; i < sort->loaded && are_scores && !sort->failed; i++)
        are_scores = weigh(sort, &sort->items[i]);
    if (!are_scores)
        reply_error(sort->call->reply, "ERR One or more scores can't be converted into double");
    if (!are_scores || sort->failed)
        return false;
    bool borrows = options->by_text && options->by.names == SORT_KEY; /* texts that lie under their keys */
    if (options->get_keys == 0 && !options->store && !borrows)
        release_hold(sort);
    if (sort->loaded > 1)
        qsort_r(sort->items, sort->loaded, sizeof sort->items[0], compare_for_sort, options);
    return true;
}

/* ---- what is answered ---- */

/* What a pattern of GET names for the item; false if that is nothing. */
static bool get(struct sort *sort, const struct sort_pattern *pattern, const struct sort_item *item,
                struct sort_value *value_out)
{
    struct element_view view;
    struct key key;
    *value_out = (struct sort_value){.stored = item->element};
    if (pattern->names != SORT_KEY)
        return pattern->names == SORT_ELEMENT;
    element_view(item->element, &view);
    if (!sort_pattern_key(pattern, view.text, &sort->name, &key)) {
        sort->failed = true;
        return false;
    }
    return sort_pattern_find(sort->call, pattern, &key, value_out);
}

static void reply_got(struct sort *sort, const struct sort_pattern *pattern, const struct sort_item *item)
{
    struct sort_value value;
    if (!get(sort, pattern, item, &value))
        reply_null(sort->call->reply);
    else if (value.string)
        string_reply(sort->call, value.string);
    else
        reply_element(sort->call->reply, value.stored);
}

static uint64_t answers(const struct sort *sort)
{
    uint64_t each = sort->options.get_count > 0 ? (uint64_t)sort->options.get_count : 1;
    return (sort->behind - sort->first) * each;
}

static void reply_items(struct sort *sort)
{
    const struct sort_options *options = &sort->options;
    struct reply *reply = sort->call->reply;
    struct reply_mark before = reply_mark(reply);
    reply_array(reply, answers(sort));
    for (uint64_t i = sort->first; i < sort->behind && !reply_is_over(reply) && !sort->failed; i++) {
        if (options->get_count == 0)
            reply_element(reply, sort->items[i].element);
        for (int k = 0; k < options->get_count && !reply_is_over(reply); k++)
            reply_got(sort, &options->gets[k], &sort->items[i]);
    }
    if (sort->failed)
        reply_rollback(reply, before);
}

/* Adds a value to the end of a list; nothing is an empty text there. */
static void push_value(struct sort *sort, struct collection *list, const struct sort_value *value)
{
    struct collection_place place;
    struct element element;
    struct sort_text text;
    struct arg arg = {.data = ""};
    char record[RECORD_MAX];
    if (value)
        arg = sort_value_text(value, &text);
    element_init(&element, arg.data, arg.len);
    size_t len = element_store(record, &element, &arg);
    collection_end(list, &place);
    sort->failed = len == 0 || collection_splice(list, &place, 0, record, len, false) != 0;
    if (len > 0 && sort->failed)
        element_release(record);
}

/* A list of what is answered; its entry is NULL without memory. */
static struct collection make_list(struct sort *sort)
{
    const struct sort_options *options = &sort->options;
    struct collection list = {.entry = NULL};
    struct sort_value value;
    struct entry *entry = collection_create(&list_kind, sort->target.name, ENTRY_NO_EXPIRY);
    sort->failed = !entry;
    if (!entry)
        return list;
    collection_open(&list, &list_kind, entry);
    for (uint64_t i = sort->first; i < sort->behind && !sort->failed; i++) {
        value = (struct sort_value){.stored = sort->items[i].element};
        if (options->get_count == 0)
            push_value(sort, &list, &value);
        for (int k = 0; k < options->get_count && !sort->failed; k++) {
            bool got = get(sort, &options->gets[k], &sort->items[i], &value);
            if (!sort->failed)
                push_value(sort, &list, got ? &value : NULL);
        }
    }
    list_settle(&list, sort->call->server->config.list_max_listpack_size);
    return list;
}

/* While the locks are held: says what was done, and serves those who have waited for it. */
static void tell_stored(struct sort *sort)
{
    struct call *call = sort->call;
    if (effect_is_wanted())
        effect_of_call(call);
    if (wait_queue_has_ready() && !call->inside)
        waiting_serve(call->server, &sort->hold.shards);
}

/* Puts the list under its key; without elements the key is deleted. */
static void store_list(struct sort *sort)
{
    struct call *call = sort->call;
    struct key_event told = event_sortstore;
    uint64_t count = answers(sort);
    if (count == 0) {
        keyspace_delete(&call->view, &sort->target);
        tell_stored(sort);
        reply_int(call->reply, 0);
        return;
    }
    struct collection list = make_list(sort);
    if (sort->failed || !room_for(call, entry_memory(list.entry, 1000))) {
        if (list.entry)
            dispose_entry(list.entry);
        return;
    }
    told.changes = (uint32_t)count;
    keyspace_put(&call->view, &sort->target, list.entry, &told);
    tell_stored(sort);
    reply_int(call->reply, (int64_t)count);
}

/* ---- the commands ---- */

static void run_sort(struct sort *sort)
{
    if (!load(sort) || (!sort->options.unsorted && !sort_items(sort)))
        return;
    if (sort->options.store)
        store_list(sort);
    else
        reply_items(sort);
}

static void sort_key(struct call *call, bool stores)
{
    struct sort sort = {.call = call, .options = {.count = -1}};
    sort.options.gets = mem_try_alloc((size_t)call->argc * sizeof sort.options.gets[0]);
    if (!sort.options.gets) {
        error_no_memory(call);
        return;
    }
    if (take_options(call, stores, &sort.options)) {
        const struct arg *store = sort.options.store;
        sort.source = key_make(call->argv[1].data, call->argv[1].len);
        if (store)
            sort.target = key_make(store->data, store->len);
        run_sort(&sort);
        if (sort.failed)
            error_no_memory(call);
    }
    release_hold(&sort);
    drop_items(&sort);
    mem_free(sort.name.data);
    mem_free(sort.options.gets);
}

/* SORT key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC|DESC] [ALPHA] [STORE destination] */
void cmd_sort(struct call *call)
{
    sort_key(call, true);
}

void cmd_sort_ro(struct call *call)
{
    sort_key(call, false);
}
