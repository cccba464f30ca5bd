/* What the files that implement config.h share. Private to config/. */
#ifndef KVS_CONFIG_CONFIG_INTERNAL_H
#define KVS_CONFIG_CONFIG_INTERNAL_H

#include "config/config.h"
#include "config/directive.h"

/* Makes to an independent copy of from; and fills in the defaults of a server that was started in start_dir. */
void config_copy(struct config *to, const struct config *from);
void config_init_at(struct config *config, const char *start_dir);

/* Reads a file's text on top of what config holds, without judging the whole. On a mistake, -EINVAL
 * with the first one in *error_out (mem_free()). */
int config_load_text(struct config *config, const char *text, size_t len, const char *name, char **error_out);

/*
 * Puts candidate, a copy in which the count directives in touched may differ, in config's place and makes it take
 * effect. Returns 0, or a negative errno with config as it was, the reason in *error_out (freed with mem_free()) and
 * the name of a directive at fault in *culprit_out. Takes candidate either way.
 */
int config_install(struct config *config, struct config *candidate, const struct directive *const *touched,
                   size_t count, const char **culprit_out, char **error_out);

#endif
