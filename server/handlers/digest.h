/*
 * Digests of what the keyspace holds, as DEBUG DIGEST tells them. Two servers with the same keys, values
 * and kinds of keys with a TTL have the same digest, whatever the order or layout; Redis computes the same
 * one.
 */
#ifndef KVS_HANDLERS_DIGEST_H
#define KVS_HANDLERS_DIGEST_H

#include "store/keyspace.h"

struct entry;

#define DIGEST_LEN 20 /* bytes of a SHA-1 */

/* Of all databases. The world is stopped, and no lock is held. */
void digest_keyspace(struct keyspace *keyspace, unsigned char digest_out[DIGEST_LEN]);

/* Of one value and whether it has a TTL, without its key. Under its shard's lock or the world stopped. */
void digest_value(const struct entry *entry, unsigned char digest_out[DIGEST_LEN]);

#endif
