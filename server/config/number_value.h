/*
 * Values that are numbers: whole ones, sizes of memory, booleans and choices. Private to config/.
 */
#ifndef KVS_CONFIG_NUMBER_VALUE_H
#define KVS_CONFIG_NUMBER_VALUE_H

#include "config/directive.h"

#include <stddef.h>
#include <stdint.h>

struct text;

/* directive_set() for kinds whose value is a number. */
int number_value_set(struct config *config, const struct directive *directive, const char *const *words, size_t count,
                     char **error_out);

/* directive_get() for those of these kinds that have a field. */
void number_value_get(const struct config *config, const struct directive *directive, struct text *out);

/* Adds bytes as a file has them: "64mb". */
void memory_value_add(struct text *out, uint64_t bytes);

#endif
