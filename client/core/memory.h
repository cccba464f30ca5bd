/*
 * Allocation for a program that can do nothing better than stop: every function here either succeeds or ends
 * kvs-cli with one line on standard error. What is returned is released with free().
 *
 * Sizes that a server announces never reach these functions unchecked: see reader.h.
 */
#ifndef KVS_CLIENT_CORE_MEMORY_H
#define KVS_CLIENT_CORE_MEMORY_H

#include <stddef.h>
#include <stdio.h>

void *memory_alloc(size_t size);
void *memory_alloc_zeroed(size_t size);
void *memory_resize(void *pointer, size_t size);

/* Ends the program for want of memory. */
_Noreturn void memory_fail(void);

/* A copy of `size` bytes with a zero byte after them. */
char *memory_copy_text(const char *bytes, size_t size);

/* A stream that gathers a text. Closing it writes the text, which the caller frees, to `*text_out` (never NULL, a zero
 * byte after it) and its bytes to `*length_out`. */
FILE *memory_stream_open(char **text_out, size_t *length_out);
void memory_stream_close(FILE *stream);

#endif
