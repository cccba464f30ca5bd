/*
 * The inside of the list of users, for acl.c and acl_file.c.
 */
#ifndef KVS_ACL_ACL_INTERNAL_H
#define KVS_ACL_ACL_INTERNAL_H

#include "acl/acl.h"

struct acl {
    struct user **users; /* ordered by the bytes of the names; with "default" */
    size_t count;
    bool all_channels;
    bool default_is_defined; /* by acl_define_user() */
};

/* A list without users: acl_default() returns NULL. */
struct acl *acl_create_empty(bool all_channels);

/* Takes the user; none with its name is in the list yet. */
void acl_insert(struct acl *acl, struct user *user);

/* "default" as it is unless configured: it may do everything, without a password. */
struct user *acl_create_default_user(bool all_channels);

/*
 * Applies rules one after the other; stops at the first that is refused. 0, or user_apply()'s result, with *bad_out
 * set to that rule.
 */
int acl_apply(struct user *user, const struct bytes *rules, size_t count, struct bytes *bad_out,
              const char **error_out);

#endif
