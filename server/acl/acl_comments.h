/*
 * The comments of an ACL file: lines that begin with #, which Redis doesn't take. They are skipped by ACL LOAD, and ACL
 * SAVE, which writes the file anew, copies them from the file that it replaces: nothing of them is kept in memory.
 *
 * Comments stand before the user that follows and go with it: to its new place, as users are written in the order of
 * their names, or away, if it is gone. Those above the first blank line of the file stay at its head, those behind the
 * last user at its end.
 */
#ifndef KVS_ACL_ACL_COMMENTS_H
#define KVS_ACL_ACL_COMMENTS_H

#include "base/bytes.h"

#include <stdbool.h>

struct acl_comments;

/* Whether a line, without blanks at its ends, is a comment. */
bool acl_line_is_comment(struct bytes line);

/* Finds the comments of a file, whose content stays until they are destroyed. */
struct acl_comments *acl_comments_of(struct bytes content);
void acl_comments_destroy(struct acl_comments *comments);

/* Whole lines, ended by a line feed but for the file's last; empty: there are none. */
struct bytes acl_comments_head(const struct acl_comments *comments);
struct bytes acl_comments_before(const struct acl_comments *comments, struct bytes user_name);
struct bytes acl_comments_end(const struct acl_comments *comments);

#endif
