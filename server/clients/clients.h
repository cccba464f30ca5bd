/*
 * What is known about a client and about all of them: memory, address, flags.
 *
 * A client belongs to its worker; functions that take one are called by that worker or while the world is stopped, and
 * those that go over all clients only while it is stopped. The limits of clients are in client_limits.h.
 */
#ifndef KVS_CLIENTS_CLIENTS_H
#define KVS_CLIENTS_CLIENTS_H

#include "base/bytes.h"
#include "clients/client.h"

#include <stddef.h>

/* Bytes that it occupies: the struct, its extra, unfinished input and output. */
size_t client_memory(const struct client *client);

/*
 * Bytes of output that count against the limits: none as long as one common chunk holds the output, since Redis has a
 * fixed buffer for that much.
 */
size_t client_output_memory(const struct client *client);

/* "path:0", where path is that of its socket file. Valid until the calling thread asks for another address. */
const char *client_address(const struct client *client);

/* The name that CLIENT LIST and the ACL log show for its user. Borrowed until the client changes its user. */
struct bytes client_user_name(const struct client *client);
struct bytes client_name_of_user(const struct user *user); /* the same for a user; NULL: none */

/* Where it is told what its cache should forget: the id of another client, 0 for itself, -1 if it doesn't track. */
int64_t client_redirect(const struct client *client);

/* Flags as CLIENT LIST shows them. */
#define CLIENT_FLAGS_MAX 16
void client_flags(const struct client *client, char out[CLIENT_FLAGS_MAX]);

/* ---- while the world is stopped; connections that are closed already don't count ---- */

/* All clients, oldest first. The caller frees the array with mem_free(). */
struct client **clients_all(size_t *count_out);

#endif
