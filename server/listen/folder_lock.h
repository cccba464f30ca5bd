/*
 * A lock on a folder's socket files, so that two servers of one account don't take each other's fresh socket for a
 * stale one. It lasts for the few system calls that make a file.
 *
 * Nobody else can hold it: it is taken on a file of mode 0600 that belongs to this account, is named after it and
 * exists while it is locked. A server of another account has a lock of its own, and no rights to this server's files
 * where the folder is private or sticky. Any thread.
 */
#ifndef KVS_LISTEN_FOLDER_LOCK_H
#define KVS_LISTEN_FOLDER_LOCK_H

#include <stdint.h>

struct folder_lock {
    int folder; /* borrowed */
    int fd;     /* -1: there is none, because no file can be made in the folder, or somebody else's has its name */
};

#define FOLDER_LOCK_TEXT_MAX 128

/*
 * Takes the lock, for which it waits until the monotonic time until_ms (0: not at all). 0, or -EBUSY if another process
 * of this account has it all the while: holder then says which one, "pid 12 of uid 1000 (alice)".
 */
int folder_lock_take(int folder, int64_t until_ms, struct folder_lock *lock_out, char holder[FOLDER_LOCK_TEXT_MAX]);

void folder_lock_give_back(struct folder_lock *lock);

#endif
