#include "pubsub/pattern_list.h"

#include "base/connection_memory.h"
#include "base/memory.h"

#include <assert.h>

#define CAPACITY_MIN 16

static void list_resize(struct pattern_list *list, size_t capacity)
{
    connection_memory_add((capacity - list->capacity) * sizeof *list->slots); /* wraps around where it shrinks */
    list->capacity = capacity;
    if (capacity > 0) {
        list->slots = mem_realloc(list->slots, capacity * sizeof *list->slots);
        return;
    }
    mem_free(list->slots);
    list->slots = NULL;
}

static void close_gaps(struct pattern_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->slots[i].channel)
            list->slots[kept++] = list->slots[i];
    list->count = kept;
    list->gone = 0;
    if (kept == 0)
        list_resize(list, 0);
    else if (kept > CAPACITY_MIN && kept < list->capacity / 4)
        list_resize(list, list->capacity / 2);
}

uint64_t pattern_list_add(struct pattern_list *list, struct channel *channel)
{
    if (list->count == list->capacity)
        list_resize(list, list->capacity ? 2 * list->capacity : CAPACITY_MIN);
    assert(list->slots);
    list->slots[list->count++] = (struct pattern_slot){++list->last, channel};
    return list->last;
}

void pattern_list_remove(struct pattern_list *list, uint64_t number)
{
    size_t index = pattern_list_find(list, number);
    assert(index < list->count && list->slots[index].number == number);
    list->slots[index].channel = NULL;
    if (++list->gone > list->count / 2)
        close_gaps(list);
}

size_t pattern_list_find(const struct pattern_list *list, uint64_t number)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->slots[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
