/* See the header. */
#include "unit/config_fixture.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char test_folder[PATH_MAX];
struct config test_config;

void config_set_up(void)
{
    const char *base = getenv("TMPDIR");
    char template[PATH_MAX];
    unsetenv("LISTEN_FDS");
    snprintf(template, sizeof template, "%s/kvs-config.XXXXXX", base ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(template));
    ck_assert_ptr_nonnull(realpath(template, test_folder));
    config_init(&test_config);
}

void config_tear_down(void)
{
    char command[PATH_MAX + 16];
    config_set_listener(NULL, NULL);
    config_deinit(&test_config);
    snprintf(command, sizeof command, "rm -rf '%s'", test_folder);
    ck_assert_int_eq(system(command), 0);
}

const char *config_path(const char *name)
{
    static char paths[4][PATH_MAX * 2];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", test_folder, name);
    return path;
}

const char *config_write_file(const char *name, const char *content)
{
    const char *path = config_path(name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(content, file);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

void config_expect_file(const char *name, const char *expected)
{
    char content[8192];
    FILE *file = fopen(config_path(name), "r");
    ck_assert_ptr_nonnull(file);
    size_t len = fread(content, 1, sizeof content - 1, file);
    content[len] = '\0';
    fclose(file);
    ck_assert_str_eq(content, expected);
}

char *config_load_arguments(const char *const *arguments)
{
    int count = 0;
    char *error = NULL;
    while (arguments[count])
        count++;
    config_deinit(&test_config);
    config_init(&test_config);
    int result = config_load(&test_config, count, (char **)arguments, &error);
    ck_assert_int_eq(result, !error ? 0 : -EINVAL);
    return error;
}

void config_expect_loaded(char *error)
{
    ck_assert_msg(!error, "%s", error);
}

void config_expect_message(char *error, const char *first, const char *second)
{
    ck_assert_msg(error != NULL, "accepted, instead of: %s", first);
    ck_assert_msg(strstr(error, first) != NULL, "'%s' isn't in: %s", first, error);
    ck_assert_msg(strstr(error, second) != NULL, "'%s' isn't in: %s", second, error);
    ck_assert_ptr_null(strchr(error, '\n'));
    mem_free(error);
}

void config_expect_refused(char *error, const char *expected)
{
    ck_assert_msg(error != NULL, "accepted, instead of: %s", expected);
    ck_assert_str_eq(error, expected);
    mem_free(error);
}

static void add_pair(void *context, const char *name, const char *value)
{
    text_addf(context, "%s=%s;", name, value);
}

const char *config_answers(const char *const *patterns, size_t count)
{
    static struct text answer;
    struct bytes words[8];
    for (size_t i = 0; i < count; i++)
        words[i] = (struct bytes){patterns[i], strlen(patterns[i])};
    text_clear(&answer);
    text_add(&answer, "");
    config_get(&test_config, words, count, add_pair, &answer);
    return answer.data;
}

const char *config_answer(const char *pattern)
{
    return config_answers(&pattern, 1);
}

char *config_set_words(const char *const *words, size_t count)
{
    struct bytes pairs[16];
    char *error = NULL;
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct bytes){words[i], strlen(words[i])};
    int result = config_set(&test_config, pairs, count / 2, &error);
    ck_assert((result < 0) == (error != NULL));
    return error;
}
