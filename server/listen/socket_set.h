/*
 * A set of sockets, and how it is changed to another: completely or not at all.
 *
 * Guarded by the lock of listen/sockets.h, the only user of this.
 */
#ifndef KVS_LISTEN_SOCKET_SET_H
#define KVS_LISTEN_SOCKET_SET_H

#include "host/account.h"
#include "listen/socket_plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SOCKETS_MAX 126

struct activated;
struct listener;

/* A listener and the state of its file. */
struct socket {
    char *path; /* as configured; NULL: handed over, but not in the configuration */
    struct listener *listener;
    const struct activated *activated; /* what it is a duplicate of, or NULL */
    bool lost;
    int64_t made_ms;  /* monotonic */
    int64_t retry_ms; /* monotonic; a lost file isn't made again before */
    int delay_ms;     /* to the next attempt */
    char *told;       /* the last logged reason why it can't be made again, or NULL */
    /* the file's owner and group at the last INFO, so that names are looked up once */
    uid_t owner;
    gid_t group;
    char owner_name[ACCOUNT_NAME_MAX];
    char group_name[ACCOUNT_NAME_MAX];
};

struct socket_set {
    struct socket *sockets[SOCKETS_MAX];
    size_t count;
};

/* Listeners that have left a set: stopped, their descriptors still to be closed. */
struct socket_bin {
    struct listener *listeners[2 * SOCKETS_MAX];
    size_t count;
};

/* What the set is to be. */
struct socket_order {
    const struct socket_wanted *wanted;
    size_t count;
    const struct activated *activated; /* handed over by a service manager */
    size_t activated_count;
    bool serve_others; /* also those handed over that match no entry; otherwise only those already served stay */
    bool may_be_empty;
    int backlog;
    int64_t lock_until_ms; /* for all files together; see socket_file.h */
};

/*
 * Opens new sockets, then changes rights; once all that has worked, stops the sockets that aren't wanted and puts
 * their listeners in the bin. 0, or a negative errno and one line in error, with the set as it was.
 */
int socket_set_change(struct socket_set *set, const struct socket_order *order, struct socket_bin *bin, char *error,
                      size_t error_size);

/* Closes all. Main thread, or before the first poll. */
void socket_set_close(struct socket_set *set);

bool socket_set_has(const struct socket_set *set, const struct socket *socket);

/* Sets owner_name and group_name to those of these accounts. */
void socket_name_owner(struct socket *socket, uid_t owner, gid_t group);

int64_t socket_now_ms(void); /* the clock of made_ms and retry_ms */

#endif
