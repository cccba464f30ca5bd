/*
 * Glob patterns as KEYS, SCAN and CONFIG GET take them: * ? [a-z] [^a] and backslash.
 * The work is at most the product of both lengths, however many stars there are. Any thread.
 */
#ifndef KVS_BASE_GLOB_H
#define KVS_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

bool glob_match(const char *pattern, size_t pattern_len, const char *string, size_t string_len, bool ignore_case);

#endif
