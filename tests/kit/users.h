/*
 * Connections of other users of this machine.
 *
 * A child process becomes that user, connects, and hands the connection back: what the server then sees of its
 * peer is the child. Only root can become another: a test asks test_is_root() first.
 */
#ifndef KVS_KIT_USERS_H
#define KVS_KIT_USERS_H

#include <hiredis/hiredis.h>
#include <stddef.h>
#include <sys/types.h>

struct kit_user {
    uid_t uid;
    gid_t gid; /* the primary group */
    size_t group_count;
    gid_t groups[40]; /* supplementary ones */
};

/* Lets all users pass the folder of the run, and this one in it. */
void users_admit_all(const char *folder);

/* A connected descriptor, or a negative errno. The process that connected has ended by then. */
int users_raw_connect(const struct kit_user *user, const char *path);

/* The same as a connection of hiredis; fails the test where it is refused. */
redisContext *users_connect(const struct kit_user *user, const char *path);

#endif
