/*
 * What a client calls itself: its own name (CLIENT SETNAME, HELLO) and its library's (CLIENT SETINFO).
 *
 * By the client's worker, or while the world is stopped.
 */
#ifndef KVS_CLIENTS_CLIENT_NAMES_H
#define KVS_CLIENTS_CLIENT_NAMES_H

#include "clients/client.h"

struct arg;

enum client_name { CLIENT_NAME, CLIENT_LIBRARY, CLIENT_LIBRARY_VERSION, CLIENT_NAMES };

/* The name, "" if it has none. Borrowed until one of the client's names is set. */
const char *client_name(const struct client *client, enum client_name which);

/*
 * Why this can't be a name, as the end of a sentence ("cannot contain spaces ..."); NULL if it can. Names stand in
 * CLIENT LIST, so they are printable ASCII without blanks; and every client has up to three, so they are short.
 */
#define CLIENT_NAME_MAX 1024 /* bytes of one name */
const char *client_name_fault(const struct arg *name);

/* Replaces one of the names. value has no fault; an empty one removes the name. */
void client_set_name(struct client *client, enum client_name which, const struct arg *value);

/* Removes all names. */
void client_clear_names(struct client *client);

/* ---- a copy, for reading names when the client may have gone ---- */

/* All names in one allocation, which the caller frees with mem_free(); NULL when there are none. */
char *client_names_copy(const struct client *client);

/* One name out of such a copy, borrowed from it; "" if it isn't set or names is NULL. */
const char *client_names_read(const char *names, enum client_name which);

#endif
