#include "handlers/change.h"

#include "command/errors.h"
#include "handlers/lookup.h"

bool change_find(struct change *change, struct call *call, const struct key *key, const struct collection_kind *kind)
{
    *change =
        (struct change){.call = call, .key = key, .kind = kind, .found = keyspace_find_for_write(&call->view, key)};
    if (!lookup_is(call, change->found, (enum type_number)kind->type))
        return false;
    if (change->found)
        collection_open(&change->collection, kind, change->found);
    return true;
}

bool change_begin(struct change *change)
{
    struct entry *entry = change->found ? keyspace_edit(&change->call->view, change->key, change->found)
                                        : collection_create(change->kind, change->key->name, ENTRY_NO_EXPIRY);
    if (!entry) {
        error_no_memory(change->call);
        return false;
    }
    collection_open(&change->collection, change->kind, entry);
    return true;
}

void change_end(struct change *change, const struct key_event *event, uint64_t changes)
{
    struct key_event told = *event;
    struct view *view = &change->call->view;
    struct entry *entry = change->collection.entry;
    told.changes = (uint32_t)changes;
    if (change->found)
        keyspace_edited(view, change->key, change->found, entry, &told);
    else
        keyspace_put(view, change->key, entry, &told);
    if (collection_count(&change->collection) == 0)
        keyspace_delete_emptied(view, change->key);
    collection_discard(&change->cut);
}

void change_abandon(struct change *change)
{
    if (!change->found)
        entry_free(change->collection.entry);
}
