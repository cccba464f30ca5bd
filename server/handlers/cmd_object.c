/*
 * OBJECT: what is known about the value of a key besides its content. Asking doesn't count as using the key, so the
 * access clock stays.
 */
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/lookup.h"
#include "server.h"
#include "store/recency.h"
#include "store/value_type.h"
#include "types/string.h"
#include "types/type_number.h"

#include <limits.h>

#define POLICY_NOTE                                                                                                    \
    " Please note that when switching between policies at runtime LRU and LFU data will take some time to "            \
    "adjust."

/* The key's entry; if the key is absent, answers with null and returns NULL. */
static const struct entry *find_object(struct call *call)
{
    const struct entry *entry = keyspace_find(&call->view, &call->keys[0], LOOKUP_NO_TOUCH | LOOKUP_QUIET);
    if (!entry)
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
    if (entry)
        reply_bulk_text(call->reply, entry_value_type(entry)->encoding(entry));
}

/*
 * An entry belongs to its key alone. But Redis shares its small integers, and test suites and monitoring tools
 * recognize them by this number, so the same number is given for the same values.
 */
static bool redis_would_share(const struct call *call, const struct entry *entry)
{
    const struct config *config = &call->server->config;
    bool evicts_by_access = config->maxmemory > 0 && config->maxmemory_policy != POLICY_NOEVICTION &&
                            config->maxmemory_policy != POLICY_ALLKEYS_RANDOM &&
                            config->maxmemory_policy != POLICY_VOLATILE_RANDOM &&
                            config->maxmemory_policy != POLICY_VOLATILE_TTL;
    return entry->type == TYPE_STRING && entry->encoding == STRING_INT && string_int(entry) >= 0 &&
           string_int(entry) < 10000 && !evicts_by_access;
}

void cmd_object_refcount(struct call *call)
{
    const struct entry *entry = find_object(call);
    if (entry)
        reply_int(call->reply, redis_would_share(call, entry) ? INT_MAX : 1);
}

void cmd_object_idletime(struct call *call)
{
    const struct entry *entry = find_object(call);
    if (!entry)
        return;
    if (policy_counts_frequency(call))
        reply_error(call->reply, "ERR An LFU maxmemory policy is selected, idle time not tracked." POLICY_NOTE);
    else
        reply_int(call->reply, recency_idle_seconds(entry, call->view.now_s));
}

void cmd_object_freq(struct call *call)
{
    const struct entry *entry = find_object(call);
    if (!entry)
        return;
    if (!policy_counts_frequency(call))
        reply_error(call->reply,
                    "ERR An LFU maxmemory policy is not selected, access frequency not tracked." POLICY_NOTE);
    else
        reply_int(call->reply, recency_frequency(entry, call->view.now_s));
}

void cmd_object_help(struct call *call)
{
    static const char *const lines[] = {
        "ENCODING <key>",
        "    Tell how the value is kept in memory.",
        "FREQ <key>",
        "    Tell how often the key was used lately, on a logarithmic scale; only with an LFU maxmemory-policy.",
        "IDLETIME <key>",
        "    Tell the seconds since the key was last used; not with an LFU maxmemory-policy.",
        "REFCOUNT <key>",
        "    Tell how many keys share the value; a very large number for small integers.",
    };
    reply_help(call->reply, "OBJECT", lines, sizeof lines / sizeof lines[0]);
}
