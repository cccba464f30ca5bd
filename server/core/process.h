/*
 * The process: going into the background, the pid file, its title, and the report that a crash leaves.
 * Main thread, at start and end.
 */
#ifndef KVS_CORE_PROCESS_H
#define KVS_CORE_PROCESS_H

#include <stdbool.h>

/*
 * Forks; the parent waits until process_ready() or the child's end, and exits with what it learned: 0, or 1.
 * Returns in the child: 0, or a negative errno.
 */
int process_daemonize(void);

/* Tells the waiting parent that the server serves, and lets go of the terminal. */
void process_ready(void);

/* Writes pid and a line end into path. 0 or a negative errno. The file is removed by process_remove_pidfile(). */
int process_write_pidfile(const char *path);
void process_remove_pidfile(const char *path);

/* The absolute path of the running program, or NULL; freed with mem_free(). */
char *process_executable(void);

/*
 * From now on a crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) writes a report with version, signal, address and
 * backtrace to the log and then dies of the signal.
 */
void process_report_crashes(const char *version);

#endif
