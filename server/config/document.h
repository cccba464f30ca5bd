/*
 * The parts of a directive's description that all pages of documentation share. Private to config/.
 */
#ifndef KVS_CONFIG_DOCUMENT_H
#define KVS_CONFIG_DOCUMENT_H

#include "config/directive.h"

/* Adds a description of the values that it takes. */
void document_add_values(struct text *out, const struct directive *directive);

/* The default, as it would stand in a file. Borrowed. */
const char *document_default(const struct directive *directive);

/* When it may change: "at start", "any time" ... */
const char *document_when(const struct directive *directive);

#endif
