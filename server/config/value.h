/*
 * Where values lie, and the kinds of directives that are texts or have a shape of their own.
 * Private to config/: value.c and text_value.c share it.
 */
#ifndef KVS_CONFIG_VALUE_H
#define KVS_CONFIG_VALUE_H

#include "config/directive.h"

struct text;

/* Takes note of the message; returns -EINVAL. */
int value_refuse(char **error_out, const char *message);

/* Puts a copy of value into the directive's field or its place in the extras. */
void value_store_text(struct config *config, const struct directive *directive, const char *value);

/* directive_set() for kinds whose value is a text. */
int value_set_text(struct config *config, const struct directive *directive, const char *const *words, size_t count,
                   char **error_out);

/* For KIND_OUTPUT_LIMITS and KIND_PERCENTILES, which have fields of their own. */
int value_set_output_limits(struct config *config, const char *const *words, size_t count, char **error_out);
void value_get_output_limits(const struct config *config, struct text *out);
int value_set_percentiles(struct config *config, const char *const *words, size_t count, char **error_out);
void value_get_percentiles(const struct config *config, struct text *out);
void value_copy_percentiles(struct config *to, const struct config *from);

#endif
