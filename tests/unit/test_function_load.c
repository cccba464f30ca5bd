/* Libraries are run to find out what they register; of one that fails nothing stays. */
#include "base/text.h"
#include "script/function_load.h"
#include "script/function_set.h"
#include "script/interpreters.h"

#include <check.h>
#include <string.h>

static struct text error;

static void note_pause(struct script_keeper *keeper)
{
    (void)keeper;
}

static struct script_keeper keeper = {.pause = note_pause, .resp = 2};

static void make(void)
{
    error = TEXT_EMPTY;
}

static void drop(void)
{
    text_deinit(&error);
    interpreter_drop(INTERPRETER_FUNCTIONS);
    ck_assert_uint_eq(interpreters_memory(INTERPRETER_FUNCTIONS), 0);
}

/* NULL: error says why not. */
static struct function_library *load(const char *code)
{
    text_clear(&error);
    struct function_library *library = function_load_read(code, strlen(code), &error);
    if (library && !function_load_fill(interpreter_here(INTERPRETER_FUNCTIONS), &keeper, library, &error)) {
        function_library_release(library);
        return NULL;
    }
    return library;
}

static int collect(lua_State *lua)
{
    lua_gc(lua, LUA_GCCOLLECT, 0);
    return 0;
}

static size_t memory_in_use(void)
{
    struct interpreter *interpreter = interpreter_here(INTERPRETER_FUNCTIONS);
    ck_assert(interpreter_protect(interpreter, collect, NULL));
    return interpreter->memory;
}

START_TEST(a_library_has_the_functions_that_it_registers)
{
    struct function_library *library =
        load("#!lua name=lib\nredis.register_function('f', function() end) "
             "redis.register_function{function_name = 'g', callback = function() end, flags = {'no-writes'}, "
             "description = 'about it'}");
    ck_assert_ptr_nonnull(library);
    ck_assert_str_eq(library->name, "lib");
    ck_assert_uint_eq(library->count, 2);
    ck_assert_str_eq(library->functions[0].name, "f");
    ck_assert_str_eq(library->functions[1].name, "g");
    ck_assert_str_eq(library->functions[1].description, "about it");
    ck_assert_uint_ne(library->functions[1].flags, library->functions[0].flags);
    function_library_release(library);
}
END_TEST

#define REGISTER_MANY "for i = 1, 100 do redis.register_function('f' .. i, function() return i end) end "

/* How each of them ends. */
static const char *const ends[] = {
    "",
    "error('late')",
    "error({err = 'late'})",
    "nonexistent()",
    "redis.register_function('f1', function() end)",
    "redis.register_function('a b', function() end)",
    "redis.call('GET', 'x')",
};

START_TEST(nothing_stays_in_the_interpreter)
{
    char code[1000] = "#!lua name=lib\n" REGISTER_MANY;
    size_t before = 0;
    strcat(code, ends[_i]);
    for (int round = 0; round < 10; round++) {
        struct function_library *library = load(code);
        ck_assert_int_eq(library != NULL, _i == 0);
        ck_assert_int_eq(error.len > 0, _i > 0);
        if (library)
            function_library_release(library);
        size_t now = memory_in_use();
        ck_assert_msg(round < 2 || now <= before, "%zu bytes and then %zu: %s", before, now, ends[_i]);
        before = now;
    }
}
END_TEST

/* Whatever the allocation that fails: the load does, or it needn't have it, and the next one succeeds. */
START_TEST(a_load_without_memory_fails_and_spoils_nothing)
{
    static const char code[] = "#!lua name=lib\n" REGISTER_MANY;
    unsigned failed = 0, succeeded = 0;
    for (size_t more = 0; succeeded < 3; more += 101) {
        interpreter_drop(INTERPRETER_FUNCTIONS);
        struct interpreter *interpreter = interpreter_here(INTERPRETER_FUNCTIONS);
        interpreter->limit = interpreter->memory + more;
        struct function_library *library = load(code);
        if (library) {
            ck_assert_uint_eq(library->count, 100);
            function_library_release(library);
            succeeded++;
            continue;
        }
        ck_assert_uint_eq(succeeded, 0);
        ck_assert_ptr_nonnull(strstr(error.data, "not enough memory"));
        failed++;
        if (interpreter_here(INTERPRETER_FUNCTIONS) == interpreter)
            interpreter->limit = interpreter->memory + ((size_t)16 << 20);
        library = load(code);
        ck_assert_ptr_nonnull(library);
        function_library_release(library);
    }
    ck_assert_uint_gt(failed, 10);
}
END_TEST

START_TEST(a_first_line_that_is_none_is_refused)
{
    static const struct {
        const char *code, *error;
    } lines[] = {
        {"", "Missing library metadata"},
        {"#", "Missing library metadata"},
        {"code", "Missing library metadata"},
        {"#!lua name=x", "Invalid library metadata"},
        {"#!lua\n", "Library name was not given"},
        {"#!\n", "Library name was not given"},
        {"#!js name=x\n", "Engine 'js' not found"},
        {"#! name=x\n", "Engine '' not found"},
        {"#!lua name=x name=y\n", "Invalid metadata value, name argument was given multiple times"},
        {"#!lua foo=x\n", "Invalid metadata value given: foo=x"},
        {"#!lua nam\n", "Invalid metadata value given: nam"},
        {"#!lua name=\n",
         "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"},
        {"#!lua name=a-b\n",
         "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"},
        {"#!lua name=x\n", "No functions registered"},
        {"#!lua name=x\nsyntax error", "Error compiling function: user_function:2: '=' expected near 'error'"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_ptr_null(load(lines[i].code));
        ck_assert_str_eq(error.data, lines[i].error);
    }
}
END_TEST

Suite *suite_function_load(void);
Suite *suite_function_load(void)
{
    Suite *suite = suite_create("function_load");
    TCase *tcase = tcase_create("function_load");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, make, drop);
    tcase_add_test(tcase, a_library_has_the_functions_that_it_registers);
    tcase_add_loop_test(tcase, nothing_stays_in_the_interpreter, 0, sizeof ends / sizeof ends[0]);
    tcase_add_test(tcase, a_load_without_memory_fails_and_spoils_nothing);
    tcase_add_test(tcase, a_first_line_that_is_none_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
