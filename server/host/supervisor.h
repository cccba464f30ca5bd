/*
 * The service manager's protocol (sd_notify(3)): tells the manager that started the server about its state, through the
 * datagram socket that NOTIFY_SOCKET names. Without such a socket every call does nothing. A status is one line. Main
 * thread.
 *
 * A manager that doesn't read delays a call by five seconds at most, supervisor_alive() not at all. The first of
 * several failures in a row is logged.
 */
#ifndef KVS_HOST_SUPERVISOR_H
#define KVS_HOST_SUPERVISOR_H

#include <stdint.h>

/*
 * Reads the variables from the environment and removes them. Before threads start and before going into the background.
 */
void supervisor_init(void);

void supervisor_ready(const char *status); /* READY=1 with our pid, after start and after each reloading */
void supervisor_reloading(void);           /* RELOADING=1 with the time */
void supervisor_stopping(void);
void supervisor_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Microseconds between signs of life: half of WATCHDOG_USEC; 0: none are wanted. */
uint64_t supervisor_watchdog_us(void);
void supervisor_alive(void); /* WATCHDOG=1 */

#endif
