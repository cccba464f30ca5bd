/*
 * Room for all clients is made before the world stops, with some to spare for those that come meanwhile. The
 * connections' numbers grow along every worker's list, so sorting has little to do.
 */
#include "engine/client_list.h"

#include "base/clock.h"
#include "base/memory.h"
#include "clients/client.h"
#include "command/call.h"
#include "engine/standstill.h"
#include "net/worker.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_TO_SPARE 64

static int compare_ids(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* The number stands first in a description. */
_Static_assert(offsetof(struct client_description, id) == 0, "descriptions compare as numbers do");

static void list_add(struct client_list *list, const struct client *client, const struct call *call, int64_t now_ms)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity * 2 + 1;
        list->clients = mem_realloc(list->clients, list->capacity * sizeof *list->clients);
    }
    client_description_take(&list->clients[list->count++], client, call, now_ms);
}

/* World stopped. ids is sorted; NULL stands for all clients. */
static void take_all(struct client_list *list, const struct call *call, const uint64_t *ids, size_t id_count)
{
    int64_t now_ms = clock_monotonic_ms();
    for (unsigned i = 0; i < workers_count(); i++)
        for (const struct conn *conn = worker_first_conn(worker_at(i)); conn; conn = conn->next)
            if (conn->state != CONN_CLOSED && (!ids || bsearch(&conn->id, ids, id_count, sizeof *ids, compare_ids)))
                list_add(list, (const struct client *)conn, call, now_ms);
}

bool client_list_take(struct client_list *list, const struct call *call, const uint64_t *ids, size_t id_count)
{
    uint64_t *sorted = NULL;
    size_t room = workers_conn_count() + ROOM_TO_SPARE;
    if (ids) {
        sorted = mem_alloc(id_count * sizeof *sorted);
        memcpy(sorted, ids, id_count * sizeof *sorted);
        qsort(sorted, id_count, sizeof *sorted, compare_ids);
        room = id_count < room ? id_count : room;
    }
    *list = (struct client_list){.capacity = room, .clients = mem_alloc(room * sizeof *list->clients)};
    struct standstill standstill = standstill_begin(call);
    if (standstill.may_run)
        take_all(list, call, sorted, id_count);
    standstill_end(standstill);
    mem_free(sorted);
    if (!standstill.may_run) {
        client_list_release(list);
        return false;
    }
    qsort(list->clients, list->count, sizeof *list->clients, compare_ids);
    return true;
}

const struct client_description *client_list_find(const struct client_list *list, uint64_t id)
{
    return bsearch(&id, list->clients, list->count, sizeof *list->clients, compare_ids);
}

void client_list_release(struct client_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        client_description_release(&list->clients[i]);
    mem_free(list->clients);
    *list = (struct client_list){0};
}
