/*
 * A place is a text to all other modules, so its rank among the places is looked up by the text: a stretch is a file
 * and the line from which on it was read in one go, and stretches stand in the order of reading.
 */
#include "config/reading.h"

#include "base/memory.h"
#include "base/text.h"
#include "config/directive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct finding {
    uint64_t rank;
    char *line;
};

struct stretch {
    const char *file;
    size_t first;
};

/* Ranks behind those of all lines. */
#define RANK_UNKNOWN (UINT64_MAX - 2)
#define RANK_COMMAND_LINE (UINT64_MAX - 1)
#define RANK_NOWHERE UINT64_MAX

/* ---- one for each configuration ---- */

struct reading *reading_of(const struct config *config)
{
    struct config_extra *extra = config->extra;
    if (!extra->reading) {
        extra->reading = mem_calloc(sizeof *extra->reading);
        extra->reading->origins = mem_calloc(directive_count * sizeof *extra->reading->origins);
    }
    return extra->reading;
}

void reading_begin(struct config *config)
{
    reading_free(config);
    reading_of(config);
}

static void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        mem_free(findings->items[i].line);
    mem_free(findings->items);
}

void reading_free(struct config *config)
{
    struct config_extra *extra = config->extra;
    struct reading *reading = extra->reading;
    if (!reading)
        return;
    findings_free(&reading->mistakes);
    findings_free(&reading->remarks);
    for (size_t i = 0; i < reading->file_count; i++)
        mem_free(reading->files[i]);
    mem_free(reading->files);
    mem_free(reading->stretches);
    mem_free(reading->listen_places);
    mem_free(reading->origins);
    mem_free(reading);
    extra->reading = NULL;
}

/* ---- places ---- */

const char *reading_keep_name(struct reading *reading, const char *name)
{
    reading->files = mem_realloc(reading->files, (reading->file_count + 1) * sizeof *reading->files);
    reading->files[reading->file_count] = mem_strdup(name);
    return reading->files[reading->file_count++];
}

void reading_go_on(struct reading *reading, const char *file, size_t line)
{
    size_t size = (reading->stretch_count + 1) * sizeof *reading->stretches;
    reading->stretches = mem_realloc(reading->stretches, size);
    reading->stretches[reading->stretch_count++] = (struct stretch){file, line};
}

char *place_describe(const struct place *place)
{
    return place->file ? text_format("%s:%zu", place->file, place->line) : mem_strdup(CONFIG_COMMAND_LINE);
}

static bool is_file(const char *file, const char *name, size_t len)
{
    return strlen(file) == len && memcmp(file, name, len) == 0;
}

static uint64_t rank_of(const struct reading *reading, const char *place)
{
    if (*place == '\0')
        return RANK_NOWHERE;
    if (strcmp(place, CONFIG_COMMAND_LINE) == 0)
        return RANK_COMMAND_LINE;
    const char *colon = strrchr(place, ':');
    size_t len = colon ? (size_t)(colon - place) : strlen(place);
    unsigned long line = colon ? strtoul(colon + 1, NULL, 10) : 0;
    uint64_t rank = RANK_UNKNOWN;
    for (size_t i = 0; i < reading->stretch_count; i++)
        if (reading->stretches[i].first <= line && is_file(reading->stretches[i].file, place, len))
            rank = (uint64_t)i << 32 | line;
    return rank;
}

/* ---- findings ---- */

static void make_one_line(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

static bool has(const struct findings *findings, const char *line)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->items[i].line, line) == 0)
            return true;
    return false;
}

/* Takes the line. */
static void insert(struct findings *findings, uint64_t rank, char *line)
{
    if (!findings->items)
        findings->items = mem_calloc((FINDINGS_MAX + 1) * sizeof *findings->items);
    size_t at = findings->count;
    while (at > 0 && findings->items[at - 1].rank > rank)
        at--;
    memmove(&findings->items[at + 1], &findings->items[at], (findings->count - at) * sizeof *findings->items);
    findings->items[at] = (struct finding){rank, line};
    if (findings->count < FINDINGS_MAX) {
        findings->count++;
        return;
    }
    mem_free(findings->items[FINDINGS_MAX].line);
    findings->left_out++;
}

void findings_add(const struct reading *reading, struct findings *findings, const char *place, const char *format,
                  va_list args)
{
    struct text text = TEXT_EMPTY;
    if (*place != '\0')
        text_addf(&text, "%s: ", place);
    text_vaddf(&text, format, args);
    make_one_line(text.data);
    if (has(findings, text.data))
        text_deinit(&text);
    else
        insert(findings, rank_of(reading, place), text.data);
}

void findings_tell(const struct findings *findings, const char *what, void *context,
                   void (*tell)(void *context, const char *line))
{
    for (size_t i = 0; i < findings->count; i++)
        tell(context, findings->items[i].line);
    if (findings->left_out > 0) {
        char rest[64];
        snprintf(rest, sizeof rest, "and %zu more %s%s", findings->left_out, what, text_plural(findings->left_out));
        tell(context, rest);
    }
}
