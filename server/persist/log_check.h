/*
 * kvs-server --check-aof: tells whether the files of an append-only log are good, and mends the last one.
 *
 * It is given the log's folder, its manifest, or a single file. Of each file it tells how long it is, what is in it, and
 * where it is bad. Only the last file can be mended: it is cut off behind its last whole command or group, which loses
 * what comes after; in the others that would make a hole. The server must not be writing to the log meanwhile.
 *
 * Redis's redis-check-aof asks before it mends. So does this, where somebody is there to be asked.
 */
#ifndef KVS_PERSIST_LOG_CHECK_H
#define KVS_PERSIST_LOG_CHECK_H

#include <stdbool.h>

struct log_check {
    void (*tell)(void *context, const char *line);
    /* Asks a question that is answered with yes or no. NULL: nobody is there, the answer is yes. */
    bool (*ask)(void *context, const char *question);
    void *context;
    bool mends; /* --fix */
};

/* Whether the log is good, or has been mended. */
bool log_check_run(const struct log_check *check, const char *path);

#endif
