/*
 * Setting fields of hashes from a request's arguments: what the commands of hashes and those of their times share.
 */
#ifndef KVS_HANDLERS_HASH_PUT_H
#define KVS_HANDLERS_HASH_PUT_H

#include "command/call.h"
#include "types/hash.h"

/* What time it is for the call, and the limits of its server. */
struct hash_terms hash_terms_of(const struct call *call);

/* Sets a field, one of the call's arguments, to a value, which expires then; as hash_put(). */
int hash_put_arg(struct call *call, struct collection *hash, const struct arg *field, const struct arg *value,
                 int64_t expire_ms);

#endif
