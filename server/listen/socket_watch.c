/*
 * The file itself is watched rather than what goes on in its folder, which may be as busy as /tmp: a file that
 * is removed, or over which another is moved, loses its name, and that is a change of its attributes (the
 * number of its links). Of the folder only its own end and removal to another place are asked for. A file that
 * its owner can't read can't be watched; then the folder's removals are.
 */
#include "listen/socket_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define FILE_EVENTS (IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | IN_DONT_FOLLOW)
#define FOLDER_EVENTS (IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR)
#define REMOVAL_EVENTS (IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

int socket_watch_open(void)
{
    return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

int socket_watch_add(int watch, const char *file)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", file);
    char *slash = strrchr(folder, '/');
    slash[slash == folder] = '\0';
    /* several files may share a folder, so what is watched already stays */
    if (inotify_add_watch(watch, folder, FOLDER_EVENTS | IN_MASK_ADD) < 0)
        return -errno;
    if (inotify_add_watch(watch, file, FILE_EVENTS) >= 0 || errno == ENOENT)
        return 0; /* a file that is gone already is found missing by the look that follows */
    if (errno == EACCES && inotify_add_watch(watch, folder, FOLDER_EVENTS | REMOVAL_EVENTS | IN_MASK_ADD) >= 0)
        return 0;
    return -errno;
}

void socket_watch_drain(int watch)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    while (read(watch, events, sizeof events) > 0 || errno == EINTR) {
    }
}
