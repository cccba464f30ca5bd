/*
 * Digests: SHA-1 sums that are put together from parts.
 *
 * There are two ways to add bytes: with digest_mix() the order of additions matters, with digest_xor() it doesn't. A
 * list is mixed, a set is xored. Redis puts its digests together in the same way, so two servers with the same
 * data have the same digest (DEBUG DIGEST). Any thread, each on digests of its own.
 */
#ifndef KVS_BASE_DIGEST_H
#define KVS_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_LEN 20 /* bytes of a SHA-1 */

struct digest {
    unsigned char bytes[DIGEST_LEN]; /* all zero: nothing has been added */
};

void digest_xor(struct digest *digest, const void *data, size_t len);
void digest_mix(struct digest *digest, const void *data, size_t len);

/* Mixes in the four bytes of the number in network order. */
void digest_mix_number(struct digest *digest, uint32_t number);

#endif
