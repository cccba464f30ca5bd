#include "script/compiled.h"

#include "base/memory.h"
#include "base/text.h"
#include "script/compile.h"
#include "script/interpreters.h"
#include "script/script_cache.h"
#include "script/script_flags.h"

#include <lauxlib.h>
#include <string.h>

#define CHAINS 256
#define COMPILED_MAX 2000                     /* then the interpreter begins anew */
#define COMPILED_BYTES_MAX ((size_t)32 << 20) /* of their texts: likewise */

struct compiled {
    struct compiled *next;
    struct script *script; /* retained */
    int function;          /* its reference in Lua's registry */
};

struct compiled_set {
    uint64_t generation; /* of the cache */
    unsigned count;
    size_t bytes; /* of their texts */
    struct compiled *chains[CHAINS];
};

static void compiled_forget(struct interpreter *interpreter)
{
    struct compiled_set *set = interpreter->compiled;
    for (size_t i = 0; set && i < CHAINS; i++)
        while (set->chains[i]) {
            struct compiled *compiled = set->chains[i];
            set->chains[i] = compiled->next;
            script_release(compiled->script);
            mem_free(compiled);
        }
    mem_free(set);
    interpreter->compiled = NULL;
}

/* All of it is out of date, or it is so much that the next script might not find the memory that it may have. */
static bool is_to_be_dropped(const struct interpreter *interpreter)
{
    const struct compiled_set *set = interpreter->compiled;
    return set && (set->generation != script_cache_generation() || set->count >= COMPILED_MAX ||
                   set->bytes > COMPILED_BYTES_MAX || interpreter->memory > INTERPRETER_KEPT);
}

struct interpreter *compiled_interpreter(void)
{
    struct interpreter *interpreter = interpreter_here(INTERPRETER_SCRIPTS);
    if (interpreter && is_to_be_dropped(interpreter)) {
        interpreter_drop(INTERPRETER_SCRIPTS);
        interpreter = interpreter_here(INTERPRETER_SCRIPTS);
    }
    if (interpreter && !interpreter->compiled) {
        interpreter->compiled = mem_calloc(sizeof *interpreter->compiled);
        interpreter->compiled->generation = script_cache_generation();
        interpreter->forget = compiled_forget;
    }
    return interpreter;
}

static struct compiled **chain_of(const struct interpreter *interpreter, const char *sha)
{
    unsigned hash = (unsigned char)sha[0] + 31u * (unsigned char)sha[1] + 17u * (unsigned char)sha[2];
    return &interpreter->compiled->chains[hash % CHAINS];
}

static struct compiled *find(const struct interpreter *interpreter, const char *sha)
{
    struct compiled *compiled = *chain_of(interpreter, sha);
    while (compiled && memcmp(compiled->script->sha, sha, SHA1_HEX_LEN) != 0)
        compiled = compiled->next;
    return compiled;
}

/* ---- compiling ---- */

struct compilation {
    const struct script *script;
    struct text *error;
    int function; /* LUA_NOREF: it couldn't be compiled */
};

static int compile(lua_State *lua)
{
    struct compilation *compilation = lua_touserdata(lua, 1);
    const struct script *script = compilation->script;
    if (script_compile(lua, script->text + script->line_len, script->len - script->line_len, "@user_script") == 0) {
        compilation->function = luaL_ref(lua, LUA_REGISTRYINDEX);
        return 0;
    }
    const char *message = lua_tostring(lua, -1);
    text_addf(compilation->error, "Error compiling script (new function): %s", message ? message : "unknown error");
    return 0;
}

/* Takes the reference to the script on success. */
static struct script *add(struct interpreter *interpreter, struct script *script, struct text *error_out)
{
    struct compilation compilation = {script, error_out, LUA_NOREF};
    if (!interpreter_protect(interpreter, compile, &compilation))
        text_add(error_out, "Error compiling script (new function): not enough memory");
    if (compilation.function == LUA_NOREF)
        return NULL;
    struct compiled *compiled = mem_alloc(sizeof *compiled), **chain = chain_of(interpreter, script->sha);
    *compiled = (struct compiled){*chain, script, compilation.function};
    *chain = compiled;
    interpreter->compiled->count++;
    interpreter->compiled->bytes += script->len;
    return script;
}

struct script *compiled_find(struct interpreter *interpreter, const char sha[SHA1_HEX_LEN])
{
    struct compiled *compiled = find(interpreter, sha);
    if (compiled && atomic_load_explicit(&compiled->script->cached, memory_order_relaxed))
        return compiled->script;
    struct script *script = script_cache_find(sha);
    if (!script || compiled) {
        if (script)
            script_release(script);
        return compiled && script ? compiled->script : NULL;
    }
    struct text error = TEXT_EMPTY;
    struct script *added = add(interpreter, script, &error);
    text_deinit(&error);
    if (!added)
        script_release(script);
    return added;
}

struct script *compiled_make(struct interpreter *interpreter, const char sha[SHA1_HEX_LEN], const char *text,
                             size_t len, bool loaded, struct text *error_out)
{
    struct compiled *compiled = find(interpreter, sha);
    if (compiled) {
        if (loaded || !atomic_load_explicit(&compiled->script->cached, memory_order_relaxed))
            compiled->script = script_cache_add(compiled->script, loaded);
        return compiled->script;
    }
    struct script *script = script_create(sha, text, len);
    if (!script) {
        text_add(error_out, "Error compiling script (new function): not enough memory");
        return NULL;
    }
    if (!script_flags_read(script->text, len, &script->flags, &script->line_len, error_out) ||
        !add(interpreter, script, error_out)) {
        script_release(script);
        return NULL;
    }
    compiled = find(interpreter, sha);
    compiled->script = script_cache_add(script, loaded);
    return compiled->script;
}

void compiled_push(struct interpreter *interpreter, const struct script *script)
{
    lua_rawgeti(interpreter->lua, LUA_REGISTRYINDEX, find(interpreter, script->sha)->function);
}
