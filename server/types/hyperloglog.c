/*
 * Redis's format:
 *
 *     "HYLL" | 0 dense, 1 sparse | 0 0 0 | count: 8, little endian, highest bit: old | registers
 *
 *     dense:  12288 bytes, four registers in three bytes, the first in the lowest six bits
 *     sparse: 00LLLLLL            L + 1 registers that are 0
 *             01LLLLLL LLLLLLLL   the same, with a length of 14 bits, high ones first
 *             1VVVVVLL            L + 1 registers that are V + 1
 *
 * Which of the many sparse forms a sequence of changes leads to is part of the format, since values of two servers are
 * compared as strings: the run that holds the register is split in three at most, and then at most five runs from the
 * one before are looked at, for neighbours that fit one run.
 *
 * The hash is MurmurHash64A (Austin Appleby) with Redis's seed: its low 14 bits are the register, the others give the
 * rank. The estimate is Otmar Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017, section
 * 3.3), which needs no correction for small or large numbers. It is calculated in the same order as Redis does, since
 * the last bit of a double may decide how the count is rounded.
 */
#include "types/hyperloglog.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#define INDEX_BITS 14
#define RANK_BITS (64 - INDEX_BITS) /* of the hash, in which a rank is looked for */
#define RANK_MAX (RANK_BITS + 1)
#define REGISTER_BITS 6
#define REGISTER_MASK 63U
#define ALPHA 0.721347520444481703680 /* 1 / (2 ln 2) */

#define FORM_OFFSET 4
#define OLD_OFFSET (HYPERLOGLOG_COUNT_OFFSET + HYPERLOGLOG_COUNT_LEN - 1)
#define OLD_BIT 0x80

#define SHORT_MAX 64 /* zeros in a run of one byte */
#define VALUE_MAX 32 /* in a run that isn't zeros, and of which there are at most: */
#define REPEAT_MAX 4
#define SPLIT_MAX 5 /* bytes that a run is split into: zeros, a rank, zeros */
#define JOIN_RUNS 5 /* that are looked at for neighbours to be joined */

_Static_assert(1 << INDEX_BITS == HYPERLOGLOG_REGISTERS, "an index for each register");

/* ---- hash ---- */

static uint64_t murmur(const char *data, size_t len)
{
    const uint64_t multiplier = UINT64_C(0xc6a4a7935bd1e995), seed = UINT64_C(0xadc83b19);
    uint64_t hash = seed ^ (len * multiplier);
    for (; len >= 8; data += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, data, sizeof word);
        word = le64toh(word) * multiplier;
        hash = (hash ^ ((word ^ (word >> 47)) * multiplier)) * multiplier;
    }
    if (len > 0) {
        uint64_t rest = 0;
        memcpy(&rest, data, len);
        hash = (hash ^ le64toh(rest)) * multiplier;
    }
    hash = (hash ^ (hash >> 47)) * multiplier;
    return hash ^ (hash >> 47);
}

unsigned hyperloglog_rank(const char *element, size_t len, unsigned *index_out)
{
    uint64_t hash = murmur(element, len);
    *index_out = (unsigned)hash & (HYPERLOGLOG_REGISTERS - 1);
    uint64_t bits = hash >> INDEX_BITS | UINT64_C(1) << RANK_BITS;
    return (unsigned)__builtin_ctzll(bits) + 1;
}

/* ---- header ---- */

enum hyperloglog_form hyperloglog_form(const char *data, size_t len)
{
    if (len < HYPERLOGLOG_HEADER_LEN || memcmp(data, "HYLL", 4) != 0)
        return HYPERLOGLOG_NONE;
    if (data[FORM_OFFSET] == HYPERLOGLOG_SPARSE)
        return HYPERLOGLOG_SPARSE;
    return data[FORM_OFFSET] == HYPERLOGLOG_DENSE && len == HYPERLOGLOG_DENSE_LEN ? HYPERLOGLOG_DENSE
                                                                                  : HYPERLOGLOG_NONE;
}

bool hyperloglog_kept_count(const char *data, uint64_t *count_out)
{
    if (data[OLD_OFFSET] & OLD_BIT)
        return false;
    uint64_t count;
    memcpy(&count, data + HYPERLOGLOG_COUNT_OFFSET, sizeof count);
    *count_out = le64toh(count);
    return true;
}

void hyperloglog_count_bytes(uint64_t count, char bytes_out[HYPERLOGLOG_COUNT_LEN])
{
    count = htole64(count);
    memcpy(bytes_out, &count, sizeof count);
}

void hyperloglog_outdate(struct hyperloglog *hll)
{
    hll->data[OLD_OFFSET] = (char)(hll->data[OLD_OFFSET] | OLD_BIT);
}

/* ---- dense registers ---- */

/* The three bytes that hold the register, as a number, and where in it the register begins. */
static uint8_t *dense_group(const char *data, unsigned index)
{
    return (uint8_t *)data + HYPERLOGLOG_HEADER_LEN + index / 4 * 3;
}

static inline uint32_t group_load(const uint8_t *group)
{
    return group[0] | (uint32_t)group[1] << 8 | (uint32_t)group[2] << 16;
}

static inline void group_store(uint8_t *group, uint32_t bits)
{
    group[0] = (uint8_t)bits;
    group[1] = (uint8_t)(bits >> 8);
    group[2] = (uint8_t)(bits >> 16);
}

unsigned hyperloglog_register(const struct hyperloglog *hll, unsigned index)
{
    return group_load(dense_group(hll->data, index)) >> (index % 4 * REGISTER_BITS) & REGISTER_MASK;
}

static void dense_set(struct hyperloglog *hll, unsigned index, unsigned rank)
{
    uint8_t *group = dense_group(hll->data, index);
    unsigned shift = index % 4 * REGISTER_BITS;
    group_store(group, (group_load(group) & ~(REGISTER_MASK << shift)) | rank << shift);
}

static void dense_merge(const char *data, uint8_t *registers)
{
    for (unsigned index = 0; index < HYPERLOGLOG_REGISTERS; index += 4) {
        uint32_t bits = group_load(dense_group(data, index));
        for (unsigned i = 0; i < 4; i++, bits >>= REGISTER_BITS) {
            uint8_t value = bits & REGISTER_MASK;
            if (value > registers[index + i])
                registers[index + i] = value;
        }
    }
}

/* ---- sparse runs ---- */

bool hyperloglog_run_at(const char *data, size_t len, size_t offset, struct hyperloglog_run *run_out)
{
    if (offset >= len)
        return false;
    const uint8_t *at = (const uint8_t *)data + offset;
    if (at[0] & 0x80) {
        *run_out = (struct hyperloglog_run){(at[0] >> 2 & 31U) + 1, (at[0] & 3U) + 1, 1};
        return true;
    }
    if (!(at[0] & 0x40)) {
        *run_out = (struct hyperloglog_run){0, at[0] + 1U, 1};
        return true;
    }
    if (len - offset < 2)
        return false;
    *run_out = (struct hyperloglog_run){0, ((at[0] & 63U) << 8 | at[1]) + 1, 2};
    return true;
}

/* Writes a run, of no bytes if its length is 0; returns their number. */
static size_t put_run(uint8_t *at, unsigned value, unsigned length)
{
    if (length == 0)
        return 0;
    if (value > 0) {
        at[0] = (uint8_t)(0x80 | (value - 1) << 2 | (length - 1));
        return 1;
    }
    if (length <= SHORT_MAX) {
        at[0] = (uint8_t)(length - 1);
        return 1;
    }
    at[0] = (uint8_t)(0x40 | (length - 1) >> 8);
    at[1] = (uint8_t)(length - 1);
    return 2;
}

static bool sparse_merge(const char *data, size_t len, uint8_t *registers)
{
    struct hyperloglog_run run;
    size_t offset = HYPERLOGLOG_HEADER_LEN;
    unsigned index = 0;
    for (; hyperloglog_run_at(data, len, offset, &run); offset += run.bytes) {
        if (run.length > HYPERLOGLOG_REGISTERS - index)
            return false;
        for (unsigned end = index + run.length; run.value > 0 && index < end; index++)
            if (run.value > registers[index])
                registers[index] = (uint8_t)run.value;
        if (run.value == 0)
            index += run.length;
    }
    return offset == len && index == HYPERLOGLOG_REGISTERS;
}

bool hyperloglog_merge(const char *data, size_t len, uint8_t *registers)
{
    if (data[FORM_OFFSET] == HYPERLOGLOG_SPARSE)
        return sparse_merge(data, len, registers);
    dense_merge(data, registers);
    return true;
}

/* ---- estimate ---- */

/* Ertl's sigma and tau: series that are added up until nothing changes any more. */
static double sigma(double x)
{
    if (x == 1.0)
        return INFINITY;
    double sum = x, before, weight = 1.0;
    do {
        x *= x;
        before = sum;
        sum += x * weight;
        weight += weight;
    } while (sum != before);
    return sum;
}

static double tau(double x)
{
    if (x == 0.0 || x == 1.0)
        return 0.0;
    double sum = 1.0 - x, before, weight = 1.0;
    do {
        x = sqrt(x);
        before = sum;
        weight *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * weight;
    } while (sum != before);
    return sum / 3.0;
}

uint64_t hyperloglog_estimate(const uint8_t *registers)
{
    int histogram[REGISTER_MASK + 1] = {0}; /* values above RANK_MAX come from no hash, and count for nothing */
    for (unsigned i = 0; i < HYPERLOGLOG_REGISTERS; i++)
        histogram[registers[i] & REGISTER_MASK]++;

    const double m = HYPERLOGLOG_REGISTERS;
    double z = m * tau((m - histogram[RANK_MAX]) / m);
    for (int rank = RANK_BITS; rank >= 1; rank--) {
        z += histogram[rank];
        z *= 0.5;
    }
    z += m * sigma(histogram[0] / m);
    double estimate = ALPHA * m * m / z;
    /* As good as all registers are full: that takes a value that somebody made up. */
    return estimate < 0x1p63 ? (uint64_t)llroundl(estimate) : INT64_MAX;
}

/* ---- changing ---- */

void hyperloglog_init(struct hyperloglog *hll, char *buffer)
{
    *hll = (struct hyperloglog){.data = buffer, .len = HYPERLOGLOG_HEADER_LEN};
    memset(buffer, 0, HYPERLOGLOG_HEADER_LEN);
    memcpy(buffer, "HYLL", 4);
    buffer[FORM_OFFSET] = HYPERLOGLOG_SPARSE;
    hyperloglog_outdate(hll);
    hll->len += put_run((uint8_t *)buffer + hll->len, 0, HYPERLOGLOG_REGISTERS);
}

void hyperloglog_copy(struct hyperloglog *hll, char *buffer, const char *data, size_t len)
{
    *hll = (struct hyperloglog){.data = buffer, .len = len};
    memcpy(buffer, data, len);
}

void hyperloglog_open_dense(struct hyperloglog *hll, char *data)
{
    *hll = (struct hyperloglog){.data = data, .len = HYPERLOGLOG_DENSE_LEN};
}

void hyperloglog_make_dense(struct hyperloglog *hll)
{
    if (hll->data[FORM_OFFSET] == HYPERLOGLOG_DENSE)
        return;
    uint8_t registers[HYPERLOGLOG_REGISTERS] = {0};
    sparse_merge(hll->data, hll->len, registers);
    hll->data[FORM_OFFSET] = HYPERLOGLOG_DENSE;
    hll->len = HYPERLOGLOG_DENSE_LEN;
    hll->near_offset = 0;
    for (unsigned index = 0; index < HYPERLOGLOG_REGISTERS; index += 4)
        group_store(dense_group(hll->data, index), registers[index] | (uint32_t)registers[index + 1] << 6 |
                                                       (uint32_t)registers[index + 2] << 12 |
                                                       (uint32_t)registers[index + 3] << 18);
}

static bool dense_raise(struct hyperloglog *hll, unsigned index, unsigned rank)
{
    if (hyperloglog_register(hll, index) >= rank)
        return false;
    dense_set(hll, index, rank);
    hyperloglog_outdate(hll);
    return true;
}

/* Where in a sparse value a register is: its run and the one before. */
struct place {
    size_t before; /* offset of the run before; 0: there is none */
    unsigned before_index;
    size_t offset;
    unsigned index; /* of the run's first register */
    struct hyperloglog_run run;
};

/*
 * Registers are often raised in rising order, by PFMERGE. Then the walk goes on near the last change; the run before
 * the register's has to be found in any case, so the run that is near must not be the register's own.
 */
static bool find_place(const struct hyperloglog *hll, unsigned index, struct place *place_out)
{
    struct place place = {.offset = HYPERLOGLOG_HEADER_LEN};
    if (hll->near_offset > 0 && hyperloglog_run_at(hll->data, hll->len, hll->near_offset, &place.run) &&
        index >= hll->near_index + place.run.length) {
        place.offset = hll->near_offset;
        place.index = hll->near_index;
    }
    while (hyperloglog_run_at(hll->data, hll->len, place.offset, &place.run)) {
        if (index < place.index + place.run.length) {
            *place_out = place;
            return true;
        }
        place.before = place.offset;
        place.before_index = place.index;
        place.offset += place.run.bytes;
        place.index += place.run.length;
    }
    return false;
}

/* Joins neighbours with equal values among the runs from offset on. */
static void join_runs(struct hyperloglog *hll, size_t offset)
{
    struct hyperloglog_run run, next;
    for (int looks = JOIN_RUNS; looks > 0 && hyperloglog_run_at(hll->data, hll->len, offset, &run); looks--) {
        size_t end = offset + run.bytes;
        bool fits = run.value > 0 && hyperloglog_run_at(hll->data, hll->len, end, &next) && next.value == run.value &&
                    run.length + next.length <= REPEAT_MAX;
        if (fits) {
            put_run((uint8_t *)hll->data + offset, run.value, run.length + next.length);
            memmove(hll->data + end, hll->data + end + 1, hll->len - end - 1);
            hll->len--;
        } else {
            offset = end;
        }
    }
}

static bool sparse_raise(struct hyperloglog *hll, unsigned index, unsigned rank, size_t sparse_max)
{
    struct place place;
    if (!find_place(hll, index, &place) || place.run.value >= rank)
        return false;
    uint8_t split[SPLIT_MAX];
    size_t bytes = 0;
    if (rank <= VALUE_MAX) {
        bytes = put_run(split, place.run.value, index - place.index);
        bytes += put_run(split + bytes, rank, 1);
        bytes += put_run(split + bytes, place.run.value, place.index + place.run.length - index - 1);
    }
    if (bytes == 0 || (bytes > place.run.bytes && hll->len + bytes - place.run.bytes > sparse_max)) {
        hyperloglog_make_dense(hll);
        return dense_raise(hll, index, rank);
    }
    char *at = hll->data + place.offset;
    size_t behind = hll->len - place.offset - place.run.bytes;
    memmove(at + bytes, at + place.run.bytes, behind);
    memcpy(at, split, bytes);
    hll->len = place.offset + bytes + behind;
    join_runs(hll, place.before > 0 ? place.before : HYPERLOGLOG_HEADER_LEN);
    hll->near_offset = place.before;
    hll->near_index = place.before_index;
    hyperloglog_outdate(hll);
    return true;
}

bool hyperloglog_raise(struct hyperloglog *hll, unsigned index, unsigned rank, size_t sparse_max)
{
    return hll->data[FORM_OFFSET] == HYPERLOGLOG_DENSE ? dense_raise(hll, index, rank)
                                                       : sparse_raise(hll, index, rank, sparse_max);
}
