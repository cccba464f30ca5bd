/*
 * SHA-1 (FIPS 180-4), where the protocol asks for it: digests of data sets, names of scripts. Not for
 * secrets. Pure functions: any thread.
 */
#ifndef KVS_CORE_SHA1_H
#define KVS_CORE_SHA1_H

#include <stddef.h>

#define SHA1_LEN 20

void sha1(const void *data, size_t len, unsigned char digest_out[SHA1_LEN]);

#endif
