/*
 * What catches errors for scripts shows them as Redis does, and lets an abort pass: a script that its keeper has aborted
 * runs no further, whatever it has built around itself.
 */
#include "base/clock.h"
#include "resp/reply.h"
#include "script/compile.h"
#include "script/globals.h"
#include "script/interpreters.h"

#include <check.h>
#include <string.h>

static struct interpreter *interpreter;

/* The keeper aborts the script when it is first asked; commands, which answer with 1, are counted. */
static struct {
    bool aborts;
    unsigned pauses, commands, commands_after;
} seen;

static void note_command(struct script_keeper *keeper, struct arg *argv, int argc, struct reply *reply)
{
    (void)argv, (void)argc;
    keeper->now_ns = clock_monotonic_ns();
    seen.commands++;
    seen.commands_after += interpreter->aborted;
    reply_int(reply, 1);
}

static void note_pause(struct script_keeper *keeper)
{
    (void)keeper;
    seen.pauses++;
    if (seen.aborts)
        interpreter_abort(interpreter);
}

static struct script_keeper keeper = {.command = note_command, .pause = note_pause, .resp = 2};

static void make(void)
{
    memset(&seen, 0, sizeof seen);
    interpreter = interpreter_here(INTERPRETER_SCRIPTS);
    ck_assert_ptr_nonnull(interpreter);
}

static void drop(void)
{
    interpreter_drop(INTERPRETER_SCRIPTS);
    ck_assert_uint_eq(interpreters_memory(INTERPRETER_SCRIPTS), 0);
}

struct run {
    const char *text;
    bool done;
    char result[500];
};

static int run_protected(lua_State *lua)
{
    struct run *run = lua_touserdata(lua, 1);
    lua_settop(lua, 0);
    script_globals_reset(lua);
    ck_assert_msg(script_compile(lua, run->text, strlen(run->text), "@user_script") == 0, "%s: %s", run->text,
                  lua_tostring(lua, -1));
    keeper.now_ns = clock_monotonic_ns();
    run->done = interpreter_call(interpreter, &keeper, 0);
    if (!run->done && lua_istable(lua, -1))
        lua_getfield(lua, -1, "err");
    const char *result = lua_tostring(lua, -1);
    strncat(run->result, result ? result : lua_typename(lua, lua_type(lua, -1)), sizeof run->result - 1);
    return 0;
}

static struct run run_text(const char *text)
{
    struct run run = {.text = text};
    ck_assert(interpreter_protect(interpreter, run_protected, &run));
    return run;
}

/* ---- aborts ---- */

/* Each runs for ever, or catches what does. */
static const char *const endless[] = {
    "while true do end",
    "pcall(function() while true do end end)",
    "while true do pcall(function() while true do end end) end",
    "pcall(pcall, pcall, function() while true do end end)",
    "xpcall(function() while true do end end, function(e) redis.call('AFTER') return e end)",
    "xpcall(function() error('x') end, function(e) while true do end end)",
    "xpcall(function() while true do end end, 1)",
    "while true do xpcall(error, function() redis.call('AFTER') end) end",
    "coroutine.resume(coroutine.create(function() while true do end end))",
    "local co = coroutine.create(function() while 1 do coroutine.yield() end end) while 1 do coroutine.resume(co) end",
    "coroutine.wrap(function() while true do end end)()",
    "pcall(coroutine.wrap(function() pcall(function() while true do end end) redis.call('AFTER') end))",
    "coroutine.resume(coroutine.create(function() pcall(function() while true do end end) redis.call('AFTER') end))",
    "load(function() while true do end end)",
    "loadstring(('x = 1 '):rep(5000000))",
    "pcall(load, function() pcall(function() while true do end end) redis.call('AFTER') end)",
    "pcall(string.rep, 'x', 60000000) while true do pcall(string.rep, 'x', 60000000) end",
    "pcall(table.sort, {1, 2, 3}, function() while true do end end)",
    "pcall(string.gsub, 'x', 'x', function() while true do end end)",
    "pcall(function() return setmetatable({}, {__index = function() while true do end end}).x end)",
    "pcall(tostring, setmetatable({}, {__tostring = function() while true do end end}))",
    "local function more() pcall(more) redis.call('BEFORE') return more() end more()",
    "while true do redis.pcall('BEFORE') end",
    "pcall(function() while true do redis.call('BEFORE') end end)",
};

START_TEST(nothing_catches_an_abort)
{
    seen.aborts = true;
    char text[500] = "";
    strcat(strcat(text, endless[_i]), " redis.call('AFTER') return 'caught'");
    struct run run = run_text(text);
    ck_assert_msg(!run.done, "%s: %s", endless[_i], run.result);
    ck_assert(interpreter->aborted);
    ck_assert_uint_eq(seen.pauses, 1);
    ck_assert_uint_eq(seen.commands_after, 0);
    ck_assert_uint_eq(strncmp(interpreter->abort_place, "@user_script:1", 14), 0);
    run = run_text("return pcall(error, 'x') and 'no' or 'fine'"); /* and the next script is none of its concern */
    ck_assert(run.done);
    ck_assert_str_eq(run.result, "fine");
}
END_TEST

/* A command may abort the script as well: what it answers is seen by nobody. */
static void abort_in_command(struct script_keeper *unused, struct arg *argv, int argc, struct reply *reply)
{
    (void)unused, (void)argv, (void)argc;
    seen.commands++;
    reply_int(reply, 7);
    interpreter_abort(interpreter);
}

START_TEST(an_abort_by_a_command_passes_as_well)
{
    static const char *const calls[] = {
        "return redis.call('X')", "return redis.pcall('X')", "pcall(redis.call, 'X') redis.call('AFTER')",
        "xpcall(function() redis.call('X') end, function() redis.call('AFTER') end) redis.call('AFTER')",
        "coroutine.wrap(function() redis.pcall('X') redis.call('AFTER') end)() redis.call('AFTER')"};
    keeper.command = abort_in_command;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        seen.commands = 0;
        ck_assert(!run_text(calls[i]).done);
        ck_assert_uint_eq(seen.commands, 1);
    }
    keeper.command = note_command;
}
END_TEST

START_TEST(a_keeper_that_lets_go_on_changes_nothing)
{
    struct run run = run_text("local n = 0 for i = 1, 3000000 do n = n + 1 end "
                              "local ok, text = pcall(error, 'x') return n .. tostring(ok) .. text");
    ck_assert(run.done);
    ck_assert_str_eq(run.result, "3000000falsex");
    ck_assert_uint_gt(seen.pauses, 0);
}
END_TEST

/* ---- errors ---- */

START_TEST(errors_are_shown_as_redis_shows_them)
{
    static const struct {
        const char *text, *result;
    } cases[] = {
        {"local ok, e = pcall(error, 'x') return tostring(ok) .. e", "falsex"},
        {"local ok, e = pcall(error, {err = 'MY text'}) return type(e) .. e", "stringMY text"},
        {"local ok, e = pcall(error, {err = {}}) return type(e)", "table"},
        {"local ok, e = pcall(error, {1}) return e[1]", "1"},
        {"local ok, e = pcall(error) return tostring(ok) .. tostring(e)", "falsenil"},
        {"return table.concat({select(2, pcall(function(...) return ... end, 1, 2, 3))}, ',')", "1,2,3"},
        {"return select('#', pcall(function() end))", "1"},
        {"local ok, e = pcall(pcall) return e", "bad argument #1 to '?' (value expected)"},
        {"local ok, e = pcall(1) return e", "attempt to call a number value"},
        {"return tostring(xpcall(function() return 1 end, error))", "true"},
        {"local ok, e = xpcall(function() error('x', 0) end, function(e) return 'handled ' .. e end) return e",
         "handled x"},
        {"local ok, e = xpcall(function() error({err = 'x'}) end, function(e) return type(e) end) return e", "table"},
        {"return table.concat({select(2, xpcall(function(...) return select('#', ...), 2 end, error, 5))}, ',')",
         "0,2"},
        {"local ok, e = coroutine.resume(coroutine.create(function() error('x', 0) end)) return tostring(ok) .. e",
         "falsex"},
        {"local co = coroutine.create(function(...) return select('#', coroutine.yield(...)) end) "
         "local ok, a, b = coroutine.resume(co, 1, 2) local fine, count = coroutine.resume(co, 1, nil, nil) "
         "return a .. b .. count",
         "123"},
        {"local f, e = loadstring('syntax error') return tostring(f) .. type(e)", "nilstring"},
        {"return loadstring('return 1 + ...')(2)", "3"},
        {"local f, e = load(function() error('x', 0) end) return tostring(f) .. e.err", "nilERR x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run run = run_text(cases[i].text);
        ck_assert_msg(run.done && strcmp(run.result, cases[i].result) == 0, "%s\n  is:     %s\n  wanted: %s",
                      cases[i].text, run.result, cases[i].result);
    }
}
END_TEST

Suite *suite_catching(void);
Suite *suite_catching(void)
{
    Suite *suite = suite_create("catching");
    TCase *tcase = tcase_create("catching");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, make, drop);
    tcase_add_loop_test(tcase, nothing_catches_an_abort, 0, sizeof endless / sizeof endless[0]);
    tcase_add_test(tcase, an_abort_by_a_command_passes_as_well);
    tcase_add_test(tcase, a_keeper_that_lets_go_on_changes_nothing);
    tcase_add_test(tcase, errors_are_shown_as_redis_shows_them);
    suite_add_tcase(suite, tcase);
    return suite;
}
