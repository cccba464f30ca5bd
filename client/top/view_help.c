#include "top/keys.h"
#include "top/view.h"

static const char *const notes[] = {
    "Requests and calls leave out this screen's own.",
    "PING is timed ten times a second; its percentiles are of the last minute.",
    "TIME is the share of all commands' time; P50 and P99 are since the start.",
    "A thousand clients or more are listed only every 5 seconds.",
};

/* As many lines as there is room for: keys first. */
void view_help_draw(const struct rectangle *area)
{
    int line = 1;
    screen_fill(area, 0, LOOK_BAR);
    screen_print(area, 0, 1, LOOK_BAR, "kvs-cli --top: keys");
    for (size_t i = 0; i < key_count; i++) {
        if (!key_table[i].name)
            continue;
        screen_print(area, line, 2, LOOK_VALUE, "%s", key_table[i].name);
        screen_print(area, line++, 16, LOOK_PLAIN, "%s", key_table[i].help);
    }
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        screen_print(area, line++, 2, LOOK_DIM, "%s", notes[i]);
}
