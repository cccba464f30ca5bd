/*
 * Searching for places: GEOSEARCH, GEORADIUS and their like, which differ in how the shape is said, and in where
 * results go.
 *
 * What is to be answered as it is found is written at once; what is to be sorted or stored is kept until all is
 * found. A result that is stored is complete before it takes its key's place, and the key may be the one that was
 * searched.
 */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/room.h"
#include "handlers/elements.h"
#include "handlers/geo_arguments.h"
#include "handlers/lookup.h"
#include "handlers/zset_result.h"
#include "types/geo_search.h"

#include <errno.h>
#include <inttypes.h>

/*
 * Of a large sorted set: its record stands in the tree and, as a score and hash, in the index; leaves have room
 * left.
 */
#define STORED_OVERHEAD 32

static const struct key_event event_search = {"geosearchstore", EVENT_ZSET, 1},
                              event_radius = {"georadiusstore", EVENT_ZSET, 1};

/* How a command says what it wants. */
struct geo_command {
    int options;       /* argument: the first of them */
    int source;        /* key that is searched */
    bool by_options;   /* they say where and which shape; otherwise it is a circle, and arguments before them say it: */
    bool from_member;  /* member, otherwise longitude and latitude; then radius and unit */
    bool may_store;    /* STORE and STOREDIST with a key */
    bool always_store; /* to the first key; STOREDIST without one */
};

static const struct geo_command geosearch = {.options = 2, .by_options = true},
                                geosearchstore = {.options = 3, .source = 1, .by_options = true, .always_store = true},
                                georadius = {.options = 6, .may_store = true}, georadius_ro = {.options = 6},
                                georadiusbymember = {.options = 5, .from_member = true, .may_store = true},
                                georadiusbymember_ro = {.options = 5, .from_member = true};

struct geo_query {
    struct call *call;
    const struct geo_command *command;
    bool found; /* whether there is a set */
    struct collection places;
    struct geo_shape shape;
    bool has_member, has_point, has_circle, has_box, has_polygon;
    bool with_distance, with_hash, with_point;
    enum geo_order order;
    int64_t count; /* 0: all */
    bool any;      /* those found first will do */
    const struct key *target;
    bool stores_distance;
};

/* ---- where, and which shape; false after the error ---- */

static bool read_member(struct geo_query *query, const struct arg *member)
{
    struct element element;
    struct collection_place place;
    if (!query->found)
        return true;
    element_init(&element, member->data, member->len);
    if (!zset_find(&query->places, &element, &place)) {
        reply_error(query->call->reply, "ERR could not decode requested zset member");
        return false;
    }
    query->shape.center = geohash_point(zset_score(place.record));
    return true;
}

static bool read_circle(struct geo_query *query, const struct arg *arg)
{
    struct geo_shape *shape = &query->shape;
    shape->form = GEO_CIRCLE;
    if (!argument_geo_number(query->call, &arg[0], "ERR need numeric radius", &shape->radius))
        return false;
    if (shape->radius < 0) {
        reply_error(query->call->reply, "ERR radius cannot be negative");
        return false;
    }
    return argument_geo_unit(query->call, &arg[1], &shape->unit);
}

static bool read_box(struct geo_query *query, const struct arg *arg)
{
    struct geo_shape *shape = &query->shape;
    shape->form = GEO_BOX;
    if (!argument_geo_number(query->call, &arg[0], "ERR need numeric width", &shape->width) ||
        !argument_geo_number(query->call, &arg[1], "ERR need numeric height", &shape->height))
        return false;
    if (shape->width < 0 || shape->height < 0) {
        reply_error(query->call->reply, "ERR height or width cannot be negative");
        return false;
    }
    return argument_geo_unit(query->call, &arg[2], &shape->unit);
}

/* Answers with what keeps a polygon from being searched, if anything. */
static bool check_polygon(struct geo_query *query, int outcome)
{
    if (outcome == -ENOMEM)
        error_no_memory(query->call);
    else if (outcome == -E2BIG)
        reply_errorf(query->call->reply, "ERR GEOSEARCH BYPOLYGON must have at most %d edges at one latitude",
                     GEO_POLYGON_EDGES_MAX);
    return outcome == 0;
}

/* num-vertices, and so many longitudes and latitudes. How many arguments that is; -1 after the error. */
static int read_polygon(struct geo_query *query, int at)
{
    struct call *call = query->call;
    struct geo_shape *shape = &query->shape;
    int64_t count;
    if (!argument_i64(call, &call->argv[at], &count))
        return -1;
    if (count < 3 || count > (call->argc - at - 1) / 2) {
        reply_errorf(call->reply, "ERR GEOSEARCH BYPOLYGON must have at least %" PRId64 " vertices",
                     count < 3 ? INT64_C(3) : count);
        return -1;
    }
    shape->form = GEO_POLYGON;
    shape->unit = 1;
    if (!check_polygon(query, geo_polygon_init(&shape->polygon, (size_t)count)))
        return -1;
    for (int i = 0; i < count; i++)
        if (!argument_geo_point(call, &call->argv[at + 1 + 2 * i], &shape->polygon.vertices[i]))
            return -1;
    if (!check_polygon(query, geo_polygon_close(&shape->polygon)))
        return -1;
    shape->center = geo_polygon_middle(&shape->polygon);
    return 1 + 2 * (int)count;
}

/* ---- options: each function says how many arguments it took; 0: it is none of its own; -1: after the error ---- */

static int plain_option(struct geo_query *query, const struct arg *word)
{
    if (arg_is(word, "withdist"))
        query->with_distance = true;
    else if (arg_is(word, "withhash"))
        query->with_hash = true;
    else if (arg_is(word, "withcoord"))
        query->with_point = true;
    else if (arg_is(word, "any"))
        query->any = true;
    else if (arg_is(word, "asc"))
        query->order = GEO_NEAREST_FIRST;
    else if (arg_is(word, "desc"))
        query->order = GEO_FARTHEST_FIRST;
    else if (query->command->always_store && arg_is(word, "storedist"))
        query->stores_distance = true;
    else
        return 0;
    return 1;
}

static int count_option(struct geo_query *query, int at, int behind)
{
    struct call *call = query->call;
    if (behind < 1 || !arg_is(&call->argv[at], "count"))
        return 0;
    if (!argument_i64(call, &call->argv[at + 1], &query->count))
        return -1;
    if (query->count > 0)
        return 2;
    reply_error(call->reply, "ERR COUNT must be > 0");
    return -1;
}

/* The last one counts; the keys of all are locked. */
static int store_option(struct geo_query *query, int at, int behind)
{
    const struct call *call = query->call;
    bool distance = arg_is(&call->argv[at], "storedist");
    if (!query->command->may_store || behind < 1 || !(distance || arg_is(&call->argv[at], "store")))
        return 0;
    for (int i = 0; i < call->key_count; i++)
        if (call->keys[i].name.data == call->argv[at + 1].data)
            query->target = &call->keys[i];
    query->stores_distance = distance;
    return 2;
}

static int center_option(struct geo_query *query, int at, int behind)
{
    const struct arg *word = &query->call->argv[at];
    if (!query->command->by_options || query->has_polygon)
        return 0;
    if (behind >= 1 && !query->has_point && arg_is(word, "frommember")) {
        query->has_member = true;
        return read_member(query, word + 1) ? 2 : -1;
    }
    if (behind >= 2 && !query->has_member && arg_is(word, "fromlonlat")) {
        query->has_point = true;
        return argument_geo_point(query->call, word + 1, &query->shape.center) ? 3 : -1;
    }
    return 0;
}

static int shape_option(struct geo_query *query, int at, int behind)
{
    const struct arg *word = &query->call->argv[at];
    if (!query->command->by_options || query->has_polygon)
        return 0;
    if (behind >= 2 && !query->has_box && arg_is(word, "byradius")) {
        query->has_circle = true;
        return read_circle(query, word + 1) ? 3 : -1;
    }
    if (behind >= 3 && !query->has_circle && arg_is(word, "bybox")) {
        query->has_box = true;
        return read_box(query, word + 1) ? 4 : -1;
    }
    if (behind >= 1 && !query->has_circle && !query->has_box && !query->has_member && !query->has_point &&
        arg_is(word, "bypolygon")) {
        query->has_polygon = true;
        int taken = read_polygon(query, at + 1);
        return taken < 0 ? taken : taken + 1;
    }
    return 0;
}

static bool read_options(struct geo_query *query)
{
    struct call *call = query->call;
    for (int at = query->command->options; at < call->argc;) {
        int behind = call->argc - at - 1;
        int taken = plain_option(query, &call->argv[at]);
        taken = taken ? taken : count_option(query, at, behind);
        taken = taken ? taken : store_option(query, at, behind);
        taken = taken ? taken : center_option(query, at, behind);
        taken = taken ? taken : shape_option(query, at, behind);
        if (taken == 0)
            error_syntax(call);
        if (taken <= 0)
            return false;
        at += taken;
    }
    return true;
}

/* Whether the options go together. */
static bool check_options(const struct geo_query *query)
{
    struct reply *reply = query->call->reply;
    const struct arg *name = &query->call->argv[0];
    bool searches = query->command->by_options;
    if (query->target && (query->with_distance || query->with_hash || query->with_point))
        reply_errorf(reply, "ERR %s is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                     searches ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS");
    else if (searches && !query->has_member && !query->has_point && !query->has_polygon)
        reply_errorf(reply, "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for %.*s", (int)name->len,
                     name->data);
    else if (searches && !query->has_circle && !query->has_box && !query->has_polygon)
        reply_errorf(reply, "ERR exactly one of BYRADIUS and BYBOX can be specified for %.*s", (int)name->len,
                     name->data);
    else if (query->any && query->count == 0)
        reply_error(reply, "ERR the ANY argument requires COUNT argument");
    else
        return true;
    return false;
}

/* Redis looks at arguments one after the other, the member among them, so errors come in that order. */
static bool read_query(struct geo_query *query)
{
    const struct geo_command *command = query->command;
    const struct arg *argv = query->call->argv;
    const struct entry *entry = lookup_read(query->call, &query->call->keys[command->source]);
    if (!lookup_is(query->call, entry, TYPE_ZSET))
        return false;
    query->found = entry != NULL;
    if (entry)
        collection_open(&query->places, &zset_kind, entry);
    if (command->always_store)
        query->target = &query->call->keys[0];
    if (command->from_member && query->found && !(read_member(query, &argv[2]) && read_circle(query, &argv[3])))
        return false;
    if (!command->by_options && !command->from_member &&
        !(argument_geo_point(query->call, &argv[2], &query->shape.center) && read_circle(query, &argv[4])))
        return false;
    return read_options(query) && check_options(query);
}

/* ---- answering ---- */

static void reply_match(const struct geo_query *query, const struct geo_match *match)
{
    struct reply *reply = query->call->reply;
    double score = zset_score(match->record);
    unsigned further = (unsigned)query->with_distance + query->with_hash + query->with_point;
    if (further > 0)
        reply_array(reply, further + 1);
    reply_element(reply, zset_member(match->record));
    if (query->with_distance)
        reply_geo_distance(reply, match->distance / query->shape.unit);
    if (query->with_hash)
        reply_int(reply, (int64_t)score);
    if (query->with_point) {
        struct geo_point point = geohash_point(score);
        reply_geo_point(reply, &point);
    }
}

struct streaming {
    const struct geo_query *query;
    uint64_t replied;
};

static bool stream_match(void *context, const struct geo_match *match)
{
    struct streaming *streaming = context;
    const struct geo_query *query = streaming->query;
    reply_match(query, match);
    return ++streaming->replied != (uint64_t)query->count && !reply_is_over(query->call->reply);
}

static void reply_as_found(const struct geo_query *query)
{
    struct streaming streaming = {query, 0};
    struct reply_hole hole = reply_defer(query->call->reply);
    geo_search(&query->places, &query->shape, stream_match, &streaming);
    reply_defer_array(query->call->reply, hole, streaming.replied);
}

static void reply_sorted(const struct geo_query *query, const struct geo_matches *matches)
{
    reply_array(query->call->reply, matches->count);
    for (size_t i = 0; i < matches->count && !reply_is_over(query->call->reply); i++)
        reply_match(query, &matches->array[i]);
}

/* ---- storing ---- */

static void store_nothing(const struct geo_query *query)
{
    keyspace_delete(&query->call->view, query->target);
    reply_int(query->call->reply, 0);
}

/* About: bytes that a set of all matches takes. */
static size_t stored_bytes(const struct geo_matches *matches)
{
    size_t bytes = 0;
    for (size_t i = 0; i < matches->count; i++)
        bytes += record_len(matches->array[i].record, zset_kind.form) + STORED_OVERHEAD;
    return bytes;
}

static void add_matches(struct zset_result *result, const struct geo_query *query, const struct geo_matches *matches)
{
    for (size_t i = 0; i < matches->count; i++) {
        const struct geo_match *match = &matches->array[i];
        double distance = match->distance / query->shape.unit;
        double score = query->stores_distance ? distance : zset_score(match->record);
        zset_result_add(result, zset_member(match->record), score);
    }
}

static void store_matches(const struct geo_query *query, const struct geo_matches *matches)
{
    struct call *call = query->call;
    struct key_event event = query->command->by_options ? event_search : event_radius;
    struct zset_result result;
    if (matches->count == 0) {
        store_nothing(query);
        return;
    }
    if (!room_for(call, stored_bytes(matches) + zset_result_bytes(matches->count)))
        return;
    if (!zset_result_begin(&result, call, matches->count))
        return;
    add_matches(&result, query, matches);
    event.changes = (uint32_t)matches->count;
    zset_result_store(&result, query->target, &event);
}

/* ---- searching ---- */

struct keeping {
    struct geo_matches matches;
    uint64_t enough;
    bool failed;
};

static bool keep_match(void *context, const struct geo_match *match)
{
    struct keeping *keeping = context;
    keeping->failed = geo_matches_add(&keeping->matches, match) != 0;
    return !keeping->failed && keeping->matches.count != keeping->enough;
}

static void keep_and_answer(const struct geo_query *query)
{
    uint64_t count = query->count > 0 ? (uint64_t)query->count : UINT64_MAX;
    struct keeping keeping = {.matches = {.order = query->order, .wanted = query->any ? UINT64_MAX : count},
                              .enough = query->any ? count : UINT64_MAX};
    geo_search(&query->places, &query->shape, keep_match, &keeping);
    if (keeping.failed) {
        error_no_memory(query->call);
    } else {
        geo_matches_sort(&keeping.matches);
        if (query->target)
            store_matches(query, &keeping.matches);
        else
            reply_sorted(query, &keeping.matches);
    }
    geo_matches_deinit(&keeping.matches);
}

static void answer(struct geo_query *query)
{
    if (query->count > 0 && query->order == GEO_AS_FOUND && !query->any)
        query->order = GEO_NEAREST_FIRST; /* those wanted are the nearest */
    if (!query->found && query->target)
        store_nothing(query);
    else if (!query->found)
        reply_array(query->call->reply, 0);
    else if (query->order == GEO_AS_FOUND && !query->target)
        reply_as_found(query);
    else
        keep_and_answer(query);
}

static void search(struct call *call, const struct geo_command *command)
{
    struct geo_query query = {.call = call, .command = command};
    if (read_query(&query))
        answer(&query);
    geo_polygon_deinit(&query.shape.polygon);
}

void cmd_geosearch(struct call *call)
{
    search(call, &geosearch);
}

void cmd_geosearchstore(struct call *call)
{
    search(call, &geosearchstore);
}

void cmd_georadius(struct call *call)
{
    search(call, &georadius);
}

void cmd_georadius_ro(struct call *call)
{
    search(call, &georadius_ro);
}

void cmd_georadiusbymember(struct call *call)
{
    search(call, &georadiusbymember);
}

void cmd_georadiusbymember_ro(struct call *call)
{
    search(call, &georadiusbymember_ro);
}
