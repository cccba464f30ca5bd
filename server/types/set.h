/*
 * Sets: collections of single elements, each of which is there once.
 *
 * OBJECT ENCODING tells Redis 7.2's names: "intset" for numbers alone, "listpack" while the set is small, "hashtable"
 * from then on. A set only goes from left to right. Which of them it is stands in the entry.
 */
#ifndef KVS_TYPES_SET_H
#define KVS_TYPES_SET_H

#include "base/bytes.h"
#include "types/collection.h"

extern const struct value_type set_type;
extern const struct collection_kind set_kind;

/* Up to where the names hold: members of an intset; members of a listpack, and bytes of each. */
struct set_limits {
    uint64_t intset_entries, listpack_entries, listpack_value;
};

/* Names an empty set that will begin with this member and get so many. */
void set_name(struct collection *set, const struct element *first, uint64_t count, const struct set_limits *limits);

/* Gives an empty set the name of another one. */
void set_name_like(struct collection *set, const struct collection *other);

/* Names a set that has outgrown the limits, or will. */
void set_name_large(struct collection *set);

/*
 * Before so many members are added to a set that has some: too many make it a hashtable, even if it has them already.
 */
void set_name_before(struct collection *set, uint64_t count, const struct set_limits *limits);

/* After most members were removed at once: a hashtable that is small now is a listpack again. */
void set_name_remains(struct collection *set, const struct set_limits *limits);

/* Whether it is an intset or a listpack, which Redis scans at once. */
bool set_is_compact(const struct entry *entry);

bool set_has(const struct collection *set, const struct element *member);

/*
 * Adds a member, which shares arg's blob if that has one (arg may be NULL). 1, or 0 if it is there already, or -ENOMEM.
 */
int set_add(struct collection *set, const struct element *member, const struct arg *arg,
            const struct set_limits *limits);

/* The same with a member as it is stored in another set. */
int set_add_stored(struct collection *set, const char *stored, const struct set_limits *limits);

/* 1, or 0 if it isn't there, or -ENOMEM. */
int set_remove(struct collection *set, const struct element *member);

#endif
