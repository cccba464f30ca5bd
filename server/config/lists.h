/*
 * Lists that lines add to: users of the ACL (`user NAME rule ...`) and new names of commands (`rename-command OLD
 * NEW`), each with the place of its line. The modules that know users and commands check the lists, and ask for the
 * places; the other functions are private to config/. On an error functions return -EINVAL with the reason in
 * *error_out (freed with mem_free()).
 */
#ifndef KVS_CONFIG_LISTS_H
#define KVS_CONFIG_LISTS_H

#include "config/settings.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Adds a user; words are a name and rules. A name may occur only once, but a user on the command line replaces one in a
 * file, and one whose first rule is "reset" replaces any; in a file that is remarked (remarks.h).
 */
int users_add(struct config *config, const char *const *words, size_t count, const char *place, char **error_out);
void users_clear(struct config *config);

/* Removes the user that a line above declares; in a file that is remarked, and anywhere that there is none. */
void users_take_away(struct config *config, const char *name, const char *place);

/* Replaces to's users with copies of from's. */
void users_copy(struct config *to, const struct config *from);

/* Whether both have the same lines of users, in the same order. */
bool config_same_users(const struct config *a, const struct config *b);

/* Adds a rename; words are the old and the new name. */
int renames_add(struct config *config, const char *const *words, size_t count, const char *place, char **error_out);

/*
 * The place of the line that declares config->users[index], or pair number index of renames: "a.conf:12", "command
 * line"; "" if it isn't known. Borrowed.
 */
const char *config_user_place(const struct config *config, size_t index);
const char *config_rename_place(const struct config *config, size_t index);

/*
 * Sets the ACL's users that CONFIG REWRITE is to write (none with an aclfile). Takes the array and its texts, which
 * were made with mem_alloc(). World stopped.
 */
void config_set_users(struct config *config, char **users, size_t count);

/* Gives `to` its own copies of from's lists; those that it had before are forgotten, not freed. */
void lists_copy(struct config *to, const struct config *from);
void lists_free(struct config *config);

#endif
