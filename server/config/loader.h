/*
 * Reading directives, from files or the command line: words at a place.
 *
 * Private to config/. A loader lives while one configuration is read. Its functions return 0, or -EINVAL after putting
 * down a mistake (mistakes.h); whoever calls them goes on with the next words.
 */
#ifndef KVS_CONFIG_LOADER_H
#define KVS_CONFIG_LOADER_H

#include "base/text.h"
#include "config/directive.h"
#include "config/reading.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct loader {
    struct config *config;
    struct reading *reading; /* the configuration's */
    int depth;               /* of the includes being read */
    bool given_up;           /* nothing more is read */
};

void loader_init(struct loader *loader, struct config *config);

/* Sets one directive; words[0] is its name. */
int loader_words(struct loader *loader, const struct place *place, const char *const *words, size_t count);

/* Reads the file at path; messages call it name. from is the place of the include that names it, or NULL. */
int loader_path(struct loader *loader, const char *path, const char *name, const struct place *from);

/* Reads a stream that is open already; messages call it name. */
void loader_stream(struct loader *loader, FILE *stream, const char *name);

/* Judges the configuration as a whole, after everything has been read. */
void loader_check(struct loader *loader);

/* Refuses words that contain a NUL byte; name is the directive that they are for. */
int loader_check_words(struct loader *loader, const struct place *place, const char *name,
                       const struct text_words *words);

/* ---- putting down a mistake ---- */

int loader_fail(struct loader *loader, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Nobody knows the directive that was typed. */
int loader_fail_unknown(struct loader *loader, const struct place *place, const char *typed);

/* A directive can't have the value in words; reason says what is wrong and what to do. */
int loader_fail_value(struct loader *loader, const struct place *place, const struct directive *directive,
                      const char *const *words, size_t count, const char *reason);

/* The same, where error is what directive_set() said. */
int loader_fail_set(struct loader *loader, const struct place *place, const struct directive *directive,
                    const char *const *words, size_t count, const char *error);

#define LOADER_NO_VALUE "wrong number of arguments" /* as directive_set() says it */

#endif
