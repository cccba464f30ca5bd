/*
 * Digests of what the keyspace holds, as DEBUG DIGEST shows them. Two servers with the same keys, values and kinds of
 * keys with a TTL have the same digest, whatever the order or layout; it is the one that Redis computes.
 */
#ifndef KVS_HANDLERS_KEYSPACE_DIGEST_H
#define KVS_HANDLERS_KEYSPACE_DIGEST_H

#include "base/digest.h"
#include "store/keyspace.h"

/* The digest of all databases. The world is stopped, and no lock is held. */
struct digest digest_of_keyspace(struct keyspace *keyspace);

/* The digest of one value and of whether it has a TTL, without its key. Under its shard's lock or the world stopped. */
struct digest digest_of_value(const struct entry *entry);

#endif
