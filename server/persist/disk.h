/*
 * What is done to the files of the log: system calls that tests can make fail, and what is made of them.
 *
 * Folders are descriptors, so that nothing depends on the working directory. EINTR is retried where that is right: not
 * in a sync, which may have failed for good. All return 0 or a negative errno unless they say otherwise; they block on
 * the disk. Any thread.
 */
#ifndef KVS_PERSIST_DISK_H
#define KVS_PERSIST_DISK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct text;

/* A descriptor or a negative errno. O_CLOEXEC goes without saying. The mode is for O_CREAT. */
int disk_open(int folder, const char *name, int flags, mode_t mode);
int disk_make_folder(int folder, const char *name, mode_t mode); /* one that is there is fine */

/* All of it; *written_out is how far it came, also where it failed. */
int disk_write(int fd, const char *data, size_t len, size_t *written_out);

int disk_sync_data(int fd); /* fdatasync(): content and size */
int disk_sync(int fd);      /* fsync(): of a folder, its names */
int disk_truncate(int fd, uint64_t size);
int disk_rename(int from_folder, const char *from, int to_folder, const char *to);
int disk_remove(int folder, const char *name); /* one that isn't there is fine */

/*
 * Appends the file's content to the text; -EFBIG, and nothing is appended, if that is more than max bytes. -EISDIR and
 * the like for what is no regular file.
 */
int disk_read(int folder, const char *name, uint64_t max, struct text *text);

/*
 * For tests: the countdown-th system call that changes something from now on fails, and so do those after it, as many
 * as `times` says (1: the very next); 0 turns it off. A write that is to fail first takes half of its bytes, as on a
 * disk that becomes full.
 */
void disk_fail_after(unsigned countdown, unsigned times, int error);

#endif
