/*
 * This module guards the set (socket_set.h) with a lock and watches its files. A listener that leaves the set is
 * stopped at once, but its descriptor is closed later by the main thread, which may be polling it: until then it
 * waits in a bin.
 *
 * A file is either ours or lost. Whatever wakes the main thread (the watch, a timer, a change of the set) makes it
 * check every file and then make the lost ones again, so an event that is missed or that we caused ourselves does no
 * harm. How soon a file is made again depends on how often that happened lately: at once, then after 10 ms, 20 ms,
 * and so on up to 4 s.
 */
#include "listen/sockets.h"

#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"
#include "host/file_watch.h"
#include "host/log.h"
#include "listen/activation.h"
#include "listen/former_sockets.h"
#include "listen/listener.h"
#include "listen/socket_file.h"
#include "listen/socket_plan.h"
#include "listen/socket_set.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_WAIT_MS 1000 /* at start, for all files; once the server runs, nobody waits */
#define CHECK_MS 10000    /* between checks of the files when there are no events */
#define DELAY_FIRST_MS 10
#define DELAY_MAX_MS 4000
#define CALM_MS 30000 /* a file that has existed for so long is made again at once */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* guarded by lock */
static struct socket_set set;
static struct socket_bin bin;      /* left the set; the main thread is to close their descriptors */
static struct listener *inherited; /* or NULL */
static struct activated *activated;
static size_t activated_count;
static int backlog;
static bool rewatch; /* the files to watch have changed */
static int64_t check_at_ms;
/* const while sockets are open, except that the main thread replaces the watch */
static int wake_fd = -1;
static int watch_fd = -1;

/* ---- watching ---- */

/* Makes a new watch for all files, so that nothing about the old one has to be remembered. Main thread, or at start. */
static void watch_again(void)
{
    static bool said;
    if (watch_fd >= 0)
        close(watch_fd);
    watch_fd = file_watch_open();
    int failed = watch_fd < 0 ? -errno : 0;
    for (size_t i = 0; watch_fd >= 0 && i < set.count; i++) {
        struct listener *listener = set.sockets[i]->listener;
        if (listener_kind(listener) != ORIGIN_OWN || set.sockets[i]->lost)
            continue;
        int result = file_watch_add(watch_fd, listener_file(listener));
        failed = result && result != -ENOENT ? result : failed; /* a file without a folder will be found lost */
    }
    if (failed && !said) {
        said = true;
        log_warning("can't watch the socket files (inotify: %s), so they are only checked every %d seconds; raise "
                    "fs.inotify.max_user_instances and max_user_watches",
                    strerror(-failed), CHECK_MS / 1000);
    }
    rewatch = false;
}

static int delay_after(int delay_ms)
{
    int next_ms = delay_ms ? 2 * delay_ms : DELAY_FIRST_MS;
    return next_ms < DELAY_MAX_MS ? next_ms : DELAY_MAX_MS;
}

static void socket_lose(struct socket *socket)
{
    char fate[SOCKET_FILE_TEXT_MAX];
    const char *file = listener_file(socket->listener);
    log_warning("the socket file %s was %s; making it again", file, socket_file_fate(file, fate));
    bool calm = socket_now_ms() - socket->made_ms > CALM_MS;
    socket->lost = true;
    socket->retry_ms = socket_now_ms() + (calm ? 0 : socket->delay_ms);
    socket->delay_ms = calm ? 0 : delay_after(socket->delay_ms);
}

static void socket_find(struct socket *socket, const char *how)
{
    log_notice("the socket file %s is %s", listener_file(socket->listener), how);
    socket->lost = false;
    socket->made_ms = socket_now_ms();
    mem_free(socket->told);
    socket->told = NULL;
    rewatch = true;
}

static void socket_remake(struct socket *socket)
{
    char error[512];
    if (listener_remake(socket->listener, backlog, 0, error, sizeof error) == 0) {
        socket_find(socket, "made again");
        return;
    }
    if (!socket->told || strcmp(socket->told, error) != 0) {
        log_warning("%s; trying again every few seconds", error);
        mem_free(socket->told);
        socket->told = mem_strdup(error);
    }
    socket->delay_ms = delay_after(socket->delay_ms);
    socket->retry_ms = socket_now_ms() + socket->delay_ms;
}

static void look_at_files(void)
{
    check_at_ms = socket_now_ms() + CHECK_MS;
    for (size_t i = 0; i < set.count; i++) {
        struct socket *socket = set.sockets[i];
        if (listener_kind(socket->listener) != ORIGIN_OWN)
            continue;
        bool ours = listener_owns_file(socket->listener);
        if (ours && socket->lost)
            socket_find(socket, "back");
        else if (!ours && !socket->lost)
            socket_lose(socket);
    }
}

static struct socket *set_find_due(void)
{
    for (size_t i = 0; i < set.count; i++)
        if (set.sockets[i]->lost && set.sockets[i]->retry_ms <= socket_now_ms())
            return set.sockets[i];
    return NULL;
}

/* Accepts clients that connected before the file was lost: their descriptor is about to be closed. */
static void accept_waiting(struct listener *listener, sockets_accept *accept_ready)
{
    for (int i = 0; i < 4; i++) {
        struct pollfd waiting = {.fd = listener_fd(listener), .events = POLLIN};
        if (poll(&waiting, 1, 0) <= 0 || !(waiting.revents & POLLIN))
            return;
        accept_ready(listener);
    }
}

/* Makes one lost file again; false when none is due. */
static bool remake_one(sockets_accept *accept_ready)
{
    pthread_mutex_lock(&lock);
    struct socket *socket = set_find_due();
    struct listener *listener = socket ? listener_retain(socket->listener) : NULL;
    pthread_mutex_unlock(&lock);
    if (!socket)
        return false;
    accept_waiting(listener, accept_ready);
    pthread_mutex_lock(&lock);
    if (socket_set_has(&set, socket) && socket->lost) /* the set may have been changed meanwhile */
        socket_remake(socket);
    pthread_mutex_unlock(&lock);
    listener_release(listener);
    return true;
}

/* ---- open, apply, close ---- */

static int take_activated(char *error, size_t error_size)
{
    int count = activation_take(&activated, error, error_size);
    activated_count = count > 0 ? (size_t)count : 0;
    return count < 0 ? count : 0;
}

/* The set has been changed; the bin held `kept` listeners before. */
static void follow_former(size_t kept)
{
    former_sockets_prune();
    for (size_t i = kept; i < bin.count; i++)
        former_sockets_add(bin.listeners[i]);
    for (size_t i = 0; i < set.count; i++)
        former_sockets_follow(set.sockets[i]->listener);
}

/* Brings the set in line with the configuration. */
static int change_set(const struct config *config, bool at_start, char *error, size_t error_size)
{
    struct socket_wanted *wanted;
    struct socket_order order = {
        .activated = activated,
        .activated_count = activated_count,
        .serve_others = at_start,
        .may_be_empty = config->inherit_fd >= 0,
        .backlog = backlog,
        .lock_until_ms = at_start ? socket_now_ms() + LOCK_WAIT_MS : 0,
    };
    int result = socket_plan_read(config, &wanted, &order.count, error, error_size);
    if (result)
        return result;
    order.wanted = wanted;
    size_t kept = bin.count;
    result = socket_set_change(&set, &order, &bin, error, error_size);
    mem_free(wanted);
    if (result == 0)
        follow_former(kept);
    return result;
}

int sockets_open(const struct config *config, char *error, size_t error_size)
{
    int result = take_activated(error, error_size);
    if (result)
        return result;
    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake_fd < 0) {
        result = -errno;
        snprintf(error, error_size, "can't open the sockets: %s", strerror(errno));
        return result;
    }
    pthread_mutex_lock(&lock);
    backlog = config->backlog;
    result = change_set(config, true, error, error_size);
    if (result == 0) {
        watch_again();
        look_at_files();
    }
    pthread_mutex_unlock(&lock);
    return result;
}

void sockets_note_inherited(struct listener *listener)
{
    pthread_mutex_lock(&lock);
    inherited = listener_retain(listener);
    pthread_mutex_unlock(&lock);
}

static void wake_main(void)
{
    uint64_t one = 1;
    ssize_t ignored = write(wake_fd, &one, sizeof one);
    (void)ignored;
}

int sockets_apply(const struct config *config, char **error_out)
{
    char error[512];
    pthread_mutex_lock(&lock);
    int result = -ESHUTDOWN;
    if (wake_fd >= 0)
        result = change_set(config, false, error, sizeof error);
    else
        snprintf(error, sizeof error, "the server is ending");
    if (result == 0) {
        rewatch = true;
        wake_main();
    }
    pthread_mutex_unlock(&lock);
    if (result)
        *error_out = mem_strdup(error);
    return result;
}

static void empty_bin(void)
{
    while (bin.count > 0)
        listener_close(bin.listeners[--bin.count]);
}

void sockets_close(void)
{
    pthread_mutex_lock(&lock);
    empty_bin();
    former_sockets_forget_all();
    socket_set_close(&set);
    if (inherited)
        listener_release(inherited);
    inherited = NULL;
    if (watch_fd >= 0)
        close(watch_fd);
    if (wake_fd >= 0)
        close(wake_fd);
    watch_fd = wake_fd = -1;
    pthread_mutex_unlock(&lock);
}

/* ---- the main thread's round ---- */

_Static_assert(SOCKETS_POLL_MAX == SOCKETS_MAX + SOCKETS_POLL_OTHERS, "there is room for the watch and the wake-up");

size_t sockets_poll(struct pollfd polled[SOCKETS_POLL_MAX])
{
    size_t count = 0;
    pthread_mutex_lock(&lock);
    empty_bin();
    polled[count++] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
    polled[count++] = (struct pollfd){.fd = watch_fd, .events = POLLIN}; /* poll() skips a negative one */
    for (size_t i = 0; i < set.count; i++)
        polled[count++] = (struct pollfd){.fd = listener_fd(set.sockets[i]->listener), .events = POLLIN};
    pthread_mutex_unlock(&lock);
    return count;
}

/* A reference to the listener with that descriptor; NULL if it has left the set. */
static struct listener *retain_by_fd(int fd)
{
    struct listener *found = NULL;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < set.count && !found; i++)
        if (listener_fd(set.sockets[i]->listener) == fd)
            found = listener_retain(set.sockets[i]->listener);
    pthread_mutex_unlock(&lock);
    return found;
}

static void drain_wake(void)
{
    uint64_t count;
    ssize_t ignored = read(wake_fd, &count, sizeof count);
    (void)ignored;
}

void sockets_serve(const struct pollfd *polled, size_t count, sockets_accept *accept_ready)
{
    for (size_t i = SOCKETS_POLL_OTHERS; i < count; i++) {
        struct listener *listener = polled[i].revents ? retain_by_fd(polled[i].fd) : NULL;
        if (!listener)
            continue;
        accept_ready(listener);
        listener_release(listener);
    }
    pthread_mutex_lock(&lock);
    bool look = polled[0].revents || polled[1].revents || socket_now_ms() >= check_at_ms;
    if (polled[0].revents)
        drain_wake();
    if (polled[1].revents)
        file_watch_drain(watch_fd);
    if (look)
        look_at_files();
    pthread_mutex_unlock(&lock);
    while (remake_one(accept_ready)) {
    }
    pthread_mutex_lock(&lock);
    if (rewatch) {
        watch_again();
        look_at_files(); /* for what happened before the watch began */
    }
    pthread_mutex_unlock(&lock);
}

int sockets_retry(void)
{
    pthread_mutex_lock(&lock);
    int64_t due_ms = check_at_ms;
    for (size_t i = 0; i < set.count; i++)
        if (set.sockets[i]->lost && set.sockets[i]->retry_ms < due_ms)
            due_ms = set.sockets[i]->retry_ms;
    bool any = set.count > 0;
    pthread_mutex_unlock(&lock);
    int64_t wait_ms = due_ms - socket_now_ms();
    return !any ? -1 : wait_ms < 0 ? 0 : (int)wait_ms;
}

/* ---- for INFO and the log ---- */

bool sockets_have_admin(void)
{
    bool found = false;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < set.count && !found; i++)
        found = listener_access(set.sockets[i]->listener) == ACCESS_ADMIN;
    pthread_mutex_unlock(&lock);
    return found;
}

/* Adds a path as it is, or in quotes if it could be taken for more than one field or line. */
static void add_path(struct text *text, const char *path)
{
    for (const char *at = path; *at; at++) {
        if ((unsigned char)*at < ' ' || strchr(",\"", *at)) {
            text_add_quoted(text, path, strlen(path));
            return;
        }
    }
    text_add(text, path);
}

/* The file as it is at present, so that a chmod by hand shows; a lost one as it will be made. */
static void add_file(struct text *text, struct socket *socket)
{
    struct stat found;
    struct listener_rights rights = listener_rights(socket->listener);
    if (socket->lost || lstat(listener_file(socket->listener), &found)) {
        found.st_mode = rights.mode;
        found.st_uid = rights.owner != (uid_t)-1 ? rights.owner : geteuid();
        found.st_gid = rights.group != (gid_t)-1 ? rights.group : getegid();
    }
    socket_name_owner(socket, found.st_uid, found.st_gid);
    text_addf(text, ",mode=%04o,owner=%s,group=%s", (unsigned)(found.st_mode & 07777), socket->owner_name,
              socket->group_name);
}

static void add_listener(struct text *text, struct listener *listener, bool lost)
{
    struct origin_counts *counts = origin_counts(listener_origin(listener));
    struct listener_rights rights = listener_rights(listener);
    text_addf(text, ",access=%s,user=%s,state=%s", access_level_name(rights.access),
              *rights.user ? rights.user : "default", lost ? "lost" : "listening");
    text_addf(text, ",clients=%u,accepted=%" PRIu64 ",refused=%" PRIu64 ",denied=%" PRIu64 "\r\n",
              atomic_load_explicit(&counts->clients, memory_order_relaxed),
              atomic_load_explicit(&counts->accepted, memory_order_relaxed),
              atomic_load_explicit(&counts->refused, memory_order_relaxed),
              atomic_load_explicit(&counts->denied, memory_order_relaxed));
}

void sockets_describe(struct text *text)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < set.count; i++) {
        struct socket *socket = set.sockets[i];
        text_addf(text, "socket%zu:path=", i);
        add_path(text, listener_path(socket->listener));
        text_addf(text, ",kind=%s", listener_kind(socket->listener) == ORIGIN_OWN ? "own" : "activated");
        add_file(text, socket);
        add_listener(text, socket->listener, socket->lost);
    }
    if (inherited) {
        text_addf(text, "socket%zu:path=%s,kind=inherited", set.count, listener_path(inherited));
        add_listener(text, inherited, false);
    }
    pthread_mutex_unlock(&lock);
}

void sockets_list_paths(struct text *text)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < set.count; i++) {
        text_add(text, i > 0 ? ", " : "");
        add_path(text, listener_path(set.sockets[i]->listener));
    }
    pthread_mutex_unlock(&lock);
}
