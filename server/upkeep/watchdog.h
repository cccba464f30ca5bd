/*
 * The watchdog: tells the service manager that the server is alive, as long as every worker answers.
 * Main thread.
 */
#ifndef KVS_UPKEEP_WATCHDOG_H
#define KVS_UPKEEP_WATCHDOG_H

/* Several times a second. Does nothing unless the service manager asked for signs of life. */
void watchdog_run(void);

#endif
