/*
 * Reading the configuration: a file with the files that it includes, and the command line.
 *
 * Both come down to the same thing, words at a place: loader_words() looks up the directive and sets it. Later settings
 * replace earlier ones, so some values can only be judged at the end, with the place that they came from: refused
 * values (`--port 0` may override a file's `port 6379`) and paths, which depend on dir (load_check.c). A mistake is put
 * down with its place (load_mistakes.c), and reading goes on behind it, so that all are told in one run.
 */
#include "base/memory.h"
#include "base/text.h"
#include "config/config_internal.h"
#include "config/directive_value.h"
#include "config/listen_value.h"
#include "config/lists.h"
#include "config/loader.h"
#include "config/mistakes.h"
#include "config/remarks.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INCLUDE_DEPTH 16

void loader_init(struct loader *loader, struct config *config)
{
    reading_begin(config);
    *loader = (struct loader){.config = config, .reading = reading_of(config)};
}

/* ---- one directive ---- */

int loader_check_words(struct loader *loader, const struct place *place, const char *name,
                       const struct text_words *words)
{
    const struct directive *directive = directive_find(name, strlen(name));
    bool socket = directive && (directive->kind == KIND_LISTEN || directive->kind == KIND_SOCKET);
    for (size_t i = 0; i < words->count; i++)
        if (strlen(words->words[i]) != words->lens[i])
            return loader_fail(loader, place, "%s: %s", name,
                               socket ? LISTEN_NO_ABSTRACT : "a value can't hold a byte of zero; leave out \\x00");
    return 0;
}

/* Removes an entry and its place. */
static void remove_listen(struct loader *loader, size_t index)
{
    struct reading *reading = loader->reading;
    listen_remove(loader->config, index);
    memmove(&reading->listen_places[index], &reading->listen_places[index + 1],
            (loader->config->listen_count - index) * sizeof *reading->listen_places);
    reading->listen_place_count = loader->config->listen_count;
}

/* Remarks that the entry at `old` has no effect because of what is said at place; sign: + or -. */
static void remark_listen(struct loader *loader, const struct place *place, char sign, const char *path,
                          const struct place *old)
{
    char *where = place_describe(place), *there = old ? place_describe(old) : NULL;
    if (there)
        config_remark(loader->config, where, "listen '%c%s' %s the entry at %s, which has no effect", sign, path,
                      sign == '+' ? "replaces" : "takes away", there);
    else
        config_remark(loader->config, where, "listen '%c%s' takes away nothing: no line above has this path", sign,
                      path);
    mem_free(there);
    mem_free(where);
}

/*
 * Makes room for the entries in fresh. The command line replaces what a file says; a line that begins with + replaces
 * any entry with the same path, and one that begins with - is about an entry that is to go.
 */
static void remove_listens(struct loader *loader, const struct place *place, char sign, const struct config *fresh)
{
    struct reading *reading = loader->reading;
    for (size_t i = 0; i < fresh->listen_count; i++) {
        const char *path = fresh->listens[i].path;
        const struct listen_entry *old = listen_find(loader->config, path);
        size_t index = old ? (size_t)(old - loader->config->listens) : 0;
        bool by_file = old && reading->listen_places[index].file;
        if (sign != '\0' && (old ? place->file != NULL : sign == '-'))
            remark_listen(loader, place, sign, path, old ? &reading->listen_places[index] : NULL);
        if (old && (sign != '\0' || (!place->file && by_file)))
            remove_listen(loader, index);
    }
}

/* Whether words behind a sign are one entry, for - without options. */
static bool is_one_entry(const struct config *fresh, char sign, size_t count)
{
    return fresh->listen_count == 1 && (sign == '+' || count == 1);
}

/* Lines of `listen` add up. */
static int load_listen(struct loader *loader, const struct place *place, const char *const *words, size_t count,
                       char **error_out)
{
    struct config *config = loader->config;
    struct config fresh = {0};
    char sign = *words[0] == '+' || *words[0] == '-' ? *words[0] : '\0';
    const char **plain = mem_alloc(count * sizeof *plain);
    memcpy(plain, words, count * sizeof *plain);
    plain[0] += sign != '\0';
    int result = listen_set(&fresh, plain, count, error_out);
    if (result == 0 && sign != '\0' && !is_one_entry(&fresh, sign, count)) {
        *error_out = mem_strdup(sign == '+' ? "+ takes one entry; write one path with its options"
                                            : "- takes one path and nothing else");
        result = -EINVAL;
    }
    if (result == 0)
        remove_listens(loader, place, sign, &fresh);
    size_t before = config->listen_count;
    if (result == 0 && fresh.listen_count == 0)
        listen_free(config);
    else if (result == 0 && sign != '-')
        result = listen_add(config, plain, count, error_out);
    if (result == 0) {
        loader->reading->listen_places =
            mem_realloc(loader->reading->listen_places, (config->listen_count + 1) * sizeof *place);
        for (size_t i = before; i < config->listen_count; i++)
            loader->reading->listen_places[i] = *place;
        loader->reading->listen_place_count = config->listen_count;
    }
    listen_free(&fresh);
    mem_free(plain);
    return result;
}

/* One word is an account, or -NAME: a user to take away. */
static bool is_user_to_take_away(const char *const *words, size_t count)
{
    return count == 1 && words[0][0] == '-' && words[0][1] != '\0';
}

static int load_user(struct loader *loader, const struct place *place, const struct directive *directive,
                     const char *const *words, size_t count, char **error_out)
{
    char *where = place_describe(place);
    int result = 0;
    if (count > 1) {
        result = users_add(loader->config, words, count, where, error_out);
    } else if (is_user_to_take_away(words, count)) {
        users_take_away(loader->config, words[0] + 1, where);
    } else {
        if (*words[0] == '\0')
            users_clear(loader->config);
        result = directive_set(loader->config, directive, words, count, error_out);
        if (result == 0)
            loader->reading->origins[directive_number(directive)] = *place;
    }
    mem_free(where);
    return result;
}

/* As in Redis, pairs of several lines add up, and an empty value takes back those above it. */
static int load_save(struct loader *loader, const struct directive *directive, const char *const *words, size_t count,
                     char **error_out)
{
    struct text_words all = {0};
    bool adds = loader->reading->save_said && !(count == 1 && words[0][0] == '\0');
    loader->reading->save_said = true;
    if (adds)
        text_split(loader->config->save, strlen(loader->config->save), &all);
    const char **pairs = mem_alloc((all.count + count + 1) * sizeof *pairs);
    for (size_t i = 0; i < all.count; i++)
        pairs[i] = all.words[i];
    memcpy(pairs + all.count, words, count * sizeof *pairs);
    int result = directive_set(loader->config, directive, pairs, all.count + count, error_out);
    mem_free(pairs);
    text_words_free(&all);
    return result;
}

/* Sets or adds to the value. */
static int set_value(struct loader *loader, const struct place *place, const struct directive *directive,
                     const char *const *words, size_t count, char **error_out)
{
    struct config_extra *extra = loader->config->extra;
    bool adds_up = directive->kind == KIND_LISTEN || directive->kind == KIND_USER;
    if (adds_up && count == 0) {
        *error_out = mem_strdup(LOADER_NO_VALUE);
        return -EINVAL;
    }
    if (directive->kind == KIND_LISTEN)
        return load_listen(loader, place, words, count, error_out);
    if (directive->kind == KIND_USER)
        return load_user(loader, place, directive, words, count, error_out);
    if (directive->kind == KIND_SOCKET)
        extra->socket_named = true;
    if (directive->kind == KIND_SAVE)
        return load_save(loader, directive, words, count, error_out);
    return directive_set(loader->config, directive, words, count, error_out);
}

/*
 * Whether one word may hold all words of the value. For directives whose lines add up, a word in a file is never split,
 * so that a path may have blanks.
 */
static bool is_to_split(const struct place *place, const struct directive *directive, const char *const *words,
                        size_t count)
{
    bool adds_up = directive->kind == KIND_LISTEN || directive->kind == KIND_USER;
    return (directive->flags & DIRECTIVE_MULTI) != 0 && count == 1 && words[0][0] != '\0' && !(adds_up && place->file);
}

static int set_directive(struct loader *loader, const struct place *place, const struct directive *directive,
                         const char *const *words, size_t count)
{
    struct text_words parts = {0};
    bool split = false;
    if (is_to_split(place, directive, words, count)) {
        if (text_split(words[0], strlen(words[0]), &parts) != 0)
            return loader_fail(loader, place, "%s: unbalanced quotes; close every quote and put a blank after it",
                               directive->name);
        if (loader_check_words(loader, place, directive->name, &parts) != 0) {
            text_words_free(&parts);
            return -EINVAL;
        }
        split = true;
        words = (const char *const *)parts.words;
        count = parts.count;
    }
    char *error = NULL;
    int result = set_value(loader, place, directive, words, count, &error);
    if (result != 0 && directive->kind == KIND_DIRECTORY)
        loader->reading->no_dir = true;
    if (result != 0)
        result = loader_fail_set(loader, place, directive, words, count, error);
    else if (directive->kind != KIND_USER) /* whose origin is that of the account */
        loader->reading->origins[directive_number(directive)] = *place;
    mem_free(error);
    if (split)
        text_words_free(&parts);
    return result;
}

static int rename_command(struct loader *loader, const struct place *place, const char *const *words, size_t count)
{
    char *error = NULL, *where = place_describe(place);
    int result = renames_add(loader->config, words, count, where, &error);
    if (result != 0)
        result = loader_fail(loader, place, "rename-command: %s", error);
    mem_free(where);
    mem_free(error);
    return result;
}

/* Directives of Redis's files that aren't accepted here: why, or NULL for any other name. */
static const char *refused_word(const char *name)
{
    static const struct {
        const char *name, *reason;
    } refused[] = {
        {"loadmodule", "kvs loads no modules; remove the line"},
        {"sentinel", "kvs has no sentinel mode; remove the line"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (strcasecmp(name, refused[i].name) == 0)
            return refused[i].reason;
    return NULL;
}

/* Whether Redis itself ignores this directive. */
static bool is_obsolete(const char *name)
{
    return strcasecmp(name, "list-max-ziplist-entries") == 0 || strcasecmp(name, "list-max-ziplist-value") == 0 ||
           strcasecmp(name, "lua-replicate-commands") == 0;
}

/*
 * Relative paths start from the folder where the server was started: CONFIG REWRITE reads the file again after the
 * server has changed to dir.
 */
static int include(struct loader *loader, const struct place *place, const char *path)
{
    const struct config_extra *extra = loader->config->extra;
    char *full = *path == '/' ? mem_strdup(path) : text_format("%s/%s", extra->start_dir, path);
    glob_t found = {0};
    int result = 0;
    if (!strpbrk(path, "*?[")) {
        result = loader_path(loader, full, full, place);
    } else {
        int status = glob(full, 0, NULL, &found);
        if (status != 0 && status != GLOB_NOMATCH) /* no match is an empty conf.d */
            result =
                loader_fail(loader, place, "include '%s': the folder can't be read; check its path and mode", path);
        for (size_t i = 0; !loader->given_up && i < found.gl_pathc; i++)
            result = loader_path(loader, found.gl_pathv[i], found.gl_pathv[i], place);
        globfree(&found);
    }
    mem_free(full);
    return result;
}

int loader_words(struct loader *loader, const struct place *place, const char *const *words, size_t count)
{
    const char *name = words[0];
    const struct directive *directive = directive_find(name, strlen(name));
    if (directive)
        return set_directive(loader, place, directive, words + 1, count - 1);
    if (strcasecmp(name, "rename-command") == 0)
        return rename_command(loader, place, words + 1, count - 1);
    if (strcasecmp(name, "include") == 0) {
        if (count != 2)
            return loader_fail(loader, place,
                               "include: wrong number of arguments; write the path of one file or a pattern");
        int result = include(loader, place, words[1]);
        if (place->file)
            reading_go_on(loader->reading, place->file, place->line + 1);
        return result;
    }
    const char *reason = refused_word(name);
    if (reason)
        return loader_fail(loader, place, "%s: %s", name, reason);
    if (is_obsolete(name))
        return 0;
    if (strchr(name, '.') && !strchr(name, '='))
        return loader_fail(loader, place, "'%s' is a directive of a module, and kvs loads none; remove the line", name);
    return loader_fail_unknown(loader, place, name);
}

/* ---- files ---- */

static int load_line(struct loader *loader, const struct place *place, const char *line, size_t len)
{
    if (memchr(line, '\0',
               len)) /* whatever stands behind it would be cut off, and a password be weaker than it looks */
        return loader_fail(loader, place, "the line holds a NUL byte; a configuration file is text, remove the byte");
    size_t blank = strspn(line, " \t\r\n");
    if (line[blank] == '#' || line[blank] == '\0')
        return 0;
    struct text_words words;
    if (text_split(line, len, &words) != 0)
        return loader_fail(loader, place, "unbalanced quotes; close every quote and put a blank after it");
    int result = words.count > 0 ? loader_check_words(loader, place, words.words[0], &words) : 0;
    if (result == 0 && words.count > 0)
        result = loader_words(loader, place, (const char *const *)words.words, words.count);
    text_words_free(&words);
    return result;
}

void loader_stream(struct loader *loader, FILE *stream, const char *name)
{
    struct place place = {reading_keep_name(loader->reading, name), 0};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len;
    errno = 0;
    reading_go_on(loader->reading, place.file, 0);
    while (!loader->given_up && (len = getline(&line, &capacity, stream)) >= 0) {
        place.line++;
        load_line(loader, &place, line, (size_t)len);
        errno = 0;
    }
    if (ferror(stream))
        config_mistake(loader->config, name, "can't be read: %s; name a configuration file", strerror(errno));
    free(line);
}

int loader_path(struct loader *loader, const char *path, const char *name, const struct place *from)
{
    if (from && loader->depth == INCLUDE_DEPTH) {
        loader->given_up = true; /* what includes itself twice would be read 2^16 times */
        return loader_fail(loader, from, "include '%s': nested more than %d deep; does a file include itself?", name,
                           INCLUDE_DEPTH);
    }
    FILE *stream = fopen(path, "re");
    if (!stream && from)
        return loader_fail(loader, from, "include '%s': %s; check the path and the file's mode", name, strerror(errno));
    if (!stream) {
        config_mistake(loader->config, name, "can't be opened: %s; check the path and the file's mode",
                       strerror(errno));
        return -EINVAL;
    }
    loader->depth++;
    loader_stream(loader, stream, name);
    loader->depth--;
    fclose(stream);
    return 0;
}

int config_load_text(struct config *config, const char *text, size_t len, const char *name, char **error_out)
{
    struct loader loader;
    FILE *stream = len > 0 ? fmemopen((char *)text, len, "r") : NULL;
    if (!stream)
        return len > 0 ? -ENOMEM : 0;
    loader_init(&loader, config);
    loader_stream(&loader, stream, name);
    fclose(stream);
    if (!config_has_mistakes(config))
        return 0;
    *error_out = config_first_mistake(config);
    return -EINVAL;
}
