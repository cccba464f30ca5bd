/*
 * What directives can be set to, for those that take one of a few words. No server says it but in refusing another, so
 * kvs-cli has a table; tests hold it against kvs-server and Redis.
 */
#ifndef KVS_CLIENT_PROMPT_DIRECTIVE_VALUES_H
#define KVS_CLIENT_PROMPT_DIRECTIVE_VALUES_H

/* The words, with a blank between them, of a directive by its name in any case; NULL: not one of these. */
const char *directive_values(const char *name);

#endif
