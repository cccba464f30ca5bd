/*
 * On which line of the input a command stands, for commands that are not answered yet. Lines and commands are in step,
 * except for lines that are no commands; only those steps are kept, so a few of them are enough for any number of
 * commands.
 */
#ifndef KVS_CLIENT_MODES_LINE_MAP_H
#define KVS_CLIENT_MODES_LINE_MAP_H

#include <stdint.h>

struct line_map;

struct line_map *line_map_create(void);
void line_map_destroy(struct line_map *map);

/* Says the line of the next command. Commands are counted from 1 on. */
void line_map_add(struct line_map *map, uint64_t command, uint64_t line);

/* The line of a command; earlier ones can't be asked for from then on. 0: unknown, because it was not added, or too
 * many were not answered yet. */
uint64_t line_map_find(struct line_map *map, uint64_t command);

#endif
