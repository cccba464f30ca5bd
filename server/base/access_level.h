/*
 * Access levels: how much a socket file lets its clients do, and how much a command needs. Each level includes those
 * before it.
 */
#ifndef KVS_BASE_ACCESS_LEVEL_H
#define KVS_BASE_ACCESS_LEVEL_H

enum access_level {
    ACCESS_UNSET, /* in the command table: follows from the flags */
    ACCESS_READ,  /* reads, and changes nothing but its own connection */
    ACCESS_WRITE, /* changes keys */
    ACCESS_ADMIN, /* changes the server, or sees what other clients do */
};

/* "read", "write", "admin". */
static inline const char *access_level_name(enum access_level level)
{
    static const char *const names[] = {"unset", "read", "write", "admin"};
    return names[level];
}

#endif
