/*
 * While its code is run, a library finds little more than redis.register_function(). Its functions find the globals of
 * scripts when they are called. Both are seen through one environment, an empty table, whose metatable leads to the one
 * or to the other.
 */
#include "script/function_load.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"
#include "script/compile.h"
#include "script/function_set.h"
#include "script/globals.h"
#include "script/redis_library.h"
#include "script/script_error.h"
#include "script/script_flags.h"

#include <lauxlib.h>
#include <string.h>

#define ENVIRONMENT "kvs.environment" /* in Lua's registry */
#define LOADING "kvs.loading"         /* what it shows while a library is loaded */

/* ---- redis.register_function() ---- */

#define FUNCTION_WORD "redis.register_function"
#define BAD_NAME                                                                                                       \
    "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"

static int raise_text(lua_State *lua, const char *text)
{
    script_error_push(lua, text, strlen(text));
    return script_error_raise(lua);
}

static bool is_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return len > 0;
}

/* What is being registered; the values stand in slots of the stack, 0: not given. */
struct arguments {
    int name, callback, flags, description;
};

/* From the one table with names. */
static void take_named(lua_State *lua, struct arguments *arguments)
{
    static const struct named {
        const char *name;
        int types; /* a bit for each type that it may have */
        const char *wrong;
    } named[] = {
        {"function_name", 1 << LUA_TSTRING | 1 << LUA_TNUMBER,
         "function_name argument given to " FUNCTION_WORD " must be a string"},
        {"description", 1 << LUA_TSTRING | 1 << LUA_TNUMBER,
         "description argument given to " FUNCTION_WORD " must be a string"},
        {"callback", 1 << LUA_TFUNCTION, "callback argument given to " FUNCTION_WORD " must be a function"},
        {"flags", 1 << LUA_TTABLE, "flags argument to " FUNCTION_WORD " must be a table representing function flags"},
    };
    int *const slots[] = {&arguments->name, &arguments->description, &arguments->callback, &arguments->flags};
    lua_settop(lua, 5); /* slots 2 to 5 are theirs */
    for (lua_pushnil(lua); lua_next(lua, 1); lua_pop(lua, 1)) {
        size_t i = 0;
        lua_pushvalue(lua, -2); /* a key that is a number must stay one for lua_next() */
        const char *name = lua_tostring(lua, -1);
        if (!name)
            raise_text(lua, "named argument key given to " FUNCTION_WORD " is not a string");
        while (i < 4 && strcasecmp(name, named[i].name) != 0)
            i++;
        lua_pop(lua, 1);
        const char *wrong = i == 4                                    ? "unknown argument given to " FUNCTION_WORD
                            : named[i].types >> lua_type(lua, -1) & 1 ? NULL
                                                                      : named[i].wrong;
        if (wrong)
            raise_text(lua, wrong);
        *slots[i] = (int)i + 2;
        lua_pushvalue(lua, -1);
        lua_replace(lua, *slots[i]);
    }
    if (!arguments->name)
        raise_text(lua, FUNCTION_WORD " must get a function name argument");
    if (!arguments->callback)
        raise_text(lua, FUNCTION_WORD " must get a callback argument");
}

static void take_pair(lua_State *lua, struct arguments *arguments)
{
    if (!lua_isstring(lua, 1))
        raise_text(lua, "first argument to " FUNCTION_WORD " must be a string");
    if (!lua_isfunction(lua, 2))
        raise_text(lua, "second argument to " FUNCTION_WORD " must be a function");
    *arguments = (struct arguments){.name = 1, .callback = 2};
}

static uint32_t take_flags(lua_State *lua, int slot)
{
    uint32_t flags = 0;
    for (int i = 1; slot; i++) {
        size_t len;
        lua_rawgeti(lua, slot, i);
        if (lua_isnil(lua, -1))
            break;
        const char *name = lua_type(lua, -1) == LUA_TSTRING ? lua_tolstring(lua, -1, &len) : NULL;
        uint32_t flag = name ? script_flag_find(name, len) : 0;
        if (!flag)
            raise_text(lua, "unknown flag given");
        flags |= flag;
        lua_pop(lua, 1);
    }
    return flags;
}

static bool is_registered(const struct registration *registration, const char *name, size_t len)
{
    for (unsigned i = 0; i < registration->count; i++)
        if (bytes_equal(registration->functions[i].name, registration->functions[i].name_len, name, len))
            return true;
    return false;
}

static int register_function(lua_State *lua)
{
    struct registration *registration = interpreter_of(lua)->registration;
    struct arguments arguments = {0};
    size_t len, description_len = 0;
    int count = lua_gettop(lua);
    if (count < 1 || count > 2)
        return raise_text(lua, "wrong number of arguments to " FUNCTION_WORD);
    if (count == 1 && !lua_istable(lua, 1))
        return raise_text(lua, "calling " FUNCTION_WORD " with a single argument is only applicable to Lua table "
                               "(representing named arguments).");
    (count == 1 ? take_named : take_pair)(lua, &arguments);
    if (!registration)
        return raise_text(lua, FUNCTION_WORD " can only be called on FUNCTION LOAD command");
    uint32_t flags = take_flags(lua, arguments.flags);
    const char *name = lua_tolstring(lua, arguments.name, &len);
    const char *description =
        arguments.description ? lua_tolstring(lua, arguments.description, &description_len) : NULL;
    if (!is_name(name, len))
        return raise_text(lua, BAD_NAME);
    if (is_registered(registration, name, len))
        return raise_text(lua, "Function already exists in the library");
    lua_pushvalue(lua, arguments.callback);
    int function = luaL_ref(lua, LUA_REGISTRYINDEX);
    registration->functions =
        mem_realloc(registration->functions, (registration->count + 1) * sizeof *registration->functions);
    registration->functions[registration->count++] = (struct registered){
        .name = mem_dup(name, len),
        .name_len = len,
        .description = description ? mem_dup(description, description_len) : NULL,
        .description_len = description_len,
        .flags = flags,
        .function = function,
    };
    return 0;
}

void registration_deinit(struct registration *registration)
{
    for (unsigned i = 0; i < registration->count; i++) {
        mem_free(registration->functions[i].name);
        mem_free(registration->functions[i].description);
    }
    mem_free(registration->functions);
    *registration = (struct registration){0};
}

static int let_go(lua_State *lua)
{
    const struct registration *registration = lua_touserdata(lua, 1);
    for (unsigned i = 0; i < registration->count; i++)
        luaL_unref(lua, LUA_REGISTRYINDEX, registration->functions[i].function);
    return 0;
}

void registration_drop(struct interpreter *interpreter, struct registration *registration)
{
    if (registration->count > 0 && !interpreter_protect(interpreter, let_go, registration))
        interpreter->is_spoilt = true; /* Lua's list of free references may need memory */
    registration_deinit(registration);
}

/* ---- the environment ---- */

static int refuse_unknown(lua_State *lua)
{
    if (lua_type(lua, 2) != LUA_TSTRING)
        return 0;
    return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'", lua_tostring(lua, 2));
}

static int refuse_change(lua_State *lua)
{
    return luaL_error(lua, "Attempt to modify a readonly table");
}

/* Gives the table on top of the stack a metatable that refuses what isn't there, and changes. */
static void restrict_table(lua_State *lua)
{
    lua_createtable(lua, 0, 3);
    lua_pushcfunction(lua, refuse_unknown);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
}

void function_load_open(lua_State *lua)
{
    lua_newtable(lua); /* what a library finds */
    redis_library_push_for_load(lua);
    lua_pushcfunction(lua, register_function);
    lua_setfield(lua, -2, "register_function");
    restrict_table(lua);
    script_globals_protect(lua);
    lua_setfield(lua, -2, "redis");
    restrict_table(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, LOADING);

    lua_newtable(lua); /* the environment */
    lua_createtable(lua, 0, 2);
    lua_pushvalue(lua, LUA_GLOBALSINDEX);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_change);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
    lua_setfield(lua, LUA_REGISTRYINDEX, ENVIRONMENT);
}

static void show_while_loading(lua_State *lua, bool loading)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, ENVIRONMENT);
    lua_getmetatable(lua, -1);
    if (loading)
        lua_getfield(lua, LUA_REGISTRYINDEX, LOADING);
    else
        lua_pushvalue(lua, LUA_GLOBALSINDEX);
    lua_setfield(lua, -2, "__index");
    lua_pop(lua, 2);
}

/* ---- loading ---- */

struct loading {
    struct interpreter *interpreter;
    struct script_keeper *keeper;
    const struct function_library *library;
    struct text *error;
    bool done;
};

static void note_error(lua_State *lua, struct loading *loading, const char *what)
{
    size_t len = 0;
    if (lua_istable(lua, -1))
        lua_getfield(lua, -1, "err");
    const char *text = lua_tolstring(lua, -1, &len);
    text_addf(loading->error, "%s: %.*s", what, text ? (int)len : 13, text ? text : "unknown error");
}

static int run_code(lua_State *lua)
{
    struct loading *loading = lua_touserdata(lua, 1);
    const struct function_library *library = loading->library;
    lua_settop(lua, 0);
    script_globals_reset(lua);
    if (script_compile(lua, library->code + library->line_len, library->code_len - library->line_len,
                       "@user_function") != 0) {
        note_error(lua, loading, "Error compiling function");
        return 0;
    }
    lua_getfield(lua, LUA_REGISTRYINDEX, ENVIRONMENT);
    lua_setfenv(lua, -2);
    show_while_loading(lua, true);
    loading->done = interpreter_call(loading->interpreter, loading->keeper, 0);
    show_while_loading(lua, false);
    if (!loading->done && !loading->interpreter->aborted)
        note_error(lua, loading, "Error registering functions");
    return 0;
}

bool function_load_run(struct interpreter *interpreter, struct script_keeper *keeper,
                       const struct function_library *library, struct registration *registration_out,
                       struct text *error_out)
{
    struct loading loading = {interpreter, keeper, library, error_out, false};
    *registration_out = (struct registration){0};
    interpreter->registration = registration_out;
    bool ran = interpreter_protect(interpreter, run_code, &loading);
    interpreter->registration = NULL;
    if (!ran) {
        interpreter->is_spoilt = true; /* its environment may be the wrong one */
        text_add(error_out, "Error registering functions: not enough memory");
        return false;
    }
    if (!loading.done)
        registration_drop(interpreter, registration_out);
    else if (registration_out->count == 0)
        text_add(error_out, "No functions registered");
    return registration_out->count > 0;
}

bool function_load_fill(struct interpreter *interpreter, struct script_keeper *keeper, struct function_library *library,
                        struct text *error_out)
{
    struct registration registration;
    bool done = function_load_run(interpreter, keeper, library, &registration, error_out);
    for (unsigned i = 0; done && i < registration.count; i++) {
        const struct registered *registered = &registration.functions[i];
        function_library_add(library, registered->name, registered->name_len, registered->description,
                             registered->description_len, registered->flags);
    }
    registration_drop(interpreter, &registration);
    return done;
}

/* ---- the first line ---- */

/* Reads the words behind the engine; the name lies in them. */
static bool read_name(const struct text_words *words, struct bytes *name, struct text *error)
{
    for (size_t i = 1; i < words->count; i++) {
        const char *word = words->words[i];
        size_t len = words->lens[i];
        if (len < 5 || strncasecmp(word, "name=", 5) != 0) {
            text_addf(error, "Invalid metadata value given: %.*s", (int)len, word);
            return false;
        }
        if (name->data) {
            text_add(error, "Invalid metadata value, name argument was given multiple times");
            return false;
        }
        *name = (struct bytes){word + 5, len - 5};
    }
    if (!name->data)
        text_add(error, "Library name was not given");
    else if (!is_name(name->data, name->len))
        text_add(error, BAD_NAME);
    else
        return true;
    return false;
}

/* From the words of a line, of line_len bytes. */
static struct function_library *create_library(const struct text_words *words, const char *code, size_t len,
                                               size_t line_len, struct text *error)
{
    struct bytes name = {NULL, 0};
    const char *engine = words->words[0] + 2;
    size_t engine_len = words->lens[0] - 2;
    if (!read_name(words, &name, error))
        return NULL;
    if (engine_len != 3 || strncasecmp(engine, "lua", 3) != 0) {
        text_addf(error, "Engine '%.*s' not found", (int)engine_len, engine);
        return NULL;
    }
    return function_library_create(name.data, name.len, code, len, line_len);
}

struct function_library *function_load_read(const char *code, size_t len, struct text *error_out)
{
    struct text_words words;
    if (len < 2 || memcmp(code, "#!", 2) != 0) {
        text_add(error_out, "Missing library metadata");
        return NULL;
    }
    const char *end = memchr(code, '\n', len);
    if (!end || text_split(code, (size_t)(end - code), &words) != 0) {
        text_add(error_out, "Invalid library metadata");
        return NULL;
    }
    struct function_library *library = create_library(&words, code, len, (size_t)(end - code), error_out);
    text_words_free(&words);
    return library;
}
