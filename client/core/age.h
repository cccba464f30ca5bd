/*
 * How long ago something was, in words for messages: "3 hours ago".
 */
#ifndef KVS_CLIENT_CORE_AGE_H
#define KVS_CLIENT_CORE_AGE_H

#include <stdio.h>
#include <time.h>

/* Prints "just now", "1 minute ago", "3 hours ago", "12 days ago". A time to come is "just now": clocks differ. */
void age_print(FILE *out, time_t when);

#endif
