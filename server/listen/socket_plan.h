/*
 * The plan: which sockets the configuration wants, with the names of accounts turned into numbers. Looking these up may
 * block (host/account.h).
 */
#ifndef KVS_LISTEN_SOCKET_PLAN_H
#define KVS_LISTEN_SOCKET_PLAN_H

#include "listen/listener.h"

#include <stddef.h>

struct config;

struct socket_wanted {
    const char *path; /* as configured; path and user are borrowed from the configuration */
    struct listener_rights rights;
};

/* 0 and an array (freed with mem_free()); or a negative errno and one line in error. */
int socket_plan_read(const struct config *config, struct socket_wanted **wanted_out, size_t *count_out, char *error,
                     size_t error_size);

#endif
