#include "top/view.h"

#include "top/layout.h"

#include <string.h>

/* The table that keys move: the one that is the whole view; in the overview the clients, where they are shown. */
static void choose_focus(struct ui *ui, const struct layout *layout)
{
    ui->focus = layout->clients.height > 0    ? &ui->clients
                : layout->commands.height > 0 ? &ui->commands
                : layout->sockets.height > 0  ? &ui->sockets
                                              : NULL;
    ui->commands.has_selection = ui->focus == &ui->commands && ui->view != VIEW_OVERVIEW;
    ui->clients.has_selection = ui->focus == &ui->clients;
    ui->sockets.has_selection = ui->focus == &ui->sockets;
}

static void draw_too_small(const struct rectangle *screen)
{
    screen_print(screen, screen->height / 2, 0, LOOK_WARNING, "too small");
    screen_print(screen, screen->height / 2 + 1, 0, LOOK_PLAIN, "needs %dx%d", LAYOUT_LEAST_WIDTH, LAYOUT_LEAST_HEIGHT);
}

static void draw_parts(struct ui *ui, struct model *model, const struct layout *layout)
{
    if (layout->figures.height > 0)
        view_figures_draw(&layout->figures, ui, model);
    if (layout->workers.height > 0)
        view_workers_draw(&layout->workers, ui, model);
    if (layout->commands.height > 0)
        view_commands_draw(&layout->commands, ui, model);
    if (layout->sockets.height > 0)
        view_sockets_draw(&layout->sockets, ui, model);
    if (layout->clients.height > 0)
        view_clients_draw(&layout->clients, ui, model);
}

bool view_draw(struct ui *ui, struct model *model, const char *socket_path, double now)
{
    struct layout layout;
    struct rectangle screen = screen_area();
    bool has_room = layout_choose(&layout, screen, ui->view, model->sockets.count);
    screen_begin();
    choose_focus(ui, &layout);
    if (!has_room) {
        draw_too_small(&screen);
    } else if (ui->shows_help) {
        view_help_draw(&screen);
    } else {
        draw_parts(ui, model, &layout);
        view_bar_draw(&layout.bar, model, socket_path);
        view_tabs_draw(&layout.tabs, ui, layout.figures.height > 0 ? layout.figures.width : screen.width);
        view_foot_draw(&layout.foot, ui, model, now);
    }
    screen_end();
    return layout.clients.height > 0;
}

void view_refusal_draw(const struct rectangle *area, const char *what, const struct part *part)
{
    screen_print(area, 0, 1, LOOK_TITLE, "%s", what);
    if (strncmp(part->refusal, "NO", 2) == 0)
        screen_print(area, 1, 1, LOOK_WARNING, "not allowed: %s", part->refusal);
    else
        screen_print(area, 1, 1, LOOK_WARNING, "not available: %s", part->refusal);
}
