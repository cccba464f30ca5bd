/*
 * Mistakes that are found while directives are read, in words: what is wrong, and what to write instead.
 */
#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"
#include "config/loader.h"
#include "config/mistakes.h"
#include "config/suggest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

int loader_fail(struct loader *loader, const struct place *place, const char *format, ...)
{
    struct text text = TEXT_EMPTY;
    va_list args;
    char *where = place_describe(place);
    va_start(args, format);
    text_vaddf(&text, format, args);
    va_end(args);
    config_mistake(loader->config, where, "%s", text.data);
    text_deinit(&text);
    mem_free(where);
    return -EINVAL;
}

int loader_fail_unknown(struct loader *loader, const struct place *place, const char *typed)
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

int loader_fail_value(struct loader *loader, const struct place *place, const struct directive *directive,
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

int loader_fail_set(struct loader *loader, const struct place *place, const struct directive *directive,
                    const char *const *words, size_t count, const char *error)
{
    struct text reason = TEXT_EMPTY;
    text_add(&reason, error);
    if (strcmp(error, LOADER_NO_VALUE) != 0)
        add_advice(&reason, directive, error);
    else if (count == 0)
        text_add(&reason, "; a value is missing");
    else if (count > 1 && words[1][0] == '#')
        text_add(&reason, "; a comment stands on a line of its own");
    else if ((directive->flags & DIRECTIVE_MULTI) == 0)
        text_add(&reason, "; put a value with blanks into quotes");
    int result = loader_fail_value(loader, place, directive, words, count, reason.data);
    text_deinit(&reason);
    return result;
}
