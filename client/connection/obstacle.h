/*
 * Which part of a path is in the way. The kernel gives one errno for a path of many parts, so the path is walked again
 * from its beginning, through the symbolic links on it, to the first part that is missing, is no folder, or may not be
 * passed. What is found can have changed since the attempt.
 */
#ifndef KVS_CLIENT_CONNECTION_OBSTACLE_H
#define KVS_CLIENT_CONNECTION_OBSTACLE_H

#include <stdbool.h>

struct obstacle {
    int error;    /* ENOENT, ENOTDIR, EACCES or another errno; 0: nothing is in the way of `path` itself */
    char *path;   /* the part to blame, without symbolic links; with error 0 the whole of what the path leads to */
    bool is_last; /* it is what the path leads to, not a folder on the way there */
    char *link;   /* the last symbolic link that was followed to come there; NULL: none */
};

/* The strings are released with obstacle_deinit(). */
void obstacle_find(const char *path, struct obstacle *obstacle_out);
void obstacle_deinit(struct obstacle *obstacle);

#endif
