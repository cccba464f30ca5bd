#include "top/model.h"

#include <stdarg.h>
#include <stdio.h>

void model_init(struct model *model)
{
    *model = (struct model){.timeline = timeline_create()};
    probes_init(&model->probes);
    sample_forget(&model->sample);
    rates_forget(&model->rates);
}

void model_deinit(struct model *model)
{
    timeline_destroy(model->timeline);
    probes_deinit(&model->probes);
    command_list_deinit(&model->commands);
    client_list_deinit(&model->clients);
    socket_list_deinit(&model->sockets);
}

void model_tell(struct model *model, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(model->message, sizeof model->message, format, values);
    va_end(values);
    for (char *byte = model->message; *byte != '\0'; byte++)
        *byte = *byte < ' ' || *byte > '~' ? '?' : *byte;
    model->messages++;
}
