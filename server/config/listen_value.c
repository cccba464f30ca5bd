/*
 * Entries are read into a separate list, which takes the place of the old one when all of it is good. Every path that
 * is kept has a slash and begins with neither a sign nor an option, so that entries written as text read back as they
 * were.
 */
#include "config/listen_value.h"

#include "base/memory.h"
#include "base/text.h"
#include "config/directive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#define MODE_INITIAL 0660
#define ACCESS_INITIAL ACCESS_WRITE
#define OPTIONS "mode=, owner=, group=, access= or user="

enum option { OPTION_MODE, OPTION_OWNER, OPTION_GROUP, OPTION_ACCESS, OPTION_USER, OPTIONS_COUNT };

static const char *const option_names[OPTIONS_COUNT] = {"mode", "owner", "group", "access", "user"};

static int refuse(char **error_out, char *message)
{
    *error_out = message;
    return -EINVAL;
}

/* ---- lists of entries ---- */

static void entry_free(struct listen_entry *entry)
{
    mem_free(entry->path);
    mem_free(entry->owner);
    mem_free(entry->group);
    mem_free(entry->user);
}

void listen_free(struct config *config)
{
    for (size_t i = 0; i < config->listen_count; i++)
        entry_free(&config->listens[i]);
    mem_free(config->listens);
    config->listens = NULL;
    config->listen_count = 0;
}

static void append(struct config *config, struct listen_entry entry)
{
    size_t size = (config->listen_count + 1) * sizeof *config->listens;
    config->listens = mem_realloc(config->listens, size);
    config->listens[config->listen_count++] = entry;
}

void listen_copy(struct config *to, const struct config *from)
{
    to->listens = NULL;
    to->listen_count = 0;
    for (size_t i = 0; i < from->listen_count; i++) {
        struct listen_entry entry = from->listens[i];
        entry.path = mem_strdup(entry.path);
        entry.owner = mem_strdup(entry.owner);
        entry.group = mem_strdup(entry.group);
        entry.user = mem_strdup(entry.user);
        append(to, entry);
    }
}

static void move(struct config *to, struct config *from)
{
    listen_free(to);
    to->listens = from->listens;
    to->listen_count = from->listen_count;
}

const struct listen_entry *listen_find(const struct config *config, const char *path)
{
    for (size_t i = 0; i < config->listen_count; i++)
        if (strcmp(config->listens[i].path, path) == 0)
            return &config->listens[i];
    return NULL;
}

void listen_remove(struct config *config, size_t index)
{
    entry_free(&config->listens[index]);
    size_t behind = --config->listen_count - index;
    memmove(&config->listens[index], &config->listens[index + 1], behind * sizeof *config->listens);
}

/* ---- one entry ---- */

static bool is_option(const char *word)
{
    size_t letters = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");
    return letters > 0 && word[letters] == '=';
}

/* The option that the word sets, and its value. */
static bool find_option(const char *word, enum option *option_out, const char **value_out)
{
    size_t len = strcspn(word, "=");
    for (int i = 0; i < OPTIONS_COUNT; i++)
        if (strlen(option_names[i]) == len && strncasecmp(option_names[i], word, len) == 0) {
            *option_out = (enum option)i;
            *value_out = word + len + 1;
            return true;
        }
    return false;
}

/* Whether a path contains an option, because quotes were put around both. */
static bool holds_option(const char *path)
{
    for (const char *at = path; (at = strpbrk(at, " \t")); at++) {
        enum option option;
        const char *value;
        if (is_option(at + 1) && find_option(at + 1, &option, &value))
            return true;
    }
    return false;
}

char *listen_check_path(const char *path)
{
    const size_t longest = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
    size_t len = strlen(path);
    if (len == 0)
        return mem_strdup("the path is empty; write the path of a socket file");
    if (path[0] == '@')
        return mem_strdup(LISTEN_NO_ABSTRACT);
    if (len > longest)
        return text_format("the path has %zu bytes, and the kernel takes at most %zu; choose a shorter one", len,
                           longest);
    if (path[len - 1] == '/')
        return mem_strdup("the path names a folder; add the name of the socket file");
    return NULL;
}

/* The path as it is kept. */
static char *own_path(const char *word)
{
    bool plain = strchr(word, '/') && !strchr("+-@", *word) && !is_option(word);
    return plain ? mem_strdup(word) : text_format("./%s", word);
}

static int begin_entry(struct config *list, const char *word, char **error_out)
{
    char *problem = listen_check_path(word);
    if (!problem && holds_option(word))
        problem = mem_strdup("the path holds an option; put the quotes around the path alone");
    if (problem)
        return refuse(error_out, problem);
    char *path = own_path(word);
    problem = listen_check_path(path); /* two bytes may have been put in front */
    if (!problem && listen_find(list, path))
        problem = text_format("there are two entries for %s; keep one", path);
    if (!problem && list->listen_count == LISTEN_ENTRIES_MAX)
        problem = text_format("there are more than %d entries; remove some", LISTEN_ENTRIES_MAX);
    if (problem) {
        mem_free(path);
        return refuse(error_out, problem);
    }
    append(list, (struct listen_entry){.path = path,
                                       .mode = MODE_INITIAL,
                                       .owner = mem_strdup(""),
                                       .group = mem_strdup(""),
                                       .access = ACCESS_INITIAL,
                                       .user = mem_strdup("")});
    return 0;
}

static int set_mode(struct listen_entry *entry, const char *value, char **error_out)
{
    size_t digits = strspn(value, "01234567");
    long mode = strtol(value, NULL, 8);
    if (digits == 0 || value[digits] != '\0' || mode > 0777)
        return refuse(error_out,
                      text_format("mode=%s is not an octal number up to 0777; write one such as 0660", value));
    entry->mode = (int)mode;
    return 0;
}

static int set_access(struct listen_entry *entry, const char *value, char **error_out)
{
    for (enum access_level level = ACCESS_READ; level <= ACCESS_ADMIN; level++)
        if (strcasecmp(access_level_name(level), value) == 0) {
            entry->access = level;
            return 0;
        }
    return refuse(error_out, text_format("access=%s is unknown; write read, write or admin", value));
}

static int set_name(char **field, enum option option, const char *value, char **error_out)
{
    if (*value == '\0' || strpbrk(value, " \t\r\n"))
        return refuse(error_out, text_format("%s=%s is not a name; write one, or leave out the option",
                                             option_names[option], value));
    mem_free(*field);
    *field = mem_strdup(value);
    return 0;
}

/* seen has a bit for each option that the entry has already. */
static int set_option(struct listen_entry *entry, const char *word, unsigned *seen, char **error_out)
{
    enum option option;
    const char *value;
    if (!find_option(word, &option, &value))
        return refuse(error_out, text_format("unknown option '%s'; write " OPTIONS
                                             ", or ./ before it if it is the path of another socket file",
                                             word));
    if ((*seen & 1U << option) != 0)
        return refuse(error_out, text_format("%s= is given twice; keep one", option_names[option]));
    *seen |= 1U << option;
    switch (option) {
    case OPTION_MODE:
        return set_mode(entry, value, error_out);
    case OPTION_ACCESS:
        return set_access(entry, value, error_out);
    case OPTION_OWNER:
        return set_name(&entry->owner, option, value, error_out);
    case OPTION_GROUP:
        return set_name(&entry->group, option, value, error_out);
    default:
        return set_name(&entry->user, option, value, error_out);
    }
}

/* Adds the entries of words to the list; on an error some may have been added. */
static int read_entries(struct config *list, const char *const *words, size_t count, char **error_out)
{
    unsigned seen = 0;
    for (size_t i = 0; i < count; i++) {
        int result;
        if (is_option(words[i])) {
            if (i == 0)
                return refuse(error_out, mem_strdup("the path is missing; write it before the options"));
            result = set_option(&list->listens[list->listen_count - 1], words[i], &seen, error_out);
        } else if (i > 0 && !strchr(words[i], '/') && words[i][0] != '@') {
            return refuse(error_out, text_format("'%s' is not an option (" OPTIONS
                                                 "); if it is the path of another socket file, write ./%s",
                                                 words[i], words[i]));
        } else {
            seen = 0;
            result = begin_entry(list, words[i], error_out);
        }
        if (result != 0)
            return result;
    }
    return 0;
}

/* ---- from words and text ---- */

/* Adds the entries of words to the list, which then takes the place of config's; on an error it is freed. */
static int read_over(struct config *config, struct config *list, const char *const *words, size_t count,
                     char **error_out)
{
    int result = read_entries(list, words, count, error_out);
    if (result == 0)
        move(config, list);
    else
        listen_free(list);
    return result;
}

int listen_set(struct config *config, const char *const *words, size_t count, char **error_out)
{
    struct config list = {0};
    bool empty = count == 1 && *words[0] == '\0';
    return read_over(config, &list, words, empty ? 0 : count, error_out);
}

int listen_add(struct config *config, const char *const *words, size_t count, char **error_out)
{
    struct config list;
    listen_copy(&list, config);
    return read_over(config, &list, words, count, error_out);
}

static int remove_path(struct config *config, const char *word, char **error_out)
{
    char *path = own_path(word);
    const struct listen_entry *entry = listen_find(config, path);
    mem_free(path);
    if (!entry)
        return refuse(error_out, text_format("there is no entry for '%s'; CONFIG GET listen shows all entries", word));
    listen_remove(config, (size_t)(entry - config->listens));
    return 0;
}

/* Adds the one entry of words, or puts it in place of the entry with the same path. */
static int put(struct config *config, const char *const *words, size_t count, char **error_out)
{
    struct config one = {0};
    int result = listen_set(&one, words, count, error_out);
    if (result != 0)
        return result;
    const struct listen_entry *old = one.listen_count == 1 ? listen_find(config, one.listens[0].path) : NULL;
    if (one.listen_count != 1) {
        result = refuse(error_out, mem_strdup("+ takes one entry; write one path with its options"));
    } else if (old) {
        struct listen_entry *place = &config->listens[old - config->listens];
        entry_free(place);
        *place = one.listens[0];
        one.listen_count = 0;
    } else if (config->listen_count == LISTEN_ENTRIES_MAX) {
        result = refuse(error_out, text_format("there are %d entries already; remove one", LISTEN_ENTRIES_MAX));
    } else {
        append(config, one.listens[0]);
        one.listen_count = 0;
    }
    listen_free(&one);
    return result;
}

int listen_change(struct config *config, const char *text, char **error_out)
{
    struct text_words words = {0};
    char sign = *text == '+' || *text == '-' ? *text++ : '\0';
    int result;
    if (text_split(text, strlen(text), &words) != 0)
        return refuse(error_out, mem_strdup("unbalanced quotes; close every quote and put a blank after it"));
    const char *const *list = (const char *const *)words.words;
    if (sign == '+')
        result = put(config, list, words.count, error_out);
    else if (sign == '-' && words.count != 1)
        result = refuse(error_out, mem_strdup("- takes one path and nothing else"));
    else if (sign == '-')
        result = remove_path(config, list[0], error_out);
    else
        result = listen_set(config, list, words.count, error_out);
    text_words_free(&words);
    return result;
}

/* ---- as text ---- */

static void describe_name(enum option option, const char *value, struct text *out)
{
    if (*value == '\0')
        return;
    text_addf(out, " %s=", option_names[option]);
    text_add_word(out, value);
}

void listen_describe_entry(const struct listen_entry *entry, struct text *out)
{
    text_add_word(out, entry->path);
    text_addf(out, " mode=%04o", (unsigned)entry->mode);
    describe_name(OPTION_OWNER, entry->owner, out);
    describe_name(OPTION_GROUP, entry->group, out);
    text_addf(out, " access=%s", access_level_name(entry->access));
    describe_name(OPTION_USER, entry->user, out);
}

void listen_describe(const struct config *config, struct text *out)
{
    for (size_t i = 0; i < config->listen_count; i++) {
        if (i > 0)
            text_add_char(out, ' ');
        listen_describe_entry(&config->listens[i], out);
    }
}
