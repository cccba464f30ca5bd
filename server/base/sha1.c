#include "base/sha1.h"

#include <sha1.h>

void sha1_hex(char hex[SHA1_HEX_LEN], const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[SHA1_DIGEST_LENGTH];
    SHA1_CTX context;
    SHA1Init(&context);
    SHA1Update(&context, data, len);
    SHA1Final(sum, &context);
    for (int i = 0; i < SHA1_DIGEST_LENGTH; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
}
