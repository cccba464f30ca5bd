/*
 * CRC-64 as Redis's files and payloads have it: the polynomial of Jones (0xad93d23594c935a9), reflected, from 0 on.
 * Any thread.
 */
#ifndef KVS_PERSIST_CRC64_H
#define KVS_PERSIST_CRC64_H

#include <stddef.h>
#include <stdint.h>

/* Of what had the sum crc (0: of nothing) followed by these bytes. */
uint64_t crc64_add(uint64_t crc, const void *data, size_t len);

/*
 * Of what had the sum crc followed by so many zero bytes, in time that grows with the number of the length's digits. As
 * sums are linear, the sum of A and then B is crc64_add_zeros(sum of A, length of B) ^ sum of B: so two sums make one,
 * and what has changed at the front is corrected, without either being read again.
 */
uint64_t crc64_add_zeros(uint64_t crc, uint64_t len);

#endif
