/*
 * A figure on the screen: its name and value, a few words, and its plot with a scale.
 */
#ifndef KVS_CLIENT_TOP_STRIP_H
#define KVS_CLIENT_TOP_STRIP_H

#include "top/amount.h"
#include "top/screen.h"
#include "top/timeline.h"

#include <stddef.h>

#define STRIP_LINES 5
#define STRIP_TEXT 28 /* columns of the words */

enum unit {
    UNIT_COUNT,
    UNIT_BYTES,
    UNIT_PERCENT,
    UNIT_MICROSECONDS,
};

struct strip {
    const char *title;
    struct amount value;
    enum unit unit;
    enum figure figure;
    enum look look;
    double top;                  /* of the plot; 0: what its values need */
    char lines[STRIP_LINES][40]; /* words below the title, as many as there is room for; printable */
};

/* Draws it; each bar of the plot stands for `step` rounds. */
void strip_draw(const struct strip *strip, const struct rectangle *area, const struct timeline *timeline, size_t step);

/* Columns of a strip's plot. */
int strip_plot_width(int width);

#endif
