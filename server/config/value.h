/*
 * Values that are kept as texts, and what all kinds of values share. Private to config/.
 */
#ifndef KVS_CONFIG_VALUE_H
#define KVS_CONFIG_VALUE_H

#include "config/directive.h"

#include <stdbool.h>

/* Sets *error_out to a copy of the message; returns -EINVAL. */
int value_refuse(char **error_out, const char *message);

/* Whether the value is kept as a text: its kind is one, or it has no field but a place in the extras. */
bool value_is_text(const struct directive *directive);

/* That text, and where it lies. */
const char *value_text(const struct config *config, const struct directive *directive);
char **value_text_slot(struct config *config, const struct directive *directive);

/* Puts a copy of value there. */
void value_store_text(struct config *config, const struct directive *directive, const char *value);

#endif
