/*
 * The transport of stream sockets.
 */
#ifndef KVS_NET_STREAM_TRANSPORT_H
#define KVS_NET_STREAM_TRANSPORT_H

#include "net/transport.h"

/* A connected stream socket in conn->fd, non-blocking. */
extern const struct transport transport_stream;

#endif
