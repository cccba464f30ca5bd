/*
 * Ctrl-C as something to wait for. At the prompt SIGINT ends what is being waited for (a reply, a stream of messages, a
 * pause) and not the program. Elsewhere nothing is installed and SIGINT kills as usual.
 *
 * One signal, so one state for the whole program; main thread only.
 */
#ifndef KVS_CLIENT_CORE_INTERRUPT_H
#define KVS_CLIENT_CORE_INTERRUPT_H

#include <stdbool.h>

void interrupt_install(void);

/* Readable while a Ctrl-C has not been taken; -1 while nothing is installed. For poll(2). */
int interrupt_fd(void);

/* How many there were, taken or not. Each may have made a system call fail with EINTR. */
int interrupt_count(void);

/* True, once, when there was a Ctrl-C. */
bool interrupt_take(void);

/* True when there was one; leaves it there. */
bool interrupt_is_pending(void);

/* Waits. False when a Ctrl-C cut it short (and is still to be taken). */
bool interrupt_sleep(double seconds);

#endif
