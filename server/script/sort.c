/*
 * table.sort. The order of elements that compare equal, and what is said of an order that isn't one, follow from the
 * way of sorting; so this is Lua's: quicksort (Sedgewick) with the median of the first, middle and last element as the
 * pivot, which waits next to the end, and recursion into the smaller part only. Whoever wants n^2 steps can have them,
 * and is interrupted.
 */
#include "script/libraries.h"
#include "script/readonly.h"

#define COMPARISON_STEPS 8

struct sorting {
    lua_State *L;
    struct library_state *interpreter;
    bool is_view, has_order;
};

/* Whether the value at a comes before the one at b: by the function at 2, or as < says. */
static bool comes_before(struct sorting *sorting, int a, int b)
{
    lua_State *L = sorting->L;
    script_steps(L, sorting->interpreter, COMPARISON_STEPS);
    if (!sorting->has_order)
        return lua_lessthan(L, a, b);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, a - 1);
    lua_pushvalue(L, b - 2);
    lua_call(L, 2, 1);
    bool result = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return result;
}

/* Stores the two topmost values: the topmost at i, the one below at j. */
static void store_two(struct sorting *sorting, int i, int j)
{
    if (sorting->is_view)
        script_readonly_refuse(sorting->L);
    lua_rawseti(sorting->L, 1, i);
    lua_rawseti(sorting->L, 1, j);
}

/* Pushes both, and exchanges them if the one at high comes before the one at low. */
static void order_two(struct sorting *sorting, int low, int high)
{
    lua_State *L = sorting->L;
    lua_rawgeti(L, 1, low);
    lua_rawgeti(L, 1, high);
    if (comes_before(sorting, -1, -2))
        store_two(sorting, low, high);
    else
        lua_pop(L, 2);
}

/* Splits low..high around the pivot, which stands at high - 1 and on top of the stack. Returns where it comes to be. */
static int split(struct sorting *sorting, int low, int high)
{
    lua_State *L = sorting->L;
    int i = low, j = high - 1;
    for (;;) {
        while (lua_rawgeti(L, 1, ++i), comes_before(sorting, -1, -2)) {
            if (i > high)
                luaL_error(L, "invalid order function for sorting");
            lua_pop(L, 1);
        }
        while (lua_rawgeti(L, 1, --j), comes_before(sorting, -3, -1)) {
            if (j < low)
                luaL_error(L, "invalid order function for sorting");
            lua_pop(L, 1);
        }
        if (j < i) {
            lua_pop(L, 3);
            lua_rawgeti(L, 1, high - 1);
            lua_rawgeti(L, 1, i);
            store_two(sorting, high - 1, i);
            return i;
        }
        store_two(sorting, i, j);
    }
}

static void sort_range(struct sorting *sorting, int low, int high)
{
    lua_State *L = sorting->L;
    luaL_checkstack(L, 8, "too many elements to sort");
    while (low < high) {
        order_two(sorting, low, high);
        if (high - low == 1)
            return;
        int middle = (int)(((unsigned)low + (unsigned)high) / 2);
        lua_rawgeti(L, 1, middle);
        lua_rawgeti(L, 1, low);
        if (comes_before(sorting, -2, -1)) {
            store_two(sorting, middle, low);
        } else {
            lua_pop(L, 1);
            lua_rawgeti(L, 1, high);
            if (comes_before(sorting, -1, -2))
                store_two(sorting, middle, high);
            else
                lua_pop(L, 2);
        }
        if (high - low == 2)
            return;
        lua_rawgeti(L, 1, middle);
        lua_pushvalue(L, -1);
        lua_rawgeti(L, 1, high - 1);
        store_two(sorting, middle, high - 1);
        int pivot = split(sorting, low, high);
        if (pivot - low < high - pivot) {
            sort_range(sorting, low, pivot - 1);
            low = pivot + 1;
        } else {
            sort_range(sorting, pivot + 1, high);
            high = pivot - 1;
        }
    }
}

int script_sort(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    struct sorting sorting = {.L = L, .interpreter = library_state_of_call(L)};
    luaL_checkstack(L, 40, "");
    sorting.is_view = script_readonly_resolve(L, 1);
    int len = (int)lua_objlen(L, 1);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    sorting.has_order = !lua_isnil(L, 2);
    sort_range(&sorting, 1, len);
    return 0;
}
