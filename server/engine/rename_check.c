/* The names are renamed in a list of their own: all commands that a client of Redis can send, absent ones included. */
#include "engine/rename_check.h"

#include "base/memory.h"
#include "command/absent_commands.h"
#include "command/command_table.h"
#include "config/config.h"
#include "config/lists.h"
#include "config/mistakes.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct names {
    const char **list; /* "": the command has none any more; borrowed */
    size_t count;
};

static struct names names_of_all(void)
{
    struct names names = {mem_alloc((command_count() + absent_command_count()) * sizeof *names.list), 0};
    enum command_group group;
    for (unsigned i = 0; i < command_count(); i++)
        if (!command_parent(command_by_number(i)))
            names.list[names.count++] = command_full_name(command_by_number(i));
    for (size_t i = 0; i < absent_command_count(); i++)
        if (!strchr(absent_command_at(i, &group), '|'))
            names.list[names.count++] = absent_command_at(i, &group);
    return names;
}

/* The number of the command that is called so, or count. */
static size_t find(const struct names *names, const char *name)
{
    size_t at = 0;
    while (at < names->count && (*name == '\0' || strcasecmp(names->list[at], name) != 0))
        at++;
    return at;
}

void rename_check(struct config *config)
{
    struct names names = names_of_all();
    for (size_t i = 0; i < config->rename_count; i++) {
        const char *from = config->renames[2 * i], *to = config->renames[2 * i + 1];
        size_t at = find(&names, from), other = find(&names, to);
        if (at < names.count && (other == names.count || other == at))
            names.list[at] = to;
        else
            config_mistake(config, config_rename_place(config, i), "can't rename the command %s to %s: %s", from, to,
                           at == names.count ? "there is no such command" : "another command has that name");
    }
    mem_free(names.list);
}
