/*
 * CRC-64 as Redis's files and payloads have it: the polynomial of Jones (0xad93d23594c935a9), reflected, from 0 on.
 */
#ifndef KVS_PERSIST_CRC64_H
#define KVS_PERSIST_CRC64_H

#include <stddef.h>
#include <stdint.h>

/* Of what had the sum crc (0: of nothing) followed by these bytes. Any thread. */
uint64_t crc64_add(uint64_t crc, const void *data, size_t len);

#endif
