/*
 * What all surveys of keys print in the same way.
 */
#ifndef KVS_CLIENT_SURVEY_KEY_REPORT_H
#define KVS_CLIENT_SURVEY_KEY_REPORT_H

#include "survey/key_walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key's name between double quotes, with escapes, which the caller frees. A very long one is cut. */
char *key_report_name(const char *name, size_t length);

/* "[12.34%] ", where it is known. */
void key_report_fraction(double fraction);

/* The heading of the summary, and how many keys it covers: all, or what part. False, and nothing printed, when the walk
 * failed before it came to a key. */
bool key_report_begin_summary(const struct key_walk_result *result);

/* How long the keys' names are together. */
void key_report_name_bytes(const struct key_walk_result *result, uint64_t bytes);

#endif
