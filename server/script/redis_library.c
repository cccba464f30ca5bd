/*
 * A script that is being looked after has a keeper (interpreter.h), which runs its commands. While a library of
 * functions is being loaded there is none, and what needs one is refused.
 */
#include "script/redis_library.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/sha1.h"
#include "host/log_flood.h"
#include "resp/reply.h"
#include "script/globals.h"
#include "script/interpreter.h"
#include "script/reply_to_lua.h"
#include "script/script_error.h"
#include "version.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static int raise_text(lua_State *lua, const char *text)
{
    script_error_push(lua, text, strlen(text));
    return script_error_raise(lua);
}

/* ---- commands ---- */

/* A number as an argument of a command. */
static void replace_number(lua_State *lua, int index)
{
    char text[64];
    lua_Number number = lua_tonumber(lua, index);
    size_t len;
    if (number >= -1e15 && number <= 1e15 && number == (lua_Number)(int64_t)number && !(number == 0 && signbit(number)))
        len = number_format_i64(text, (int64_t)number);
    else
        len = (size_t)snprintf(text, sizeof text, "%.17g", number);
    lua_pushlstring(lua, text, len);
    lua_replace(lua, index);
}

/* The arguments of redis.call() as those of a command. They stay on the stack, and what is returned refers to them. */
static struct arg *take_arguments(lua_State *lua, struct interpreter *interpreter, int argc)
{
    if (argc > interpreter->argv_room) {
        int room = argc < 16 ? 16 : argc;
        interpreter->argv = mem_realloc(interpreter->argv, (size_t)room * sizeof *interpreter->argv);
        interpreter->argv_room = room;
    }
    for (int i = 0; i < argc; i++) {
        int type = lua_type(lua, i + 1);
        if (type == LUA_TNUMBER)
            replace_number(lua, i + 1);
        else if (type != LUA_TSTRING)
            return NULL;
        size_t len;
        const char *text = lua_tolstring(lua, i + 1, &len);
        interpreter->argv[i] = (struct arg){text, len, NULL};
    }
    return interpreter->argv;
}

/* The reply in one piece, until the next one. NULL: it is more than the script may have. */
static const char *whole_reply(struct interpreter *interpreter, size_t *len_out)
{
    const struct output *output = &interpreter->reply;
    *len_out = output->bytes;
    if (output->head == output->tail)
        return output->head->start;
    char *at = mem_try_realloc(interpreter->reply_text, output->bytes);
    if (!at)
        return NULL;
    interpreter->reply_text = at;
    for (const struct output_chunk *chunk = output->head; chunk; chunk = chunk->next) {
        memcpy(at, chunk->start, chunk->len);
        at += chunk->len;
    }
    return interpreter->reply_text;
}

static void forget_reply(struct interpreter *interpreter)
{
    output_clear(&interpreter->reply);
    mem_free(interpreter->reply_text);
    interpreter->reply_text = NULL;
}

/* Runs the command and pushes its reply. Returns whether it is an error. */
static bool run_command(lua_State *lua, struct interpreter *interpreter, struct arg *argv, int argc)
{
    struct reply reply;
    size_t len;
    forget_reply(interpreter); /* if an error has kept the last one from being taken */
    reply_begin(&reply, &interpreter->reply, interpreter->keeper->resp);
    reply.limit = interpreter->limit;
    interpreter->keeper->command(interpreter->keeper, argv, argc, &reply);
    reply_end(&reply);
    if (interpreter->aborted)
        interpreter_check(lua);
    lua_settop(lua, 0); /* the reply may need the room that the arguments took */
    const char *text = reply_is_over(&reply) ? NULL : whole_reply(interpreter, &len);
    if (!text) {
        forget_reply(interpreter);
        return luaL_error(lua, "not enough memory");
    }
    bool is_error = *text == '-';
    reply_to_lua(lua, text, len);
    forget_reply(interpreter);
    if (is_error) { /* it has been counted as the command's */
        lua_pushboolean(lua, 1);
        lua_setfield(lua, -2, COUNTED_ERROR);
    }
    interpreter_check_at(lua, interpreter->keeper->now_ns); /* few commands may take as long as many instructions */
    return is_error;
}

static int call_command(lua_State *lua, bool raises)
{
    struct interpreter *interpreter = interpreter_of(lua);
    int argc = lua_gettop(lua);
    const char *refusal = NULL;
    struct arg *argv = NULL;
    if (!interpreter->keeper)
        refusal = "redis.call/pcall can only be called inside a script invocation";
    else if (argc == 0)
        refusal = "Please specify at least one argument for this redis lib call";
    else if (!(argv = take_arguments(lua, interpreter, argc)))
        refusal = "Lua redis lib command arguments must be strings or integers";
    if (refusal) {
        script_error_push(lua, refusal, strlen(refusal));
        return raises ? script_error_raise(lua) : 1;
    }
    return run_command(lua, interpreter, argv, argc) && raises ? script_error_raise(lua) : 1;
}

static int redis_call(lua_State *lua)
{
    return call_command(lua, true);
}

static int redis_pcall(lua_State *lua)
{
    return call_command(lua, false);
}

static int redis_acl_check_cmd(lua_State *lua)
{
    struct interpreter *interpreter = interpreter_of(lua);
    int argc = lua_gettop(lua);
    if (!interpreter->keeper)
        return raise_text(lua, "redis.acl_check_cmd can only be called inside a script invocation");
    if (argc == 0)
        return raise_text(lua, "Please specify at least one argument for this redis lib call");
    struct arg *argv = take_arguments(lua, interpreter, argc);
    if (!argv)
        return raise_text(lua, "Lua redis lib command arguments must be strings or integers");
    int may = interpreter->keeper->may_run(interpreter->keeper, argv, argc);
    if (may < 0)
        return raise_text(lua, "Invalid command passed to redis.acl_check_cmd()");
    lua_pushboolean(lua, may);
    return 1;
}

/* ---- replies that a script makes ---- */

/* {field = the one argument}, or an error's table. */
static bool push_single(lua_State *lua, const char *field)
{
    if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
        script_error_push(lua, "wrong number or type of arguments", 33);
        return false;
    }
    lua_createtable(lua, 0, 1);
    lua_pushvalue(lua, 1);
    lua_setfield(lua, -2, field);
    return true;
}

static int redis_status_reply(lua_State *lua)
{
    push_single(lua, "ok");
    return 1;
}

/* The text's first word is the code, whether a dash stands before it or not. */
static int redis_error_reply(lua_State *lua)
{
    size_t len;
    if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
        script_error_push(lua, "wrong number or type of arguments", 33);
        return 1;
    }
    const char *text = lua_tolstring(lua, 1, &len);
    if (len == 0 || *text != '-') {
        lua_pushliteral(lua, "-");
        lua_pushvalue(lua, 1);
        lua_concat(lua, 2);
        text = lua_tolstring(lua, -1, &len);
    }
    script_error_push(lua, text, len);
    return 1;
}

/* ---- other functions ---- */

static int redis_sha1hex(lua_State *lua)
{
    char hex[SHA1_HEX_LEN];
    size_t len;
    if (lua_gettop(lua) != 1)
        return raise_text(lua, "wrong number of arguments");
    const char *text = lua_tolstring(lua, 1, &len);
    sha1_hex(hex, text ? text : "", text ? len : 0);
    lua_pushlstring(lua, hex, sizeof hex);
    return 1;
}

static const enum log_level log_levels[] = {LOG_LEVEL_DEBUG, LOG_LEVEL_VERBOSE, LOG_LEVEL_NOTICE, LOG_LEVEL_WARNING};

#define LOG_LEVELS ((int)(sizeof log_levels / sizeof log_levels[0]))

static int redis_log(lua_State *lua)
{
    static struct log_flood flood = LOG_FLOOD("lines that scripts have logged", 1000);
    int count = lua_gettop(lua);
    if (count < 2)
        return raise_text(lua, "redis.log() requires two arguments or more.");
    if (!lua_isnumber(lua, 1))
        return raise_text(lua, "First argument must be a number (log level).");
    lua_Number level = lua_tonumber(lua, 1);
    if (!(level >= 0 && level < LOG_LEVELS))
        return raise_text(lua, "Invalid debug level.");
    luaL_Buffer buffer;
    luaL_buffinit(lua, &buffer);
    for (int i = 2; i <= count; i++) {
        size_t len;
        const char *text = lua_tolstring(lua, i, &len);
        if (!text)
            continue;
        if (i > 2)
            luaL_addchar(&buffer, ' ');
        luaL_addlstring(&buffer, text, len);
    }
    luaL_pushresult(&buffer);
    log_flooding(&flood, log_levels[(int)level], "%s", lua_tostring(lua, -1));
    return 0;
}

static int redis_setresp(lua_State *lua)
{
    struct interpreter *interpreter = interpreter_of(lua);
    if (lua_gettop(lua) != 1)
        return raise_text(lua, "redis.setresp() requires one argument.");
    lua_Number version = lua_tonumber(lua, 1);
    if (version != 2 && version != 3)
        return raise_text(lua, "RESP version must be 2 or 3.");
    if (interpreter->keeper)
        interpreter->keeper->resp = (uint8_t)version;
    return 0;
}

/* Where effects go is nothing that a script decides here; what Redis would accept is accepted. */
static int redis_set_repl(lua_State *lua)
{
    if (lua_gettop(lua) != 1)
        return raise_text(lua, "redis.set_repl() requires one argument.");
    lua_Number flags = lua_tonumber(lua, 1);
    if (!(flags >= 0 && flags <= 3))
        return raise_text(lua, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
    return 0;
}

static int redis_replicate_commands(lua_State *lua)
{
    lua_pushboolean(lua, 1);
    return 1;
}

/* There is no debugger. */
static int redis_breakpoint(lua_State *lua)
{
    lua_pushboolean(lua, 0);
    return 1;
}

static int redis_debug(lua_State *lua)
{
    (void)lua;
    return 0;
}

/* ---- the table ---- */

/* Where a function or a constant is found. */
enum { FOR_SCRIPTS = 1, FOR_FUNCTIONS = 2, FOR_LOADING = 4, FOR_ALL = 7 };

static const struct redis_function {
    const char *name;
    lua_CFunction function;
    unsigned where;
} functions[] = {
    {"call", redis_call, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"pcall", redis_pcall, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"acl_check_cmd", redis_acl_check_cmd, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"status_reply", redis_status_reply, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"error_reply", redis_error_reply, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"sha1hex", redis_sha1hex, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"log", redis_log, FOR_ALL},
    {"setresp", redis_setresp, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"set_repl", redis_set_repl, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"replicate_commands", redis_replicate_commands, FOR_SCRIPTS},
    {"breakpoint", redis_breakpoint, FOR_SCRIPTS},
    {"debug", redis_debug, FOR_SCRIPTS},
};

static const struct redis_constant {
    const char *name;
    int value;
    unsigned where;
} constants[] = {
    {"LOG_DEBUG", 0, FOR_ALL},
    {"LOG_VERBOSE", 1, FOR_ALL},
    {"LOG_NOTICE", 2, FOR_ALL},
    {"LOG_WARNING", 3, FOR_ALL},
    {"REPL_NONE", 0, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"REPL_AOF", 1, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"REPL_SLAVE", 2, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"REPL_REPLICA", 2, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"REPL_ALL", 3, FOR_SCRIPTS | FOR_FUNCTIONS},
    {"REDIS_VERSION_NUM", KVS_REDIS_VERSION_NUMBER, FOR_ALL},
};

static void push_table(lua_State *lua, unsigned where)
{
    lua_newtable(lua);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (functions[i].where & where) {
            lua_pushcfunction(lua, functions[i].function);
            lua_setfield(lua, -2, functions[i].name);
        }
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
        if (constants[i].where & where) {
            lua_pushinteger(lua, constants[i].value);
            lua_setfield(lua, -2, constants[i].name);
        }
    lua_pushstring(lua, KVS_REDIS_VERSION);
    lua_setfield(lua, -2, "REDIS_VERSION");
}

void redis_library_open(lua_State *lua, enum interpreter_kind kind)
{
    push_table(lua, kind == INTERPRETER_SCRIPTS ? FOR_SCRIPTS : FOR_FUNCTIONS);
    script_globals_protect(lua);
    script_globals_set(lua, "redis");
}

void redis_library_push_for_load(lua_State *lua)
{
    push_table(lua, FOR_LOADING);
}
