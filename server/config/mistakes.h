/*
 * Mistakes: why a configuration can't be served, all of them.
 *
 * A mistake is one line: where it is, what is wrong, what to do. Reading (config_load()) and the checks of the start
 * add theirs to the struct config, go on, and tell them together, in the order of the lines. The first 50 are kept, the
 * others are counted. A copy of a configuration has none. Main thread.
 */
#ifndef KVS_CONFIG_MISTAKES_H
#define KVS_CONFIG_MISTAKES_H

#include "config/settings.h"

#include <stdbool.h>

/* Adds a mistake. place is "a.conf:12", "command line", or "": none. */
void config_mistake(struct config *config, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool config_has_mistakes(const struct config *config);

/* Calls tell with each mistake, and with one more line if there were more. */
void config_mistakes_tell(const struct config *config, void (*tell)(void *context, const char *line), void *context);

/* All of them as one text, with line feeds between them, or the first alone; freed with mem_free(). There is one. */
char *config_mistakes_text(const struct config *config);
char *config_first_mistake(const struct config *config);

/*
 * The place where the directive with this name, or the listen entry with this number, was set: "command line" also
 * where it was set nowhere. Freed with mem_free().
 */
char *config_place(const struct config *config, const char *name);
char *config_listen_place(const struct config *config, size_t index);

/*
 * Adds a mistake for each file that can't be made or written: socket files that have no usable folder, the log. It
 * judges by the rights of the account that the process runs as.
 */
void config_check_paths(struct config *config);

/* What keeps the process from making the file at path, or from writing it if it exists; NULL: nothing. mem_free(). */
char *config_path_problem(const struct config *config, const char *path);

#endif
