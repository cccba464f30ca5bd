/*
 * All clients at one moment, or some of them by number: taken down while the world stands, read afterwards.
 *
 * Other workers' clients can only be looked at while everybody is at rest. What is taken down of each is some hundred
 * bytes, without any formatting; sorting and putting into words happen when the others are at work again.
 */
#ifndef KVS_ENGINE_CLIENT_LIST_H
#define KVS_ENGINE_CLIENT_LIST_H

#include "engine/client_description.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_list {
    size_t count, capacity;
    struct client_description *clients; /* oldest first */
};

/*
 * Describes all clients, or with ids those with one of these numbers. Stops the world for that: the caller holds no
 * lock, and has written nothing of its reply. False: the calling client was closed meanwhile, and there is nothing to
 * release. Else it ends with client_list_release().
 */
bool client_list_take(struct client_list *list, const struct call *call, const uint64_t *ids, size_t id_count);

/* The client with this number; NULL when it isn't there. */
const struct client_description *client_list_find(const struct client_list *list, uint64_t id);

void client_list_release(struct client_list *list);

#endif
