/* The names of clients, and that nothing stays of those that were given up. */
#include "base/bytes.h"
#include "base/memory.h"
#include "clients/client_names.h"

#include <check.h>
#include <string.h>

static struct client client;

static void set_up(void)
{
    client = (struct client){0};
}

static void tear_down(void)
{
    client_clear_names(&client);
}

static void set(enum client_name which, const char *name)
{
    client_set_name(&client, which, &(struct arg){.data = (char *)name, .len = strlen(name)});
}

static void expect_names(const char *name, const char *library, const char *version)
{
    ck_assert_str_eq(client_name(&client, CLIENT_NAME), name);
    ck_assert_str_eq(client_name(&client, CLIENT_LIBRARY), library);
    ck_assert_str_eq(client_name(&client, CLIENT_LIBRARY_VERSION), version);
}

START_TEST(names_are_set_and_removed_each_by_itself)
{
    expect_names("", "", "");
    set(CLIENT_LIBRARY_VERSION, "7.1.0");
    expect_names("", "", "7.1.0");
    set(CLIENT_NAME, "me");
    set(CLIENT_LIBRARY, "redis-py");
    expect_names("me", "redis-py", "7.1.0");
    set(CLIENT_LIBRARY, "another-and-longer-one");
    expect_names("me", "another-and-longer-one", "7.1.0");
    set(CLIENT_NAME, "");
    expect_names("", "another-and-longer-one", "7.1.0");
    set(CLIENT_LIBRARY_VERSION, "");
    expect_names("", "another-and-longer-one", "");
}
END_TEST

START_TEST(nothing_is_held_for_a_client_without_names)
{
    set(CLIENT_NAME, "");
    ck_assert_ptr_null(client.names);
    set(CLIENT_NAME, "me");
    set(CLIENT_LIBRARY, "redis-py");
    ck_assert_ptr_nonnull(client.names);
    set(CLIENT_NAME, "");
    ck_assert_ptr_nonnull(client.names);
    set(CLIENT_LIBRARY, "");
    ck_assert_ptr_null(client.names);
}
END_TEST

START_TEST(a_library_with_its_version_costs_a_small_allocation)
{
    set(CLIENT_LIBRARY, "redis-py");
    set(CLIENT_LIBRARY_VERSION, "7.1.0");
    ck_assert_ptr_null(client.extra);
    ck_assert_uint_le(strlen("redis-py") + strlen("7.1.0") + CLIENT_NAMES, 16);
}
END_TEST

START_TEST(a_copy_outlives_the_names)
{
    ck_assert_ptr_null(client_names_copy(&client));
    ck_assert_str_eq(client_names_read(NULL, CLIENT_LIBRARY), "");
    set(CLIENT_NAME, "me");
    set(CLIENT_LIBRARY_VERSION, "7.1.0");
    char *copy = client_names_copy(&client);
    client_clear_names(&client);
    ck_assert_str_eq(client_names_read(copy, CLIENT_NAME), "me");
    ck_assert_str_eq(client_names_read(copy, CLIENT_LIBRARY), "");
    ck_assert_str_eq(client_names_read(copy, CLIENT_LIBRARY_VERSION), "7.1.0");
    mem_free(copy);
}
END_TEST

START_TEST(names_without_blanks_and_control_characters_are_valid)
{
    static const struct {
        const char *name;
        bool valid;
    } cases[] = {{"", true}, {"!~", true}, {"a b", false}, {"a\n", false}, {"\x7f", false}, {"\xc3\xa4", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arg name = {.data = (char *)cases[i].name, .len = strlen(cases[i].name)};
        ck_assert_msg(!client_name_fault(&name) == cases[i].valid, "%s", cases[i].name);
    }
}
END_TEST

START_TEST(names_are_short)
{
    char longest[CLIENT_NAME_MAX + 1];
    memset(longest, 'n', sizeof longest);
    ck_assert_ptr_null(client_name_fault(&(struct arg){longest, CLIENT_NAME_MAX, NULL}));
    ck_assert_str_eq(client_name_fault(&(struct arg){longest, CLIENT_NAME_MAX + 1, NULL}),
                     "cannot be longer than 1024 bytes.");
}
END_TEST

Suite *suite_client_names(void);
Suite *suite_client_names(void)
{
    Suite *suite = suite_create("client_names");
    TCase *tcase = tcase_create("client_names");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, names_are_set_and_removed_each_by_itself);
    tcase_add_test(tcase, nothing_is_held_for_a_client_without_names);
    tcase_add_test(tcase, a_library_with_its_version_costs_a_small_allocation);
    tcase_add_test(tcase, a_copy_outlives_the_names);
    tcase_add_test(tcase, names_without_blanks_and_control_characters_are_valid);
    tcase_add_test(tcase, names_are_short);
    suite_add_tcase(suite, tcase);
    return suite;
}
