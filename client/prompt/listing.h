/*
 * Words in columns, read from top to bottom, as wide as the terminal.
 */
#ifndef KVS_CLIENT_PROMPT_LISTING_H
#define KVS_CLIENT_PROMPT_LISTING_H

#include <stddef.h>
#include <stdio.h>

/* The number of rows that the words take. */
size_t listing_rows(char *const *words, size_t count, int columns);

/* Prints them, so that they do the terminal no harm (text.h). One that is wider than the screen is cut. */
void listing_print(FILE *out, char *const *words, size_t count, int columns);

#endif
