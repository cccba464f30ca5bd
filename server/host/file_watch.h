/*
 * A watch: a descriptor (inotify) that becomes readable when something may have happened to one of its files.
 *
 * It tells no more than that: its user then looks at the files, and makes a new watch when one of them has been
 * replaced. What it misses (a moved parent folder, a file system mounted over the folder) is found by a look from time
 * to time. Writing to a file is no event. Paths are absolute. Main thread, or at start.
 */
#ifndef KVS_HOST_FILE_WATCH_H
#define KVS_HOST_FILE_WATCH_H

/* A watch that watches nothing yet; -1 and errno if the kernel gives none. The caller closes it. */
int file_watch_open(void);

/*
 * Watches a file and its folder, for the file's losing its name. A symbolic link is watched itself, not what it leads
 * to. 0, also where the file is gone already, or a negative errno: -ENOENT where there is no folder.
 */
int file_watch_add(int watch, const char *file);

/* Watches the file's folder for files that appear in it or get another mode or owner. 0 or a negative errno. */
int file_watch_await(int watch, const char *file);

/* Reads and discards all pending events. */
void file_watch_drain(int watch);

#endif
