/*
 * The user's pager as a stream to write to: $PAGER, run by the shell, or less.
 *
 * While it runs, Ctrl-C is for the pager alone. A pager that leaves early shows as EPIPE. One at a time.
 */
#ifndef KVS_CLIENT_OUTPUT_PAGER_H
#define KVS_CLIENT_OUTPUT_PAGER_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct pager {
    int fd; /* to write to */
    pid_t pid;
    struct sigaction saved_interrupt, saved_quit;
};

/* 0, or a negative errno. */
int pager_start(struct pager *pager);

/* Waits until the pager has ended. False when the shell could not run it, which the shell has said. */
bool pager_finish(struct pager *pager);

#endif
