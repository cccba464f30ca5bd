/*
 * Suggestions: which directive an unknown name was probably meant to be.
 */
#ifndef KVS_CONFIG_SUGGEST_H
#define KVS_CONFIG_SUGGEST_H

/* The nearest name of a directive, for a name in lower case; NULL when nothing is near. */
const char *suggest_directive(const char *name);

#endif
