/*
 * Privileges: root becomes an ordinary account, and stays one.
 */
#ifndef KVS_CORE_PRIVILEGES_H
#define KVS_CORE_PRIVILEGES_H

#include <stddef.h>

/*
 * From root to that account (a name, or the number of one that exists), for good: its groups, gid and uid. Without
 * root only the account that it runs as already. Main thread, before others start and before anything is opened. 0, or
 * a negative errno with one line that says what and what to do.
 */
int privileges_drop(const char *account, char *error, size_t error_size);

#endif
