/*
 * Bytes that no configuration file can hold, or only in quotes: nothing is cut on the way in, or changed on the way
 * out.
 */
#include "base/bytes.h"
#include "base/memory.h"
#include "config/config.h"
#include "config/directive.h"
#include "kit/scratch.h"
#include "unit/config_fixture.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes a file that may hold NUL bytes; returns its path. */
static const char *write_bytes(const char *name, const char *data, size_t len)
{
    const char *path = config_write_file(name, "");
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, len, file), len);
    fclose(file);
    return path;
}

#define WRITE(name, literal) write_bytes(name, literal, sizeof(literal) - 1)

START_TEST(a_line_with_a_nul_byte_is_refused_with_its_number)
{
    static const char words[] = "the line holds a NUL byte";
    config_expect_message(CONFIG_LOAD(WRITE("a.conf", "timeout 1\nrequirepass long\0er\n")), "a.conf:2: ", words);
    config_expect_message(CONFIG_LOAD(WRITE("a.conf", "maxclients 50\0\n")), "a.conf:1: ", words);
    config_expect_message(CONFIG_LOAD(WRITE("a.conf", "\n\n\0timeout 1\n")), "a.conf:3: ", words);
    config_expect_message(CONFIG_LOAD(WRITE("a.conf", "# a comment\0\n")), "a.conf:1: ", words);
    config_expect_message(CONFIG_LOAD(WRITE("a.conf", "timeout 1\nhz 10\0")), "a.conf:2: ", words);
    WRITE("b.conf", "user alice on >long\0er\n");
    char include[256];
    snprintf(include, sizeof include, "include %s\n", config_path("b.conf"));
    config_expect_message(CONFIG_LOAD(config_write_file("a.conf", include)), "b.conf:1: ", words);
}
END_TEST

START_TEST(no_directive_is_set_to_a_part_of_what_was_given)
{
    config_expect_loaded(CONFIG_LOAD("--timeout", "1"));
    for (size_t i = 0; i < directive_count; i++) {
        char *error = NULL;
        const char *name = directives[i].name;
        const struct bytes pair[] = {{name, strlen(name)}, {"1\0more", strlen("1") + 1 + strlen("more")}};
        ck_assert_msg(config_set(&test_config, pair, 1, &error) == -EINVAL, "%s", name);
        mem_free(error);
    }
    ck_assert_str_eq(config_answer("timeout"), "timeout=1;");
}
END_TEST

START_TEST(rewrite_refuses_a_file_with_a_nul_byte)
{
    static const char content[] = "timeout 1\nrequirepass long\0er\n";
    config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", "timeout 1\n")));
    WRITE("a.conf", content);
    config_expect_loaded(CONFIG_SET("timeout", "2"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), -EINVAL);
    char *left = scratch_read(config_path("a.conf"));
    ck_assert_int_eq(memcmp(left, content, sizeof content - 1), 0);
    free(left);
}
END_TEST

/* in the directives that take words, and in one that takes a text */
START_TEST(rewrite_writes_what_is_read_again_whatever_a_value_holds)
{
    static const char *const values[] = {
        "a\nrequirepass hunter2", "a  b", " a", "a ", "it's", "\"a b\"", "a\tb", "#a", "\x01\xff\r", "\\x00",
    };
    static const char *const names[] = {"bind", "masteruser", "requirepass", "tls-ciphers"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", "timeout 1\n")));
            config_expect_loaded(CONFIG_SET(names[n], values[i]));
            char *before = mem_strdup(config_answer("*"));
            ck_assert_msg(config_rewrite(&test_config, NULL) == 0, "%s '%s'", names[n], values[i]);
            config_expect_loaded(CONFIG_LOAD(config_path("a.conf")));
            ck_assert_str_eq(config_answer("*"), before);
            mem_free(before);
        }
    }
}
END_TEST

START_TEST(an_equals_sign_behind_a_secret_shows_no_secret)
{
    char *error = CONFIG_LOAD(config_write_file("a.conf", "requirepass=hunter2\n"));
    ck_assert_ptr_nonnull(error);
    ck_assert_ptr_null(strstr(error, "hunter2"));
    config_expect_message(error, "a.conf:1: unknown directive 'requirepass=VALUE'", "as in 'requirepass VALUE'");
    config_expect_message(CONFIG_LOAD("--timeout=1"), "unknown directive '--timeout=1'", "as in '--timeout 1'");
}
END_TEST

Suite *suite_config_bytes(void);
Suite *suite_config_bytes(void)
{
    Suite *suite = suite_create("config bytes");
    TCase *tcase = tcase_create("config bytes");
    tcase_add_checked_fixture(tcase, config_set_up, config_tear_down);
    tcase_add_test(tcase, a_line_with_a_nul_byte_is_refused_with_its_number);
    tcase_add_test(tcase, no_directive_is_set_to_a_part_of_what_was_given);
    tcase_add_test(tcase, rewrite_refuses_a_file_with_a_nul_byte);
    tcase_add_test(tcase, rewrite_writes_what_is_read_again_whatever_a_value_holds);
    tcase_add_test(tcase, an_equals_sign_behind_a_secret_shows_no_secret);
    suite_add_tcase(suite, tcase);
    return suite;
}
