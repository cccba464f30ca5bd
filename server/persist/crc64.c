/*
 * Where the processor multiplies without carries, that does most of the work (crc64_fold.h). For the rest, and
 * elsewhere: sixteen bytes at a time, each looked up in a table of its own: M. E. Kounavis and F. L. Berry, "A
 * systematic approach to building high performance software-based CRC generators", 2005 (slicing). What is left goes
 * byte by byte: D. V. Sarwate, "Computation of cyclic redundancy checks via table look-up", 1988.
 *
 * A sum is a polynomial over GF(2) modulo ours, and n zero bytes behind it multiply it by x^8n, which squaring finds in
 * as many steps as n has bits: the way of M. Adler's crc32_combine() in zlib.
 */
#include "persist/crc64.h"

#include "persist/crc64_fold.h"

#include <pthread.h>
#include <string.h>

#define POLYNOMIAL UINT64_C(0x95ac9329ac4bc9b5) /* reflected: x^0 is the highest bit */
#define SLICES 16

static uint64_t tables[SLICES][256];
static struct crc64_fold_factors factors;
static bool folds;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static inline uint64_t times_x(uint64_t sum)
{
    return sum & 1 ? sum >> 1 ^ POLYNOMIAL : sum >> 1;
}

/* Modulo the polynomial. */
static uint64_t multiply(uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    for (; a != 0; a <<= 1, b = times_x(b))
        if (a >> 63)
            product ^= b;
    return product;
}

/* x^exponent. */
static uint64_t power_of_x(uint64_t exponent)
{
    uint64_t power = UINT64_C(1) << 63, square = UINT64_C(1) << 62;
    for (; exponent > 0; exponent >>= 1, square = multiply(square, square))
        if (exponent & 1)
            power = multiply(power, square);
    return power;
}

/* Table n has the sum of a byte that n zero bytes follow. */
static void fill_tables(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t sum = byte;
        for (int bit = 0; bit < 8; bit++)
            sum = times_x(sum);
        tables[0][byte] = sum;
    }
    for (unsigned slice = 1; slice < SLICES; slice++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t sum = tables[slice - 1][byte];
            tables[slice][byte] = tables[0][sum & 0xff] ^ sum >> 8;
        }
}

static void prepare(void)
{
    fill_tables();
    factors = (struct crc64_fold_factors){
        power_of_x(8 * CRC64_FOLD_STEP + 63),
        power_of_x(8 * CRC64_FOLD_STEP - 1),
        power_of_x(8 * CRC64_FOLD_LEFT + 63),
        power_of_x(8 * CRC64_FOLD_LEFT - 1),
    };
    folds = crc64_fold_is_there();
}

/* Eight bytes, low one first, wherever they lie. */
static inline uint64_t eight(const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The sums of a word's bytes, behind which stand as many bytes as the number of the last one's table says. */
static inline uint64_t look_up(uint64_t word, unsigned behind)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < 8; i++)
        sum ^= tables[behind + 7 - i][word >> 8 * i & 0xff];
    return sum;
}

static uint64_t add_sliced(uint64_t crc, const unsigned char *at, size_t len)
{
    for (; len >= SLICES; at += SLICES, len -= SLICES)
        crc = look_up(crc ^ eight(at), 8) ^ look_up(eight(at + 8), 0);
    for (; len > 0; at++, len--)
        crc = tables[0][(crc ^ *at) & 0xff] ^ crc >> 8;
    return crc;
}

uint64_t crc64_add(uint64_t crc, const void *data, size_t len)
{
    const unsigned char *at = data;
    unsigned char left[CRC64_FOLD_LEFT];
    size_t steps = len / CRC64_FOLD_STEP;
    pthread_once(&once, prepare);
    if (folds && steps > 0) {
        crc64_fold(crc, at, steps, &factors, left);
        crc = add_sliced(0, left, sizeof left);
        at += steps * CRC64_FOLD_STEP;
        len -= steps * CRC64_FOLD_STEP;
    }
    return add_sliced(crc, at, len);
}

uint64_t crc64_add_zeros(uint64_t crc, uint64_t len)
{
    return multiply(crc, power_of_x(8 * len));
}
