/*
 * What an error reply means and what to do about it, for those that come from the server's state or its rules rather
 * than from the command: it is loading, busy, full, read-only, or wants a login.
 */
#ifndef KVS_CLIENT_SESSION_ADVICE_H
#define KVS_CLIENT_SESSION_ADVICE_H

#include "connection/reply.h"

#include <stdio.h>

/* What was said already: each piece of advice is given once. Begins as zero. */
struct advice {
    unsigned given;
};

/* Prints a line about an error reply, once; nothing about other replies and other errors. */
void advice_print(FILE *out, struct advice *advice, const struct reply *reply);

#endif
