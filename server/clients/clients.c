/*
 * The parts that hold memory are asked how much it is, so nothing has to be kept up to date while requests run. The
 * connections' numbers grow along every worker's list, so sorting all clients has little to do.
 */
#include "clients/clients.h"

#include "acl/user.h"
#include "base/memory.h"
#include "clients/client_extra.h"
#include "clients/held.h"
#include "clients/tracker.h"
#include "clients/tracking_prefixes.h"
#include "clients/transaction.h"
#include "clients/turn.h"
#include "clients/wait_queue.h"
#include "clients/watch.h"
#include "net/origin.h"
#include "net/worker.h"
#include "pubsub/subscriber.h"
#include "resp/parser.h"

#include <stdio.h>
#include <stdlib.h>

static size_t tracking_memory(const struct client *client)
{
    struct tracker *tracker = client->extra ? client->extra->tracker : NULL;
    if (!tracker)
        return 0;
    const struct own_prefixes *prefixes = *tracker_prefixes(tracker);
    return tracker_memory(tracker) + (prefixes ? own_prefixes_memory(prefixes) : 0);
}

size_t client_memory(const struct client *client)
{
    const struct subscriber *subscriber = client->extra ? client->extra->subscriber : NULL;
    return sizeof *client + (client->names ? mem_usable(client->names) : 0) + client->conn.output.memory +
           parser_memory(client->parser) + client_extra_memory(client) + turn_memory(client) +
           transaction_memory(client) + watches_memory(client) + (subscriber ? subscriber_memory(subscriber) : 0) +
           waiter_memory(client->extra ? client->extra->waiter : NULL) + tracking_memory(client);
}

size_t client_output_memory(const struct client *client)
{
    const struct output *output = &client->conn.output;
    const struct output_chunk *first = output->head;
    bool is_alone = first && !first->next && !first->blob;
    return is_alone && output->memory <= OUTPUT_CHUNK_SIZE ? 0 : output->memory;
}

const char *client_address(const struct client *client)
{
    static __thread char address[ORIGIN_PATH_MAX + sizeof ":0"];
    snprintf(address, sizeof address, "%s:0", origin_path(client->conn.origin));
    return address;
}

struct bytes client_name_of_user(const struct user *user)
{
    return user ? user_name(user) : (struct bytes){"(none)", strlen("(none)")};
}

struct bytes client_user_name(const struct client *client)
{
    return client_name_of_user(client->user);
}

/* Its mode (tracker.h); 0: it doesn't track. */
static uint32_t mode_of_tracking(const struct client *client)
{
    const struct tracker *tracker = client->extra ? client->extra->tracker : NULL;
    return tracker && (tracker_mode(tracker) & TRACKER_ON) ? tracker_mode(tracker) : 0;
}

int64_t client_redirect(const struct client *client)
{
    return mode_of_tracking(client) ? (int64_t)tracker_redirect_id(client->extra->tracker) : -1;
}

void client_flags(const struct client *client, char out[CLIENT_FLAGS_MAX])
{
    uint32_t tracking = mode_of_tracking(client);
    if (client->flags & CLIENT_MONITOR)
        *out++ = 'O';
    if (client->flags & CLIENT_SUBSCRIBED)
        *out++ = 'P';
    if (client->flags & CLIENT_MULTI)
        *out++ = 'x';
    if (client_is_blocked(client))
        *out++ = 'b';
    if (tracking & TRACKER_ON)
        *out++ = 't';
    if (tracking & TRACKER_BROKEN)
        *out++ = 'R';
    if (tracking & TRACKER_BCAST)
        *out++ = 'B';
    if (watches_are_marked(client))
        *out++ = 'd';
    if (client->conn.state == CONN_DRAINING)
        *out++ = 'c';
    if (client->conn.state == CONN_CLOSED)
        *out++ = 'A';
    *out++ = 'U'; /* came through a Unix socket, as all clients here do */
    if (client->flags & CLIENT_NO_EVICT)
        *out++ = 'e';
    if (client->flags & CLIENT_NO_TOUCH)
        *out++ = 'T';
    *out = '\0';
}

/* ---- all clients ---- */

static int compare_ids(const void *a, const void *b)
{
    uint64_t left = (*(struct client *const *)a)->conn.id, right = (*(struct client *const *)b)->conn.id;
    return left < right ? -1 : left > right;
}

struct client **clients_all(size_t *count_out)
{
    size_t count = 0, capacity = (size_t)workers_conn_count() + 1;
    struct client **clients = mem_alloc(capacity * sizeof *clients);
    for (unsigned i = 0; i < workers_count(); i++) {
        for (struct conn *conn = worker_first_conn(worker_at(i)); conn; conn = conn->next) {
            if (conn->state == CONN_CLOSED)
                continue;
            if (count == capacity) {
                capacity *= 2;
                clients = mem_realloc(clients, capacity * sizeof *clients);
            }
            clients[count++] = client_of(conn);
        }
    }
    qsort(clients, count, sizeof *clients, compare_ids);
    *count_out = count;
    return clients;
}
