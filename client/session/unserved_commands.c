#include "session/unserved_commands.h"

#include <strings.h>

/* In the order of their names. */
/* clang-format off */
static const char *const names[] = {
    "asking", "bgrewriteaof", "client|capa", "client|import-source", "cluster", "cluster|addslots",
    "cluster|addslotsrange", "cluster|bumpepoch", "cluster|cancelslotmigrations",
    "cluster|count-failure-reports", "cluster|countkeysinslot", "cluster|delslots", "cluster|delslotsrange",
    "cluster|failover", "cluster|flushslots", "cluster|forget", "cluster|getkeysinslot",
    "cluster|getslotmigrations", "cluster|help", "cluster|info", "cluster|keyslot", "cluster|links",
    "cluster|meet", "cluster|migrateslots", "cluster|migration", "cluster|myid", "cluster|myshardid",
    "cluster|nodes", "cluster|replicas", "cluster|replicate", "cluster|reset", "cluster|saveconfig",
    "cluster|set-config-epoch", "cluster|setslot", "cluster|shards", "cluster|slaves", "cluster|slot-stats",
    "cluster|slots", "cluster|syncslots", "commandlog", "commandlog|get", "commandlog|help", "commandlog|len",
    "commandlog|reset", "failover", "lolwut", "migrate", "module", "module|help",
    "module|list", "module|load", "module|loadex", "module|unload", "psync", "readonly", "readwrite",
    "replconf", "replicaof", "restore-asking", "role", "script|show", "slaveof", "sync",
    "trimslots", "xidmprecord",
};
/* clang-format on */

#define NAME_COUNT (sizeof names / sizeof names[0])

const char *unserved_command_at(size_t index)
{
    return index < NAME_COUNT ? names[index] : NULL;
}

bool unserved_commands_have(const char *name)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (strcasecmp(names[i], name) == 0)
            return true;
    }
    return false;
}
