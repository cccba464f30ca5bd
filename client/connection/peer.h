/*
 * Who is at the other end of a socket file, by the kernel's word, and whether that is somebody to expect there.
 *
 * In a folder that others can write into, such as /tmp, anybody can be the first to put a socket file where people look
 * for a server, and then read what was meant for the server. Expected there are you, root and the owner of the folder,
 * both as the server's user and as the owner of the socket file.
 *
 * The kernel names the process that called listen(2): under socket activation that is not the server itself but whoever
 * opened the socket for it, such as systemd.
 */
#ifndef KVS_CLIENT_CONNECTION_PEER_H
#define KVS_CLIENT_CONNECTION_PEER_H

#include <stdio.h>
#include <sys/socket.h>

/* Prints one line when somebody unexpected is, or could be, at the other end; nothing otherwise, nor where the path
 * can no longer be walked. */
void peer_warn(FILE *out, const char *path, const struct ucred *peer);

#endif
