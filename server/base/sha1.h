/* SHA-1 in hexadecimal, as scripts are known by. Any thread. */
#ifndef KVS_BASE_SHA1_H
#define KVS_BASE_SHA1_H

#include <stddef.h>

#define SHA1_HEX_LEN 40

/* Lower case, without a NUL at the end. */
void sha1_hex(char hex[SHA1_HEX_LEN], const void *data, size_t len);

#endif
