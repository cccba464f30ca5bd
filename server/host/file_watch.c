/*
 * The file itself is watched rather than its folder's entries, since the folder may be as busy as /tmp: a file that
 * is removed, or replaced by another, loses its name, which changes its attributes (the number of its links). The
 * folder is watched only for being removed or moved itself. A file that its owner can't read can't be watched; then
 * the folder is watched for removals.
 */
#include "host/file_watch.h"

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
#define ARRIVAL_EVENTS (IN_CREATE | IN_MOVED_TO | IN_ATTRIB)

int file_watch_open(void)
{
    return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

static int watch_folder(int watch, const char *file, uint32_t events)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", file);
    char *slash = strrchr(folder, '/');
    slash[slash == folder] = '\0';
    /* several files may share a folder, so add to the events that are watched already */
    return inotify_add_watch(watch, folder, FOLDER_EVENTS | events | IN_MASK_ADD) < 0 ? -errno : 0;
}

int file_watch_add(int watch, const char *file)
{
    int failed = watch_folder(watch, file, 0);
    if (failed)
        return failed;
    if (inotify_add_watch(watch, file, FILE_EVENTS) >= 0 || errno == ENOENT)
        return 0; /* if the file is gone already, the look that follows finds it missing */
    int error = errno;
    return error == EACCES && watch_folder(watch, file, REMOVAL_EVENTS) == 0 ? 0 : -error;
}

int file_watch_await(int watch, const char *file)
{
    return watch_folder(watch, file, ARRIVAL_EVENTS);
}

void file_watch_drain(int watch)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    while (read(watch, events, sizeof events) > 0 || errno == EINTR) {
    }
}
