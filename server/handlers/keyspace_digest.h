/*
 * Digests of what the keyspace holds, as DEBUG DIGEST tells them. Two servers with the same keys, values
 * and kinds of keys with a TTL have the same digest, whatever the order or layout; Redis computes the same
 * one.
 */
#ifndef KVS_HANDLERS_KEYSPACE_DIGEST_H
#define KVS_HANDLERS_KEYSPACE_DIGEST_H

#include "base/digest.h"
#include "store/keyspace.h"

/* Of all databases. The world is stopped, and no lock is held. */
struct digest digest_of_keyspace(struct keyspace *keyspace);

/* Of one value and whether it has a TTL, without its key. Under its shard's lock or the world stopped. */
struct digest digest_of_value(const struct entry *entry);

#endif
