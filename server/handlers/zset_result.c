#include "handlers/zset_result.h"

#include "command/errors.h"
#include "handlers/scored_members.h"
#include "store/disposal.h"

/* ---- the beginning ---- */

bool zset_result_begin(struct zset_result *result, struct call *call, uint64_t most)
{
    *result = (struct zset_result){.call = call, .limits = zset_limits_of(call)};
    if (gathering_begin(&result->members, most) == 0)
        return true;
    error_no_memory(call);
    return false;
}

bool zset_result_begin_joined(struct zset_result *result, struct call *call, uint64_t room, uint64_t sources,
                              gathering_rule *rule, void *context)
{
    *result = (struct zset_result){.call = call, .limits = zset_limits_of(call), .is_skiplist = true, .settles = true};
    if (gathering_begin_joined(&result->members, room, sources, rule, context) == 0)
        return true;
    error_no_memory(call);
    return false;
}

/* ---- adding ---- */

/* Whether the next member makes a skiplist of what has been a listpack. */
static bool outgrows_listpack(const struct zset_result *result, const char *stored)
{
    struct element_view view;
    if (result->members.count >= result->limits.entries)
        return true;
    element_view(stored, &view);
    return view.text.len > result->limits.value;
}

void zset_result_add(struct zset_result *result, const char *stored, double score)
{
    result->is_skiplist = result->is_skiplist || outgrows_listpack(result, stored);
    gathering_add(&result->members, stored, zset_score_kept(score, result->is_skiplist));
}

/* ---- the end ---- */

static void drop(struct zset_result *result)
{
    gathering_deinit(&result->members);
}

void zset_result_fail(struct zset_result *result)
{
    error_no_memory(result->call);
    drop(result);
}

/* An entry with the set, or NULL without memory. */
static struct entry *make_entry(struct zset_result *result, const struct key *key)
{
    struct collection zset;
    struct entry *entry = collection_create(&zset_kind, key->name, ENTRY_NO_EXPIRY);
    if (!entry)
        return NULL;
    collection_open(&zset, &zset_kind, entry);
    if (result->is_skiplist)
        zset_begin(&zset);
    if (gathering_build(&result->members, &zset) != 0) {
        dispose_entry(zset.entry);
        return NULL;
    }
    if (result->settles)
        zset_settle(&zset, &result->limits);
    return zset.entry;
}

void zset_result_store(struct zset_result *result, const struct key *key, const struct key_event *event)
{
    struct call *call = result->call;
    gathering_join(&result->members);
    int64_t count = (int64_t)result->members.count;
    struct entry *entry = count > 0 ? make_entry(result, key) : NULL;
    if (count > 0 && !entry) {
        zset_result_fail(result);
        return;
    }
    drop(result);
    if (entry)
        keyspace_put(&call->view, key, entry, event);
    else
        keyspace_delete(&call->view, key);
    reply_int(call->reply, count);
}

void zset_result_reply(struct zset_result *result, bool scores)
{
    struct reply *reply = result->call->reply;
    struct gathering *members = &result->members;
    gathering_join(members);
    record_sort_by_score(members->members, members->count);
    reply_scored_count(reply, members->count, scores);
    for (size_t i = 0; i < members->count && !reply_is_over(reply); i++) {
        record_ref_prefetch(members->members, members->count, i);
        reply_scored_member(reply, members->members[i].stored, members->members[i].score, scores);
    }
    drop(result);
}

void zset_result_reply_count(struct zset_result *result)
{
    gathering_join(&result->members);
    reply_int(result->call->reply, (int64_t)result->members.count);
    drop(result);
}
