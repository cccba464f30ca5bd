#include "base/digest.h"

#include <arpa/inet.h>
#include <sha1.h>

_Static_assert(DIGEST_LEN == SHA1_DIGEST_LENGTH, "digests are made of SHA-1");

static struct digest sha1(const void *data, size_t len)
{
    struct digest digest;
    SHA1_CTX context;
    SHA1Init(&context);
    SHA1Update(&context, data, len);
    SHA1Final(digest.bytes, &context);
    return digest;
}

void digest_xor(struct digest *digest, const void *data, size_t len)
{
    struct digest sum = sha1(data, len);
    for (int i = 0; i < DIGEST_LEN; i++)
        digest->bytes[i] ^= sum.bytes[i];
}

void digest_mix(struct digest *digest, const void *data, size_t len)
{
    digest_xor(digest, data, len);
    *digest = sha1(digest->bytes, DIGEST_LEN);
}

void digest_mix_number(struct digest *digest, uint32_t number)
{
    uint32_t big_endian = htonl(number);
    digest_mix(digest, &big_endian, sizeof big_endian);
}
