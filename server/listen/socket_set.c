/*
 * A change is made in steps that can be undone. `next` begins with a socket for each that is wanted, in that
 * order: one that exists already, one that a service manager handed over, or a new one.
 */
#include "listen/socket_set.h"

#include "base/clock.h"
#include "base/memory.h"
#include "host/log.h"
#include "listen/activation.h"
#include "listen/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int64_t socket_now_ms(void)
{
    return clock_monotonic_ms();
}

/* ---- one socket ---- */

void socket_name_owner(struct socket *socket, uid_t owner, gid_t group)
{
    if (socket->owner != owner || !*socket->owner_name)
        account_user_name(owner, socket->owner_name);
    if (socket->group != group || !*socket->group_name)
        account_group_name(group, socket->group_name);
    socket->owner = owner;
    socket->group = group;
}

static struct socket *socket_create(const char *path, struct listener *listener, const struct activated *source)
{
    struct socket *socket = mem_calloc(sizeof *socket);
    socket->path = path ? mem_strdup(path) : NULL;
    socket->listener = listener;
    socket->activated = source;
    socket->made_ms = socket_now_ms();
    return socket;
}

/* Frees the socket but not its listener. */
static void socket_destroy(struct socket *socket)
{
    mem_free(socket->path);
    mem_free(socket->told);
    mem_free(socket);
}

/* ---- looking for one ---- */

bool socket_set_has(const struct socket_set *set, const struct socket *socket)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->sockets[i] == socket)
            return true;
    return false;
}

static struct socket *find_path(const struct socket_set *set, const char *path)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->sockets[i]->path && strcmp(set->sockets[i]->path, path) == 0)
            return set->sockets[i];
    return NULL;
}

static struct socket *find_activated(const struct socket_set *set, const struct activated *handed)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->sockets[i]->activated == handed)
            return set->sockets[i];
    return NULL;
}

/* "app.sock" and "app" both name /run/kvs/app.sock. */
static bool name_fits(const char *name, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t len = strlen(name);
    return len > 0 && strncmp(base, name, len) == 0 && (base[len] == '\0' || strcmp(base + len, ".sock") == 0);
}

static bool is_wanted(const struct socket_order *order, const char *path)
{
    for (size_t i = 0; i < order->count; i++)
        if (strcmp(order->wanted[i].path, path) == 0)
            return true;
    return false;
}

/* The socket handed over for this path, or NULL. A name counts only if no entry wants that socket's own path. */
static const struct activated *activated_for(const struct socket_order *order, const char *path)
{
    for (size_t i = 0; i < order->activated_count; i++)
        if (strcmp(order->activated[i].path, path) == 0)
            return &order->activated[i];
    for (size_t i = 0; i < order->activated_count; i++)
        if (name_fits(order->activated[i].name, path) && !is_wanted(order, order->activated[i].path))
            return &order->activated[i];
    return NULL;
}

/* ---- a change ---- */

struct change {
    const struct socket_order *order;
    const struct socket_set *set; /* as it is */
    struct socket_set next;
    size_t placed; /* how many of the wanted have their socket in next */
    bool is_new[SOCKETS_MAX];
    size_t rights_changed;                      /* how many of next, from the first on, have their new rights */
    struct listener_rights before[SOCKETS_MAX]; /* of those; user is a copy */
};

/* Serves a duplicate, so that the socket can leave the set and come back. */
static int adopt(const char *path, const struct activated *handed, const struct listener_rights *rights,
                 struct socket **socket_out, char *error, size_t error_size)
{
    struct listener *listener;
    int fd = fcntl(handed->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        int failed = errno;
        snprintf(error, error_size, "can't listen on %s: %s", handed->path, strerror(failed));
        return -failed;
    }
    int result = listener_adopt(fd, handed->path, rights, &listener, error, error_size);
    if (result == 0)
        *socket_out = socket_create(path, listener, handed);
    return result;
}

/* The socket for this entry in the present set, or NULL. */
static struct socket *change_find(const struct change *change, const char *path, const struct activated *handed)
{
    struct socket *found = find_path(change->set, path);
    if (found || !handed || find_activated(&change->next, handed))
        return found;
    found = find_activated(change->set, handed);
    return found && !found->path ? found : NULL; /* one that no entry has named so far */
}

/* Puts the socket for the next wanted entry into change->next. */
static int change_add(struct change *change, char *error, size_t error_size)
{
    const struct socket_order *order = change->order;
    const struct socket_wanted *wanted = &order->wanted[change->placed];
    const struct activated *handed = activated_for(order, wanted->path);
    struct socket *socket = change_find(change, wanted->path, handed);
    struct listener *listener;
    int result = 0;
    if (!socket) {
        change->is_new[change->placed] = true;
        if (handed && !find_activated(change->set, handed) && !find_activated(&change->next, handed)) {
            result = adopt(wanted->path, handed, &wanted->rights, &socket, error, error_size);
        } else {
            result = listener_open(wanted->path, &wanted->rights, order->backlog, order->lock_until_ms, &listener,
                                   error, error_size);
            if (result == 0)
                socket = socket_create(wanted->path, listener, NULL);
        }
    }
    if (result)
        return result;
    change->next.sockets[change->placed] = socket;
    change->next.count = ++change->placed;
    return 0;
}

/*
 * Adds the sockets that were handed over but match no entry. If no entry is wanted at all, the first of them is the
 * administrators' way in.
 */
static int change_add_others(struct change *change, char *error, size_t error_size)
{
    const struct socket_order *order = change->order;
    struct listener_rights rights = {.access = order->count ? ACCESS_WRITE : ACCESS_ADMIN, .user = ""};
    for (size_t i = 0; i < order->activated_count; i++) {
        const struct activated *handed = &order->activated[i];
        struct socket *socket = find_activated(change->set, handed);
        if (find_activated(&change->next, handed) || (socket ? socket->path != NULL : !order->serve_others))
            continue;
        if (!socket) {
            change->is_new[change->next.count] = true;
            int result = adopt(NULL, handed, &rights, &socket, error, error_size);
            if (result)
                return result;
        }
        change->next.sockets[change->next.count++] = socket;
        rights.access = ACCESS_WRITE;
    }
    return 0;
}

static bool rights_equal(const struct listener_rights *a, const struct listener_rights *b)
{
    return a->mode == b->mode && a->owner == b->owner && a->group == b->group && a->access == b->access &&
           strcmp(a->user, b->user) == 0;
}

static int change_rights(struct change *change, char *error, size_t error_size)
{
    for (size_t i = 0; i < change->placed; i++, change->rights_changed++) {
        struct listener *listener = change->next.sockets[i]->listener;
        struct listener_rights *before = &change->before[i];
        const struct listener_rights *after = &change->order->wanted[i].rights;
        *before = listener_rights(listener);
        before->user = mem_strdup(before->user);
        if (change->is_new[i] || rights_equal(before, after))
            continue;
        int result = listener_set_rights(listener, after, error, error_size);
        if (result) {
            mem_free((char *)before->user);
            return result;
        }
    }
    return 0;
}

static int change_check(const struct change *change, const struct socket_bin *bin, char *error, size_t error_size)
{
    const struct socket_order *order = change->order;
    const char *wrong = NULL;
    if (order->count + order->activated_count > SOCKETS_MAX)
        wrong = "there are too many of them";
    else if (bin->count + change->set->count > 2 * SOCKETS_MAX)
        wrong = "too many changes at once; try again";
    if (!wrong)
        return 0;
    snprintf(error, error_size, "can't open the sockets: %s", wrong);
    return -E2BIG;
}

/* All steps that can fail. */
static int change_prepare(struct change *change, const struct socket_bin *bin, char *error, size_t error_size)
{
    int result = change_check(change, bin, error, error_size);
    while (result == 0 && change->placed < change->order->count)
        result = change_add(change, error, error_size);
    if (result == 0)
        result = change_add_others(change, error, error_size);
    if (result == 0 && change->next.count == 0 && !change->order->may_be_empty) {
        snprintf(error, error_size,
                 "without a socket nobody could reach the server: name one with unixsocket or listen");
        result = -EINVAL;
    }
    if (result == 0)
        result = change_rights(change, error, error_size);
    return result;
}

static void change_undo(struct change *change)
{
    char error[512];
    for (size_t i = change->rights_changed; i-- > 0;) {
        struct socket *socket = change->next.sockets[i];
        if (!change->is_new[i] && listener_set_rights(socket->listener, &change->before[i], error, sizeof error))
            log_warning("the rights of %s can't be put back: %s", socket->path, error);
    }
    for (size_t i = 0; i < change->next.count; i++) {
        if (!change->is_new[i])
            continue;
        listener_close(change->next.sockets[i]->listener); /* it hasn't been polled yet */
        socket_destroy(change->next.sockets[i]);
    }
}

static void change_commit(struct change *change, struct socket_set *set, struct socket_bin *bin)
{
    for (size_t i = 0; i < change->placed; i++) {
        struct socket *socket = change->next.sockets[i];
        if (!socket->path)
            socket->path = mem_strdup(change->order->wanted[i].path);
        socket->retry_ms = 0; /* its former rights may be why it couldn't be made */
    }
    for (size_t i = 0; i < set->count; i++) {
        struct socket *socket = set->sockets[i];
        if (socket_set_has(&change->next, socket))
            continue;
        listener_stop(socket->listener);
        bin->listeners[bin->count++] = socket->listener;
        socket_destroy(socket);
    }
    *set = change->next;
}

int socket_set_change(struct socket_set *set, const struct socket_order *order, struct socket_bin *bin, char *error,
                      size_t error_size)
{
    struct change change = {.order = order, .set = set};
    int result = change_prepare(&change, bin, error, error_size);
    if (result)
        change_undo(&change);
    else
        change_commit(&change, set, bin);
    for (size_t i = 0; i < change.rights_changed; i++)
        mem_free((char *)change.before[i].user);
    return result;
}

void socket_set_close(struct socket_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        listener_close(set->sockets[i]->listener);
        socket_destroy(set->sockets[i]);
    }
    set->count = 0;
}
