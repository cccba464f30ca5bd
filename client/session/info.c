#include "session/info.h"

#include "core/memory.h"
#include "core/quoting.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_KEYS 1e15 /* of a database; beyond, doubles are no longer whole */

struct info {
    char *text; /* cut into the strings of the fields */
    struct info_field *fields;
    size_t count, room;
};

static void add_field(struct info *info, const char *section, const char *name, const char *value)
{
    if (info->count == info->room) {
        info->room = info->room == 0 ? 64 : info->room * 2;
        info->fields = memory_resize(info->fields, info->room * sizeof info->fields[0]);
    }
    info->fields[info->count++] = (struct info_field){.section = section, .name = name, .value = value};
}

/* Cuts the line that ends at `end`, and takes what it holds. */
static void take_line(struct info *info, char *line, char *end, const char **section)
{
    if (end > line && end[-1] == '\r')
        end--;
    *end = '\0';
    quoting_make_printable(line, (size_t)(end - line));
    char *colon = strchr(line, ':');
    if (line[0] == '#') {
        *section = line + 1 + strspn(line + 1, " ");
    } else if (colon) {
        *colon = '\0';
        add_field(info, *section, line, colon + 1);
    }
}

struct info *info_parse(const char *text, size_t length)
{
    struct info *info = memory_alloc_zeroed(sizeof *info);
    const char *section = "";
    info->text = memory_copy_text(text, length);
    for (char *line = info->text, *last = info->text + length; line < last;) {
        char *end = memchr(line, '\n', (size_t)(last - line));
        end = end ? end : last;
        char *next = end + 1;
        take_line(info, line, end, &section);
        line = next;
    }
    return info;
}

struct info *info_parse_reply(const struct reply *reply)
{
    bool is_text = reply->type == REPLY_STRING || reply->type == REPLY_VERBATIM;
    return is_text ? info_parse(reply->text, reply->length) : NULL;
}

void info_destroy(struct info *info)
{
    if (!info)
        return;
    free(info->fields);
    free(info->text);
    free(info);
}

size_t info_count(const struct info *info)
{
    return info->count;
}

const struct info_field *info_field(const struct info *info, size_t index)
{
    return &info->fields[index];
}

const char *info_text(const struct info *info, const char *name)
{
    for (size_t i = 0; i < info->count; i++) {
        if (strcmp(info->fields[i].name, name) == 0)
            return info->fields[i].value;
    }
    return NULL;
}

static bool read_number(const char *text, double *value_out)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || !isfinite(value))
        return false;
    *value_out = value;
    return true;
}

bool info_number(const struct info *info, const char *name, double *value_out)
{
    const char *text = info_text(info, name);
    return text && read_number(text, value_out);
}

bool info_subfield(const char *value, const char *name, double *value_out)
{
    size_t length = strlen(name);
    while (value) {
        if (strncmp(value, name, length) == 0 && value[length] == '=')
            return read_number(value + length + 1, value_out);
        value = strchr(value, ',');
        value = value ? value + 1 : NULL;
    }
    return false;
}

bool info_database(const struct info_field *field, int *number_out, double *keys_out)
{
    double keys;
    char *end;
    if (strncmp(field->name, "db", 2) != 0 || !isdigit((unsigned char)field->name[2]))
        return false;
    errno = 0;
    long number = strtol(field->name + 2, &end, 10);
    if (*end != '\0' || errno != 0 || number > INT_MAX || !info_subfield(field->value, "keys", &keys))
        return false;
    *number_out = (int)number;
    *keys_out = keys >= 0 && keys < MOST_KEYS ? keys : NAN;
    return true;
}

double info_count_keys(const struct info *info)
{
    double sum = 0, keys;
    for (size_t i = 0; i < info->count; i++) {
        int number;
        if (info_database(&info->fields[i], &number, &keys))
            sum += keys;
    }
    return sum;
}
