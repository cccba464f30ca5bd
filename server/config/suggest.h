/*
 * Suggestions: which directive an unknown name was probably meant to be.
 */
#ifndef KVS_CONFIG_SUGGEST_H
#define KVS_CONFIG_SUGGEST_H

/* The name of the directive that is nearest to name, which is in lower case; NULL when none is near. */
const char *suggest_directive(const char *name);

#endif
