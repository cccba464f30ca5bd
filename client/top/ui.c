#include "top/ui.h"

#include "top/keys.h"

#include <curses.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_SECONDS 6
#define STEP 2 /* of the plots at first: three minutes of seconds on a terminal of 80 columns */
#define ESCAPE 27
#define DELETE 127

_Static_assert(ACTION_VIEW_LAST - ACTION_VIEW + 1 == VIEW_COUNT, "there is an action for each view");

void ui_init(struct ui *ui, double interval)
{
    *ui = (struct ui){.interval = interval, .step = STEP};
    table_init(&ui->commands, command_columns, command_column_count, COMMAND_COLUMN_RATE);
    table_init(&ui->clients, client_columns, client_column_count, CLIENT_COLUMN_IDLE);
    table_init(&ui->sockets, socket_columns, socket_column_count, 0);
}

void ui_deinit(struct ui *ui)
{
    table_deinit(&ui->commands);
    table_deinit(&ui->clients);
    table_deinit(&ui->sockets);
}

/* ---- tables ---- */

/* The rows of one of the three tables. */
static struct table_rows rows_of(struct ui *ui, struct model *model, const struct table *table)
{
    if (table == &ui->commands)
        return command_list_rows(&model->commands);
    if (table == &ui->clients)
        return client_list_rows(&model->clients);
    return socket_list_rows(&model->sockets);
}

static void arrange(struct ui *ui, struct model *model, struct table *table)
{
    struct table_rows rows = rows_of(ui, model, table);
    table_arrange(table, &rows, ui->filter);
}

static void arrange_all(struct ui *ui, struct model *model)
{
    arrange(ui, model, &ui->commands);
    arrange(ui, model, &ui->clients);
    arrange(ui, model, &ui->sockets);
}

void ui_follow(struct ui *ui, struct model *model, int changes, double now)
{
    if (changes & CHANGED_ROUND) {
        arrange(ui, model, &ui->commands);
        arrange(ui, model, &ui->sockets);
    }
    if (changes & CHANGED_CLIENTS) {
        ui->clients.hidden = client_list_hidden(&model->clients);
        arrange(ui, model, &ui->clients);
    }
    if (model->messages != ui->messages_seen) {
        ui->messages_seen = model->messages;
        ui->message_until = now + MESSAGE_SECONDS;
    }
}

static void move_selection(struct ui *ui, struct model *model, long rows_down)
{
    if (!ui->focus)
        return;
    struct table_rows rows = rows_of(ui, model, ui->focus);
    table_move(ui->focus, &rows, rows_down);
}

/* Columns for which this server has no values are skipped. */
static void sort(struct ui *ui, struct model *model, int direction)
{
    struct table *table = ui->focus;
    if (!table)
        return;
    do {
        table_sort(table, direction);
    } while (!table_shows(table, table->sorted));
    arrange(ui, model, table);
}

static void reverse(struct ui *ui, struct model *model)
{
    if (!ui->focus)
        return;
    ui->focus->is_reversed = !ui->focus->is_reversed;
    arrange(ui, model, ui->focus);
}

/* Killing and filtering: keys with a meaning of their own. */

static void ask_kill(struct ui *ui, struct model *model, const struct sampler *sampler)
{
    size_t row;
    if (ui->focus != &ui->clients || !table_selected(&ui->clients, &row)) {
        model_tell(model, "to kill a client, mark it in the clients' view (3)");
        return;
    }
    ui->victim = model->clients.rows[row].id;
    if (ui->victim == sampler_own_id(sampler)) {
        model_tell(model, "client %lld is this screen", ui->victim);
        return;
    }
    client_list_describe(&model->clients, row, ui->victim_text, sizeof ui->victim_text);
    ui->input = INPUT_KILL;
}

static void take_answer(struct ui *ui, struct model *model, struct sampler *sampler, int key)
{
    ui->input = INPUT_KEYS;
    if (key == 'y' || key == 'Y')
        sampler_kill(sampler, ui->victim);
    else
        model_tell(model, "client %lld lives on", ui->victim);
}

static void take_filter_key(struct ui *ui, struct model *model, int key)
{
    size_t length = strlen(ui->filter);
    if (key == '\r' || key == '\n' || key == KEY_ENTER) {
        ui->input = INPUT_KEYS;
    } else if (key == ESCAPE) {
        ui->input = INPUT_KEYS;
        memcpy(ui->filter, ui->former_filter, sizeof ui->filter);
    } else if (key == KEY_BACKSPACE || key == DELETE || key == '\b') {
        ui->filter[length > 0 ? length - 1 : 0] = '\0';
    } else if (key >= ' ' && key <= '~' && length + 1 < sizeof ui->filter) {
        ui->filter[length] = (char)key;
        ui->filter[length + 1] = '\0';
    }
    arrange_all(ui, model);
}

static void begin_filter(struct ui *ui)
{
    ui->input = INPUT_FILTER;
    memcpy(ui->former_filter, ui->filter, sizeof ui->filter);
}

/* ---- the rest ---- */

static void change_interval(struct ui *ui, struct sampler *sampler, int direction)
{
    static const double intervals[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60};
    static const int count = sizeof intervals / sizeof intervals[0];
    int index = 0;
    while (index + 1 < count && intervals[index] < ui->interval)
        index++;
    if (direction < 0 || intervals[index] <= ui->interval)
        index += direction;
    ui->interval = intervals[index < 0 ? 0 : index >= count ? count - 1 : index];
    sampler_set_interval(sampler, ui->interval);
}

static void zoom(struct ui *ui)
{
    static const size_t steps[] = {1, 2, 5, 15};
    size_t index = 0;
    while (index < 3 && steps[index] != ui->step)
        index++;
    ui->step = steps[(index + 1) % 4];
}

static bool is_for_tables(enum action action)
{
    return action >= ACTION_UP && action <= ACTION_REVERSE;
}

static void act_on_table(struct ui *ui, struct model *model, enum action action)
{
    long page = ui->focus && ui->focus->page > 1 ? ui->focus->page - 1 : 1;
    switch (action) {
    case ACTION_UP:
        move_selection(ui, model, -1);
        break;
    case ACTION_DOWN:
        move_selection(ui, model, 1);
        break;
    case ACTION_PAGE_UP:
        move_selection(ui, model, -page);
        break;
    case ACTION_PAGE_DOWN:
        move_selection(ui, model, page);
        break;
    case ACTION_FIRST:
        move_selection(ui, model, LONG_MIN / 2);
        break;
    case ACTION_LAST:
        move_selection(ui, model, LONG_MAX / 2);
        break;
    case ACTION_SORT:
        sort(ui, model, 1);
        break;
    case ACTION_SORT_BACK:
        sort(ui, model, -1);
        break;
    default:
        reverse(ui, model);
    }
}

static void act(struct ui *ui, struct model *model, struct sampler *sampler, enum action action)
{
    switch (action) {
    case ACTION_NEXT_VIEW:
        ui->view = (ui->view + 1) % VIEW_COUNT;
        break;
    case ACTION_PREVIOUS_VIEW:
        ui->view = (ui->view + VIEW_COUNT - 1) % VIEW_COUNT;
        break;
    case ACTION_FILTER:
        begin_filter(ui);
        break;
    case ACTION_ESCAPE:
        ui->filter[0] = '\0';
        arrange_all(ui, model);
        break;
    case ACTION_KILL:
        ask_kill(ui, model, sampler);
        break;
    case ACTION_PAUSE:
        ui->is_paused = !ui->is_paused;
        sampler_set_paused(sampler, ui->is_paused);
        break;
    case ACTION_SLOWER:
        change_interval(ui, sampler, 1);
        break;
    case ACTION_FASTER:
        change_interval(ui, sampler, -1);
        break;
    case ACTION_ZOOM:
        zoom(ui);
        break;
    case ACTION_PLAIN:
        screen_set_plain(!screen_is_plain());
        break;
    case ACTION_REDRAW:
        screen_spoil();
        break;
    case ACTION_HELP:
        ui->shows_help = true;
        break;
    default:
        break;
    }
}

bool ui_take_key(struct ui *ui, struct model *model, struct sampler *sampler, int key)
{
    enum action action = key_action(key);
    if (ui->shows_help && action != ACTION_LEAVE) {
        ui->shows_help = false;
    } else if (ui->input == INPUT_KILL) {
        take_answer(ui, model, sampler, key);
    } else if (ui->input == INPUT_FILTER) {
        take_filter_key(ui, model, key);
    } else if (action == ACTION_LEAVE) {
        return false;
    } else if (action >= ACTION_VIEW && action <= ACTION_VIEW_LAST) {
        ui->view = (enum view)(action - ACTION_VIEW);
    } else if (is_for_tables(action)) {
        act_on_table(ui, model, action);
    } else {
        act(ui, model, sampler, action);
    }
    return true;
}
