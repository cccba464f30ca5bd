/*
 * A list for each of Redis's groups, sorted by name. Names are looked up only while rules and configurations are read,
 * so a walk through all of them will do.
 */
#include "command/absent_commands.h"

#include "base/memory.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* clang-format off */
static const char *const absent_generic[] = {
    "migrate",
};

static const char *const absent_stream[] = {
    "xidmprecord",
};

static const char *const absent_scripting[] = {
    "script|show",
};

static const char *const absent_connection[] = {
    "client|capa", "client|import-source",
};

static const char *const absent_server[] = {
    "bgrewriteaof", "commandlog", "commandlog|get", "commandlog|help", "commandlog|len",
    "commandlog|reset", "failover", "lolwut", "module", "module|help", "module|list", "module|load",
    "module|loadex", "module|unload", "psync", "replconf", "replicaof", "restore-asking", "role",
    "slaveof", "sync",
};

static const char *const absent_cluster[] = {
    "asking", "cluster", "cluster|addslots", "cluster|addslotsrange", "cluster|bumpepoch",
    "cluster|cancelslotmigrations", "cluster|count-failure-reports", "cluster|countkeysinslot",
    "cluster|delslots", "cluster|delslotsrange", "cluster|failover", "cluster|flushslots", "cluster|forget",
    "cluster|getkeysinslot", "cluster|getslotmigrations", "cluster|help", "cluster|info", "cluster|keyslot",
    "cluster|links", "cluster|meet", "cluster|migrateslots", "cluster|migration", "cluster|myid",
    "cluster|myshardid", "cluster|nodes", "cluster|replicas", "cluster|replicate", "cluster|reset",
    "cluster|saveconfig", "cluster|set-config-epoch", "cluster|setslot", "cluster|shards", "cluster|slaves",
    "cluster|slot-stats", "cluster|slots", "cluster|syncslots", "readonly", "readwrite", "trimslots",
};

/* clang-format on */

#define ABSENT(array) (array), sizeof(array) / sizeof((array)[0])

static const struct {
    enum command_group group;
    const char *const *names;
    size_t count;
} groups[] = {
    {GROUP_GENERIC, ABSENT(absent_generic)},     {GROUP_STREAM, ABSENT(absent_stream)},
    {GROUP_SCRIPTING, ABSENT(absent_scripting)}, {GROUP_CONNECTION, ABSENT(absent_connection)},
    {GROUP_SERVER, ABSENT(absent_server)},       {GROUP_CLUSTER, ABSENT(absent_cluster)},
};

#define GROUP_COUNT (sizeof groups / sizeof groups[0])

/* ---- names ---- */

size_t absent_command_count(void)
{
    size_t count = 0;
    for (size_t g = 0; g < GROUP_COUNT; g++)
        count += groups[g].count;
    return count;
}

const char *absent_command_at(size_t index, enum command_group *group_out)
{
    size_t g = 0;
    while (index >= groups[g].count)
        index -= groups[g++].count;
    *group_out = groups[g].group;
    return groups[g].names[index];
}

static bool is_name(const char *name, const char *typed, size_t len)
{
    return strlen(name) == len && strncasecmp(name, typed, len) == 0;
}

/* Where the name stands, or absent_command_count(). */
static size_t index_of(const char *full_name, size_t len)
{
    size_t index = 0;
    for (size_t g = 0; g < GROUP_COUNT; g++)
        for (size_t i = 0; i < groups[g].count; i++, index++)
            if (is_name(groups[g].names[i], full_name, len))
                return index;
    return index;
}

const char *absent_command_find(const char *full_name, size_t len)
{
    enum command_group group;
    size_t index = index_of(full_name, len);
    return index < absent_command_count() ? absent_command_at(index, &group) : NULL;
}

bool absent_command_is_container(const char *name, size_t len)
{
    for (size_t g = 0; g < GROUP_COUNT; g++)
        for (size_t i = 0; i < groups[g].count; i++)
            if (strlen(groups[g].names[i]) > len && groups[g].names[i][len] == '|' &&
                strncasecmp(groups[g].names[i], name, len) == 0)
                return true;
    return false;
}

/* ---- rename-command ---- */

/* constant once threads have started */
static struct absent_rename {
    size_t index; /* of the command */
    char *name;   /* what it is called now; "" nothing */
} * renames;
static size_t rename_count;

static struct absent_rename *rename_of(size_t index)
{
    for (size_t i = 0; i < rename_count; i++)
        if (renames[i].index == index)
            return &renames[i];
    return NULL;
}

/* The command that is called so, or absent_command_count(). Subcommands can't be renamed. */
static size_t index_of_called(const char *name, size_t len)
{
    for (size_t i = 0; i < rename_count; i++)
        if (len > 0 && is_name(renames[i].name, name, len))
            return renames[i].index;
    size_t index = memchr(name, '|', len) ? absent_command_count() : index_of(name, len);
    return rename_of(index) ? absent_command_count() : index;
}

bool absent_command_is_called(const char *name, size_t len)
{
    return index_of_called(name, len) < absent_command_count();
}

bool absent_command_rename(const char *old_name, size_t old_len, const char *new_name, size_t new_len)
{
    size_t index = index_of_called(old_name, old_len);
    if (index == absent_command_count())
        return false;
    struct absent_rename *rename = rename_of(index);
    if (!rename) {
        renames = mem_realloc(renames, (rename_count + 1) * sizeof *renames);
        rename = &renames[rename_count++];
        *rename = (struct absent_rename){.index = index};
    }
    mem_free(rename->name);
    rename->name = mem_dup(new_name, new_len);
    return true;
}

/* ---- mentions ---- */

void absent_mentions_note(struct absent_mentions *mentions, const char *full_name, size_t len)
{
    size_t index = index_of(full_name, len);
    if (index == absent_command_count() || mentions->seen[index])
        return;
    mentions->seen[index] = true;
    if (mentions->count < 2)
        mentions->first[mentions->count] = index;
    mentions->count++;
}

static void add_upper(struct text *text, size_t index)
{
    enum command_group group;
    for (const char *at = absent_command_at(index, &group); *at != '\0'; at++)
        text_add_char(text, (char)toupper((unsigned char)*at));
}

void absent_mentions_say(const struct absent_mentions *mentions, struct text *text)
{
    size_t more = mentions->count > 2 ? mentions->count - 2 : 0;
    add_upper(text, mentions->first[0]);
    if (mentions->count > 1) {
        text_add(text, more > 0 ? ", " : " and ");
        add_upper(text, mentions->first[1]);
    }
    if (more > 0)
        text_addf(text, " and %zu more", more);
    text_add(text, mentions->count > 1 ? " aren't in kvs (yet)" : " isn't in kvs (yet)");
}
