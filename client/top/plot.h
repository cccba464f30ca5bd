/*
 * A figure's last rounds as a plot of characters, newest at the right: braille dots, two bars to a column and four
 * steps to a line, or ASCII where that is all there is (screen_is_plain()). What is not known stays blank; what is
 * known shows at least its lowest step.
 */
#ifndef KVS_CLIENT_TOP_PLOT_H
#define KVS_CLIENT_TOP_PLOT_H

#include "top/screen.h"
#include "top/timeline.h"

/* Rounds that a plot of that many columns shows, when each of its bars stands for `step` rounds. */
size_t plot_rounds(int columns, size_t step);

/* The greatest value that it shows; 0 when it shows none. */
double plot_greatest(const struct timeline *timeline, enum figure figure, int columns, size_t step);

/* The least of 1, 2, 5, 10, 20 ... that is not below the value. */
double plot_ceiling(double value);

/* Fills the rectangle; `top` is the value of its upper edge. */
void plot_draw(const struct rectangle *area, const struct timeline *timeline, enum figure figure, size_t step,
               double top, enum look look);

#endif
