/* One descriptor is kept in reserve: when no others are left, the next client can still be told so. */
#include "listen/reception.h"

#include "base/clock.h"
#include "base/gate.h"
#include "host/log_flood.h"
#include "listen/admission.h"
#include "listen/listener.h"
#include "listen/sockets.h"
#include "net/peer.h"
#include "net/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_MAX 256 /* connections accepted at once, before other work has its turn */
#define REST_MS 100    /* when a client waits, and there isn't even a descriptor to refuse it */

static const struct config *config;
static struct gate_member *gate;
static int spare_fd = -1;
static int64_t rests_until_ms; /* monotonic */
static _Atomic uint64_t rejected;

static void keep_spare(void)
{
    spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void reception_open(const struct config *the_config, struct gate_member *the_gate)
{
    config = the_config;
    gate = the_gate;
    keep_spare();
}

static void refuse(struct listener *listener, int fd, const char *reason)
{
    char line[128];
    int len = snprintf(line, sizeof line, "-ERR %s\r\n", reason);
    atomic_fetch_add_explicit(&rejected, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&origin_counts(listener_origin(listener))->refused, 1, memory_order_relaxed);
    ssize_t ignored = send(fd, line, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)ignored;
    close(fd);
}

static void refuse_uid(struct listener *listener, int fd, const struct peer *peer)
{
    static struct log_flood flood =
        LOG_FLOOD("connections refused by maxclients-per-uid", 5); /* of several uids, perhaps */
    char reason[96];
    log_flooding(
        &flood, LOG_LEVEL_WARNING,
        "connections of uid %u (the last one: pid %d) through %s are refused: it has reached maxclients-per-uid",
        (unsigned)peer->uid, (int)peer->pid, listener_path(listener));
    snprintf(reason, sizeof reason, "max number of clients reached for uid %u", (unsigned)peer->uid);
    refuse(listener, fd, reason);
}

/* No descriptor is left: the spare one serves to tell the next client so, instead of letting it wait. */
static void refuse_without_descriptors(struct listener *listener, int error)
{
    static struct log_flood flood = LOG_FLOOD("connections refused for want of descriptors", 1);
    log_flooding(&flood, LOG_LEVEL_WARNING,
                 "can't accept a connection: %s; raise the limit of open files or lower maxclients", strerror(-error));
    if (spare_fd >= 0)
        close(spare_fd);
    int fd = listener_accept(listener);
    if (fd >= 0)
        refuse(listener, fd, "max number of clients reached");
    else
        rests_until_ms = clock_monotonic_ms() + REST_MS;
    keep_spare();
}

bool reception_rests(void)
{
    return clock_monotonic_ms() < rests_until_ms;
}

/* Inside the gate: CONFIG SET changes the limits. */
static void receive(struct listener *listener, int fd)
{
    struct peer peer;
    if (peer_of_socket(fd, &peer)) {
        close(fd); /* nobody comes in without credentials */
        return;
    }
    switch (admission_ask(config, listener_origin(listener), &peer, workers_conn_count())) {
    case ADMISSION_GRANTED:
        workers_adopt(fd, &peer, listener_origin(listener));
        break;
    case ADMISSION_FULL:
        refuse(listener, fd, "max number of clients reached");
        break;
    case ADMISSION_UID_FULL:
        refuse_uid(listener, fd, &peer);
        break;
    }
}

/* Accepts one connection, inside the gate; false when there is no other. */
static bool accept_one(struct listener *listener)
{
    int fd = listener_accept(listener);
    if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM)
        refuse_without_descriptors(listener, fd);
    if (fd < 0)
        return false;
    receive(listener, fd);
    return true;
}

void reception_accept(struct listener *listener)
{
    bool more = true;
    for (int i = 0; i < ACCEPT_MAX && more && gate_try_enter(gate); i++) {
        more = accept_one(listener);
        gate_leave(gate);
    }
}

int reception_inherit(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (fcntl(fd, F_SETFL, flags | O_NONBLOCK))
        return -errno;
    struct listener *listener = listener_create_inherited();
    sockets_note_inherited(listener);
    gate_enter(gate);
    receive(listener, fd);
    gate_leave(gate);
    listener_release(listener);
    return 0;
}

uint64_t reception_rejected(void)
{
    return atomic_load_explicit(&rejected, memory_order_relaxed);
}

void reception_reset_rejected(void)
{
    atomic_store_explicit(&rejected, 0, memory_order_relaxed);
}
