/*
 * All clients at one moment, or some of them by number: taken down while the world is stopped, read afterwards.
 *
 * Other workers' clients can only be looked at while everybody is at rest. Some hundred bytes are taken down for each,
 * without any formatting; they are sorted and put into words when the others are at work again.
 */
#ifndef KVS_ENGINE_CLIENT_LIST_H
#define KVS_ENGINE_CLIENT_LIST_H

#include "clients/client_description.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_list {
    size_t count, capacity;
    struct client_description *clients; /* oldest first */
};

/*
 * Describes all clients, or, if ids isn't NULL, those with one of these numbers. Stops the world to do so: the caller
 * holds no lock, and has written nothing of its reply. Returns false if the calling client was closed meanwhile, or
 * lost the right to the command and has been answered so; then there is nothing to release. Otherwise the list is to be
 * freed with client_list_release().
 */
bool client_list_take(struct client_list *list, const struct call *call, const uint64_t *ids, size_t id_count);

/* The client with this number; NULL when it isn't there. */
const struct client_description *client_list_find(const struct client_list *list, uint64_t id);

void client_list_release(struct client_list *list);

#endif
