#include "persist/dump_payload.h"

#include "persist/crc64.h"
#include "persist/rdb_type.h"

#include <stdint.h>

#define SEAL_LEN 10

void dump_payload_seal(struct text *payload, unsigned version)
{
    text_add_char(payload, (char)(version & 0xff));
    text_add_char(payload, (char)(version >> 8));
    uint64_t sum = crc64_add(0, payload->data, payload->len);
    for (int i = 0; i < 8; i++)
        text_add_char(payload, (char)(sum >> 8 * i));
}

bool dump_payload_open(struct bytes *payload, unsigned *version_out)
{
    if (payload->len < SEAL_LEN)
        return false;
    const unsigned char *seal = (const unsigned char *)payload->data + payload->len - SEAL_LEN;
    unsigned version = seal[0] | (unsigned)seal[1] << 8;
    uint64_t sum = 0;
    for (int i = 0; i < 8; i++)
        sum |= (uint64_t)seal[2 + i] << 8 * i;
    if ((version > RDB_VERSION_READ && version != RDB_VERSION_VALKEY) ||
        crc64_add(0, payload->data, payload->len - 8) != sum)
        return false;
    payload->len -= SEAL_LEN;
    *version_out = version;
    return true;
}
