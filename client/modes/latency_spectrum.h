/*
 * Times as a row of cells. Each stands for times about a third longer than the cell before, and shows how many of the
 * samples fell into it: by colour, or by a character where there are no colours.
 */
#ifndef KVS_CLIENT_MODES_LATENCY_SPECTRUM_H
#define KVS_CLIENT_MODES_LATENCY_SPECTRUM_H

#include "options/options.h"

#include <stdint.h>

#define SPECTRUM_DECADE 8                        /* cells from one power of ten to the next */
#define SPECTRUM_CELLS (7 * SPECTRUM_DECADE + 1) /* from 1 us to 10 s; the last is for all above */

struct spectrum {
    uint64_t cells[SPECTRUM_CELLS];
    uint64_t count;
};

void spectrum_add(struct spectrum *spectrum, uint64_t nanoseconds);

/* Whether to draw in 256 colours: as --color says, or where the terminal has them and nobody has refused. */
bool spectrum_has_color(const struct options *options);

/* Both print to standard output, without a line end; each line of the legend begins with `margin` blanks. */
void spectrum_print_legend(int margin, bool color, const char *micro);
void spectrum_print(const struct spectrum *spectrum, bool color);

#endif
