/*
 * The greater part of a CRC-64's work, by the processor's multiplication without carries. Private to crc64.c.
 */
#ifndef KVS_PERSIST_CRC64_FOLD_H
#define KVS_PERSIST_CRC64_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRC64_FOLD_STEP 64 /* bytes */
#define CRC64_FOLD_LEFT 16 /* bytes */

/* Powers of x modulo the polynomial: what a half of 16 bytes is multiplied by to be so much further to the front. */
struct crc64_fold_factors {
    uint64_t step_low, step_high; /* by a step: x^(8 * 64 + 63) and x^(8 * 64 - 1) */
    uint64_t left_low, left_high; /* by 16 bytes: x^(8 * 16 + 63) and x^(8 * 16 - 1) */
};

/* Whether this processor can. */
bool crc64_fold_is_there(void);

/*
 * Sixteen bytes that have the same sum, from 0 on, as these steps of data have from crc on; steps > 0. Never called
 * where crc64_fold_is_there() says no.
 */
void crc64_fold(uint64_t crc, const unsigned char *data, size_t steps, const struct crc64_fold_factors *factors,
                unsigned char left_out[CRC64_FOLD_LEFT]);

#endif
