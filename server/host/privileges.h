/*
 * Privileges: root becomes an ordinary account, for good.
 */
#ifndef KVS_HOST_PRIVILEGES_H
#define KVS_HOST_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes a process of root's run as that account (a name, or the number of an existing one), with its groups, gid and
 * uid. Without root, succeeds only for the account that the process already runs as. Main thread, before other threads
 * start and before anything is opened. 0, or a negative errno and one line in error: what is wrong and what to do.
 */
int privileges_drop(const char *account, char *error, size_t error_size);

/* Whether the program was started with more rights than its caller has (a setuid or setgid file). Any thread. */
bool privileges_are_borrowed(void);

#endif
