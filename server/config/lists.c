/*
 * Arrays of texts that grow by one at a time; a line's place has the same number as the user or rename that the line
 * adds.
 */
#include "config/lists.h"

#include "base/memory.h"
#include "base/text.h"
#include "config/directive.h"
#include "config/remarks.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static struct config_extra *extra_of(const struct config *config)
{
    return config->extra;
}

static int refuse(char **error_out, char *message)
{
    *error_out = message;
    return -EINVAL;
}

/* ---- arrays of texts ---- */

/* Takes the text. */
static void append(char ***array, size_t count, char *text)
{
    *array = mem_realloc(*array, (count + 1) * sizeof **array);
    (*array)[count] = text;
}

static char **copy_array(char *const *array, size_t count)
{
    if (!array)
        return NULL;
    char **copy = mem_alloc((count + 1) * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = mem_strdup(array[i]);
    return copy;
}

static void free_array(char ***array, size_t count)
{
    for (size_t i = 0; *array && i < count; i++)
        mem_free((*array)[i]);
    mem_free(*array);
    *array = NULL;
}

/* ---- users ---- */

static bool is_about(const char *text, const char *name)
{
    struct text_words words;
    if (text_split(text, strlen(text), &words) != 0)
        return false;
    bool is = words.count > 0 && strcmp(words.words[0], name) == 0;
    text_words_free(&words);
    return is;
}

/* Whether a line at place overrules one at other: the command line overrules files. */
static bool overrules(const char *place, const char *other)
{
    return strcmp(place, CONFIG_COMMAND_LINE) == 0 && strcmp(other, CONFIG_COMMAND_LINE) != 0;
}

static char *join_words(const char *const *words, size_t count)
{
    struct text text = TEXT_EMPTY;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_add_char(&text, ' ');
        text_add_word(&text, words[i]);
    }
    return text.data;
}

/* The number of the user with that name; user_count: there is none. */
static size_t find_user(const struct config *config, const char *name)
{
    size_t at = 0;
    while (at < config->user_count && !is_about(config->users[at], name))
        at++;
    return at;
}

int users_add(struct config *config, const char *const *words, size_t count, const char *place, char **error_out)
{
    struct config_extra *extra = extra_of(config);
    size_t at = find_user(config, words[0]);
    bool anew = count > 1 && strcasecmp(words[1], "reset") == 0;
    if (at < config->user_count && !anew && !overrules(place, config_user_place(config, at)))
        return refuse(error_out,
                      text_format("user '%s' is declared twice, first at %s; keep one line, or let the second begin "
                                  "with 'reset' if it is to replace the first",
                                  words[0], config_user_place(config, at)));
    if (at < config->user_count) {
        if (strcmp(place, CONFIG_COMMAND_LINE) != 0)
            config_remark(config, place, "user '%s' replaces the one at %s, which has no effect", words[0],
                          config_user_place(config, at));
        mem_free(config->users[at]);
        mem_free(extra->user_places[at]);
        config->users[at] = join_words(words, count);
        extra->user_places[at] = mem_strdup(place);
        return 0;
    }
    append(&extra->user_places, extra->user_place_count++, mem_strdup(place));
    append(&config->users, config->user_count, join_words(words, count));
    config->user_count++;
    return 0;
}

void users_take_away(struct config *config, const char *name, const char *place)
{
    struct config_extra *extra = extra_of(config);
    size_t at = find_user(config, name);
    if (at == config->user_count) {
        config_remark(config, place, "user '-%s' takes away nobody: no line above declares such a user", name);
        return;
    }
    if (strcmp(place, CONFIG_COMMAND_LINE) != 0)
        config_remark(config, place, "user '-%s' takes away the one at %s, which has no effect", name,
                      config_user_place(config, at));
    mem_free(config->users[at]);
    mem_free(extra->user_places[at]);
    size_t behind = --config->user_count - at;
    memmove(&config->users[at], &config->users[at + 1], behind * sizeof *config->users);
    memmove(&extra->user_places[at], &extra->user_places[at + 1], behind * sizeof *extra->user_places);
    extra->user_place_count--;
}

void users_clear(struct config *config)
{
    struct config_extra *extra = extra_of(config);
    free_array(&extra->user_places, extra->user_place_count);
    extra->user_place_count = 0;
    free_array(&config->users, config->user_count);
    config->user_count = 0;
}

void users_copy(struct config *to, const struct config *from)
{
    struct config_extra *extra = extra_of(to);
    users_clear(to);
    to->users = copy_array(from->users, from->user_count);
    to->user_count = from->user_count;
    extra->user_places = copy_array(extra_of(from)->user_places, extra_of(from)->user_place_count);
    extra->user_place_count = extra_of(from)->user_place_count;
}

bool config_same_users(const struct config *a, const struct config *b)
{
    bool same = a->user_count == b->user_count;
    for (size_t i = 0; same && i < a->user_count; i++)
        same = strcmp(a->users[i], b->users[i]) == 0;
    return same;
}

void config_set_users(struct config *config, char **users, size_t count)
{
    users_clear(config);
    config->users = users;
    config->user_count = count;
}

const char *config_user_place(const struct config *config, size_t index)
{
    const struct config_extra *extra = extra_of(config);
    return index < extra->user_place_count ? extra->user_places[index] : "";
}

/* ---- new names of commands ---- */

int renames_add(struct config *config, const char *const *words, size_t count, const char *place, char **error_out)
{
    if (count != 2 || *words[0] == '\0')
        return refuse(error_out, mem_strdup("write a command and its new name, or \"\" to disable the command"));
    append(&extra_of(config)->rename_places, config->rename_count, mem_strdup(place));
    append(&config->renames, 2 * config->rename_count, mem_strdup(words[0]));
    append(&config->renames, 2 * config->rename_count + 1, mem_strdup(words[1]));
    config->rename_count++;
    return 0;
}

const char *config_rename_place(const struct config *config, size_t index)
{
    return extra_of(config)->rename_places[index];
}

/* ---- both ---- */

void lists_copy(struct config *to, const struct config *from)
{
    const struct config_extra *extra = extra_of(from);
    to->users = copy_array(from->users, from->user_count);
    to->renames = copy_array(from->renames, 2 * from->rename_count);
    extra_of(to)->user_places = copy_array(extra->user_places, extra->user_place_count);
    extra_of(to)->user_place_count = extra->user_place_count;
    extra_of(to)->rename_places = copy_array(extra->rename_places, from->rename_count);
}

void lists_free(struct config *config)
{
    users_clear(config);
    free_array(&extra_of(config)->rename_places, config->rename_count);
    free_array(&config->renames, 2 * config->rename_count);
    config->rename_count = 0;
}
