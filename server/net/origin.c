#include "net/origin.h"

#include "base/memory.h"

#include <string.h>

struct origin {
    atomic_uint references;
    enum origin_kind kind;    /* const */
    enum access_level access; /* changed while the world is stopped */
    char *user;               /* the origin's own; changed while the world is stopped */
    struct origin_counts counts;
    char path[]; /* const */
};

struct origin *origin_create(enum origin_kind kind, const char *path, enum access_level access, const char *user)
{
    size_t size = strlen(path) + 1;
    struct origin *origin = mem_calloc(sizeof *origin + size);
    atomic_init(&origin->references, 1);
    origin->kind = kind;
    origin->access = access;
    origin->user = mem_strdup(user);
    memcpy(origin->path, path, size);
    return origin;
}

struct origin *origin_retain(struct origin *origin)
{
    atomic_fetch_add_explicit(&origin->references, 1, memory_order_relaxed);
    return origin;
}

void origin_release(struct origin *origin)
{
    /* pairs with itself: the thread that frees sees what all others did before they released */
    if (atomic_fetch_sub_explicit(&origin->references, 1, memory_order_acq_rel) != 1)
        return;
    mem_free(origin->user);
    mem_free(origin);
}

bool origin_is_shared(const struct origin *origin)
{
    return atomic_load_explicit(&origin->references, memory_order_relaxed) > 1;
}

void origin_set_rights(struct origin *origin, enum access_level access, const char *user)
{
    char *former = origin->user;
    origin->user = mem_strdup(user); /* may be the former one */
    origin->access = access;
    mem_free(former);
}

enum origin_kind origin_kind(const struct origin *origin)
{
    return origin->kind;
}

const char *origin_path(const struct origin *origin)
{
    return origin->path;
}

enum access_level origin_access(const struct origin *origin)
{
    return origin->access;
}

const char *origin_user(const struct origin *origin)
{
    return origin->user;
}

struct origin_counts *origin_counts(struct origin *origin)
{
    return &origin->counts;
}
