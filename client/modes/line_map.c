#include "modes/line_map.h"

#include "core/memory.h"

#include <stdlib.h>

#define MOST_STEPS 8192 /* a power of two */

/* From this command on, lines are ahead of commands by this many. */
struct step {
    uint64_t command;
    uint64_t ahead;
};

struct line_map {
    struct step steps[MOST_STEPS]; /* a ring: `first` and `end` only grow */
    uint64_t first;
    uint64_t end;
    uint64_t last_command;
};

static struct step *step_at(struct line_map *map, uint64_t index)
{
    return &map->steps[index % MOST_STEPS];
}

struct line_map *line_map_create(void)
{
    return memory_alloc_zeroed(sizeof(struct line_map));
}

void line_map_destroy(struct line_map *map)
{
    free(map);
}

void line_map_add(struct line_map *map, uint64_t command, uint64_t line)
{
    uint64_t ahead = line - command;
    map->last_command = command;
    if (map->end > map->first && step_at(map, map->end - 1)->ahead == ahead)
        return;
    if (map->end - map->first == MOST_STEPS)
        map->first++;
    *step_at(map, map->end++) = (struct step){.command = command, .ahead = ahead};
}

uint64_t line_map_find(struct line_map *map, uint64_t command)
{
    while (map->end - map->first > 1 && step_at(map, map->first + 1)->command <= command)
        map->first++;
    if (map->end == map->first || step_at(map, map->first)->command > command || command > map->last_command)
        return 0;
    return command + step_at(map, map->first)->ahead;
}
