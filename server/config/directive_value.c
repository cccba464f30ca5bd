#include "config/directive_value.h"

#include "base/text.h"
#include "config/listen_value.h"
#include "config/lists.h"
#include "config/number_value.h"
#include "config/text_value.h"
#include "config/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int directive_set(struct config *config, const struct directive *directive, const char *const *words, size_t count,
                  char **error_out)
{
    if ((directive->flags & DIRECTIVE_MULTI) == 0 && count != 1)
        return value_refuse(error_out, "wrong number of arguments");
    switch (directive->kind) {
    case KIND_BOOL:
    case KIND_NUMBER:
    case KIND_MEMORY:
    case KIND_MEMORY_OR_PERCENT:
    case KIND_OCTAL:
    case KIND_THREADS:
    case KIND_ENUM:
    case KIND_FLAGS:
        return number_value_set(config, directive, words, count, error_out);
    case KIND_OUTPUT_LIMITS:
        return output_limits_set(config, words, count, error_out);
    case KIND_PERCENTILES:
        return percentiles_set(config, words, count, error_out);
    case KIND_LISTEN:
        return listen_set(config, words, count, error_out);
    default:
        return text_value_set(config, directive, words, count, error_out);
    }
}

void directive_reset(struct config *config, const struct directive *directive)
{
    if (directive->kind == KIND_DIRECTORY) { /* the default isn't looked up in the file system */
        const struct config_extra *extra = config->extra;
        value_store_text(config, directive, extra->start_dir);
        return;
    }
    struct text_words words = {1, (char *[]){(char *)directive->initial}, NULL};
    bool multi = (directive->flags & DIRECTIVE_MULTI) != 0;
    char *error = NULL;
    if (multi && text_split(directive->initial, strlen(directive->initial), &words) != 0)
        words.count = 0;
    if (directive_set(config, directive, (const char *const *)words.words, words.count, &error) != 0) {
        fprintf(stderr, "directive '%s': its default '%s' is refused: %s\n", directive->name, directive->initial,
                error);
        abort();
    }
    if (multi)
        text_words_free(&words);
}

void directive_get(const struct config *config, const struct directive *directive, struct text *out)
{
    text_add(out, "");
    if (directive->kind == KIND_OUTPUT_LIMITS)
        output_limits_get(config, out);
    else if (directive->kind == KIND_PERCENTILES)
        percentiles_get(config, out);
    else if (directive->kind == KIND_LISTEN)
        listen_describe(config, out);
    else if (value_is_text(directive))
        text_add(out, value_text(config, directive));
    else
        number_value_get(config, directive, out);
}

static bool has_default(const struct config *config, const struct directive *directive)
{
    struct text value = TEXT_EMPTY;
    directive_get(config, directive, &value);
    bool has = strcmp(value.data, directive->initial) == 0;
    text_deinit(&value);
    return has;
}

const char *directive_refusal(const struct config *config, const struct directive *directive)
{
    return directive->refusal && !has_default(config, directive) ? directive->refusal : NULL;
}

char *directive_unkept(const struct config *config, const struct directive *directive)
{
    if (!directive->unkept || has_default(config, directive))
        return NULL;
    struct text line = TEXT_EMPTY;
    text_addf(&line, "%s is '", directive->name);
    directive_get(config, directive, &line);
    text_addf(&line, "', but %s", directive->unkept);
    return line.data;
}

static bool is_socket_named(const struct config *config)
{
    return ((const struct config_extra *)config->extra)->socket_named;
}

bool directive_equal(const struct config *a, const struct config *b, const struct directive *directive)
{
    struct text value_a = TEXT_EMPTY, value_b = TEXT_EMPTY;
    if (directive->kind == KIND_SOCKET && !is_socket_named(a) && !is_socket_named(b))
        return true;
    directive_get(a, directive, &value_a);
    directive_get(b, directive, &value_b);
    bool equal = strcmp(value_a.data, value_b.data) == 0;
    text_deinit(&value_a);
    text_deinit(&value_b);
    return equal && (directive->kind != KIND_USER || config_same_users(a, b));
}

void directive_copy(struct config *to, const struct config *from, const struct directive *directive)
{
    if (directive->kind == KIND_LISTEN) {
        listen_free(to);
        listen_copy(to, from);
    } else if (directive->kind == KIND_PERCENTILES) {
        percentiles_copy(to, from);
    } else if (value_is_text(directive)) {
        value_store_text(to, directive, value_text(from, directive));
    } else {
        memcpy((char *)to + directive->offset, (const char *)from + directive->offset, directive->width);
    }
}

char **directive_string_field(struct config *config, const struct directive *directive)
{
    bool has = directive->offset != DIRECTIVE_NO_FIELD && value_is_text(directive);
    return has ? value_text_slot(config, directive) : NULL;
}
