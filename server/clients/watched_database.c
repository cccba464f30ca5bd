#include "clients/watched_database.h"

#include "base/memory.h"

void watched_database_add(struct watched_database **list, const struct view *view, bool alive)
{
    struct watched_database *database = *list;
    while (database && database->db != view->db)
        database = database->next;
    if (!database) {
        database = mem_calloc(sizeof *database);
        *database = (struct watched_database){.next = *list, .db = view->db};
        *list = database;
    }
    if (alive && !database->has_alive) {
        database->has_alive = true;
        database->alive_since = keyspace_changes(view->keyspace, view->db);
    } else if (!alive && !database->has_absent) {
        database->has_absent = true;
        database->absent_swaps = keyspace_changes(view->keyspace, view->db).swaps;
    }
}

enum whole_change watched_database_change(const struct watched_database *database, const struct keyspace *keyspace)
{
    struct database_changes now = keyspace_changes(keyspace, database->db);
    if (database->has_alive &&
        (now.flushes != database->alive_since.flushes || now.swaps != database->alive_since.swaps))
        return WHOLE_CHANGED;
    if (!database->has_absent || now.swaps == database->absent_swaps)
        return WHOLE_SAME;
    bool once = now.swaps - database->absent_swaps == 1 && now.flushes == now.flushes_before_swap;
    return once ? WHOLE_CAME : WHOLE_CHANGED;
}

void watched_databases_free(struct watched_database *list)
{
    struct watched_database *next;
    for (; list; list = next) {
        next = list->next;
        mem_free_sized(list, sizeof *list);
    }
}
