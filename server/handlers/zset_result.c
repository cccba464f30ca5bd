#include "handlers/zset_result.h"

#include "command/errors.h"
#include "handlers/scored_members.h"
#include "store/disposal.h"

bool zset_result_begin(struct zset_result *result, struct call *call, const struct key *key)
{
    struct entry *entry = collection_create(&zset_kind, key->name, ENTRY_NO_EXPIRY);
    if (!entry) {
        error_no_memory(call);
        return false;
    }
    *result = (struct zset_result){.call = call, .limits = zset_limits_of(call)};
    collection_open(&result->zset, &zset_kind, entry);
    return true;
}

bool zset_result_add(struct zset_result *result, const char *stored, double score)
{
    return zset_add_stored(&result->zset, stored, score, &result->limits) == 0;
}

void zset_result_store(struct zset_result *result, const struct key *key, const struct key_event *event)
{
    struct view *view = &result->call->view;
    uint64_t count = collection_count(&result->zset);
    reply_int(result->call->reply, (int64_t)count);
    if (count > 0) {
        keyspace_put(view, key, result->zset.entry, event);
        return;
    }
    keyspace_delete(view, key);
    zset_result_drop(result);
}

void zset_result_drop(struct zset_result *result)
{
    dispose_entry(result->zset.entry);
}
