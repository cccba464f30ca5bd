/*
 * Names are a tree by score whose scores are all 0, which leaves the order of texts; behind each name stands its
 * number.
 */
#include "types/name_table.h"

#include "base/memory.h"
#include "base/panic.h"

#include <errno.h>
#include <string.h>

#define ROOM_AT_FIRST 4

static const struct record_form name_form = {.fixed = sizeof(double), .elements = 2};

void name_table_init(struct name_table *table)
{
    *table = (struct name_table){0};
    tree_init(&table->names, TREE_BY_SCORE, name_form);
}

void name_table_deinit(struct name_table *table)
{
    tree_deinit(&table->names);
    mem_free(table->by_number);
    table->by_number = NULL;
    table->room = table->first_free = 0;
}

/* ---- numbers: a place that is free has the number of the next free one, and a lowest bit that no address has ---- */

static struct named *free_place(uint32_t next)
{
    return (struct named *)((uintptr_t)next << 1 | 1);
}

static bool is_free(const struct named *place)
{
    return (uintptr_t)place & 1;
}

static int make_room(struct name_table *table)
{
    uint32_t room = table->room ? table->room * 2 : ROOM_AT_FIRST;
    if (table->first_free)
        return 0;
    if (room >= UINT32_MAX / 2)
        return -ENOMEM;
    struct named **places = mem_try_realloc(table->by_number, room * sizeof *places);
    if (!places)
        return -ENOMEM;
    for (uint32_t i = table->room; i < room; i++)
        places[i] = free_place(i + 1 < room ? i + 2 : 0);
    table->first_free = table->room + 1;
    table->by_number = places;
    table->room = room;
    return 0;
}

static uint32_t next_free(const struct name_table *table)
{
    return (uint32_t)((uintptr_t)table->by_number[table->first_free - 1] >> 1);
}

/* ---- names ---- */

static bool find_name(const struct name_table *table, struct bytes name, struct tree_place *place_out)
{
    return tree_find_score(&table->names, 0, name, place_out);
}

static struct named *thing_at(const struct name_table *table, const struct tree_place *place)
{
    int64_t number = 0;
    element_to_i64(record_second(tree_record(place), name_form), &number);
    return name_table_at(table, (uint32_t)number);
}

struct named *name_table_find(const struct name_table *table, struct bytes name)
{
    struct tree_place place;
    return find_name(table, name, &place) ? thing_at(table, &place) : NULL;
}

/* Adds the name with the number. 0 or -ENOMEM. */
static int add_name(struct name_table *table, struct bytes name, uint32_t number)
{
    char record[RECORD_MAX] = {0};
    struct element element;
    struct tree_place place;
    size_t len = sizeof(double);
    element_init(&element, name.data, name.len);
    size_t name_len = element_store(record + len, &element, NULL);
    if (name_len == 0)
        return -ENOMEM;
    len += name_len;
    element_init_i64(&element, number);
    len += element_store(record + len, &element, NULL);
    find_name(table, name, &place);
    int error = tree_insert(&table->names, &place, record, len);
    if (error)
        element_release(record + sizeof(double));
    return error;
}

int name_table_add(struct name_table *table, struct named *thing)
{
    if (make_room(table) != 0 || add_name(table, thing->name, table->first_free) != 0)
        return -ENOMEM;
    thing->number = table->first_free;
    table->first_free = next_free(table);
    table->by_number[thing->number - 1] = thing;
    return 0;
}

void name_table_remove(struct name_table *table, struct named *thing)
{
    struct tree_place place;
    panic_unless(find_name(table, thing->name, &place));
    tree_remove(&table->names, &place);
    table->by_number[thing->number - 1] = free_place(table->first_free);
    table->first_free = thing->number;
    thing->number = 0;
}

/* ---- the whole table ---- */

struct named *name_table_first(const struct name_table *table, struct tree_place *place_out)
{
    return tree_at(&table->names, 0, place_out) ? thing_at(table, place_out) : NULL;
}

struct named *name_table_next(const struct name_table *table, struct tree_place *place)
{
    return tree_next(&table->names, place) ? thing_at(table, place) : NULL;
}

int name_table_copy(struct name_table *copy, const struct name_table *table,
                    struct named *(*copy_thing)(const struct named *thing), void (*free_thing)(struct named *thing))
{
    name_table_init(copy);
    if (table->room == 0)
        return 0;
    copy->by_number = mem_try_alloc(table->room * sizeof *copy->by_number);
    int error = copy->by_number ? tree_copy(&copy->names, &table->names) : -ENOMEM;
    uint32_t done = 0;
    for (; !error && done < table->room; done++) {
        const struct named *thing = table->by_number[done];
        copy->by_number[done] = is_free(thing) ? table->by_number[done] : copy_thing(thing);
        if (!copy->by_number[done])
            error = -ENOMEM;
    }
    copy->room = table->room;
    copy->first_free = table->first_free;
    if (!error)
        return 0;
    for (uint32_t i = 0; i < done; i++)
        if (copy->by_number[i] && !is_free(copy->by_number[i]))
            free_thing(copy->by_number[i]);
    name_table_deinit(copy);
    return error;
}

size_t name_table_memory(const struct name_table *table)
{
    return tree_memory(&table->names, 0) + (table->by_number ? mem_usable(table->by_number) : 0);
}

void name_table_check(const struct name_table *table)
{
    uint64_t free_count = 0;
    struct tree_place place;
    tree_check(&table->names);
    for (uint32_t number = table->first_free; number; free_count++) {
        panic_unless(number <= table->room && is_free(table->by_number[number - 1]));
        number = (uint32_t)((uintptr_t)table->by_number[number - 1] >> 1);
    }
    panic_unless(free_count + table->names.count == table->room);
    for (struct named *thing = name_table_first(table, &place); thing; thing = name_table_next(table, &place))
        panic_unless(name_table_at(table, thing->number) == thing && name_table_find(table, thing->name) == thing);
}
