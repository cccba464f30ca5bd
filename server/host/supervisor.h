/*
 * The service manager's protocol (sd_notify(3)): what is told to whoever started the server, through the datagram
 * socket in NOTIFY_SOCKET. Without one every call does nothing. A status is one line. Main thread.
 *
 * A manager that doesn't read holds a call up for five seconds at most, supervisor_alive() not at all; the first of
 * several failures is logged.
 */
#ifndef KVS_HOST_SUPERVISOR_H
#define KVS_HOST_SUPERVISOR_H

#include <stdint.h>

/* Reads and removes the environment's variables. Before threads are started and before going into the background. */
void supervisor_init(void);

void supervisor_ready(const char *status); /* READY=1 with our pid, after start and after each reloading */
void supervisor_reloading(void);           /* RELOADING=1 with the time */
void supervisor_stopping(void);
void supervisor_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Microseconds between the signs of life that are wanted (half of WATCHDOG_USEC), 0 none. */
uint64_t supervisor_watchdog_us(void);
void supervisor_alive(void); /* WATCHDOG=1 */

#endif
