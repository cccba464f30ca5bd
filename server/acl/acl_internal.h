/*
 * The list of users from inside, for acl.c and acl_file.c.
 */
#ifndef KVS_ACL_ACL_INTERNAL_H
#define KVS_ACL_ACL_INTERNAL_H

#include "acl/acl.h"

struct acl {
    struct user **users; /* by name, in the order of bytes; "default" is there */
    size_t count;
    bool all_channels;
    bool default_is_defined; /* by acl_define_user() */
};

/* A list without any user, for which acl_default() is NULL. */
struct acl *acl_create_empty(bool all_channels);

/* Takes the user over; there is none of its name yet. */
void acl_insert(struct acl *acl, struct user *user);

/* "default" as it is where nothing is said: everything, without a password. */
struct user *acl_create_default_user(bool all_channels);

/*
 * Applies rules one after the other; stops at the first that can't be. 0, or as user_apply(), and *bad_out is
 * that rule.
 */
int acl_apply(struct user *user, const struct bytes *rules, size_t count, struct bytes *bad_out,
              const char **error_out);

#endif
