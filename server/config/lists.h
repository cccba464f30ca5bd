/*
 * What lines add up to: users of the ACL (`user NAME rule ...`) and new names of commands (`rename-command OLD NEW`),
 * each with the place of its line. What they mean is judged by who knows users and commands.
 * Private to config/. Errors are -EINVAL and *error_out, the reason (mem_free()).
 */
#ifndef KVS_CONFIG_LISTS_H
#define KVS_CONFIG_LISTS_H

#include "config/config.h"

#include <stddef.h>

/* words: name and rules. A name may come once; but one of the command line takes the place of one of a file. */
int users_add(struct config *config, const char *const *words, size_t count, const char *place, char **error_out);
void users_clear(struct config *config);

/* words: old and new name. */
int renames_add(struct config *config, const char *const *words, size_t count, const char *place, char **error_out);

/* Gives to copies of its own of from's lists; what to had is forgotten, not freed. */
void lists_copy(struct config *to, const struct config *from);
void lists_free(struct config *config);

#endif
