/*
 * The process: its umask, going into the background, and the pid file.
 * Main thread, at start and end, where nothing else is said.
 */
#ifndef KVS_HOST_PROCESS_H
#define KVS_HOST_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Sets the umask to 0, so that socket files appear with just the mode that was asked for. The operator's, which holds
 * for all other files, is remembered. First of all, before there are threads.
 */
void process_take_umask(void);

/* What to pass to open(2): wanted, less the operator's umask. Any thread. */
mode_t process_file_mode(mode_t wanted);

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
 * Lets go of the pages of code and constants that the start has touched. Those that serving needs are mapped again at
 * their first use, from the kernel's cache; the others (two thirds) no longer count as this process's memory.
 */
void process_forget_start(void);

#endif
