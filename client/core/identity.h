/*
 * Users, groups and files in words, for messages: "alice (uid 1000)", "mode 0660, owner ..., group ...". A number
 * without a name is "unnamed". Names come from the system's own databases.
 *
 * "You" is the effective user with the effective and supplementary groups, by which the kernel decides.
 */
#ifndef KVS_CLIENT_CORE_IDENTITY_H
#define KVS_CLIENT_CORE_IDENTITY_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

void identity_print_user(FILE *out, uid_t uid);
void identity_print_group(FILE *out, gid_t gid);

/* "mode 0660, owner alice (uid 1000), group staff (gid 50)" */
void identity_print_file(FILE *out, const struct stat *status);

/* "alice (uid 1000), group alice (gid 1000), staff (gid 50) ...", with all groups. */
void identity_print_self(FILE *out);

/* Whether you have the rights of the group, and whether the system's databases name you as a member: whoever became one
 * after logging in lacks those rights until the next login. */
bool identity_is_in_group(gid_t gid);
bool identity_is_listed_in_group(gid_t gid);

/* Your name, or NULL; borrowed until the next call of this header. */
const char *identity_name(void);

#endif
