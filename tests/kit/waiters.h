/* Connections that wait on the server of served.h: for suites about BLPOP and its relatives. */
#ifndef KVS_KIT_WAITERS_H
#define KVS_KIT_WAITERS_H

#include "kit/served.h"

/* Until just so many clients wait. */
void await_waiting(int count);

/* A raw connection that waits with the last of these requests, after so many others. */
int waiter(const char *request, int others);

/* That connection has received nothing and is alive. */
void expect_waits(int fd);

#endif
