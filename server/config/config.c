/*
 * The configuration as a whole: making, copying, CONFIG GET and CONFIG SET.
 *
 * CONFIG SET works on a copy, which takes the place of the original when every value has been accepted; so all values
 * are set or none, and no value ever has to be put back by parsing it again.
 */
#include "config/config.h"

#include "base/bytes.h"
#include "base/glob.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/config_internal.h"
#include "config/directive.h"
#include "config/directive_value.h"
#include "config/listen_value.h"
#include "config/lists.h"
#include "config/reading.h"
#include "config/socket_rules.h"
#include "config/text_value.h"
#include "config/value.h"
#include "host/log_flood.h"
#include "host/open_files.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static struct log_flood remarks = LOG_FLOOD("remarks on CONFIG SET", LOG_FLOOD_LINES);
static config_listener *listener;
static void *listener_context;

/* ---- making and copying ---- */

static size_t extra_size(void)
{
    return sizeof(struct config_extra) + directive_count * sizeof(char *);
}

void config_init_at(struct config *config, const char *start_dir)
{
    memset(config, 0, sizeof *config);
    struct config_extra *extra = mem_calloc(extra_size());
    extra->start_dir = mem_strdup(start_dir);
    config->extra = extra;
    for (size_t i = 0; i < directive_count; i++)
        directive_reset(config, &directives[i]);
}

void config_init(struct config *config)
{
    char *here = getcwd(NULL, 0);
    config_init_at(config, here ? here : "/");
    free(here);
}

void config_deinit(struct config *config)
{
    struct config_extra *extra = config->extra;
    for (size_t i = 0; i < directive_count; i++) {
        char **field = directive_string_field(config, &directives[i]);
        if (field)
            mem_free(*field);
        mem_free(extra->texts[i]);
    }
    listen_free(config);
    lists_free(config);
    reading_free(config);
    mem_free(extra->start_dir);
    mem_free(extra);
    mem_free(config->latency_percentiles);
    mem_free(config->file);
    memset(config, 0, sizeof *config);
}

static char *copy_string(const char *string)
{
    return string ? mem_strdup(string) : NULL;
}

void config_copy(struct config *to, const struct config *from)
{
    const struct config_extra *from_extra = from->extra;
    struct config_extra *extra = mem_calloc(extra_size());
    *to = *from;
    to->extra = extra;
    to->file = copy_string(from->file);
    extra->start_dir = mem_strdup(from_extra->start_dir);
    extra->socket_named = from_extra->socket_named;
    extra->activated = from_extra->activated;
    for (size_t i = 0; i < directive_count; i++) {
        char **field = directive_string_field(to, &directives[i]);
        if (field)
            *field = copy_string(*field);
        extra->texts[i] = copy_string(from_extra->texts[i]);
    }
    to->latency_percentiles = NULL;
    percentiles_copy(to, from);
    listen_copy(to, from);
    lists_copy(to, from);
}

/* ---- CONFIG GET ---- */

bool config_is_secret(const char *name, size_t len)
{
    const struct directive *directive = directive_find(name, len);
    return directive && (directive->flags & DIRECTIVE_SECRET) != 0;
}

bool config_has(const char *name, size_t len)
{
    return directive_find(name, len);
}

struct lookup {
    const struct config *config;
    bool *told; /* whether a name was visited: first by directive, then for the aliases in the same order */
    config_visit *visit;
    void *context;
};

static void tell(struct lookup *lookup, size_t number, bool alias, const char *name)
{
    bool *told = &lookup->told[number + (alias ? directive_count : 0)];
    if (*told)
        return;
    *told = true;
    struct text value = TEXT_EMPTY;
    directive_get(lookup->config, &directives[number], &value);
    lookup->visit(lookup->context, name, value.data);
    text_deinit(&value);
}

static void tell_name(struct lookup *lookup, const struct bytes *name)
{
    const struct directive *directive = directive_find(name->data, name->len);
    if (!directive)
        return;
    char *asked = mem_dup(name->data, name->len);
    tell(lookup, directive_number(directive), strcasecmp(asked, directive->name) != 0, asked);
    mem_free(asked);
}

static bool matches(const struct bytes *pattern, const char *name)
{
    return name && glob_match(pattern->data, pattern->len, name, strlen(name), true);
}

static void tell_matching(struct lookup *lookup, const struct bytes *pattern)
{
    for (size_t i = 0; i < directive_count; i++) {
        if ((directives[i].flags & DIRECTIVE_HIDDEN) != 0)
            continue;
        if (matches(pattern, directives[i].name))
            tell(lookup, i, false, directives[i].name);
        if (matches(pattern, directives[i].alias))
            tell(lookup, i, true, directives[i].alias);
    }
}

static bool is_pattern(const struct bytes *name)
{
    return memchr(name->data, '*', name->len) || memchr(name->data, '?', name->len) ||
           memchr(name->data, '[', name->len);
}

void config_get(const struct config *config, const struct bytes *patterns, size_t count, config_visit *visit,
                void *context)
{
    struct lookup lookup = {config, mem_calloc(2 * directive_count * sizeof(bool)), visit, context};
    for (size_t i = 0; i < count; i++) {
        if (is_pattern(&patterns[i]))
            tell_matching(&lookup, &patterns[i]);
        else
            tell_name(&lookup, &patterns[i]);
    }
    mem_free(lookup.told);
}

/* ---- CONFIG SET ---- */

/* One pair, looked up. */
struct setting {
    const struct directive *directive;
    const char *name; /* the one of its names that was used */
    const struct bytes *value;
};

static char *about_argument(const char *name, size_t len, const char *what)
{
    return text_format("CONFIG SET failed (possibly related to argument '%.*s') - %s", (int)len, name, what);
}

#define IS_IMMUTABLE "can't set immutable config"

/* Why this directive can't be set now, whatever the value; NULL if it can. */
static const char *why_not(const struct config *config, const struct setting *settings, size_t index)
{
    const struct directive *directive = settings[index].directive;
    if ((directive->flags & (DIRECTIVE_IMMUTABLE | DIRECTIVE_OWN)) == DIRECTIVE_IMMUTABLE)
        return IS_IMMUTABLE;
    if ((directive->flags & DIRECTIVE_PROTECTED) != 0 && config->enable_protected_configs == PERMISSION_NO)
        return "can't set protected config";
    const struct bytes *value = settings[index].value;
    if (memchr(value->data, '\0', value->len)) /* it would be cut there */
        return directive->kind == KIND_LISTEN ? LISTEN_NO_ABSTRACT
                                              : "the value holds a NUL byte, which no configuration file can hold";
    for (size_t i = 0; i < index; i++)
        if (settings[i].name == settings[index].name)
            return "duplicate parameter";
    return NULL;
}

static int look_up(const struct config *config, const struct bytes *pairs, size_t pair_count, struct setting *settings,
                   char **error_out)
{
    for (size_t i = 0; i < pair_count; i++) {
        const struct bytes *name = &pairs[2 * i];
        const struct directive *directive = directive_find(name->data, name->len);
        if (!directive) {
            *error_out = text_format("Unknown option or number of arguments for CONFIG SET - '%.*s'", (int)name->len,
                                     name->data);
            return -ENOENT;
        }
        bool own = strlen(directive->name) == name->len && strncasecmp(directive->name, name->data, name->len) == 0;
        settings[i] = (struct setting){directive, own ? directive->name : directive->alias, &pairs[2 * i + 1]};
        const char *reason = why_not(config, settings, i);
        if (reason) {
            *error_out = about_argument(name->data, name->len, reason);
            return -EINVAL;
        }
    }
    return 0;
}

/*
 * Cuts the text at single blanks, as Redis does for directives with several words: between two blanks there is an empty
 * word.
 */
static size_t cut_words(char *text, const char ***words_out)
{
    size_t count = 0;
    if (*text == '\0')
        return 0;
    const char **words = mem_alloc((strlen(text) + 1) * sizeof *words);
    for (char *at = text; at;) {
        words[count++] = at;
        at = strchr(at, ' ');
        if (at)
            *at++ = '\0';
    }
    *words_out = words;
    return count;
}

/* Why the value that was set can't be accepted; NULL if it can. */
static const char *why_not_value(const struct config *config, const struct config *old,
                                 const struct directive *directive)
{
    if ((directive->flags & DIRECTIVE_IMMUTABLE) != 0 && !directive_equal(config, old, directive))
        return IS_IMMUTABLE;
    if (directive->kind == KIND_LISTEN && socket_rules_problem(config))
        return socket_rules_problem(config);
    return directive_refusal(config, directive);
}

static int set_one(struct config *config, const struct config *old, const struct setting *setting, char **error_out)
{
    char *value = mem_dup(setting->value->data, setting->value->len);
    const char *single[] = {value};
    const char **words = NULL;
    char *error = NULL;
    int result;
    if (setting->directive->kind == KIND_LISTEN) {
        result = listen_change(config, value, &error);
    } else if ((setting->directive->flags & DIRECTIVE_MULTI) != 0) {
        size_t count = cut_words(value, &words);
        result = directive_set(config, setting->directive, words, count, &error);
    } else {
        result = directive_set(config, setting->directive, single, 1, &error);
    }
    mem_free(words);
    mem_free(value);
    const char *reason = result == 0 ? why_not_value(config, old, setting->directive) : error;
    if (!reason)
        return 0;
    *error_out = about_argument(setting->name, strlen(setting->name), reason);
    mem_free(error);
    return -EINVAL;
}

bool config_is_activated(const struct config *config)
{
    return ((const struct config_extra *)config->extra)->activated;
}

int config_own_files(const struct config *config)
{
    return open_files_own(config->threads, (int)config->listen_count + 1);
}

/* Makes the changed values take effect. */
static int apply(const struct config *config, const struct config *old, const struct directive *const *touched,
                 size_t count, const char **culprit_out, char **error_out)
{
    const char **names = mem_alloc((count + 1) * sizeof *names);
    size_t changed = 0;
    int result = 0;
    for (size_t i = 0; i < count; i++)
        if (!directive_equal(config, old, touched[i]))
            names[changed++] = touched[i]->name;
    if (config->maxclients != old->maxclients) {
        int fit = open_files_fit(config->maxclients, config_own_files(config));
        if (fit < config->maxclients) {
            *error_out = text_format(
                "The operating system is not able to handle the specified number of clients, try with %d", fit);
            *culprit_out = "maxclients";
            result = -EMFILE;
        }
    }
    if (result == 0 && changed > 0 && listener) {
        result = listener(listener_context, config, names, changed, error_out);
        if (result != 0 && !*error_out)
            *error_out = mem_strdup(strerror(-result));
        *culprit_out = names[0];
    }
    mem_free(names);
    return result;
}

int config_install(struct config *config, struct config *candidate, const struct directive *const *touched,
                   size_t count, const char **culprit_out, char **error_out)
{
    struct config old = *config;
    *config = *candidate;
    int result = apply(config, &old, touched, count, culprit_out, error_out);
    if (result != 0)
        *config = old;
    config_deinit(result != 0 ? candidate : &old);
    return result;
}

/* Adds what a value of candidate's that differs from config's promises in vain. */
static void add_unkept(struct text *text, const struct config *candidate, const struct config *config,
                       const struct directive *directive)
{
    char *line = directive_unkept(candidate, directive);
    if (line && !directive_equal(candidate, config, directive))
        text_addf(text, "%s%s", text->len > 0 ? "; " : "", line);
    mem_free(line);
}

int config_set(struct config *config, const struct bytes *pairs, size_t pair_count, char **error_out)
{
    if (pair_count == 0)
        return 0;
    struct setting *settings = mem_alloc(pair_count * sizeof *settings);
    const struct directive **touched = mem_alloc(pair_count * sizeof *touched);
    struct config candidate;
    const char *culprit;
    char *error = NULL;
    struct text unkept = TEXT_EMPTY;
    int result = look_up(config, pairs, pair_count, settings, error_out);
    if (result != 0)
        goto free_settings;
    config_copy(&candidate, config);
    for (size_t i = 0; result == 0 && i < pair_count; i++) {
        touched[i] = settings[i].directive;
        result = set_one(&candidate, config, &settings[i], error_out);
    }
    if (result != 0) {
        config_deinit(&candidate);
        goto free_settings;
    }
    for (size_t i = 0; i < pair_count; i++)
        add_unkept(&unkept, &candidate, config, touched[i]);
    result = config_install(config, &candidate, touched, pair_count, &culprit, &error);
    if (result != 0)
        *error_out = about_argument(culprit, strlen(culprit), error);
    else if (unkept.len > 0)
        log_flooding(&remarks, LOG_LEVEL_NOTICE, "CONFIG SET: %s", unkept.data);
    text_deinit(&unkept);
    mem_free(error);
free_settings:
    mem_free(touched);
    mem_free(settings);
    return result;
}

void config_set_listener(config_listener *new_listener, void *context)
{
    listener = new_listener;
    listener_context = context;
}
