/*
 * Whom a number stands for: programs by pid, users by uid. Printable.
 */
#ifndef KVS_CLIENT_TOP_OWNERS_H
#define KVS_CLIENT_TOP_OWNERS_H

#include <stdbool.h>
#include <stddef.h>

/* What a process goes by; false, and "-", when there is no such process, or not to be seen from here. */
bool owners_program(long long pid, char *name, size_t size);

/* The user's name, or the number where it has none. The last few are remembered: names may come from far. */
void owners_user(long long uid, char *name, size_t size);

#endif
