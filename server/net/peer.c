#include "net/peer.h"

#include "base/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>

#define GROUPS_FIRST 32 /* room at the first try; nearly everybody has fewer */

int peer_of_socket(int fd, struct peer *peer_out)
{
    struct ucred found;
    socklen_t len = sizeof found;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &found, &len))
        return -errno;
    *peer_out = (struct peer){found.pid, found.uid, found.gid};
    return 0;
}

/* The kernel's list as it is; NULL when it gives none. */
static gid_t *read_groups(int fd, size_t *count_out)
{
    socklen_t size = GROUPS_FIRST * sizeof(gid_t);
    gid_t *groups = mem_alloc(size);
    int failed;
    /* if the list is too long for the buffer, the kernel sets size to its length, which never changes */
    while ((failed = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) ? errno : 0) == ERANGE)
        groups = mem_realloc(groups, size);
    *count_out = failed ? 0 : size / sizeof(gid_t);
    if (*count_out > 0)
        return groups;
    mem_free(groups);
    return NULL;
}

size_t peer_groups_of_socket(int fd, gid_t **groups_out)
{
    struct peer peer = {0};
    size_t found, count = 0;
    gid_t *groups = read_groups(fd, &found);
    *groups_out = NULL;
    if (!groups)
        return 0;
    bool known = peer_of_socket(fd, &peer) == 0;
    for (size_t i = 0; i < found; i++)
        if (!known || groups[i] != peer.gid)
            groups[count++] = groups[i];
    if (count > 0)
        *groups_out = groups;
    else
        mem_free(groups);
    return count;
}
