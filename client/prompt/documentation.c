#include "prompt/documentation.h"

#include "core/memory.h"

#include <stdlib.h>

struct documentation {
    size_t count;
};

struct documentation *documentation_load(struct session *session)
{
    (void)session;
    return memory_alloc_zeroed(sizeof(struct documentation));
}

void documentation_destroy(struct documentation *documentation)
{
    free(documentation);
}

const struct command_entry *documentation_entries(const struct documentation *documentation, size_t *count_out)
{
    *count_out = documentation->count;
    return NULL;
}

const struct command_entry *documentation_find(const struct documentation *documentation, const char *name,
                                               const char *subcommand)
{
    (void)documentation, (void)name, (void)subcommand;
    return NULL;
}
