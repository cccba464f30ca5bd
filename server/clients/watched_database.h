/*
 * Watched databases: what becomes of watches when a whole database is emptied or exchanged.
 *
 * That happens in a stopped world, where nobody may visit a million watched keys. So EXEC compares how often it has
 * happened to the databases that its client watches keys in (keyspace_changes()) with how often it had when they came
 * to be watched. A key that was there has changed in any case; whether one that wasn't there has come by an exchange is
 * looked up.
 *
 * A client's list belongs to it. By its worker.
 */
#ifndef KVS_CLIENTS_WATCHED_DATABASE_H
#define KVS_CLIENTS_WATCHED_DATABASE_H

#include "store/keyspace.h"

#include <stdbool.h>
#include <stdint.h>

struct watched_database {
    struct watched_database *next;
    int db;
    bool has_alive, has_absent; /* watched keys that had a value when they came to be watched, and that had none */
    struct database_changes alive_since; /* when the first of those came */
    uint64_t absent_swaps;               /* when the first of these came */
};

/* A key of the view's database comes to be watched. */
void watched_database_add(struct watched_database **list, const struct view *view, bool alive);

enum whole_change {
    WHOLE_SAME,
    WHOLE_CHANGED, /* a watched key has changed, or may have come and gone again */
    WHOLE_CAME,    /* the last change was an exchange, the only one: a key that wasn't there may be there now */
};

/* Since the client began to watch keys in it. Inside the gate. */
enum whole_change watched_database_change(const struct watched_database *database, const struct keyspace *keyspace);

void watched_databases_free(struct watched_database *list);

#endif
