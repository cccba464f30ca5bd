/*
 * Name tables: things that have a name and, as long as they are in the table, a small number.
 *
 * They are found by name and gone through in the order of names, as memcmp() has it; and they are found by number at
 * once, so others may refer to them by four bytes. Numbers begin with 1, and those that are free are given again.
 *
 * The table doesn't own what is in it. Under the lock of whoever owns the table.
 */
#ifndef KVS_TYPES_NAME_TABLE_H
#define KVS_TYPES_NAME_TABLE_H

#include "base/bytes.h"
#include "shape/tree.h"

#include <stddef.h>
#include <stdint.h>

/* First in the struct of each thing. */
struct named {
    struct bytes name; /* its own */
    uint32_t number;   /* 0: it is in no table */
};

struct name_table {
    struct tree names;         /* names, each with its number */
    struct named **by_number;  /* from number 1 on; one that is free has the next free one in its place */
    uint32_t room, first_free; /* 0: none is free */
};

void name_table_init(struct name_table *table);
void name_table_deinit(struct name_table *table);

static inline uint64_t name_table_count(const struct name_table *table)
{
    return table->names.count;
}

/* NULL: there is none with that name. */
struct named *name_table_find(const struct name_table *table, struct bytes name);

/* What has that number, which is one of the table's. */
static inline struct named *name_table_at(const struct name_table *table, uint32_t number)
{
    return table->by_number[number - 1];
}

/* Adds a thing under its name, which the table doesn't have, and numbers it. 0 or -ENOMEM. */
int name_table_add(struct name_table *table, struct named *thing);

/* Takes out what is in the table. */
void name_table_remove(struct name_table *table, struct named *thing);

/* In the order of names: the first one, and the next. NULL: there is none. A change of the table ends the walk. */
struct named *name_table_first(const struct name_table *table, struct tree_place *place_out);
struct named *name_table_next(const struct name_table *table, struct tree_place *place);

/* copy gets the same names and numbers, each with a copy that the caller makes of the thing. 0 or -ENOMEM. */
int name_table_copy(struct name_table *copy, const struct name_table *table,
                    struct named *(*copy_thing)(const struct named *thing), void (*free_thing)(struct named *thing));

/* Bytes of the table alone. */
size_t name_table_memory(const struct name_table *table);

/* Ends the process if something is wrong with it. For tests and DEBUG. */
void name_table_check(const struct name_table *table);

#endif
