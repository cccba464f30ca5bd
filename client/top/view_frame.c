/*
 * What surrounds every view: the server at the top, the views to choose from, and the line at the foot, which goes to
 * whatever is most urgent.
 */
#include "core/quantity.h"
#include "top/amount.h"
#include "top/keys.h"
#include "top/owners.h"
#include "top/plot.h"
#include "top/strip.h"
#include "top/view.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PATIENCE 2.0 /* seconds after which it is said that an answer is awaited */

static void print_right(const struct rectangle *area, enum look look, const char *text)
{
    int length = (int)strlen(text);
    screen_print(area, 0, area->width > length ? area->width - length : 0, look, "%s", text);
}

static void write_server(char *text, size_t size, const struct model *model)
{
    char owner[32] = "";
    if (!model->is_connected)
        snprintf(text, size, "not connected");
    else if (model->has_peer) {
        owners_user(model->peer_uid, owner, sizeof owner);
        snprintf(text, size, "%s, pid %ld of %s", model->has_sample ? model->sample.server : "server", model->peer_pid,
                 owner);
    } else {
        snprintf(text, size, "%s", model->has_sample ? model->sample.server : "server");
    }
}

static void write_times(char *text, size_t size, const struct model *model)
{
    char clock[16] = "";
    time_t now = time(NULL);
    struct tm local;
    if (localtime_r(&now, &local))
        strftime(clock, sizeof clock, "%H:%M:%S", &local);
    if (model->has_sample && model->is_connected)
        snprintf(text, size, "up %s  %s ", amount_duration(model->sample.uptime).text, clock);
    else
        snprintf(text, size, "%s ", clock);
}

void view_bar_draw(const struct rectangle *area, const struct model *model, const char *socket_path)
{
    char server[128], times[48], path[160] = "";
    write_server(server, sizeof server, model);
    write_times(times, sizeof times, model);
    int room = area->width - (int)strlen(server) - (int)strlen(times) - 4;
    size_t length = strlen(socket_path);
    if (room > 8) /* the end of a path says more than its beginning */
        snprintf(path, sizeof path, "%s%s", (int)length > room ? "..." : "",
                 (int)length > room ? socket_path + length - (size_t)room + 3 : socket_path);
    for (char *byte = path; *byte != '\0'; byte++)
        *byte = *byte < ' ' || *byte > '~' ? '?' : *byte;
    screen_fill(area, 0, LOOK_BAR);
    screen_print(area, 0, 1, LOOK_BAR, "%s  %s", server, path);
    print_right(area, LOOK_BAR, times);
}

void view_tabs_draw(const struct rectangle *area, const struct ui *ui, int plots_width)
{
    static const char *const names[VIEW_COUNT] = {"Overview", "Commands", "Clients", "Sockets", "Workers"};
    char text[64], interval[16];
    int column = 0;
    for (int view = 0; view < VIEW_COUNT; view++) {
        screen_print(area, 0, column, view == (int)ui->view ? LOOK_SELECTED : LOOK_PLAIN, " %d %s ", view + 1,
                     names[view]);
        column += (int)strlen(names[view]) + 4;
    }
    size_t rounds = plot_rounds(strip_plot_width(plots_width), ui->step);
    size_t rows = ui->focus ? ui->focus->shown : 0;
    snprintf(interval, sizeof interval, "%gs", ui->interval);
    if (ui->is_paused)
        snprintf(text, sizeof text, "PAUSED ");
    else if (ui->filter[0] != '\0')
        snprintf(text, sizeof text, "%zu %s with '%s' ", rows, quantity_noun(rows, "row", "rows"), ui->filter);
    else if (ui->focus && ui->view != VIEW_OVERVIEW)
        snprintf(text, sizeof text, "%zu %s, every %s ", rows, quantity_noun(rows, "row", "rows"), interval);
    else
        snprintf(text, sizeof text, "every %s, plots %s ", interval,
                 amount_duration(rounds > 0 ? ui->interval * (double)rounds : 0).text);
    if ((int)strlen(text) < area->width - column)
        print_right(area, ui->is_paused ? LOOK_WARNING : LOOK_DIM, text);
}

static void draw_hints(const struct rectangle *area)
{
    int column = 1;
    for (size_t i = 0; i < key_count; i++) {
        const struct key *key = &key_table[i];
        if (!key->hint)
            continue;
        screen_print(area, 0, column, LOOK_VALUE, "%c", key->code);
        screen_print(area, 0, column + 2, LOOK_DIM, "%s", key->hint);
        column += (int)strlen(key->hint) + 4;
    }
}

void view_foot_draw(const struct rectangle *area, const struct ui *ui, const struct model *model, double now)
{
    if (ui->input == INPUT_KILL) {
        screen_fill(area, 0, LOOK_QUESTION);
        screen_print(area, 0, 1, LOOK_QUESTION, "Kill %s? y/n", ui->victim_text);
    } else if (ui->input == INPUT_FILTER) {
        screen_print(area, 0, 1, LOOK_VALUE, "filter: %s_", ui->filter);
    } else if (!model->is_connected) {
        screen_print(area, 0, 1, LOOK_WARNING, "not connected for %s, trying again: %s",
                     amount_duration(now - model->changed).text, model->trouble);
    } else if (model->waiting > 0 && now - model->waiting > PATIENCE) {
        screen_print(area, 0, 1, LOOK_WARNING, "no answer for %s", amount_duration(now - model->waiting).text);
    } else if (now < ui->message_until) {
        screen_print(area, 0, 1, LOOK_VALUE, "%s", model->message);
    } else {
        draw_hints(area);
    }
}
