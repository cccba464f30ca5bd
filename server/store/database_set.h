/*
 * Which databases are in use: a bitmap, so that whoever goes through databases looks only at those that have a table.
 *
 * A database is added under the lock of the shard where it gets its table, and removed only while the world is stopped.
 * So a shard's own set is complete for whoever holds its lock; in the keyspace's, which others add to meanwhile, one
 * that is just getting its first key may be missing. Private to store/.
 */
#ifndef KVS_STORE_DATABASE_SET_H
#define KVS_STORE_DATABASE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Relaxed atomics throughout: a table itself is published by table_peek()'s partner, or by the shard's lock. */
struct database_set {
    uint64_t *bits; /* borrowed; as many as there are databases, at first all clear */
    int end;        /* none from here on is in it */
};

static inline size_t database_set_words(int databases)
{
    return ((size_t)databases + 63) / 64;
}

static inline void database_set_add(struct database_set *set, int db)
{
    int end = __atomic_load_n(&set->end, __ATOMIC_RELAXED);
    __atomic_fetch_or(&set->bits[db / 64], UINT64_C(1) << (db % 64), __ATOMIC_RELAXED);
    while (end <= db && !__atomic_compare_exchange_n(&set->end, &end, db + 1, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

/* The first database in the set from db on; -1 if there is none. */
static inline int database_set_next(const struct database_set *set, int db)
{
    int end = __atomic_load_n(&set->end, __ATOMIC_RELAXED);
    while (db < end) {
        uint64_t rest = __atomic_load_n(&set->bits[db / 64], __ATOMIC_RELAXED) >> (db % 64);
        if (rest != 0)
            return db + __builtin_ctzll(rest);
        db = (db / 64 + 1) * 64;
    }
    return -1;
}

/* ---- world stopped ---- */

static inline bool database_set_has(const struct database_set *set, int db)
{
    return set->bits[db / 64] >> (db % 64) & 1;
}

static inline void database_set_remove(struct database_set *set, int db)
{
    set->bits[db / 64] &= ~(UINT64_C(1) << (db % 64));
}

static inline void database_set_swap(struct database_set *set, int a, int b)
{
    bool has_a = database_set_has(set, a), has_b = database_set_has(set, b);
    if (has_a == has_b)
        return;
    database_set_remove(set, has_a ? a : b);
    database_set_add(set, has_a ? b : a);
}

static inline size_t database_set_count(const struct database_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < database_set_words(set->end); i++)
        count += (size_t)__builtin_popcountll(set->bits[i]);
    return count;
}

static inline void database_set_clear(struct database_set *set)
{
    memset(set->bits, 0, database_set_words(set->end) * sizeof *set->bits);
    set->end = 0;
}

#endif
