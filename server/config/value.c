#include "config/value.h"

#include "base/memory.h"

#include <errno.h>

int value_refuse(char **error_out, const char *message)
{
    *error_out = mem_strdup(message);
    return -EINVAL;
}

char **value_text_slot(struct config *config, const struct directive *directive)
{
    if (directive->offset != DIRECTIVE_NO_FIELD)
        return (char **)((char *)config + directive->offset);
    struct config_extra *extra = config->extra;
    return &extra->texts[directive_number(directive)];
}

const char *value_text(const struct config *config, const struct directive *directive)
{
    if (directive->offset != DIRECTIVE_NO_FIELD)
        return *(char *const *)((const char *)config + directive->offset);
    const struct config_extra *extra = config->extra;
    return extra->texts[directive_number(directive)];
}

void value_store_text(struct config *config, const struct directive *directive, const char *value)
{
    char **slot = value_text_slot(config, directive);
    char *old = *slot;
    *slot = mem_strdup(value);
    mem_free(old);
}

static bool is_text_kind(enum directive_kind kind)
{
    switch (kind) {
    case KIND_STRING:
    case KIND_FILE_NAME:
    case KIND_WORDS:
    case KIND_DIRECTORY:
    case KIND_SOCKET:
    case KIND_TITLE:
    case KIND_SAVE:
    case KIND_OOM_VALUES:
    case KIND_EVENTS:
    case KIND_REPLICAOF:
    case KIND_USER:
        return true;
    default:
        return false;
    }
}

bool value_is_text(const struct directive *directive)
{
    return directive->offset == DIRECTIVE_NO_FIELD || is_text_kind(directive->kind);
}
