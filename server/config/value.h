/*
 * Values that are kept as texts, and functions that all kinds of values share. Private to config/.
 */
#ifndef KVS_CONFIG_VALUE_H
#define KVS_CONFIG_VALUE_H

#include "config/directive.h"

#include <stdbool.h>

/* Sets *error_out to a copy of the message; returns -EINVAL. */
int value_refuse(char **error_out, const char *message);

/* Whether the value is kept as a text: either its kind is a text, or it has no field and lies in the extras. */
bool value_is_text(const struct directive *directive);

/* That text, borrowed until the value changes; and the pointer that holds it. */
const char *value_text(const struct config *config, const struct directive *directive);
char **value_text_slot(struct config *config, const struct directive *directive);

/* Replaces that text with a copy of value. */
void value_store_text(struct config *config, const struct directive *directive, const char *value);

#endif
