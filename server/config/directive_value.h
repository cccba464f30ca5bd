/*
 * The value of any directive, whatever its kind: setting, showing, comparing and copying it. Private to config/.
 */
#ifndef KVS_CONFIG_DIRECTIVE_VALUE_H
#define KVS_CONFIG_DIRECTIVE_VALUE_H

#include "config/directive.h"

#include <stdbool.h>
#include <stddef.h>

struct text;

/*
 * Sets the value from words. Returns 0, or -EINVAL with the reason in *error_out, in Redis's words (freed with
 * mem_free()). On an error the old value may be gone: callers work on a copy, or give up.
 */
int directive_set(struct config *config, const struct directive *directive, const char *const *words, size_t count,
                  char **error_out);

/* Sets the default. */
void directive_reset(struct config *config, const struct directive *directive);

/* Adds the value as CONFIG GET shows it. */
void directive_get(const struct config *config, const struct directive *directive, struct text *out);

/* Why the server can't do what the present value asks for, or NULL. */
const char *directive_refusal(const struct config *config, const struct directive *directive);

/*
 * "NAME is 'VALUE', but ...", where the present value promises what nothing does yet; else NULL. Freed with mem_free().
 */
char *directive_unkept(const struct config *config, const struct directive *directive);

/* Whether both have the same value. A default socket that nobody named equals any other. */
bool directive_equal(const struct config *a, const struct config *b, const struct directive *directive);

/* The directive's string field, for copying and freeing; NULL if it has none. */
char **directive_string_field(struct config *config, const struct directive *directive);

/* Copies the directive's value from `from` to `to`. */
void directive_copy(struct config *to, const struct config *from, const struct directive *directive);

#endif
