/*
 * The plan: which sockets the configuration asks for, with names of accounts turned into numbers.
 */
#ifndef KVS_LISTEN_SOCKET_PLAN_H
#define KVS_LISTEN_SOCKET_PLAN_H

#include "listen/listener.h"

#include <stddef.h>

struct config;

struct socket_wanted {
    const char *path; /* as configured; path and user are the configuration's */
    struct listener_rights rights;
};

/* 0 and an array (mem_free()); or a negative errno and one line. */
int socket_plan_read(const struct config *config, struct socket_wanted **wanted_out, size_t *count_out, char *error,
                     size_t error_size);

#endif
