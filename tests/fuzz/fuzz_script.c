/*
 * Scripts and functions: an input is a program of Lua, as text or as choices of a grammar's forms, which runs as a
 * user's does. Whatever it does, it ends soon or can be ended, its reply is well-formed, the next script finds the same
 * environment, no lock is held, and what it took is given back.
 *
 * The first byte says what the input is, the second how it is run:
 *   0 text of a script  1 choices of a script  2 text of a library  3 choices of a library
 *   4 a payload of FUNCTION RESTORE without its seal  5 the body of a function  6 an expression
 */
#include "base/gate.h"
#include "base/memory.h"
#include "base/usage.h"
#include "clients/attention.h"
#include "fuzz/fuzzed_server.h"
#include "fuzz/script_grammar.h"
#include "net/worker.h"
#include "persist/dump_payload.h"
#include "persist/rdb_type.h"
#include "script/function_set.h"
#include "script/interpreters.h"
#include "script/script_cache.h"
#include "store/hold.h"
#include "store/keyspace.h"
#include "store/reaper.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define STALL_MS 15                     /* a script that says nothing for so long is ended */
#define MEMORY_LIMIT ((size_t)48 << 20) /* bytes of an interpreter: above INTERPRETER_KEPT */
#define ROUND_INPUTS 256                /* then all is forgotten, and memory is compared */
#define WARM_ROUNDS 3
#define GROWTH_MAX ((int64_t)1 << 20) /* bytes that the server may be larger then than after the first rounds */
#define REPEATS 6                     /* runs of one program in a row that may not all take more than the one before */

enum { OPTION_RESP3 = 1, OPTION_READ_ONLY = 2, OPTION_TRANSACTION = 4, OPTION_DUMP = 8, OPTION_REPEAT = 0xf0 };

/*
 * What a script finds: all that can be reached from the globals, functions with their addresses, and what libraries
 * remember.
 */
#define MARKER                                                                                                         \
    "local seen, lines = {}, {} "                                                                                      \
    "local function add(line) lines[#lines + 1] = line end "                                                           \
    "local function show(path, value) "                                                                                \
    "  add(path .. '=' .. (type(value) == 'table' and 'table' or tostring(value))) "                                   \
    "  if type(value) ~= 'table' or seen[value] then return end "                                                      \
    "  seen[value] = true "                                                                                            \
    "  local keys = {} "                                                                                               \
    "  for key in pairs(value) do keys[#keys + 1] = tostring(key) end "                                                \
    "  table.sort(keys) "                                                                                              \
    "  for _, key in ipairs(keys) do show(path .. '.' .. key, rawget(value, key)) end "                                \
    "end "                                                                                                             \
    "show('G', _G) "                                                                                                   \
    "show('strings', getmetatable('')) "                                                                               \
    "show('globals', getmetatable(_G)) "                                                                               \
    "show('redis', redis) "                                                                                            \
    "add(tostring(pcall(function() return undefined end))) "                                                           \
    "add(table.concat({cjson.encode_max_depth(), cjson.decode_max_depth(), cjson.encode_number_precision()}, ' ')) "   \
    "add(tostring(cjson.encode_keep_buffer()) .. tostring(cjson.encode_invalid_numbers())) "                           \
    "add(tostring(cjson.decode_invalid_numbers())) "                                                                   \
    "for _, value in ipairs({cjson.encode_sparse_array()}) do add(tostring(value)) end "                               \
    "add(collectgarbage('setpause', 200) .. ' ' .. collectgarbage('setstepmul', 200)) "                                \
    "add(tostring(redis.call('HGETALL', 'none').map)) "                                                                \
    "add(tostring(redis.call('DBSIZE'))) "                                                                             \
    "return table.concat(lines, '\\n')"

#define MARKER_LIBRARY "#!lua name=marker\nredis.register_function('marker', function(KEYS, ARGV) " MARKER " end)"

static const char prefill[] =
    "FLUSHALL\r\nMSET s text n 5\r\nRPUSH l a b c\r\nHSET h f v g 2\r\nSADD u 1 2 a\r\nZADD z 1 a 2 b\r\n"
    "XADD x 1-1 a 1\r\nXGROUP CREATE x g 0\r\n";

static struct marker {
    char *text; /* what the first one has told since the interpreter was made; NULL: nothing yet */
    size_t len;
} markers[INTERPRETER_KINDS];

/* ---- requests ---- */

static void add_argument(struct text *requests, const void *data, size_t len)
{
    text_addf(requests, "$%zu\r\n", len);
    text_add_bytes(requests, data, len);
    text_add(requests, "\r\n");
}

/* A request of these words, the program in the place of "%", and so many words of all. */
static void add_request(struct text *requests, const struct text *program, const char *line)
{
    int count = 1;
    for (const char *at = line; *at; at++)
        count += *at == ' ';
    text_addf(requests, "*%d\r\n", count);
    for (const char *at = line; at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL) {
        size_t len = strcspn(at, " ");
        if (len == 1 && *at == '%')
            add_argument(requests, program->data ? program->data : "", program->len);
        else
            add_argument(requests, at, len);
    }
}

/* Our own requests end by themselves, however slow the machine is. */
static void wait_on(void)
{
}

static struct replies ask_with(const struct text *requests, void (*stalled)(void))
{
    struct replies replies = {0};
    int fd = fuzzed_connect();
    fuzzed_converse(fd, requests->data, requests->len, 1 << 20, &replies, STALL_MS, stalled);
    close(fd);
    fuzzed_check_replies(&replies);
    return replies;
}

static struct replies ask(const struct text *requests)
{
    return ask_with(requests, wait_on);
}

/* Whatever the input does is ended. */
static void run_input(const struct text *requests)
{
    free(ask_with(requests, fuzzed_end_script).data);
}

static struct replies ask_line(const char *line)
{
    struct text requests = TEXT_EMPTY;
    text_addf(&requests, "%s\r\n", line);
    struct replies replies = ask(&requests);
    text_deinit(&requests);
    return replies;
}

/* ---- on the worker ---- */

struct look {
    struct message message; /* first */
    sem_t done;
    bool collects;
    bool is_new[INTERPRETER_KINDS];
    size_t memory[INTERPRETER_KINDS];
    const char *wrong;
};

static int collect(lua_State *lua)
{
    lua_gc(lua, LUA_GCCOLLECT, 0);
    lua_gc(lua, LUA_GCCOLLECT, 0); /* what finalizers have let go */
    return 0;
}

static void look_at(struct look *look, struct interpreter *interpreter)
{
    enum interpreter_kind kind = interpreter->kind;
    look->is_new[kind] = interpreter->limit != MEMORY_LIMIT;
    interpreter->limit = MEMORY_LIMIT;
    if (interpreter->keeper)
        look->wrong = "somebody still looks after a script";
    else if (interpreter->registration)
        look->wrong = "a library is still being loaded";
    else if (lua_gettop(interpreter->lua) != 0)
        look->wrong = "values are left on the stack";
    else if (lua_gethook(interpreter->lua))
        look->wrong = "the hook is still set";
    else if (look->collects && !interpreter_protect(interpreter, collect, NULL))
        look->wrong = "an error while collecting";
    look->memory[kind] = interpreter->memory;
}

static void look_round(struct worker *worker, struct message *message)
{
    struct look *look = (struct look *)message;
    (void)worker;
    for (enum interpreter_kind kind = 0; kind < INTERPRETER_KINDS; kind++) {
        struct interpreter *interpreter = interpreter_here(kind);
        if (interpreter)
            look_at(look, interpreter);
        else
            look->wrong = "there is no interpreter";
    }
    sem_post(&look->done);
}

static void run_on_worker(struct look *look, void (*run)(struct worker *worker, struct message *message))
{
    look->message.run = run;
    sem_init(&look->done, 0, 0);
    worker_post(worker_at(0), &look->message);
    while (sem_wait(&look->done))
        ;
    sem_destroy(&look->done);
    if (look->wrong)
        fuzzed_fail("after a script: %s", look->wrong);
}

static struct look look_inside(bool collects)
{
    struct look look = {.collects = collects};
    run_on_worker(&look, look_round);
    for (enum interpreter_kind kind = 0; kind < INTERPRETER_KINDS; kind++)
        if (look.is_new[kind]) {
            free(markers[kind].text);
            markers[kind] = (struct marker){0};
        }
    return look;
}

static void wait_round(struct worker *worker, struct message *message)
{
    (void)worker;
    sem_post(&((struct look *)message)->done);
}

/* ---- after a script ---- */

static void compare_marker(enum interpreter_kind kind, struct replies replies)
{
    struct marker *marker = &markers[kind];
    if (!marker->text) {
        *marker = (struct marker){replies.data, replies.len};
        if (!replies.data || *replies.data != '$')
            fuzzed_fail("the marker fails: %.*s", (int)replies.len, replies.data);
        return;
    }
    if (replies.len != marker->len || memcmp(replies.data, marker->text, marker->len) != 0)
        fuzzed_fail("a script has changed what others find, from\n%.*s\nto\n%.*s", (int)marker->len, marker->text,
                    (int)replies.len, replies.data);
    free(replies.data);
}

static void check_scripts_environment(void)
{
    struct text requests = TEXT_EMPTY, program = TEXT_EMPTY;
    text_add(&program, MARKER);
    add_request(&requests, &program, "EVAL % 0");
    compare_marker(INTERPRETER_SCRIPTS, ask(&requests));
    text_deinit(&requests);
    text_deinit(&program);
}

static void check_functions_environment(void)
{
    struct text requests = TEXT_EMPTY, program = TEXT_EMPTY;
    struct replies replies;
    text_add(&program, MARKER_LIBRARY);
    add_request(&requests, &program, "FUNCTION LOAD REPLACE %");
    replies = ask(&requests);
    if (replies.len > 0 && *replies.data == '-') { /* another library has a function of that name */
        free(replies.data);
        free(ask_line("FUNCTION FLUSH").data);
        look_inside(false);
        replies = ask(&requests);
    }
    if (replies.len == 0 || *replies.data != '$')
        fuzzed_fail("the marker isn't loaded: %.*s", (int)replies.len, replies.data);
    free(replies.data);
    compare_marker(INTERPRETER_FUNCTIONS, ask_line("FCALL marker 0"));
    text_deinit(&requests);
    text_deinit(&program);
}

/* All shards, and the right to stop the world, can be had. */
static void check_locks(void)
{
    struct shard_set all = {0};
    struct hold hold;
    shard_set_fill(&all);
    gate_enter(fuzzed_gate);
    while (!hold_begin(&hold, fuzzed.keyspace, &all, true))
        ;
    hold_end(&hold);
    if (gate_has_stays(fuzzed_gate) || attention_has(ATTENTION_SCRIPTS))
        fuzzed_fail("a script still counts as running");
    gate_leave(fuzzed_gate);
}

/* Forgets all that scripts may leave, and compares what the server takes with what it took at the beginning. */
static void end_round(void)
{
    static unsigned rounds;
    static int64_t level;
    struct look look = {0};
    free(ask_line("FLUSHALL").data);
    free(ask_line("FUNCTION FLUSH").data);
    free(ask_line("SCRIPT FLUSH").data);
    run_on_worker(&look, wait_round); /* behind the messages by which interpreters are dropped */
    reaper_drain();
    for (enum interpreter_kind kind = 0; kind < INTERPRETER_KINDS; kind++) {
        if (interpreters_memory(kind) > 0)
            fuzzed_fail("%zu bytes of interpreters that are gone", interpreters_memory(kind));
        free(markers[kind].text);
        markers[kind] = (struct marker){0};
    }
    if (script_cache_count() > 0 || script_cache_memory() > 0 || function_set_memory() > 0)
        fuzzed_fail("scripts or functions are still known");
    int64_t now = usage_total();
    if (rounds++ < WARM_ROUNDS)
        level = now > level ? now : level;
    else if (now > level + GROWTH_MAX)
        fuzzed_fail("the server has grown from %lld to %lld bytes", (long long)level, (long long)now);
}

/* ---- an input ---- */

static void add_text(struct text *program, unsigned kind, const uint8_t *data, size_t size)
{
    struct choices choices = {data, data + size};
    switch (kind) {
    case 1:
        grammar_add_script(program, &choices);
        return;
    case 3:
        grammar_add_library(program, &choices);
        return;
    case 5:
        text_add(program, "#!lua name=fuzz\nredis.register_function('f', function(KEYS, ARGV) ");
        break;
    case 6:
        text_add(program, "return ");
        break;
    }
    text_add_bytes(program, (const char *)data, size);
    if (kind == 5)
        text_add(program, "\nend)");
    if (kind == 4)
        dump_payload_seal(program, RDB_VERSION);
}

static void add_runs(struct text *requests, const struct text *program, unsigned kind, unsigned options)
{
    bool reads = options & OPTION_READ_ONLY;
    if (options & OPTION_RESP3)
        text_add(requests, "HELLO 3\r\n");
    if (kind >= 2 && kind <= 5)
        add_request(requests, program, kind == 4 ? "FUNCTION RESTORE % REPLACE" : "FUNCTION LOAD REPLACE %");
    if (options & OPTION_TRANSACTION)
        text_add(requests, "MULTI\r\n");
    if (kind >= 2 && kind <= 5) {
        text_addf(requests, "FCALL%s f 3 s l n 1 %%d\r\n", reads ? "_RO" : "");
        text_add(requests, "FCALL_RO g 0 -1\r\nFCALL h 0\r\n");
        if (options & OPTION_DUMP)
            text_add(requests, "FUNCTION LIST WITHCODE\r\nFUNCTION DUMP\r\n");
    } else {
        add_request(requests, program, reads ? "EVAL_RO % 3 s l n 1 %d" : "EVAL % 3 s l n 1 %d");
    }
    if (options & OPTION_TRANSACTION)
        text_add(requests, "EXEC\r\n");
}

/* What Lua holds after a program has run again and again must not go on growing. */
static void check_growth(const struct text *requests)
{
    size_t before = SIZE_MAX;
    for (int i = 0; i < REPEATS; i++) {
        run_input(requests);
        struct look look = look_inside(true);
        size_t now = look.memory[INTERPRETER_SCRIPTS] + look.memory[INTERPRETER_FUNCTIONS];
        if (now <= before && i > 0)
            return;
        before = now;
    }
    fuzzed_fail("%zu bytes are in use, and each run takes more", before);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    fuzzed_start();
    fuzzed.config.proto_max_bulk_len = 1 << 20;
    fuzzed.config.slowlog_log_slower_than = -1;
    look_inside(false);
    check_scripts_environment();
    check_functions_environment();
    return 0;
}

/* A member by chance so many times, or the product of two lengths, is work that nobody can end. */
static bool takes_too_long(const struct text *program)
{
    static const char *const words[] = {"lcs", "randmember", "randfield", "debug sleep"};
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
        for (size_t i = 0, len = strlen(words[w]); i + len <= program->len; i++)
            if (strncasecmp(program->data + i, words[w], len) == 0)
                return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned inputs;
    struct text program = TEXT_EMPTY, requests = TEXT_EMPTY;
    if (size < 2)
        return 0;
    unsigned kind = data[0] % 7, options = data[1];
    add_text(&program, kind, data + 2, size - 2);
    if (getenv("FUZZ_SHOW")) /* for a reader of findings */
        fwrite(program.data, 1, program.len, stderr);
    if (!takes_too_long(&program)) {
        text_add(&requests, prefill);
        add_runs(&requests, &program, kind, options);
        run_input(&requests);
        if ((options & OPTION_REPEAT) == OPTION_REPEAT)
            check_growth(&requests);
        check_locks();
        look_inside(false);
        free(ask_line("FLUSHALL").data);
        check_scripts_environment();
        if (kind >= 2 && kind <= 5) {
            check_functions_environment();
            free(ask_line(kind == 2 || kind == 4 ? "FUNCTION FLUSH" : "FUNCTION DELETE fuzz").data);
        }
        if (++inputs % ROUND_INPUTS == 0)
            end_round();
    }
    text_deinit(&program);
    text_deinit(&requests);
    return 0;
}
