/*
 * Reading directives, from files or the command line: words at a place.
 *
 * Private to config/. A loader lives while one configuration is read. Its functions return 0, or -EINVAL with
 * *error_out set to one line: where the mistake is, what is wrong, what to do (freed with mem_free()).
 */
#ifndef KVS_CONFIG_LOADER_H
#define KVS_CONFIG_LOADER_H

#include "base/text.h"
#include "config/directive.h"

#include <stddef.h>
#include <stdio.h>

/* Where words come from. */
struct place {
    const char *file; /* NULL: the command line */
    size_t line;
};

struct loader {
    struct config *config;
    char **error_out;
    int depth;                   /* of the includes being read */
    struct place *origins;       /* by directive: where its value was set; no file, line 0: nowhere or command line */
    struct place *listen_places; /* by number of the listen entry */
    char **files;                /* names that places refer to; owned */
    size_t file_count;
};

void loader_init(struct loader *loader, struct config *config, char **error_out);
void loader_deinit(struct loader *loader);

/* Sets one directive; words[0] is its name. */
int loader_words(struct loader *loader, const struct place *place, const char *const *words, size_t count);

/* Reads the file at path; messages call it name. from is the place of the include that names it, or NULL. */
int loader_path(struct loader *loader, const char *path, const char *name, const struct place *from);

/* Reads a stream that is open already; messages call it name. */
int loader_stream(struct loader *loader, FILE *stream, const char *name);

/* Judges the configuration as a whole, after everything has been read. */
int loader_check(struct loader *loader);

/* Refuses words that contain a NUL byte; name is the directive that they are for. */
int loader_check_words(struct loader *loader, const struct place *place, const char *name,
                       const struct text_words *words);

/* Sets *error_out to the place and this message; returns -EINVAL. */
int loader_fail(struct loader *loader, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
