/*
 * DEBUG: looking inside the server and making it fail, for tests. The executor has checked that it is allowed at all
 * (enable-debug-command). It runs while the world is stopped: keys need no lock, and DEBUG SLEEP holds up everybody.
 *
 * One table lists the subcommands; HELP is drawn from it.
 */
#include "base/clock.h"
#include "base/glob.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"
#include "base/siphash.h"
#include "base/text.h"
#include "command/arguments.h"
#include "command/call.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect_trace.h"
#include "engine/run_inside.h"
#include "engine/run_script.h"
#include "handlers/keyspace_digest.h"
#include "host/log.h"
#include "store/recency.h"
#include "store/value_type.h"
#include "types/string.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

/* The leading number of an argument, as atof() reads it. */
static double argument_number(const struct arg *arg)
{
    char *copy = mem_dup(arg->data, arg->len);
    double value = strtod(copy, NULL);
    mem_free(copy);
    return value;
}

static void reply_digest(struct reply *reply, const struct digest *digest)
{
    char hex[2 * DIGEST_LEN + 1];
    for (int i = 0; i < DIGEST_LEN; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest->bytes[i]);
    reply_simple(reply, hex);
}

/* ---- waiting and ending ---- */

static void debug_sleep(struct call *call)
{
    double seconds = argument_number(&call->argv[2]);
    if (seconds > 0 && seconds < 1e9) {
        struct timespec left = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (time_t)seconds) * 1e9)};
        while (nanosleep(&left, &left) == -1 && errno == EINTR)
            continue;
    }
    reply_ok(call->reply);
}

static void debug_segfault(struct call *call)
{
    (void)call;
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *(volatile char *)page = 'x';
}

static void debug_panic(struct call *call)
{
    (void)call;
    log_warning("DEBUG PANIC: a client asked the server to abort");
    abort();
}

static void debug_log(struct call *call)
{
    log_warning("DEBUG LOG: %.*s", (int)call->argv[2].len, call->argv[2].data);
    reply_ok(call->reply);
}

static void debug_error(struct call *call)
{
    reply_error_bytes(call->reply, call->argv[2].data, call->argv[2].len);
}

/* In Redis all that is barred from scripts; what its tests call so is DEBUG. */
static void debug_set_disable_deny_scripts(struct call *call)
{
    run_script_allow_debug(argument_number(&call->argv[2]) != 0);
    reply_ok(call->reply);
}

/* ---- keys ---- */

static void debug_set_active_expire(struct call *call)
{
    keyspace_set_active_expiry(call->view.keyspace, argument_number(&call->argv[2]) != 0);
    reply_ok(call->reply);
}

static void debug_shift_clock(struct call *call)
{
    clock_shift_wall((int64_t)(argument_number(&call->argv[2]) * 1000));
    reply_ok(call->reply);
}

static void debug_object(struct call *call)
{
    struct key key = key_make(call->argv[2].data, call->argv[2].len);
    struct view view = call->view;
    view.now_ms = INT64_MIN; /* what has expired is told of as long as it lies there */
    const struct entry *entry = keyspace_find(&view, &key, LOOKUP_PEEK);
    if (!entry) {
        error_no_such_key(call);
        return;
    }
    const struct value_type *type = entry_value_type(entry);
    char line[256];
    snprintf(line, sizeof line, "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u lru_seconds_idle:%u",
             (const void *)entry, type->encoding(entry), type->serialized_len(entry), (unsigned)entry->recency,
             recency_idle_seconds(entry, call->view.now_s));
    reply_simple(call->reply, line);
}

static bool argument_positive(struct call *call, const struct arg *arg, int64_t *value_out)
{
    int64_t value;
    if (!argument_i64(call, arg, &value))
        return false;
    if (value < 0) {
        reply_error(call->reply, "ERR value is out of range, must be positive");
        return false;
    }
    *value_out = value;
    return true;
}

/* Counts as no change, and nobody is notified, as in Redis. */
static const struct key_event event_populate = {"populate", EVENT_WHOLE, 0};

/*
 * Makes one key of POPULATE unless it exists; false when memory ran out. value is the caller's buffer of value_len
 * bytes, filled anew for each key; with a length of 0 the value is just its text.
 */
static bool populate_key(struct call *call, const struct bytes *prefix, int64_t number, char *value, size_t value_len)
{
    char digits[NUMBER_I64_MAX_LEN];
    size_t digits_len = number_format_i64(digits, number);
    struct text name = TEXT_EMPTY;
    text_add_bytes(&name, prefix->data, prefix->len);
    text_add_char(&name, ':');
    text_add_bytes(&name, digits, digits_len);
    struct key key = key_make(name.data, name.len);
    struct entry *entry = NULL;
    bool there = keyspace_find_for_write(&call->view, &key);
    if (!there) {
        char text[32];
        size_t text_len = (size_t)snprintf(text, sizeof text, "value:%" PRId64, number);
        struct arg value_arg = {.data = text, .len = text_len};
        if (value_len != 0) {
            memcpy(value, text, text_len < value_len ? text_len : value_len);
            value_arg = (struct arg){.data = value, .len = value_len};
        }
        entry = string_create(key.name, &value_arg, ENTRY_NO_EXPIRY);
        if (entry)
            keyspace_put(&call->view, &key, entry, &event_populate);
    }
    text_deinit(&name);
    return there || entry;
}

static void debug_populate(struct call *call)
{
    int64_t count, size = 0;
    struct bytes prefix = {"key", 3};
    if (!argument_positive(call, &call->argv[2], &count))
        return;
    if (call->argc > 3)
        prefix = (struct bytes){call->argv[3].data, call->argv[3].len};
    if (call->argc > 4 && !argument_positive(call, &call->argv[4], &size))
        return;

    char *value = mem_try_alloc((size_t)size + 1);
    if (!value) {
        error_no_memory(call);
        return;
    }
    memset(value, 0, (size_t)size);
    bool made = true;
    for (int64_t i = 0; made && i < count; i++)
        made = populate_key(call, &prefix, i, value, (size_t)size);
    mem_free(value);
    if (made)
        reply_ok(call->reply);
    else
        error_no_memory(call);
}

static void debug_digest(struct call *call)
{
    struct digest digest = digest_of_keyspace(call->view.keyspace);
    reply_digest(call->reply, &digest);
}

static void debug_digest_value(struct call *call)
{
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        struct key key = key_make(call->argv[i].data, call->argv[i].len);
        const struct entry *entry = keyspace_find(&call->view, &key, LOOKUP_PEEK);
        struct digest digest = {0};
        if (entry)
            digest = digest_of_value(entry);
        reply_digest(call->reply, &digest);
    }
}

static void debug_htstats(struct call *call)
{
    int64_t db;
    if (!argument_i64(call, &call->argv[2], &db))
        return;
    if (db < 0 || db >= keyspace_databases(call->view.keyspace)) {
        reply_error(call->reply, "ERR Out of range database");
        return;
    }
    struct keyspace_shape shape;
    keyspace_shape_read(call->view.keyspace, (int)db, &shape);
    struct text text = TEXT_EMPTY;
    text_addf(&text,
              "keys: %zu\nkeys with a time to live: %zu\nshards in use: %zu of %d\nsegments: %zu\nbuckets: %zu\n",
              shape.keys, shape.expires, shape.shards_used, KEYSPACE_SHARDS, shape.segments, shape.buckets);
    text_addf(&text, "slots: %zu, %.1f%% of them taken\n", shape.slots,
              shape.slots != 0 ? 100.0 * (double)shape.keys / (double)shape.slots : 0);
    reply_verbatim(call->reply, "txt", text.data, text.len);
    text_deinit(&text);
}

static void debug_effects(struct call *call)
{
    const struct arg *what = &call->argv[2];
    if (arg_is(what, "take")) {
        effect_trace_take(call->reply);
    } else if (arg_is(what, "start")) {
        effect_trace_start(call->view.keyspace);
        reply_ok(call->reply);
    } else if (arg_is(what, "stop")) {
        effect_trace_stop(call->view.keyspace);
        reply_ok(call->reply);
    } else {
        error_syntax(call);
    }
}

static void debug_inside(struct call *call)
{
    run_inside(call, call->argv + 2, call->argc - 2, call->reply);
}

/* Walks all invariants of the tables; a broken one ends the process. */
static void debug_check(struct call *call)
{
    keyspace_check(call->view.keyspace);
    reply_ok(call->reply);
}

/* Redis's tests call it. Its lists have two kinds of nodes, by the size of elements; ours have one. */
static void debug_packed_threshold(struct call *call)
{
    const uint64_t most = (UINT64_C(4) << 30) - (1 << 20);
    const struct arg *size = &call->argv[2];
    uint64_t bytes;
    if (number_parse_memory(size->data, size->len, &bytes) && bytes <= most)
        reply_ok(call->reply);
    else
        reply_error(call->reply, "ERR argument must be a memory value bigger than 1 and smaller than 4gb");
}

/* ---- patterns ---- */

static void debug_stringmatch_len(struct call *call)
{
    const struct arg *pattern = &call->argv[2], *string = &call->argv[3];
    reply_int(call->reply, glob_match(pattern->data, pattern->len, string->data, string->len, false));
}

/* Random patterns on random strings: what matters is that matching ends, and reads nothing beyond them. */
static void debug_stringmatch_test(struct call *call)
{
    struct random_state *random = random_thread();
    for (int cycle = 0; cycle < 100000; cycle++) {
        char string[32], pattern[32];
        size_t string_len = random_below(random, sizeof string);
        size_t pattern_len = random_below(random, sizeof pattern);
        for (size_t i = 0; i < string_len; i++)
            string[i] = (char)random_below(random, 128);
        for (size_t i = 0; i < pattern_len; i++)
            pattern[i] = (char)random_below(random, 128);
        glob_match(pattern, pattern_len, string, string_len, false);
    }
    reply_simple(call->reply, "The matcher survived 100000 random patterns");
}

/* ---- PROTOCOL: one reply of each type ---- */

static void protocol_string(struct reply *reply)
{
    reply_bulk_text(reply, "Hello World");
}

static void protocol_integer(struct reply *reply)
{
    reply_int(reply, 12345);
}

static void protocol_double(struct reply *reply)
{
    reply_double(reply, 3.141);
}

static void protocol_bignum(struct reply *reply)
{
    static const char bulk[] = "$37\r\n1234567999999999999999999999999999999\r\n";
    static const char number[] = "(1234567999999999999999999999999999999\r\n";
    if (reply->resp == 2)
        reply_raw(reply, bulk, sizeof bulk - 1);
    else
        reply_raw(reply, number, sizeof number - 1);
}

static void protocol_null(struct reply *reply)
{
    reply_null(reply);
}

static void protocol_array(struct reply *reply)
{
    reply_array(reply, 3);
    for (int i = 0; i < 3; i++)
        reply_int(reply, i);
}

static void protocol_set(struct reply *reply)
{
    reply_set(reply, 3);
    for (int i = 0; i < 3; i++)
        reply_int(reply, i);
}

static void protocol_map(struct reply *reply)
{
    reply_map(reply, 3);
    for (int i = 0; i < 3; i++) {
        reply_int(reply, i);
        reply_bool(reply, i == 1);
    }
}

static void protocol_attrib(struct reply *reply)
{
    if (reply->resp != 2) {
        reply_attribute(reply, 1);
        reply_bulk_text(reply, "key-popularity");
        reply_array(reply, 2);
        reply_bulk_text(reply, "key:123");
        reply_int(reply, 90);
    }
    reply_bulk_text(reply, "Some real reply following the attribute");
}

static void protocol_push(struct reply *reply)
{
    if (reply->resp == 2) {
        reply_error(reply, "ERR RESP2 is not supported by this command");
        return;
    }
    reply_push(reply, 2);
    reply_bulk_text(reply, "server-cpu-usage");
    reply_int(reply, 42);
    reply_bulk_text(reply, "Some real reply following the push reply");
}

static void protocol_verbatim(struct reply *reply)
{
    static const char text[] = "This is a verbatim\nstring";
    reply_verbatim(reply, "txt", text, sizeof text - 1);
}

static void protocol_true(struct reply *reply)
{
    reply_bool(reply, true);
}

static void protocol_false(struct reply *reply)
{
    reply_bool(reply, false);
}

static void debug_protocol(struct call *call)
{
    static const struct {
        const char *name;
        void (*answer)(struct reply *reply);
    } types[] = {
        {"string", protocol_string}, {"integer", protocol_integer},   {"double", protocol_double},
        {"bignum", protocol_bignum}, {"null", protocol_null},         {"array", protocol_array},
        {"set", protocol_set},       {"map", protocol_map},           {"attrib", protocol_attrib},
        {"push", protocol_push},     {"verbatim", protocol_verbatim}, {"true", protocol_true},
        {"false", protocol_false},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (arg_is(&call->argv[2], types[i].name)) {
            types[i].answer(call->reply);
            return;
        }
    }
    reply_error(call->reply, "ERR Wrong protocol type name. Please use one of the following: "
                             "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

/* ---- the table ---- */

static void debug_nothing(struct call *call)
{
    reply_ok(call->reply);
}

static void debug_help(struct call *call);

struct debug_subcommand {
    const char *usage; /* its first word is the name */
    const char *help;
    int min_argc, max_argc; /* of the whole request; max 0 is any number */
    command_handler *run;
};

static const struct debug_subcommand subcommands[] = {
    {"CHECK", "    Walk all invariants of the tables; a broken one ends the server.", 2, 2, debug_check},
    {"DIGEST", "    Compute a digest of all databases, the same in every server that holds the same data.", 2, 2,
     debug_digest},
    {"DIGEST-VALUE <key> [<key> ...]", "    Compute digests of the values of these keys.", 2, 0, debug_digest_value},
    {"EFFECTS <START|TAKE|STOP>", "    Keep what writes do, in words that can be replayed, and tell it.", 3, 3,
     debug_effects},
    {"ERROR <string>", "    Answer with this text as an error.", 3, 3, debug_error},
    {"HTSTATS <db>", "    Describe the shape of a database's tables.", 3, 4, debug_htstats},
    {"INSIDE <command> [<arg> ...]", "    Run a command from inside this one, as EXEC does.", 3, 0, debug_inside},
    {"JMAP", "    Accepted and ignored.", 2, 2, debug_nothing},
    {"LOG <message>", "    Write the message to the server's log.", 3, 3, debug_log},
    {"OBJECT <key>", "    Tell where and how a key's value is stored.", 3, 3, debug_object},
    {"PANIC", "    Abort the server.", 2, 0, debug_panic},
    {"POPULATE <count> [<prefix>] [<size>]",
     "    Make keys <prefix>:0, <prefix>:1 ... with values of <size> bytes; existing keys stay as they are.", 3, 5,
     debug_populate},
    {"PROTOCOL <type>", "    Answer with a value of this type of the protocol.", 3, 3, debug_protocol},
    {"QUICKLIST-PACKED-THRESHOLD <size>", "    Accepted and ignored: all nodes of lists are of one kind.", 3, 3,
     debug_packed_threshold},
    {"SEGFAULT", "    Crash by writing where nothing may be written.", 2, 0, debug_segfault},
    {"SET-ACTIVE-EXPIRE <0|1>", "    Set whether expired keys are looked for, or only noticed when used.", 3, 3,
     debug_set_active_expire},
    {"SET-DISABLE-DENY-SCRIPTS <0|1>", "    Set whether scripts may call DEBUG.", 3, 3, debug_set_disable_deny_scripts},
    {"SHIFT-CLOCK <seconds>", "    Put the server's wall clock ahead of the machine's, or behind it; 0 puts it right.",
     3, 3, debug_shift_clock},
    {"SLEEP <seconds>", "    Stop the whole server for this long; decimals are allowed.", 3, 3, debug_sleep},
    {"STRINGMATCH-LEN <pattern> <string>", "    Tell whether the pattern matches.", 4, 4, debug_stringmatch_len},
    {"STRINGMATCH-TEST", "    Match random patterns.", 2, 2, debug_stringmatch_test},
    {"HELP", NULL, 2, 2, debug_help}, /* reply_help() describes it */
};

#define SUBCOMMAND_COUNT (sizeof subcommands / sizeof subcommands[0])

static void debug_help(struct call *call)
{
    const char *lines[2 * SUBCOMMAND_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        if (!subcommands[i].help)
            continue;
        lines[count++] = subcommands[i].usage;
        lines[count++] = subcommands[i].help;
    }
    reply_help(call->reply, "DEBUG", lines, count);
}

static bool subcommand_matches(const struct debug_subcommand *subcommand, const struct call *call)
{
    const struct arg *word = &call->argv[1];
    size_t name_len = strcspn(subcommand->usage, " ");
    return word->len == name_len && strncasecmp(word->data, subcommand->usage, name_len) == 0 &&
           call->argc >= subcommand->min_argc && (subcommand->max_argc == 0 || call->argc <= subcommand->max_argc);
}

void cmd_debug(struct call *call)
{
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        if (subcommand_matches(&subcommands[i], call)) {
            subcommands[i].run(call);
            return;
        }
    }
    reply_errorf(call->reply, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try DEBUG HELP.",
                 call->argv[1].len < 128 ? (int)call->argv[1].len : 128, call->argv[1].data);
}
