/*
 * Reading the configuration: a file with the files that it includes, and the command line.
 *
 * Both come down to the same thing, words at a place: loader_words() looks up the directive and sets it. Later settings
 * replace earlier ones, so some values can only be judged at the end, with the place that they came from: refused
 * values (`--port 0` may override a file's `port 6379`) and paths, which depend on dir. A mistake is reported in one
 * line: where it is, what is wrong, what to do.
 */
#include "base/memory.h"
#include "base/text.h"
#include "config/config_internal.h"
#include "config/directive_value.h"
#include "config/listen_value.h"
#include "config/lists.h"
#include "config/loader.h"
#include "config/socket_rules.h"
#include "config/suggest.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define INCLUDE_DEPTH 16
#define NO_VALUE "wrong number of arguments" /* as directive_set() says it */

void loader_init(struct loader *loader, struct config *config, char **error_out)
{
    *loader = (struct loader){.config = config, .error_out = error_out};
    loader->origins = mem_calloc(directive_count * sizeof *loader->origins);
}

void loader_deinit(struct loader *loader)
{
    for (size_t i = 0; i < loader->file_count; i++)
        mem_free(loader->files[i]);
    mem_free(loader->files);
    mem_free(loader->listen_places);
    mem_free(loader->origins);
}

static const char *keep_name(struct loader *loader, const char *name)
{
    loader->files = mem_realloc(loader->files, (loader->file_count + 1) * sizeof *loader->files);
    loader->files[loader->file_count] = mem_strdup(name);
    return loader->files[loader->file_count++];
}

/* ---- messages ---- */

static char *describe_place(const struct place *place)
{
    return place->file ? text_format("%s:%zu", place->file, place->line) : mem_strdup(CONFIG_COMMAND_LINE);
}

int loader_fail(struct loader *loader, const struct place *place, const char *format, ...)
{
    struct text text = TEXT_EMPTY;
    va_list args;
    char *where = describe_place(place);
    text_addf(&text, "%s: ", where);
    mem_free(where);
    va_start(args, format);
    text_vaddf(&text, format, args);
    va_end(args);
    *loader->error_out = text.data;
    return -EINVAL;
}

static int fail_unknown(struct loader *loader, const struct place *place, const char *typed)
{
    char *name = mem_strdup(typed);
    for (char *at = name; *at != '\0'; at++)
        *at = (char)(*at == '_' ? '-' : *at >= 'A' && *at <= 'Z' ? *at + 'a' - 'A' : *at);
    char *equals = strchr(name, '=');
    const char *dashes = !place->file ? "--" : "";
    int result;
    if (equals) {
        *equals = '\0';
        const char *value = typed + (equals + 1 - name);
        if (config_is_secret(name, strlen(name)))
            value = "VALUE";
        result =
            loader_fail(loader, place, "unknown directive '%s%.*s=%s'; write a blank instead of '=', as in '%s%s %s'",
                        dashes, (int)(equals - name), typed, value, dashes, name, value);
    } else {
        const char *meant = suggest_directive(name);
        if (meant)
            result = loader_fail(loader, place, "unknown directive '%s%s'; did you mean '%s%s'?", dashes, typed, dashes,
                                 meant);
        else
            result =
                loader_fail(loader, place, "unknown directive '%s%s'; 'kvs-server --help' lists them", dashes, typed);
    }
    mem_free(name);
    return result;
}

/* Adds what to write instead, if Redis's words don't say it. */
static void add_advice(struct text *text, const struct directive *directive, const char *error)
{
    bool says_bounds = strstr(error, "between") || strstr(error, "less or equal");
    if (says_bounds)
        return;
    if (text->data[text->len - 1] == '.')
        text->data[--text->len] = '\0';
    switch (directive->kind) {
    case KIND_THREADS:
    case KIND_NUMBER:
        text_addf(text, "; write a whole number from %" PRId64 " to %" PRIu64 "%s", directive->min, directive->max,
                  directive->kind == KIND_THREADS ? ", or auto" : "");
        break;
    case KIND_MEMORY:
        text_add(text, "; write bytes, or a number with kb, mb or gb");
        break;
    case KIND_MEMORY_OR_PERCENT:
        text_add(text, "; write bytes, a number with kb, mb or gb, or a percentage such as 10%");
        break;
    case KIND_OCTAL:
        text_add(text, "; write a mode such as 600 or 660");
        break;
    case KIND_DIRECTORY:
        text_add(text, "; create the folder or name another one");
        break;
    case KIND_TITLE:
        text_add(text, "; 'kvs-server --help' names the variables");
        break;
    case KIND_OUTPUT_LIMITS:
        text_add(text, "; write a class (normal, replica or pubsub), a hard limit, a soft limit and seconds");
        break;
    default:
        break;
    }
}

/* reason says what is wrong and what to do. */
static int fail_value(struct loader *loader, const struct place *place, const struct directive *directive,
                      const char *const *words, size_t count, const char *reason)
{
    struct text text = TEXT_EMPTY;
    text_addf(&text, "%s%s", !place->file ? "--" : "", directive->name);
    bool shown = count > 0 && (directive->flags & DIRECTIVE_SECRET) == 0;
    for (size_t i = 0; shown && i < count; i++)
        text_addf(&text, "%s%s", i == 0 ? " '" : " ", words[i]);
    text_addf(&text, "%s: %s", shown ? "'" : "", reason);
    int result = loader_fail(loader, place, "%s", text.data);
    text_deinit(&text);
    return result;
}

/* error is what directive_set() said. */
static int fail_set(struct loader *loader, const struct place *place, const struct directive *directive,
                    const char *const *words, size_t count, const char *error)
{
    struct text reason = TEXT_EMPTY;
    text_add(&reason, error);
    if (strcmp(error, NO_VALUE) != 0)
        add_advice(&reason, directive, error);
    else if (count == 0)
        text_add(&reason, "; a value is missing");
    else if (count > 1 && words[1][0] == '#')
        text_add(&reason, "; a comment stands on a line of its own");
    else if ((directive->flags & DIRECTIVE_MULTI) == 0)
        text_add(&reason, "; put a value with blanks into quotes");
    int result = fail_value(loader, place, directive, words, count, reason.data);
    text_deinit(&reason);
    return result;
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

/* Lines of `listen` add up; an entry on the command line replaces a file's entry with the same path. */
static int load_listen(struct loader *loader, const struct place *place, const char *const *words, size_t count,
                       char **error_out)
{
    struct config *config = loader->config;
    struct config fresh = {0};
    int result = listen_set(&fresh, words, count, error_out);
    for (size_t i = 0; result == 0 && !place->file && i < fresh.listen_count; i++) {
        const struct listen_entry *old = listen_find(config, fresh.listens[i].path);
        size_t index = old ? (size_t)(old - config->listens) : 0;
        if (!old || !loader->listen_places[index].file)
            continue;
        listen_remove(config, index);
        memmove(&loader->listen_places[index], &loader->listen_places[index + 1],
                (config->listen_count - index) * sizeof *place);
    }
    size_t before = config->listen_count;
    if (result == 0 && fresh.listen_count == 0)
        listen_free(config);
    else if (result == 0)
        result = listen_add(config, words, count, error_out);
    if (result == 0) {
        loader->listen_places = mem_realloc(loader->listen_places, (config->listen_count + 1) * sizeof *place);
        for (size_t i = before; i < config->listen_count; i++)
            loader->listen_places[i] = *place;
    }
    listen_free(&fresh);
    return result;
}

static int load_user(struct loader *loader, const struct place *place, const struct directive *directive,
                     const char *const *words, size_t count, char **error_out)
{
    if (count > 1) {
        char *where = describe_place(place);
        int result = users_add(loader->config, words, count, where, error_out);
        mem_free(where);
        return result;
    }
    if (*words[0] == '\0')
        users_clear(loader->config);
    return directive_set(loader->config, directive, words, count, error_out);
}

/* Sets or adds to the value. */
static int set_value(struct loader *loader, const struct place *place, const struct directive *directive,
                     const char *const *words, size_t count, char **error_out)
{
    struct config_extra *extra = loader->config->extra;
    bool adds_up = directive->kind == KIND_LISTEN || directive->kind == KIND_USER;
    if (adds_up && count == 0) {
        *error_out = mem_strdup(NO_VALUE);
        return -EINVAL;
    }
    if (directive->kind == KIND_LISTEN)
        return load_listen(loader, place, words, count, error_out);
    if (directive->kind == KIND_USER)
        return load_user(loader, place, directive, words, count, error_out);
    if (directive->kind == KIND_SOCKET)
        extra->socket_named = true;
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
    if (result != 0)
        result = fail_set(loader, place, directive, words, count, error);
    else
        loader->origins[directive_number(directive)] = *place;
    mem_free(error);
    if (split)
        text_words_free(&parts);
    return result;
}

static int rename_command(struct loader *loader, const struct place *place, const char *const *words, size_t count)
{
    char *error = NULL, *where = describe_place(place);
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
        for (size_t i = 0; result == 0 && i < found.gl_pathc; i++)
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
        return include(loader, place, words[1]);
    }
    const char *reason = refused_word(name);
    if (reason)
        return loader_fail(loader, place, "%s: %s", name, reason);
    if (is_obsolete(name))
        return 0;
    if (strchr(name, '.') && !strchr(name, '='))
        return loader_fail(loader, place, "'%s' is a directive of a module, and kvs loads none; remove the line", name);
    return fail_unknown(loader, place, name);
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

int loader_stream(struct loader *loader, FILE *stream, const char *name)
{
    struct place place = {keep_name(loader, name), 0};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len;
    int result = 0;
    errno = 0;
    while (result == 0 && (len = getline(&line, &capacity, stream)) >= 0) {
        place.line++;
        result = load_line(loader, &place, line, (size_t)len);
        errno = 0;
    }
    if (result == 0 && ferror(stream)) {
        *loader->error_out = text_format("%s: can't be read: %s; name a configuration file", name, strerror(errno));
        result = -EINVAL;
    }
    free(line);
    return result;
}

int loader_path(struct loader *loader, const char *path, const char *name, const struct place *from)
{
    if (from && loader->depth == INCLUDE_DEPTH)
        return loader_fail(loader, from, "include '%s': nested more than %d deep; does a file include itself?", name,
                           INCLUDE_DEPTH);
    FILE *stream = fopen(path, "re");
    if (!stream && from)
        return loader_fail(loader, from, "include '%s': %s; check the path and the file's mode", name, strerror(errno));
    if (!stream) {
        *loader->error_out =
            text_format("%s: can't be opened: %s; check the path and the file's mode", name, strerror(errno));
        return -EINVAL;
    }
    loader->depth++;
    int result = loader_stream(loader, stream, name);
    loader->depth--;
    fclose(stream);
    return result;
}

int config_load_text(struct config *config, const char *text, size_t len, const char *name, char **error_out)
{
    struct loader loader;
    FILE *stream = len > 0 ? fmemopen((char *)text, len, "r") : NULL;
    if (!stream)
        return len > 0 ? -ENOMEM : 0;
    loader_init(&loader, config, error_out);
    int result = loader_stream(&loader, stream, name);
    loader_deinit(&loader);
    fclose(stream);
    return result;
}

/* ---- judged at the end ---- */

static const struct directive *find(const char *name)
{
    return directive_find(name, strlen(name));
}

static int check_refusals(struct loader *loader)
{
    for (size_t i = 0; i < directive_count; i++) {
        const char *reason = directive_refusal(loader->config, &directives[i]);
        if (!reason)
            continue;
        struct text value = TEXT_EMPTY;
        directive_get(loader->config, &directives[i], &value);
        const char *const words[] = {value.data};
        int result = fail_value(loader, &loader->origins[i], &directives[i], words, 1, reason);
        text_deinit(&value);
        return result;
    }
    return 0;
}

/*
 * Tries whether a file can be created at path, or, with existing_too, one that exists can be written. Returns an errno,
 * or 0 if so. *folder_out is path's folder.
 */
static int try_path(const char *path, bool existing_too, char **folder_out)
{
    struct stat status;
    char *folder = mem_strdup(path);
    char *slash = strrchr(folder, '/');
    *(slash == folder ? slash + 1 : slash) = '\0';
    *folder_out = folder;
    if (existing_too && stat(path, &status) == 0)
        return S_ISDIR(status.st_mode) ? EISDIR : access(path, W_OK) == 0 ? 0 : errno;
    if (stat(folder, &status) != 0)
        return errno;
    return S_ISDIR(status.st_mode) ? (access(folder, W_OK | X_OK) == 0 ? 0 : errno) : ENOTDIR;
}

static int check_path(struct loader *loader, const char *name, const char *value, const struct place *place,
                      bool existing_too)
{
    if (*value == '\0')
        return 0;
    char *path = socket_rules_absolute(loader->config, value), *folder = NULL;
    struct stat status;
    int error = try_path(path, existing_too, &folder);
    int result = 0;
    if (error != 0) {
        bool folder_missing = stat(folder, &status) != 0;
        char *reason =
            text_format("%s%s%s%s; %s", folder_missing ? "folder '" : "", folder_missing ? folder : "",
                        folder_missing ? "': " : "", strerror(error),
                        folder_missing ? "create it or choose another path" : "choose another path or change its mode");
        const char *const words[] = {value};
        result = fail_value(loader, place, find(name), words, 1, reason);
        mem_free(reason);
    }
    mem_free(folder);
    mem_free(path);
    return result;
}

static int check_sockets(struct loader *loader)
{
    const struct config *config = loader->config;
    const struct config_extra *extra = config->extra;
    const struct directive *unixsocket = find("unixsocket");
    const struct place *place = &loader->origins[directive_number(unixsocket)];
    const struct listen_entry *twin = socket_rules_find_twin(config);
    if (!socket_rules_has_socket(config))
        return fail_value(loader, place, unixsocket, (const char *[]){""}, 1,
                          "there is nothing to serve on; give a path, or a listen entry");
    if (twin)
        return fail_value(loader, &loader->listen_places[twin - config->listens], find("listen"),
                          (const char *[]){twin->path}, 1,
                          "another socket file, of unixsocket or listen, has this path; keep one");
    if (extra->activated) /* their folders are the service manager's */
        return 0;
    int result = check_path(loader, "unixsocket", config->unixsocket, place, false);
    for (size_t i = 0; result == 0 && i < config->listen_count; i++)
        result = check_path(loader, "listen", config->listens[i].path, &loader->listen_places[i], false);
    return result;
}

static int check_users(struct loader *loader)
{
    const struct config *config = loader->config;
    const struct directive *aclfile = find("aclfile");
    if (*config->aclfile == '\0' || config->user_count == 0)
        return 0;
    char *reason = text_format("users are declared by user lines as well (%s), and their rights would depend "
                               "on which is read last; keep either the file or the lines",
                               config_user_place(config, 0));
    int result = fail_value(loader, &loader->origins[directive_number(aclfile)], aclfile,
                            (const char *[]){config->aclfile}, 1, reason);
    mem_free(reason);
    return result;
}

int loader_check(struct loader *loader)
{
    const struct place *logfile = &loader->origins[directive_number(find("logfile"))];
    socket_rules_settle(loader->config);
    int result = check_refusals(loader);
    if (result == 0)
        result = check_sockets(loader);
    if (result == 0)
        result = check_users(loader);
    if (result == 0)
        result = check_path(loader, "logfile", loader->config->logfile, logfile, true);
    return result;
}
