#include "persist/dump_payload.h"

#include "persist/crc64.h"

#include <stdint.h>

#define SEAL_LEN 10

void dump_payload_seal(struct text *payload)
{
    text_add_char(payload, (char)(DUMP_VERSION & 0xff));
    text_add_char(payload, (char)(DUMP_VERSION >> 8));
    uint64_t sum = crc64_add(0, payload->data, payload->len);
    for (int i = 0; i < 8; i++)
        text_add_char(payload, (char)(sum >> 8 * i));
}

bool dump_payload_open(struct bytes *payload)
{
    if (payload->len < SEAL_LEN)
        return false;
    const unsigned char *seal = (const unsigned char *)payload->data + payload->len - SEAL_LEN;
    uint64_t sum = 0;
    for (int i = 0; i < 8; i++)
        sum |= (uint64_t)seal[2 + i] << 8 * i;
    if ((seal[0] | seal[1] << 8) > DUMP_VERSION_READ || crc64_add(0, payload->data, payload->len - 8) != sum)
        return false;
    payload->len -= SEAL_LEN;
    return true;
}
