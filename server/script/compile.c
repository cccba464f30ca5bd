#include "script/compile.h"

#include "script/library_state.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>

#define MAX_LEN ((size_t)512 << 20)
/*
 * So much is given to the parser at once, and the interrupt comes between. A byte may take long: each elseif walks
 * along all jumps out of the statement so far, and a name is looked for in up to 200 functions of 200 variables.
 */
#define PIECE ((size_t)512)
#define STEPS_PER_BYTE 4

struct piecewise {
    struct library_state *interpreter;
    const char *text; /* what is left */
    size_t len;
    bool is_begun;
};

static const char *next_piece(lua_State *L, void *data, size_t *len_out)
{
    struct piecewise *source = data;
    /* bytecode begins with an escape; with a blank before it, it is text with an error in it */
    if (!source->is_begun) {
        source->is_begun = true;
        if (source->len > 0 && source->text[0] == LUA_SIGNATURE[0]) {
            *len_out = 1;
            return " ";
        }
    }
    const char *piece = source->text;
    size_t len = source->len < PIECE ? source->len : PIECE;
    script_steps(L, source->interpreter, len * STEPS_PER_BYTE);
    source->text += len;
    source->len -= len;
    *len_out = len;
    return len > 0 ? piece : NULL;
}

/* lua_load() with the collector off. */
static int load_uncollected(lua_State *L, struct library_state *interpreter, lua_Reader reader, void *data,
                            const char *chunkname)
{
    lua_gc(L, LUA_GCSTOP, 0);
    int status = lua_load(L, reader, data, chunkname);
    if (!interpreter->is_collection_off)
        lua_gc(L, LUA_GCRESTART, 0);
    return status;
}

int script_compile(lua_State *L, const char *text, size_t len, const char *chunkname)
{
    if (len > MAX_LEN) {
        lua_pushfstring(L, "%s: the text is longer than 512 MiB", chunkname);
        return LUA_ERRSYNTAX;
    }
    struct piecewise source = {.interpreter = library_state_of(L), .text = text, .len = len};
    return load_uncollected(L, source.interpreter, next_piece, &source, chunkname);
}

/* The function, or nil and the message. */
static int loaded(lua_State *L, int status)
{
    if (status == 0)
        return 1;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

int script_loadstring(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    return loaded(L, script_compile(L, text, len, luaL_optstring(L, 2, text)));
}

struct generated {
    struct library_state *interpreter;
    const char *text; /* of the first piece, when a blank was put before it */
    size_t len;
    bool is_begun;
};

/* Calls the function at 1; what it returns stays at 3 while it is read. */
static const char *generate_piece(lua_State *L, void *data, size_t *len_out)
{
    struct generated *source = data;
    if (source->text) {
        const char *text = source->text;
        source->text = NULL;
        *len_out = source->len;
        return text;
    }
    luaL_checkstack(L, 2, "too many nested functions");
    if (!source->interpreter->is_collection_off)
        lua_gc(L, LUA_GCRESTART, 0); /* the parser holds on to all but the name, which stands at 2 */
    lua_pushvalue(L, 1);
    lua_call(L, 0, 1);
    lua_gc(L, LUA_GCSTOP, 0);
    if (lua_isnil(L, -1)) {
        *len_out = 0;
        return NULL;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "reader function must return a string");
    lua_replace(L, 3);
    const char *text = lua_tolstring(L, 3, len_out);
    script_steps(L, source->interpreter, *len_out * STEPS_PER_BYTE);
    if (!source->is_begun && *len_out > 0) {
        source->is_begun = true;
        if (text[0] == LUA_SIGNATURE[0]) {
            *source = (struct generated){source->interpreter, text, *len_out, true};
            *len_out = 1;
            return " ";
        }
    }
    return text;
}

int script_load(lua_State *L)
{
    const char *chunkname = luaL_optstring(L, 2, "=(load)");
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_pushstring(L, chunkname);
    lua_pushnil(L);
    struct generated source = {.interpreter = library_state_of(L)};
    return loaded(L, load_uncollected(L, source.interpreter, generate_piece, &source, lua_tostring(L, 2)));
}
