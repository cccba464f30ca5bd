/*
 * Privileges: root becomes an ordinary account, and stays one.
 */
#ifndef KVS_HOST_PRIVILEGES_H
#define KVS_HOST_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * From root to that account (a name, or the number of one that exists), for good: its groups, gid and uid. Without
 * root only the account that it runs as already. Main thread, before others start and before anything is opened. 0, or
 * a negative errno with one line that says what and what to do.
 */
int privileges_drop(const char *account, char *error, size_t error_size);

/* Whether the program was started with more rights than its caller has (a setuid or setgid file). Any thread. */
bool privileges_are_borrowed(void);

#endif
