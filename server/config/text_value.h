/*
 * Values that are texts, and the two kinds that have fields of their own. Private to config/.
 */
#ifndef KVS_CONFIG_TEXT_VALUE_H
#define KVS_CONFIG_TEXT_VALUE_H

#include "config/directive.h"

#include <stdbool.h>
#include <stddef.h>

struct text;

/* directive_set() for kinds whose value is a text. */
int text_value_set(struct config *config, const struct directive *directive, const char *const *words, size_t count,
                   char **error_out);

/* KIND_OUTPUT_LIMITS */
int output_limits_set(struct config *config, const char *const *words, size_t count, char **error_out);
void output_limits_get(const struct config *config, struct text *out);
/* The class with that name, old or new, in upper or lower case. */
bool output_class_find(const char *name, enum client_class *class_out);

/* KIND_PERCENTILES */
int percentiles_set(struct config *config, const char *const *words, size_t count, char **error_out);
void percentiles_get(const struct config *config, struct text *out);
void percentiles_copy(struct config *to, const struct config *from);

#endif
