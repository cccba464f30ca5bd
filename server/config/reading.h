/*
 * What is known of the reading that a configuration came from: where each value stood, what was wrong, what was
 * remarked.
 *
 * Private to config/. A configuration that was read has one, until it is freed; a copy has none. Findings are told in
 * the order in which their lines were read, includes in their place; then come those of the command line, then those
 * without a place. A line feed in a value doesn't make two lines of a finding. Main thread.
 */
#ifndef KVS_CONFIG_READING_H
#define KVS_CONFIG_READING_H

#include "config/settings.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FINDINGS_MAX 50

/* Where words come from. */
struct place {
    const char *file; /* NULL: the command line */
    size_t line;
};

/* Lines, ordered by place; the last ones are counted only, where there are more than FINDINGS_MAX. */
struct findings {
    struct finding *items;
    size_t count, left_out;
};

struct reading {
    struct findings mistakes, remarks;
    bool no_dir;                 /* dir isn't what the operator meant: relative paths lead nowhere */
    bool save_said;              /* some line or the command line says when snapshots are saved */
    struct place *origins;       /* by directive: where its value was set; no file, line 0: nowhere or command line */
    struct place *listen_places; /* by number of the listen entry */
    size_t listen_place_count;
    char **files; /* names that places refer to */
    size_t file_count;
    struct stretch *stretches; /* of lines, in the order of reading */
    size_t stretch_count;
};

/* The configuration's; made if it has none. */
struct reading *reading_of(const struct config *config);

/* Makes it anew, for a reading that begins. */
void reading_begin(struct config *config);
void reading_free(struct config *config);

/* Keeps a copy of a file's name. */
const char *reading_keep_name(struct reading *reading, const char *name);

/* Lines from this one on are read now: a file begins, or goes on behind an include. */
void reading_go_on(struct reading *reading, const char *file, size_t line);

/* "a.conf:12" or "command line"; freed with mem_free(). */
char *place_describe(const struct place *place);

/* Adds "place: text", or the text alone if the place is "". The same line is there once only. */
void findings_add(const struct reading *reading, struct findings *findings, const char *place, const char *format,
                  va_list args) __attribute__((format(printf, 4, 0)));

/* Calls tell with each line, and with how many more there are of what, a regular noun. */
void findings_tell(const struct findings *findings, const char *what, void *context,
                   void (*tell)(void *context, const char *line));

#endif
