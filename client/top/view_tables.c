#include "top/view.h"

void view_commands_draw(const struct rectangle *area, struct ui *ui, struct model *model)
{
    struct table_rows rows = command_list_rows(&model->commands);
    if (model->info.is_refused && ui->view == VIEW_COMMANDS)
        view_refusal_draw(area, "INFO", &model->info);
    else if (!model->info.is_refused)
        table_draw(&ui->commands, &rows, area);
}

void view_clients_draw(const struct rectangle *area, struct ui *ui, struct model *model)
{
    struct table_rows rows = client_list_rows(&model->clients);
    if (model->client_list.is_refused)
        view_refusal_draw(area, "CLIENT LIST", &model->client_list);
    else
        table_draw(&ui->clients, &rows, area);
}

void view_sockets_draw(const struct rectangle *area, struct ui *ui, struct model *model)
{
    struct table_rows rows = socket_list_rows(&model->sockets);
    if (model->info.is_refused)
        view_refusal_draw(area, "INFO", &model->info);
    else if (model->sockets.count == 0)
        screen_print(area, 0, 1, LOOK_PLAIN, "%s",
                     model->has_sample ? "this server does not report its sockets" : "nothing is known yet");
    else
        table_draw(&ui->sockets, &rows, area);
}
