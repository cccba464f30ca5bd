/*
 * What all pages of documentation say about a directive in the same words. Private to config/.
 */
#ifndef KVS_CONFIG_DOCUMENT_H
#define KVS_CONFIG_DOCUMENT_H

#include "config/directive.h"

/* Adds what may be written as its value. */
void document_add_values(struct text *out, const struct directive *directive);

/* The default as a file would have it. */
const char *document_default(const struct directive *directive);

/* When it may change: "at start", "any time" ... */
const char *document_when(const struct directive *directive);

#endif
