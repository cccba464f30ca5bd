/*
 * What answers first on a connection, when that is no reply to what was sent: another kind of server (of the web, of
 * mail, of a database), or a server of the right kind that has no room and closes the connection.
 */
#ifndef KVS_CLIENT_CONNECTION_FIRST_WORDS_H
#define KVS_CLIENT_CONNECTION_FIRST_WORDS_H

#include "connection/reply.h"

#include <stdbool.h>
#include <stddef.h>

#define FIRST_WORDS_LENGTH 96 /* bytes that are worth keeping */

/* The beginning of what came on a connection, until its first reply is there. */
struct first_words {
    bool are_over;
    size_t length;
    char bytes[FIRST_WORDS_LENGTH];
};

/* Keeps bytes that came. */
void first_words_add(struct first_words *words, const char *bytes, size_t size);

/* True when no reply begins like this, however it goes on: some servers never end a line. */
bool first_words_are_foreign(const struct first_words *words);

/* Writes a line about a server that is no kvs; `fault` is what the reader says. */
void first_words_explain(const struct first_words *words, const char *fault, char *text, size_t size);

/* True when a first reply is no reply to a command but refuses the connection: then writes a line about it. */
bool first_words_refuse(const struct reply *reply, char *text, size_t size);

#endif
