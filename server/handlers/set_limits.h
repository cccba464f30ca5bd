/*
 * Up to where OBJECT ENCODING's names of sets hold, as the directives say.
 */
#ifndef KVS_HANDLERS_SET_LIMITS_H
#define KVS_HANDLERS_SET_LIMITS_H

#include "command/call.h"
#include "server.h"
#include "types/set.h"

static inline struct set_limits set_limits_now(const struct call *call)
{
    const struct config *config = &call->server->config;
    return (struct set_limits){(uint64_t)config->set_max_intset_entries, (uint64_t)config->set_max_listpack_entries,
                               (uint64_t)config->set_max_listpack_value};
}

#endif
