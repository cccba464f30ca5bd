/*
 * What most integration tests begin with: a running server of their own, and a connection to it.
 *
 * A suite takes served_tcase() where the server is as it comes. With arguments, or with more that is to be set up, its
 * own fixture calls served_begin(kit_start(...)) and served_end().
 */
#ifndef KVS_KIT_SERVED_H
#define KVS_KIT_SERVED_H

#include "kit/kit.h"

extern struct kit_server *server; /* of the running test */
extern redisContext *c;           /* to that server */

/* A kit_tcase() whose tests have both. */
TCase *served_tcase(const char *name);

void served_begin(struct kit_server *started);
void served_end(void); /* fails the test unless the server ends well */

#endif
