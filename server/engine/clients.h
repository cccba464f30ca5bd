/*
 * What is known of a client and of all of them: memory, address, flags.
 *
 * A client belongs to its worker; functions that take one are called by that worker or while the world is
 * stopped, and those that go over all clients only while it is stopped. What limits clients stands in
 * client_limits.h.
 */
#ifndef KVS_ENGINE_CLIENTS_H
#define KVS_ENGINE_CLIENTS_H

#include "base/bytes.h"
#include "engine/client.h"

#include <stddef.h>

/* Bytes it occupies: the struct, what it rarely has, unfinished input and output. */
size_t client_memory(const struct client *client);

/*
 * Bytes of output that count against the limits: nothing as long as one common chunk holds it, as Redis has a
 * fixed buffer.
 */
size_t client_output_memory(const struct client *client);

/* "path:0", the path being that of its socket file. Lives until the calling thread asks for another one. */
const char *client_address(const struct client *client);

/* The name that CLIENT LIST and the ACL log have for its user. Borrowed until the client changes its user. */
struct bytes client_user_name(const struct client *client);
struct bytes client_name_of_user(const struct user *user); /* the same of a user; NULL: none */

/* Flags as CLIENT LIST shows them. */
#define CLIENT_FLAGS_MAX 16
void client_flags(const struct client *client, char out[CLIENT_FLAGS_MAX]);

/* ---- while the world is stopped; connections that are closed already don't count ---- */

/* All of them, oldest first. The array is the caller's (mem_free()). */
struct client **clients_all(size_t *count_out);

#endif
