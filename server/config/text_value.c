/*
 * Values that are texts (paths, names, lists shown as they are written), and the two kinds that have fields of their
 * own.
 *
 * A list is checked word by word and kept as the text that CONFIG GET shows, so that reading it again gives the same
 * value.
 */
#include "config/text_value.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "config/listen_value.h"
#include "config/value.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static int set_file_name(struct config *config, const struct directive *directive, const char *word, char **error_out)
{
    size_t len = strlen(directive->name);
    bool is_folder = len > 7 && strcmp(directive->name + len - 7, "dirname") == 0;
    if (*word == '\0' && (directive->flags & DIRECTIVE_NOT_EMPTY) != 0)
        *error_out = text_format("%s can't be empty", directive->name);
    else if (strpbrk(word, "/\\"))
        *error_out = text_format("%s can't be a path, just a %s", directive->name, is_folder ? "dirname" : "filename");
    else {
        value_store_text(config, directive, word);
        return 0;
    }
    return -EINVAL;
}

static void store_words(struct config *config, const struct directive *directive, const char *const *words,
                        size_t count)
{
    struct text text = TEXT_EMPTY;
    text_add(&text, "");
    for (size_t i = 0; i < count; i++)
        text_addf(&text, "%s%s", i > 0 ? " " : "", words[i]);
    value_store_text(config, directive, text.data);
    text_deinit(&text);
}

static int set_words(struct config *config, const struct directive *directive, const char *const *words, size_t count,
                     char **error_out)
{
    if (count > directive->max)
        return value_refuse(error_out, "Too many bind addresses specified.");
    store_words(config, directive, words, count);
    return 0;
}

static int set_directory(struct config *config, const struct directive *directive, const char *word, char **error_out)
{
    const struct config_extra *extra = config->extra;
    char *joined = *word == '/' ? mem_strdup(word) : text_format("%s/%s", extra->start_dir, word);
    char resolved[PATH_MAX];
    struct stat status;
    int error = 0;
    if (*word == '\0')
        error = ENOENT; /* as chdir("") reports */
    else if (!realpath(joined, resolved) || stat(resolved, &status) != 0)
        error = errno;
    else if (!S_ISDIR(status.st_mode))
        error = ENOTDIR;
    else if (access(resolved, X_OK) != 0)
        error = errno;
    mem_free(joined);
    if (error != 0)
        return value_refuse(error_out, strerror(error));
    value_store_text(config, directive, resolved);
    return 0;
}

static int set_socket(struct config *config, const struct directive *directive, const char *word, char **error_out)
{
    char *problem = *word != '\0' ? listen_check_path(word) : NULL;
    if (problem) {
        *error_out = problem;
        return -EINVAL;
    }
    value_store_text(config, directive, word);
    return 0;
}

/* Sets the account only: users of the ACL come from files and the command line (lists.h). */
static int set_account(struct config *config, const struct directive *directive, const char *const *words, size_t count,
                       char **error_out)
{
    const char *name = count > 0 ? words[0] : "";
    if (count > 1)
        return value_refuse(error_out, "users of the ACL are changed by ACL SETUSER");
    if (strpbrk(name, " \t\r\n"))
        return value_refuse(error_out, "the name of an account has no blanks; write a name alone, or put no quotes "
                                       "around a user and its rules");
    value_store_text(config, directive, name);
    return 0;
}

static int set_title(struct config *config, const struct directive *directive, const char *word, char **error_out)
{
    static const char *const names[] = {"title", "listen-addr", "server-mode", "config-file",
                                        "port",  "tls-port",    "unixsocket"};
    bool valid = *word != '\0';
    for (const char *at = word; valid && *at != '\0'; at++) {
        if (*at != '{')
            continue;
        if (at[1] == '{') {
            at++;
            continue;
        }
        size_t len = strcspn(at + 1, "}");
        valid = false;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            valid = valid || (at[1 + len] == '}' && strlen(names[i]) == len && memcmp(names[i], at + 1, len) == 0);
        at += len + (valid ? 1 : 0);
    }
    if (!valid)
        return value_refuse(error_out, "template format is invalid or contains unknown variables");
    value_store_text(config, directive, word);
    return 0;
}

/* Reads a whole number as strtoll() does, which Redis uses for lists of numbers. */
static bool parse_loose(const char *word, int64_t *value_out)
{
    char *end;
    *value_out = strtoll(word, &end, 10);
    return *end == '\0';
}

static int set_save(struct config *config, const struct directive *directive, const char *const *words, size_t count,
                    char **error_out)
{
    if (count == 1 && *words[0] == '\0')
        count = 0;
    struct text text = TEXT_EMPTY;
    text_add(&text, "");
    bool valid = count % 2 == 0;
    for (size_t i = 0; valid && i < count; i++) {
        int64_t value = 0;
        valid = parse_loose(words[i], &value) && value >= (i % 2 == 0 ? 1 : 0);
        text_addf(&text, "%s%" PRId64, i > 0 ? " " : "", value);
    }
    if (valid)
        value_store_text(config, directive, text.data);
    text_deinit(&text);
    return valid ? 0 : value_refuse(error_out, "Invalid save parameters");
}

static int set_oom_values(struct config *config, const struct directive *directive, const char *const *words,
                          size_t count, char **error_out)
{
    int64_t values[3] = {0};
    if (count != 3)
        return value_refuse(error_out, "wrong number of arguments");
    for (size_t i = 0; i < count; i++)
        if (!parse_loose(words[i], &values[i]) || values[i] < -2000 || values[i] > 2000)
            return value_refuse(error_out, "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    char *text = text_format("%" PRId64 " %" PRId64 " %" PRId64, values[0], values[1], values[2]);
    value_store_text(config, directive, text);
    mem_free(text);
    return 0;
}

/* Keeps the letters in the order in which Redis shows them; A stands for the first ten. */
static int set_events(struct config *config, const struct directive *directive, const char *word, char **error_out)
{
    static const char letters[] = "g$lshzxetdnKEm";
    enum { OF_A = 10 };
    bool set[sizeof letters] = {false};
    for (const char *at = word; *at != '\0'; at++) {
        const char *letter = strchr(letters, *at);
        if (*at == 'A')
            memset(set, true, OF_A);
        else if (letter)
            set[letter - letters] = true;
        else
            return value_refuse(error_out, "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }
    /* Redis leaves n out beside A, and so loses it in CONFIG REWRITE. */
    bool all = !memchr(set, 0, OF_A);
    struct text text = TEXT_EMPTY;
    text_add(&text, all ? "A" : "");
    for (size_t i = all ? OF_A : 0; letters[i] != '\0'; i++)
        if (set[i])
            text_add_char(&text, letters[i]);
    value_store_text(config, directive, text.data);
    text_deinit(&text);
    return 0;
}

static int set_replicaof(struct config *config, const struct directive *directive, const char *const *words,
                         size_t count, char **error_out)
{
    int64_t port;
    if (count == 0 || (count == 1 && *words[0] == '\0')) { /* the default, as CONFIG GET shows it */
        value_store_text(config, directive, "");
        return 0;
    }
    if (count != 2)
        return value_refuse(error_out, "wrong number of arguments");
    if (strcasecmp(words[0], "no") == 0 && strcasecmp(words[1], "one") == 0) {
        value_store_text(config, directive, "");
        return 0;
    }
    if (!parse_loose(words[1], &port) || port < 0 || port > 65535)
        return value_refuse(error_out, "Invalid master port");
    store_words(config, directive, words, count);
    return 0;
}

/* ---- fields with a shape of their own ---- */

bool output_class_find(const char *name, enum client_class *class_out)
{
    static const struct {
        const char *name;
        enum client_class class;
    } names[] = {
        {"normal", CLASS_NORMAL}, {"slave", CLASS_REPLICA}, {"replica", CLASS_REPLICA}, {"pubsub", CLASS_PUBSUB}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(name, names[i].name) == 0) {
            *class_out = names[i].class;
            return true;
        }
    return false;
}

int output_limits_set(struct config *config, const char *const *words, size_t count, char **error_out)
{
    struct output_limit limits[CLIENT_CLASSES];
    memcpy(limits, config->output_limits, sizeof limits);
    if (count % 4 != 0)
        return value_refuse(error_out, "Wrong number of arguments in buffer limit configuration.");
    for (size_t i = 0; i < count; i += 4) {
        enum client_class class;
        struct output_limit limit;
        if (!output_class_find(words[i], &class))
            return value_refuse(error_out, "Invalid client class specified in buffer limit configuration.");
        if (!number_parse_memory(words[i + 1], strlen(words[i + 1]), &limit.hard_bytes) ||
            !number_parse_memory(words[i + 2], strlen(words[i + 2]), &limit.soft_bytes) ||
            !parse_loose(words[i + 3], &limit.soft_seconds) || limit.soft_seconds < 0)
            return value_refuse(error_out,
                                "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
        limits[class] = limit;
    }
    memcpy(config->output_limits, limits, sizeof limits);
    return 0;
}

void output_limits_get(const struct config *config, struct text *out)
{
    static const char *const names[CLIENT_CLASSES] = {"normal", "slave", "pubsub"};
    for (int i = 0; i < CLIENT_CLASSES; i++) {
        const struct output_limit *limit = &config->output_limits[i];
        text_addf(out, "%s%s %" PRIu64 " %" PRIu64 " %" PRId64, i > 0 ? " " : "", names[i], limit->hard_bytes,
                  limit->soft_bytes, limit->soft_seconds);
    }
}

int percentiles_set(struct config *config, const char *const *words, size_t count, char **error_out)
{
    if (count == 1 && *words[0] == '\0')
        count = 0;
    double *values = count > 0 ? mem_alloc(count * sizeof *values) : NULL;
    const char *error = NULL;
    for (size_t i = 0; !error && i < count; i++) {
        if (!number_parse_double(words[i], strlen(words[i]), &values[i]))
            error = "Invalid latency-tracking-info-percentiles parameters";
        else if (values[i] < 0.0 || values[i] > 100.0)
            error = "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
    }
    if (error) {
        mem_free(values);
        return value_refuse(error_out, error);
    }
    mem_free(config->latency_percentiles);
    config->latency_percentiles = values;
    config->latency_percentile_count = count;
    return 0;
}

void percentiles_get(const struct config *config, struct text *out)
{
    for (size_t i = 0; i < config->latency_percentile_count; i++) {
        text_addf(out, "%s%f", i > 0 ? " " : "", config->latency_percentiles[i]);
        while (out->data[out->len - 1] == '0')
            out->len--;
        if (out->data[out->len - 1] == '.')
            out->len--;
        out->data[out->len] = '\0';
    }
}

void percentiles_copy(struct config *to, const struct config *from)
{
    size_t size = from->latency_percentile_count * sizeof *from->latency_percentiles;
    double *values = size > 0 ? mem_alloc(size) : NULL;
    if (size > 0)
        memcpy(values, from->latency_percentiles, size);
    mem_free(to->latency_percentiles);
    to->latency_percentiles = values;
    to->latency_percentile_count = from->latency_percentile_count;
}

/* ---- any of the texts ---- */

int text_value_set(struct config *config, const struct directive *directive, const char *const *words, size_t count,
                   char **error_out)
{
    switch (directive->kind) {
    case KIND_FILE_NAME:
        return set_file_name(config, directive, words[0], error_out);
    case KIND_WORDS:
        return set_words(config, directive, words, count, error_out);
    case KIND_DIRECTORY:
        return set_directory(config, directive, words[0], error_out);
    case KIND_SOCKET:
        return set_socket(config, directive, words[0], error_out);
    case KIND_TITLE:
        return set_title(config, directive, words[0], error_out);
    case KIND_SAVE:
        return set_save(config, directive, words, count, error_out);
    case KIND_OOM_VALUES:
        return set_oom_values(config, directive, words, count, error_out);
    case KIND_EVENTS:
        return set_events(config, directive, words[0], error_out);
    case KIND_REPLICAOF:
        return set_replicaof(config, directive, words, count, error_out);
    case KIND_USER:
        return set_account(config, directive, words, count, error_out);
    default:
        value_store_text(config, directive, words[0]);
        return 0;
    }
}
