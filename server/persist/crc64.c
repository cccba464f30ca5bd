/* Byte by byte with a table: D. V. Sarwate, "Computation of cyclic redundancy checks via table look-up", 1988. */
#include "persist/crc64.h"

#include <pthread.h>

#define POLYNOMIAL UINT64_C(0x95ac9329ac4bc9b5) /* reflected */

static uint64_t table[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill_table(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t sum = byte;
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? sum >> 1 ^ POLYNOMIAL : sum >> 1;
        table[byte] = sum;
    }
}

uint64_t crc64_add(uint64_t crc, const void *data, size_t len)
{
    const unsigned char *at = data;
    pthread_once(&once, fill_table);
    for (size_t i = 0; i < len; i++)
        crc = table[(crc ^ at[i]) & 0xff] ^ crc >> 8;
    return crc;
}
