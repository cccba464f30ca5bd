/*
 * From one key to another: RENAME, MOVE and COPY. A value that moves keeps its memory, however large it is.
 */
#include "base/bytes.h"
#include "store/keyspace_internal.h"
#include "store/recency.h"

static const struct entry *find_in(struct view *view, int db, const struct key *key)
{
    table_slot *slot;
    int here = view->db;
    view->db = db;
    slot = slot_find_to_change(view, shard_of(view, key->hash), key);
    view->db = here;
    return slot ? slot_entry(*slot) : NULL;
}

/* A key that comes from another one is new even if it takes the place of one, and that is told first. */
static void tell_new(struct view *view, int db, const struct key *key)
{
    int here = view->db;
    view->db = db;
    keyspace_remark(view, key, &event_new);
    view->db = here;
}

static void put_in(struct view *view, int db, const struct key *key, struct entry *entry, const struct key_event *event)
{
    int here = view->db;
    view->db = db;
    keyspace_put(view, key, entry, event);
    view->db = here;
}

/* Takes the entry out of the view's database and hands it to the caller, who puts it elsewhere. */
static struct entry *take(struct view *view, const struct key *key, const struct entry *found,
                          const struct key_event *event)
{
    struct shard *shard = shard_of(view, key->hash);
    struct table *table = shard->tables[view->db];
    struct entry *entry = keyspace_edit(view, key, found);
    table_remove(table, key->hash, table_find_address(table, key->hash, found));
    hook_after(view, shard, shard->interest, key, event, event->changes);
    return entry;
}

enum transfer keyspace_rename(struct view *view, const struct key *from, const struct key *to, bool replace)
{
    const struct entry *entry = keyspace_find_for_write(view, from);
    if (!entry)
        return TRANSFER_NO_SOURCE;
    if (bytes_equal(from->name.data, from->name.len, to->name.data, to->name.len))
        return replace ? TRANSFER_DONE : TRANSFER_OCCUPIED;
    if (keyspace_find_for_write(view, to) &&
        !replace) /* in this order: one that is due expires before it is replaced */
        return TRANSFER_OCCUPIED;
    struct shard *shard = shard_of(view, from->hash);
    struct table *table = shard->tables[view->db];
    struct entry *moved = entry_rename(keyspace_edit(view, from, entry), to->name);
    if (!moved)
        return TRANSFER_NO_MEMORY;
    tell_new(view, view->db, to);
    table_remove(table, from->hash, table_find_address(table, from->hash, entry));
    hook_after(view, shard, shard->interest, from, &event_rename_from, event_rename_from.changes);
    keyspace_put(view, to, moved, &event_rename_to);
    return TRANSFER_DONE;
}

enum transfer keyspace_move(struct view *view, const struct key *key, int db)
{
    const struct entry *entry = keyspace_find_for_write(view, key);
    if (!entry)
        return TRANSFER_NO_SOURCE;
    if (find_in(view, db, key))
        return TRANSFER_OCCUPIED;
    tell_new(view, db, key);
    put_in(view, db, key, take(view, key, entry, &event_move_from), &event_move_to);
    return TRANSFER_DONE;
}

enum transfer keyspace_copy(struct view *view, const struct key *from, int db, const struct key *to, bool replace)
{
    const struct entry *entry = keyspace_find(view, from, LOOKUP_TOUCH);
    if (!entry)
        return TRANSFER_NO_SOURCE;
    if (find_in(view, db, to) && !replace)
        return TRANSFER_OCCUPIED;
    struct entry *copy = entry_copy(entry, to->name, entry_expiry(entry));
    if (!copy)
        return TRANSFER_NO_MEMORY;
    recency_init(copy, view->now_s); /* nobody has used the copy yet */
    tell_new(view, db, to);
    put_in(view, db, to, copy, &event_copy_to);
    return TRANSFER_DONE;
}
