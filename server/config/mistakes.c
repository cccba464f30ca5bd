#include "config/mistakes.h"

#include "base/memory.h"
#include "base/text.h"
#include "config/directive.h"
#include "config/reading.h"

#include <string.h>

void config_mistake(struct config *config, const char *place, const char *format, ...)
{
    struct reading *reading = reading_of(config);
    va_list args;
    va_start(args, format);
    findings_add(reading, &reading->mistakes, place, format, args);
    va_end(args);
}

bool config_has_mistakes(const struct config *config)
{
    return reading_of(config)->mistakes.count > 0;
}

void config_mistakes_tell(const struct config *config, void (*tell)(void *context, const char *line), void *context)
{
    findings_tell(&reading_of(config)->mistakes, "mistake", context, tell);
}

static void add_line(void *context, const char *line)
{
    struct text *text = context;
    text_addf(text, "%s%s", text->len > 0 ? "\n" : "", line);
}

char *config_mistakes_text(const struct config *config)
{
    struct text text = TEXT_EMPTY;
    config_mistakes_tell(config, add_line, &text);
    return text.data;
}

char *config_first_mistake(const struct config *config)
{
    char *text = config_mistakes_text(config);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

char *config_place(const struct config *config, const char *name)
{
    return place_describe(&reading_of(config)->origins[directive_number(directive_find(name, strlen(name)))]);
}

char *config_listen_place(const struct config *config, size_t index)
{
    const struct reading *reading = reading_of(config);
    return index < reading->listen_place_count ? place_describe(&reading->listen_places[index]) : mem_strdup("");
}
