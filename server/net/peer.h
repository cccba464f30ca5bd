/*
 * Peers: the kernel's word on who is at the other end of a socket.
 *
 * It dates from the moment of connect(2), and can't be forged or changed later. Any thread.
 */
#ifndef KVS_NET_PEER_H
#define KVS_NET_PEER_H

#include <stddef.h>
#include <sys/types.h>

struct peer {
    pid_t pid;
    uid_t uid;
    gid_t gid; /* the primary group */
};

/* SO_PEERCRED. 0 or a negative errno. */
int peer_of_socket(int fd, struct peer *peer_out);

/*
 * SO_PEERGROUPS: the supplementary groups, without the primary one. Returns their number and sets *groups_out
 * to an array (freed with mem_free()); or 0 and NULL if there are none or the kernel can't tell (before Linux 4.13).
 */
size_t peer_groups_of_socket(int fd, gid_t **groups_out);

#endif
