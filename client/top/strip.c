#include "top/strip.h"

#include "top/plot.h"

#include <ctype.h>
#include <string.h>

#define SCALE 6 /* columns of the numbers beside a plot, and a blank */

int strip_plot_width(int width)
{
    return width - STRIP_TEXT - SCALE;
}

static struct amount in_unit(enum unit unit, double value)
{
    switch (unit) {
    case UNIT_BYTES:
        return amount_bytes(value);
    case UNIT_PERCENT:
        return amount_percent(value);
    case UNIT_MICROSECONDS:
        return amount_microseconds(value);
    default:
        return amount_count(value);
    }
}

/* A round number at or above the greatest value, in units of 1024 for bytes. */
static double scale_top(const struct strip *strip, double greatest)
{
    double unit = 1;
    if (strip->top > 0)
        return strip->top;
    while (strip->unit == UNIT_BYTES && greatest / unit >= 1024)
        unit *= 1024;
    return plot_ceiling(greatest / unit) * unit;
}

/* "50.0ms" as "50ms": the number is round, and room is short. */
static void drop_zeros(char *text)
{
    char *point = strchr(text, '.');
    size_t zeros = point ? strspn(point + 1, "0") : 0;
    if (zeros > 0 && !isdigit((unsigned char)point[zeros + 1]))
        memmove(point, point + zeros + 1, strlen(point + zeros + 1) + 1);
}

static void draw_scale(const struct rectangle *area, enum unit unit, double top)
{
    struct amount highest = in_unit(unit, top);
    drop_zeros(highest.text);
    screen_print(area, 0, SCALE - 1 - (int)strlen(highest.text), LOOK_DIM, "%s", highest.text);
    if (area->height > 1)
        screen_print(area, area->height - 1, SCALE - 2, LOOK_DIM, "0");
}

static void draw_words(const struct strip *strip, const struct rectangle *area)
{
    struct rectangle words = *area;
    words.width = STRIP_TEXT - 1;
    screen_print(&words, 0, 1, LOOK_TITLE, "%s", strip->title);
    screen_print(&words, 0, words.width - (int)strlen(strip->value.text), LOOK_VALUE, "%s", strip->value.text);
    for (int line = 1; line < area->height && line <= STRIP_LINES; line++)
        screen_print(&words, line, 2, LOOK_PLAIN, "%s", strip->lines[line - 1]);
}

void strip_draw(const struct strip *strip, const struct rectangle *area, const struct timeline *timeline, size_t step)
{
    struct rectangle scale = *area, plot = *area;
    draw_words(strip, area);
    scale.left += STRIP_TEXT;
    scale.width = SCALE;
    plot.left += STRIP_TEXT + SCALE;
    plot.width = strip_plot_width(area->width);
    if (plot.width <= 0)
        return;
    double top = scale_top(strip, plot_greatest(timeline, strip->figure, plot.width, step));
    draw_scale(&scale, strip->unit, top);
    plot_draw(&plot, timeline, strip->figure, step, top, strip->look);
}
