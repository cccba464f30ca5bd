/*
 * Loading: at its start the server reads the snapshot, by a thread of its own, and answers LOADING meanwhile.
 *
 * What is loaded is no change, and nobody is told of it. A file that can't be loaded ends the server, as it would be
 * replaced by the next snapshot otherwise.
 */
#ifndef KVS_ENGINE_LOADING_H
#define KVS_ENGINE_LOADING_H

#include <stdbool.h>
#include <stdint.h>

struct server;

/*
 * Main thread, before clients are served: opens dbfilename in the working directory. True: there is something to load,
 * or it can't be opened; then loading_begin() is to follow. Where there is no such file there is nothing to do.
 */
bool loading_prepare(struct server *server);

/*
 * Main thread, when workers run. wake_fd: an eventfd that is written to at the end. Returns 0, or a negative errno: no
 * thread could be started.
 */
int loading_begin(int wake_fd);

/* Main thread, after the end: waits for the thread. False: it has failed, and said so. */
bool loading_end(void);

/* Main thread: ends it before its time. */
void loading_give_up(void);

/* Now and then, while it runs: says in the log how far it is. Main thread. */
void loading_tell(void);

/* Whether it goes on. Any thread. */
bool loading_runs(void);

struct loading_report {
    int64_t began_s;        /* wall */
    uint64_t total, loaded; /* bytes; total is 0 where it isn't known */
    uint64_t keys, expired; /* of the last one, or so far */
    uint64_t memory_then;   /* bytes in use where the file was made, as it says; 0: it doesn't */
    int64_t eta_s;
};
struct loading_report loading_report(void); /* any thread */

#endif
