/*
 * OBJECT: what is known of the value behind a key beyond its content. Asking is no use of the key, so
 * the access clock stays.
 */
#include "command/handlers.h"

#include "command/errors.h"
#include "command/lookup.h"
#include "command/server.h"
#include "store/access.h"
#include "types/string.h"

#define POLICY_NOTE                                                                                          \
    " Please note that when switching between policies at runtime LRU and LFU data will take some time to "  \
    "adjust."

/* NULL, and null was answered, when the key is absent. */
static const struct entry *find_object(struct call *call)
{
    const struct entry *entry = keyspace_find(call->db, &call->keys[0], LOOKUP_NO_TOUCH);
    if (entry == NULL)
        reply_null(call->reply);
    return entry;
}

static bool policy_counts_frequency(const struct call *call)
{
    int policy = call->server->config.maxmemory_policy;
    return policy == POLICY_VOLATILE_LFU || policy == POLICY_ALLKEYS_LFU;
}

void cmd_object_encoding(struct call *call)
{
    const struct entry *entry = find_object(call);
    if (entry != NULL)
        reply_bulk_text(call->reply, string_encoding(entry));
}

void cmd_object_refcount(struct call *call)
{
    if (find_object(call) != NULL)
        reply_int(call->reply, 1); /* an entry belongs to its key alone */
}

void cmd_object_idletime(struct call *call)
{
    const struct entry *entry = find_object(call);
    if (entry == NULL)
        return;
    if (policy_counts_frequency(call))
        reply_error(call->reply,
                    "ERR An LFU maxmemory policy is selected, idle time not tracked." POLICY_NOTE);
    else
        reply_int(call->reply, access_idle_seconds(entry, call->db.now_ms));
}

void cmd_object_freq(struct call *call)
{
    const struct entry *entry = find_object(call);
    if (entry == NULL)
        return;
    if (!policy_counts_frequency(call))
        reply_error(call->reply,
                    "ERR An LFU maxmemory policy is not selected, access frequency not tracked." POLICY_NOTE);
    else
        reply_int(call->reply, access_frequency(entry, call->db.now_ms));
}

void cmd_object_help(struct call *call)
{
    static const char *const lines[] = {
        "ENCODING <key>",
        "    How the value is kept in memory.",
        "FREQ <key>",
        "    How often the key was used lately, on a logarithmic scale; only under an LFU maxmemory-policy.",
        "IDLETIME <key>",
        "    Seconds since the key was last used; not under an LFU maxmemory-policy.",
        "REFCOUNT <key>",
        "    How many keys share the value: always 1.",
    };
    reply_help(call->reply, "OBJECT", lines, sizeof lines / sizeof lines[0]);
}
