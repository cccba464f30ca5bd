#include "top/model.h"

#include "core/quoting.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ERROR_SECONDS 30.0 /* until what was answered with an error is tried again */

bool part_error_passes(const struct reply *error)
{
    return reply_has_prefix(error, "LOADING") || reply_has_prefix(error, "BUSY");
}

static double pause_after(const struct reply *error)
{
    if (reply_has_prefix(error, "NOPERM"))
        return INFINITY;
    return part_error_passes(error) ? 0 : ERROR_SECONDS;
}

bool part_note(struct part *part, const struct reply *reply, double now)
{
    part->is_refused = reply->type == REPLY_ERROR;
    part->retry = 0;
    if (!part->is_refused)
        return true;
    char *text = quoting_copy_printable(reply->text, reply->length);
    snprintf(part->refusal, sizeof part->refusal, "%s", text);
    free(text);
    part->retry = now + pause_after(reply);
    return false;
}

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
