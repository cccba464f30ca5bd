/*
 * V. Gopal and others, "Fast CRC computation for generic polynomials using PCLMULQDQ instruction", Intel, 2009: 16
 * bytes times x^n modulo the polynomial are other 16 bytes, which can be added to those that stand n bits further on.
 * Four such remainders run side by side, since a multiplication takes longer than it keeps its unit busy.
 *
 * All is reflected, so the first of 16 bytes has the highest powers, and a product is one power of x too large: hence
 * the 63 and the -1 in the factors.
 */
#include "persist/crc64_fold.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define FOLDS __attribute__((target("sse2,pclmul")))

bool crc64_fold_is_there(void)
{
    return __builtin_cpu_supports("pclmul");
}

FOLDS static inline __m128i advance(__m128i part, __m128i factors)
{
    return _mm_xor_si128(_mm_clmulepi64_si128(part, factors, 0x00), _mm_clmulepi64_si128(part, factors, 0x11));
}

FOLDS static inline __m128i load(const unsigned char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

FOLDS void crc64_fold(uint64_t crc, const unsigned char *data, size_t steps, const struct crc64_fold_factors *factors,
                      unsigned char left_out[CRC64_FOLD_LEFT])
{
    __m128i step = _mm_set_epi64x((long long)factors->step_high, (long long)factors->step_low);
    __m128i left = _mm_set_epi64x((long long)factors->left_high, (long long)factors->left_low);
    __m128i parts[4];
    for (int i = 0; i < 4; i++)
        parts[i] = load(data + 16 * i);
    parts[0] = _mm_xor_si128(parts[0], _mm_set_epi64x(0, (long long)crc));
    while (--steps > 0) {
        data += CRC64_FOLD_STEP;
        for (int i = 0; i < 4; i++)
            parts[i] = _mm_xor_si128(advance(parts[i], step), load(data + 16 * i));
    }
    for (int i = 1; i < 4; i++)
        parts[i] = _mm_xor_si128(advance(parts[i - 1], left), parts[i]);
    _mm_storeu_si128((__m128i *)(void *)left_out, parts[3]);
}

#else

bool crc64_fold_is_there(void)
{
    return false;
}

void crc64_fold(uint64_t crc, const unsigned char *data, size_t steps, const struct crc64_fold_factors *factors,
                unsigned char left_out[CRC64_FOLD_LEFT])
{
    (void)crc, (void)data, (void)steps, (void)factors, (void)left_out;
    __builtin_unreachable();
}

#endif
