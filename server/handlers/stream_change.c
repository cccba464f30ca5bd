#include "handlers/stream_change.h"

#include "command/errors.h"
#include "handlers/lookup.h"

bool stream_change_find(struct stream_change *change, struct call *call, const struct key *key)
{
    *change = (struct stream_change){.call = call, .key = key, .found = keyspace_find_for_write(&call->view, key)};
    if (!lookup_is(call, change->found, TYPE_STREAM))
        return false;
    if (change->found)
        change->stream = stream_of(change->found);
    return true;
}

bool stream_change_begin(struct stream_change *change)
{
    change->entry = change->found ? keyspace_edit(&change->call->view, change->key, change->found)
                                  : stream_create(change->key->name);
    if (!change->entry) {
        error_no_memory(change->call);
        return false;
    }
    change->stream = stream_of(change->entry);
    return true;
}

void stream_change_end(struct stream_change *change, const struct key_event *event, uint64_t changes)
{
    struct key_event told = *event;
    struct view *view = &change->call->view;
    told.changes = (uint32_t)changes;
    if (change->found)
        keyspace_edited(view, change->key, change->found, change->entry, &told);
    else
        keyspace_put(view, change->key, change->entry, &told);
}

void stream_change_abandon(struct stream_change *change)
{
    if (!change->found)
        entry_free(change->entry);
}
