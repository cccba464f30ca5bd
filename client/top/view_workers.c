#include "top/strip.h"
#include "top/view.h"

#include <math.h>
#include <stdio.h>

/* A strip for each worker, as high as there is room; those that have none are counted. */
void view_workers_draw(const struct rectangle *area, const struct ui *ui, const struct model *model)
{
    const struct workers *workers = &model->workers;
    if (workers->count == 0) {
        screen_print(area, 0, 1, LOOK_PLAIN, "%s",
                     model->has_sample ? "the server's threads cannot be seen from here" : "nothing is known yet");
        return;
    }
    int count = (int)workers->count, height = area->height / count;
    height = height > 6 ? 6 : height < 1 ? 1 : height;
    for (int i = 0; i < count; i++) {
        struct rectangle place = {area->top + i * height, area->left, height, area->width};
        const struct worker *worker = &workers->all[i];
        struct strip strip = {
            .title = worker->name,
            .value = amount_percent(worker->percent),
            .unit = UNIT_PERCENT,
            .figure = (enum figure)(FIGURE_WORKER + i),
            .look = (enum look)(LOOK_PLOT + i % (LOOK_COUNT - LOOK_PLOT)),
            .top = 100,
        };
        snprintf(strip.lines[0], sizeof strip.lines[0], "%s in all", amount_duration(worker->seconds).text);
        if (i == area->height - 1 && count > area->height) {
            screen_print(&place, 0, 1, LOOK_DIM, "and %d more", count - i);
            break;
        }
        strip_draw(&strip, &place, model->timeline, ui->step);
    }
}
