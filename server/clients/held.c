#include "clients/held.h"

#include "base/counter.h"
#include "base/memory.h"
#include "clients/client_extra.h"
#include "net/worker.h"
#include "record/stats.h"

#include <assert.h>

struct held {
    struct client *previous, *next; /* in the worker's list for the reason */
    struct held_requests requests;
    enum held_reason reason; /* HELD_NOT: there is only work */
    struct turn_work *work;
};

/* A worker's own. */
static __thread struct held_list {
    struct client *first, *last;
    unsigned count;
} lists[HELD_REASONS];

__thread unsigned held_clients;

static struct held *held_of(const struct client *client)
{
    return client->extra->held;
}

static void list_add(struct held_list *list, struct client *client)
{
    struct held *held = held_of(client);
    held->previous = list->last;
    held->next = NULL; /* one with work was in the list before */
    if (list->last)
        held_of(list->last)->next = client;
    else
        list->first = client;
    list->last = client;
    list->count++;
    held_clients++;
}

static void list_remove(struct held_list *list, const struct held *held)
{
    if (held->previous)
        held_of(held->previous)->next = held->next;
    else
        list->first = held->next;
    if (held->next)
        held_of(held->next)->previous = held->previous;
    else
        list->last = held->previous;
    list->count--;
    held_clients--;
}

static bool is_shown(enum held_reason reason)
{
    return reason == HELD_PAUSE || reason == HELD_WAITING;
}

/* Counts a client that begins (1) or ceases (-1) to be held. */
static void count_held(const struct client *client, enum held_reason reason, int by)
{
    if (is_shown(reason)) /* wraps around, and comes out right */
        counter_add(&stats_of(worker_index(client->conn.worker))->held_clients, (uint64_t)by);
}

static struct held *held_make(struct client *client)
{
    struct client_extra *extra = client_extra(client);
    if (!extra->held)
        extra->held = mem_calloc(sizeof *extra->held);
    return extra->held;
}

/* Frees it when it holds nothing. */
static void held_settle(struct client *client)
{
    struct held *held = held_of(client);
    if (held->reason != HELD_NOT || held->work)
        return;
    mem_free_sized(held, sizeof *held);
    client->extra->held = NULL;
    client_extra_settle(client);
}

void client_hold(struct client *client, enum held_reason reason, struct request *requests, unsigned count)
{
    assert(!(client->flags & CLIENT_HELD) && reason != HELD_NOT);
    struct held *held = held_make(client);
    held->reason = reason;
    held->requests = (struct held_requests){requests, count};
    client->flags |= CLIENT_HELD;
    list_add(&lists[reason], client);
    count_held(client, reason, 1);
}

struct held_requests client_let_go(struct client *client)
{
    assert(client->flags & CLIENT_HELD);
    struct held *held = held_of(client);
    struct held_requests requests = held->requests;
    list_remove(&lists[held->reason], held);
    count_held(client, held->reason, -1);
    client->flags &= ~(uint32_t)CLIENT_HELD;
    held->reason = HELD_NOT;
    held_settle(client);
    return requests;
}

struct turn_work *client_work(const struct client *client)
{
    return client->extra && client->extra->held ? client->extra->held->work : NULL;
}

void client_set_work(struct client *client, struct turn_work *work)
{
    held_make(client)->work = work;
    held_settle(client);
}

bool client_is_held_for(const struct client *client, enum held_reason reason)
{
    return held_of(client)->reason == reason;
}

bool client_is_blocked(const struct client *client)
{
    return (client->flags & CLIENT_HELD) && is_shown(held_of(client)->reason);
}

unsigned held_count(enum held_reason reason)
{
    return lists[reason].count;
}

struct client *held_first(enum held_reason reason)
{
    return lists[reason].first;
}
