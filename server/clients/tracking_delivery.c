#include "clients/tracking_delivery.h"

#include "base/clock.h"
#include "clients/client.h"
#include "clients/client_extra.h"
#include "clients/client_limits.h"
#include "clients/tracker.h"
#include "clients/turn.h"
#include "net/worker.h"
#include "resp/reply.h"

#define CHANNEL "__redis__:invalidate"
#define UNREAD_MAX ((size_t)16 << 20) /* bytes of output that lie unread, from which on notices wait */

__thread bool trackers_called;
static __thread bool has_put_off; /* some of this worker's clients have left so much unread */

/* The words before the names. False: the client can't be told. */
static bool write_head(const struct client *client, const struct notice *notice, struct reply *reply)
{
    if (client->resp > 2) {
        reply_push(reply, 2);
        reply_bulk_text(reply, "invalidate");
        return true;
    }
    if (!notice->redirected || !(client->flags & CLIENT_LISTENING))
        return false;
    reply_push(reply, 3);
    reply_bulk_text(reply, "message");
    reply_bulk_text(reply, CHANNEL);
    return true;
}

static void write_broken(const struct tracker *tracker, struct reply *reply)
{
    if (tracker_client(tracker)->resp == 2)
        return;
    reply_push(reply, 2);
    reply_bulk_text(reply, "tracking-redir-broken");
    reply_int(reply, (int64_t)tracker_redirect_id(tracker));
}

static void write_notice(const struct tracker *tracker, const struct notice *notice, struct reply *reply)
{
    if (notice->kind == NOTICE_BROKEN)
        write_broken(tracker, reply);
    else if (!write_head(tracker_client(tracker), notice, reply))
        return;
    else if (notice->names)
        names_told_write(notice->names, reply);
    else
        reply_null(reply);
}

/* Of a client that reads so little that its notices wait. */
static bool leaves_unread(const struct client *client)
{
    if (client->conn.output.bytes < UNREAD_MAX)
        return false;
    has_put_off = true;
    return true;
}

void tracker_write(struct tracker *tracker, struct reply *reply)
{
    struct notices notices;
    if (leaves_unread(tracker_client(tracker)))
        return;
    tracker_take_notices(tracker, &notices);
    for (size_t i = 0; i < notices.count && !reply_is_over(reply); i++)
        write_notice(tracker, &notices.first[i], reply);
    notices_release(&notices);
}

void tracker_catch_up(struct tracker *tracker)
{
    struct client *client = tracker_client(tracker);
    struct reply reply;
    if (!client || client->conn.state != CONN_OPEN)
        return;
    reply_begin(&reply, &client->conn.output, client->resp);
    clients_limit_reply(client, &reply);
    tracker_write(tracker, &reply);
    reply_end(&reply);
    if (reply_is_over(&reply))
        clients_end_over_limit(client);
    if (clients_check_output(client) && clients_check_memory(client) && client->conn.output.bytes > 0)
        conn_flush_later(&client->conn);
}

static void serve(const struct worker *worker)
{
    int64_t end_ns = clock_monotonic_ns() + TURN_NS;
    struct tracker *tracker;
    while ((tracker = trackers_next(worker))) {
        if (tracker_has_notices(tracker)) /* otherwise they were written with the client's requests, or it has gone */
            tracker_catch_up(tracker);
        tracker_release(tracker);
        if (turn_is_over(end_ns)) {
            trackers_put_off(worker);
            return;
        }
    }
}

void trackers_message(struct worker *worker, struct message *message)
{
    (void)worker;
    (void)message;
    trackers_called = true;
}

void trackers_call(void)
{
    bool own = trackers_post_calls() || trackers_called;
    trackers_called = false;
    if (own)
        serve(worker_self());
}

void trackers_tick(const struct worker *worker)
{
    if (!has_put_off)
        return;
    has_put_off = false;
    for (struct conn *conn = worker_first_conn(worker); conn; conn = conn->next) {
        struct client *client = client_of(conn);
        if ((client->flags & CLIENT_TRACKER) && tracker_has_notices(client->extra->tracker))
            tracker_catch_up(client->extra->tracker);
    }
}
