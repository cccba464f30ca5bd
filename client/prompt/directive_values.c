#include "prompt/directive_values.h"

#include <stddef.h>
#include <strings.h>

/* Only what CONFIG SET takes: others are read at the start alone. */
static const char *const table[][2] = {
    {"acl-pubsub-default", "allchannels resetchannels"},
    {"appendfsync", "always everysec no"},
    {"cluster-preferred-endpoint-type", "hostname ip unknown-endpoint"},
    {"loglevel", "debug notice nothing verbose warning"},
    {"maxmemory-policy",
     "allkeys-lfu allkeys-lru allkeys-random noeviction volatile-lfu volatile-lru volatile-random volatile-ttl"},
    {"oom-score-adj", "absolute no relative yes"},
    {"propagation-error-behavior", "ignore panic panic-on-replicas"},
    {"repl-diskless-load", "disabled on-empty-db swapdb"},
    {"sanitize-dump-payload", "clients no yes"},
    {"shutdown-on-sigint", "default force nosave now save"},
    {"shutdown-on-sigterm", "default force nosave now save"},
    {"tls-auth-clients", "no optional yes"},
};

const char *directive_values(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcasecmp(table[i][0], name) == 0)
            return table[i][1];
    }
    return NULL;
}
