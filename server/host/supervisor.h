/*
 * The service manager's protocol (sd_notify(3)): tells the manager that started the server about its state, through the
 * datagram socket that NOTIFY_SOCKET names. Without such a socket every call does nothing. A status is one line. Main
 * thread.
 *
 * No call waits for the manager: what it doesn't take stays for supervisor_retry(). The first of several failures in a
 * row is logged.
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
void supervisor_retry(void); /* now and then, while the server runs */

/* Microseconds between signs of life: half of WATCHDOG_USEC; 0: none are wanted. */
uint64_t supervisor_watchdog_us(void);
void supervisor_alive(void); /* WATCHDOG=1 */

#endif
