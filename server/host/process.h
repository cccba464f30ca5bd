/*
 * The process: its umask, going into the background, the pid file, its executable and the memory of its start.
 * Main thread, at start and end, unless a comment says otherwise.
 */
#ifndef KVS_HOST_PROCESS_H
#define KVS_HOST_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Opens /dev/null in the place of standard input, output and error where these are closed: otherwise the next file that
 * is opened, a connection perhaps, would be read or written in their place. Using them fails as before (EBADF). Returns
 * 0 or a negative errno. The first call of all.
 */
int process_open_standard_files(void);

/*
 * Sets the umask to 0, so that socket files get exactly the mode that is asked for. Remembers the operator's umask,
 * which applies to all other files. Before threads start and anything is opened.
 */
void process_take_umask(void);

/* The mode to pass to open(2): wanted, less the operator's umask. Any thread. */
mode_t process_file_mode(mode_t wanted);

/*
 * Forks. The parent waits until the child calls process_ready() or ends, and exits with 0, or with the child's exit
 * status (1 if a signal ended it). Returns 0 in the child, or a negative errno if there is none.
 */
int process_daemonize(void);

/* Tells the waiting parent that the server is up, and detaches from the terminal. Nothing without such a parent. */
void process_ready(void);

/* Writes the pid and a line end to the file at path. 0 or a negative errno. process_remove_pidfile() removes it. */
int process_write_pidfile(const char *path);
void process_remove_pidfile(const char *path);

/* The absolute path of the running program, or NULL; freed with mem_free(). */
char *process_executable(void);

/*
 * Lets go of the pages of code and constants that start-up has touched. Those that serving needs are mapped again at
 * their first use, from the kernel's cache; the others (two thirds) then don't count as this process's memory.
 */
void process_forget_start(void);

#endif
