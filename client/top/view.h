/*
 * Drawing: a frame from the model and what a person wants to see of it. One file for each part of the screen; each is
 * given a rectangle and draws inside it.
 */
#ifndef KVS_CLIENT_TOP_VIEW_H
#define KVS_CLIENT_TOP_VIEW_H

#include "top/model.h"
#include "top/screen.h"
#include "top/ui.h"

#include <stdbool.h>

/* The whole screen. Chooses the table that keys move (ui->focus), and tells whether clients are on the screen. */
bool view_draw(struct ui *ui, struct model *model, const char *socket_path, double now);

/* The parts. */
void view_bar_draw(const struct rectangle *area, const struct model *model, const char *socket_path);
void view_tabs_draw(const struct rectangle *area, const struct ui *ui, int plots_width);
void view_foot_draw(const struct rectangle *area, const struct ui *ui, const struct model *model, double now);
void view_figures_draw(const struct rectangle *area, const struct ui *ui, const struct model *model);
void view_workers_draw(const struct rectangle *area, const struct ui *ui, const struct model *model);
void view_commands_draw(const struct rectangle *area, struct ui *ui, struct model *model);
void view_clients_draw(const struct rectangle *area, struct ui *ui, struct model *model);
void view_sockets_draw(const struct rectangle *area, struct ui *ui, struct model *model);
void view_help_draw(const struct rectangle *area);

/* In place of a part: what the server said instead of telling. */
void view_refusal_draw(const struct rectangle *area, const char *what, const struct part *part);

#endif
