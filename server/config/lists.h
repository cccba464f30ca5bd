/*
 * Lists that lines add to: users of the ACL (`user NAME rule ...`) and new names of commands (`rename-command OLD
 * NEW`), each with the place of its line. The modules that know users and commands check them, and ask for the places;
 * the other functions are private to config/. Errors are -EINVAL and *error_out, the reason (mem_free()).
 */
#ifndef KVS_CONFIG_LISTS_H
#define KVS_CONFIG_LISTS_H

#include "config/settings.h"

#include <stddef.h>

/* words: name and rules. A name may come once, but one on the command line replaces one in a file. */
int users_add(struct config *config, const char *const *words, size_t count, const char *place, char **error_out);
void users_clear(struct config *config);

/* words: old and new name. */
int renames_add(struct config *config, const char *const *words, size_t count, const char *place, char **error_out);

/* Where the line stands that declares config->users[index], or pair number index of renames: "a.conf:12",
 * "command line"; "" where it isn't known. */
const char *config_user_place(const struct config *config, size_t index);
const char *config_rename_place(const struct config *config, size_t index);

/* The ACL's users as CONFIG REWRITE is to write them (none with an aclfile). Takes the array and its texts, made with
 * mem_alloc(). World stopped. */
void config_set_users(struct config *config, char **users, size_t count);

/* Gives to copies of its own of from's lists; what to had is forgotten, not freed. */
void lists_copy(struct config *to, const struct config *from);
void lists_free(struct config *config);

#endif
