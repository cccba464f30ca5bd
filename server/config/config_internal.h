/* What the files behind config.h share. Private to config/. */
#ifndef KVS_CONFIG_CONFIG_INTERNAL_H
#define KVS_CONFIG_CONFIG_INTERNAL_H

#include "config/config.h"
#include "config/directive.h"

/* An independent copy, and the same without a file and with all defaults. */
void config_copy(struct config *to, const struct config *from);
void config_init_at(struct config *config, const char *start_dir);

/* Reads a file's text on top of what config holds, without judging the whole; errors as config_load() tells
 * them. */
int config_load_text(struct config *config, const char *text, size_t len, const char *name, char **error_out);

/*
 * Puts candidate, a copy in which the count directives of touched may differ, into config's place and has that take
 * effect. If that fails config is as it was, and *culprit_out is the name of a directive at fault. candidate is gone
 * either way.
 */
int config_install(struct config *config, struct config *candidate, const struct directive *const *touched,
                   size_t count, const char **culprit_out, char **error_out);

#endif
