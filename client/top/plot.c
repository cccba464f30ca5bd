#include "top/plot.h"

#include <math.h>

#define BRAILLE 0x2800 /* the pattern without dots; three bytes of UTF-8, as all of them are */
#define LINE_STEPS 4   /* steps in a cell's height */

static size_t plot_density(void)
{
    return screen_is_plain() ? 1 : 2;
}

size_t plot_rounds(int columns, size_t step)
{
    return columns > 0 ? (size_t)columns * plot_density() * step : 0;
}

/* One group of `step` rounds: of latencies the worst, of all else the mean. Groups are cut where the count of rounds is
 * a multiple of it, so that a round stays in its group while time goes on. Group 0 is the newest. */
static double plot_value(const struct timeline *timeline, enum figure figure, size_t group, size_t step)
{
    size_t total = timeline_total(timeline), known = 0;
    double sum = 0, worst = 0;
    size_t newest_group = total > 0 ? (total - 1) / step : 0;
    if (total == 0 || group > newest_group)
        return NAN;
    size_t first = (newest_group - group) * step;
    for (size_t round = first; round < first + step && round < total; round++) {
        double value = timeline_value(timeline, figure, total - 1 - round);
        if (!isnan(value)) {
            sum += value;
            worst = fmax(worst, value);
            known++;
        }
    }
    if (known == 0)
        return NAN;
    return figure == FIGURE_LATENCY ? worst : sum / (double)known;
}

double plot_greatest(const struct timeline *timeline, enum figure figure, int columns, size_t step)
{
    double greatest = 0;
    size_t groups = plot_rounds(columns, 1);
    for (size_t group = 0; group < groups; group++) {
        double value = plot_value(timeline, figure, group, step);
        if (value > greatest)
            greatest = value;
    }
    return greatest;
}

double plot_ceiling(double value)
{
    if (!(value > 0) || !isfinite(value))
        return 1;
    double power = pow(10, floor(log10(value)));
    static const double steps[] = {1, 2, 5};
    for (int i = 0; i < 3; i++) {
        if (value <= steps[i] * power)
            return steps[i] * power;
    }
    return 10 * power;
}

/* Steps, out of `height` of them; 0 for what is not known. */
static int plot_steps(double value, double top, int height)
{
    if (isnan(value))
        return 0;
    double steps = ceil(value / top * height);
    return steps < 1 ? 1 : steps > height ? height : (int)steps;
}

/* How many of a cell's steps are filled, of a bar that is `steps` high; line 0 is the lowest. */
static int cell_steps(int steps, int line)
{
    int here = steps - line * LINE_STEPS;
    return here < 0 ? 0 : here > LINE_STEPS ? LINE_STEPS : here;
}

static char *append_braille(char *end, int left, int right)
{
    /* from the lowest dot up: 7 3 2 1 and 8 6 5 4, as Unicode counts them */
    static const unsigned left_dots[] = {0x00, 0x40, 0x44, 0x46, 0x47};
    static const unsigned right_dots[] = {0x00, 0x80, 0xa0, 0xb0, 0xb8};
    unsigned code = BRAILLE | left_dots[left] | right_dots[right];
    *end++ = (char)(0xe0 | code >> 12);
    *end++ = (char)(0x80 | (code >> 6 & 0x3f));
    *end++ = (char)(0x80 | (code & 0x3f));
    return end;
}

static char *append_cell(char *end, int left, int right)
{
    if (screen_is_plain())
        *end++ = " .:|#"[right];
    else if (left == 0 && right == 0)
        *end++ = ' ';
    else
        end = append_braille(end, left, right);
    return end;
}

void plot_draw(const struct rectangle *area, const struct timeline *timeline, enum figure figure, size_t step,
               double top, enum look look)
{
    int steps[2048] = {0}; /* of each bar, the newest first */
    int height = area->height * LINE_STEPS;
    int density = (int)plot_density();
    int width = area->width < 1024 ? area->width : 1024;
    for (int bar = 0; bar < width * density; bar++)
        steps[bar] = plot_steps(plot_value(timeline, figure, (size_t)bar, step), top, height);
    for (int line = 0; line < area->height; line++) {
        char text[1024 * 3 + 1], *end = text;
        for (int column = width - 1; column >= 0; column--) {
            int right = cell_steps(steps[column * density], line);
            int left = density > 1 ? cell_steps(steps[column * density + 1], line) : right;
            end = append_cell(end, left, right);
        }
        *end = '\0';
        screen_print_cells(area, area->height - 1 - line, 0, look, text);
    }
}
