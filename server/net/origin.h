/*
 * Origins: the part of a socket file that its connections need: the path that people are shown, how much the
 * connections may do, and counters.
 *
 * Connections hold a reference, so an origin can outlive its socket file. Any thread, except where a comment says
 * otherwise.
 */
#ifndef KVS_NET_ORIGIN_H
#define KVS_NET_ORIGIN_H

#include "base/access_level.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define ORIGIN_PATH_MAX 107 /* bytes of a Unix socket's path */

enum origin_kind {
    ORIGIN_OWN,       /* a socket file that we made */
    ORIGIN_ACTIVATED, /* one handed over by a service manager, which keeps the file */
    ORIGIN_INHERITED, /* no file: a connection that the parent process made */
};

struct origin;

/* Returns one reference. path and user are copied; user "": none. */
struct origin *origin_create(enum origin_kind kind, const char *path, enum access_level access, const char *user);
struct origin *origin_retain(struct origin *origin);
void origin_release(struct origin *origin);

/* Whether there are more references than the caller's. Once there are none, only the caller can make more. */
bool origin_is_shared(const struct origin *origin);

/* While the world is stopped, or before the origin is shared. user is copied. */
void origin_set_rights(struct origin *origin, enum access_level access, const char *user);

enum origin_kind origin_kind(const struct origin *origin);
const char *origin_path(const struct origin *origin);

/* The access that no command of these connections exceeds. Inside the gate. */
enum access_level origin_access(const struct origin *origin);

/*
 * The ACL user that its connections start as; "": the default one. Inside the gate; borrowed until the thread leaves
 * it.
 */
const char *origin_user(const struct origin *origin);

struct origin_counts {
    atomic_uint clients;       /* open now: from workers_adopt() to conn_destroy() */
    _Atomic uint64_t accepted; /* since it was opened */
    _Atomic uint64_t refused;  /* by maxclients or maxclients-per-uid */
    _Atomic uint64_t denied;   /* commands beyond its access */
};
struct origin_counts *origin_counts(struct origin *origin);

#endif
