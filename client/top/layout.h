/*
 * Where the parts of the screen are: one view at a time on a small terminal, more at once on a large one.
 */
#ifndef KVS_CLIENT_TOP_LAYOUT_H
#define KVS_CLIENT_TOP_LAYOUT_H

#include "top/screen.h"
#include "top/ui.h"

#include <stdbool.h>
#include <stddef.h>

#define LAYOUT_LEAST_HEIGHT 12
#define LAYOUT_LEAST_WIDTH 60

/* A part that is not shown has no height. */
struct layout {
    struct rectangle bar, tabs, foot;
    struct rectangle figures, commands, clients, sockets, workers;
};

/* False: the screen is too small for anything. */
bool layout_choose(struct layout *layout, struct rectangle screen, enum view view, size_t socket_count);

#endif
