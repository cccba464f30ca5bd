/*
 * Whole bytes are looked at eight at a time. Counting uses the processor's instruction where there is one, which is
 * found out at run time: the programs are built for every x86-64, and the oldest don't have it.
 */
#include "types/bitmap.h"

#include <string.h>

#define WORD sizeof(uint64_t)

static inline uint64_t word_at(const char *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

/* The bits of a byte from an offset up to an end of at most 8; the others are 0. */
static inline unsigned byte_part(char byte, unsigned from, unsigned end)
{
    return (unsigned char)byte & (0xffU >> from) & (0xff00U >> end);
}

/* ---- counting ---- */

/* Four sums, so that no addition waits for the one before it. */
static inline __attribute__((always_inline)) uint64_t count_words_with(const char *data, size_t words)
{
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; words >= 4; words -= 4, data += 4 * WORD) {
        a += (uint64_t)__builtin_popcountll(word_at(data));
        b += (uint64_t)__builtin_popcountll(word_at(data + WORD));
        c += (uint64_t)__builtin_popcountll(word_at(data + 2 * WORD));
        d += (uint64_t)__builtin_popcountll(word_at(data + 3 * WORD));
    }
    for (; words > 0; words--, data += WORD)
        a += (uint64_t)__builtin_popcountll(word_at(data));
    return a + b + c + d;
}

#ifdef __x86_64__
__attribute__((target("popcnt"))) static uint64_t count_words_natively(const char *data, size_t words)
{
    return count_words_with(data, words);
}
#endif

static uint64_t count_words(const char *data, size_t words)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("popcnt"))
        return count_words_natively(data, words);
#endif
    return count_words_with(data, words);
}

static uint64_t count_bytes(const char *data, size_t len)
{
    uint64_t rest = 0;
    memcpy(&rest, data + len / WORD * WORD, len % WORD);
    return count_words(data, len / WORD) + (uint64_t)__builtin_popcountll(rest);
}

uint64_t bitmap_count(const char *data, uint64_t from, uint64_t end)
{
    if (from >= end)
        return 0;
    size_t first = from / 8, last = end / 8; /* the byte that from lies in, and the one that end does */
    unsigned head = from % 8, tail = end % 8;
    if (first == last)
        return (uint64_t)__builtin_popcount(byte_part(data[first], head, tail));
    uint64_t count = 0;
    if (head > 0)
        count += (uint64_t)__builtin_popcount(byte_part(data[first++], head, 8));
    if (tail > 0)
        count += (uint64_t)__builtin_popcount(byte_part(data[last], 0, tail));
    return count + count_bytes(data + first, last - first);
}

/* ---- finding ---- */

/* The first byte of those from index first to end (in bytes) that isn't filler; end if all are. */
static size_t skip_bytes(const char *data, size_t first, size_t end, unsigned char filler)
{
    uint64_t words = filler * UINT64_C(0x0101010101010101);
    for (; end - first >= 4 * WORD; first += 4 * WORD) {
        const char *at = data + first;
        if (((word_at(at) ^ words) | (word_at(at + WORD) ^ words) | (word_at(at + 2 * WORD) ^ words) |
             (word_at(at + 3 * WORD) ^ words)) != 0)
            break;
    }
    while (end - first >= WORD && word_at(data + first) == words)
        first += WORD;
    while (first < end && (unsigned char)data[first] == filler)
        first++;
    return first;
}

uint64_t bitmap_find(const char *data, uint64_t from, uint64_t end, bool value)
{
    if (from >= end)
        return end;
    unsigned char filler = value ? 0 : 0xff; /* a byte without the bit that is looked for */
    size_t first = from / 8, byte_end = (end + 7) / 8;
    unsigned found = byte_part((char)(data[first] ^ filler), from % 8, 8);
    if (!found) {
        first = skip_bytes(data, first + 1, byte_end, filler);
        if (first == byte_end)
            return end;
        found = (unsigned char)(data[first] ^ filler);
    }
    uint64_t at = (uint64_t)first * 8 + (uint64_t)(__builtin_clz(found) - 24);
    return at < end ? at : end;
}

/* ---- fields ---- */

/* The lowest bits of a word as a number of that kind. */
static int64_t field_number(const struct bitmap_field *field, uint64_t word)
{
    unsigned above = 64 - field->bits;
    return field->is_signed ? (int64_t)(word << above) >> above : (int64_t)(word << above >> above);
}

int64_t bitmap_field_get(const char *data, size_t len, const struct bitmap_field *field)
{
    uint64_t end = field->at + field->bits, word = 0;
    for (uint64_t at = field->at; at < end;) { /* up to nine bytes */
        unsigned from = at % 8, taken = end - at < 8 - from ? (unsigned)(end - at) : 8 - from;
        unsigned part = at / 8 < len ? byte_part(data[at / 8], from, from + taken) : 0;
        word = word << taken | part >> (8 - from - taken);
        at += taken;
    }
    return field_number(field, word);
}

void bitmap_field_put(char *data, const struct bitmap_field *field, int64_t value)
{
    uint64_t at = field->at + field->bits, word = (uint64_t)value;
    while (at > field->at) { /* from its end to its start */
        unsigned end = (at - 1) % 8 + 1, taken = at - field->at < end ? (unsigned)(at - field->at) : end;
        unsigned others = ~(0xffU >> (8 - taken) << (8 - end));
        char *byte = &data[(at - 1) / 8];
        unsigned part = (unsigned)(word << (8 - end)) & ~others & 0xff;
        *byte = (char)(((unsigned char)*byte & others) | part);
        word >>= taken;
        at -= taken;
    }
}

bool bitmap_field_add(const struct bitmap_field *field, int64_t value, int64_t increment, enum bitmap_overflow overflow,
                      int64_t *sum_out)
{
    int64_t greatest = (int64_t)(UINT64_MAX >> (64 - field->bits) >> field->is_signed);
    int64_t least = field->is_signed ? -greatest - 1 : 0;
    __int128 sum = (field->is_signed ? (__int128)value : (__int128)(uint64_t)value) + increment;
    bool fits = sum >= least && sum <= greatest;
    if (!fits && overflow == BITMAP_FAIL)
        return false;
    if (!fits && overflow == BITMAP_SAT)
        *sum_out = sum > greatest ? greatest : least;
    else
        *sum_out = field_number(field, (uint64_t)value + (uint64_t)increment);
    return true;
}

/* ---- combining ---- */

/* So many bytes of the result are made at a time: they and a piece of each source in turn stay in the nearest cache. */
#define BLOCK ((size_t)4096)

/* How many bytes are combined by one instruction, or two; the compiler knows which the processor has. */
typedef uint64_t lane __attribute__((vector_size(32)));

/* What a byte of the result becomes by one of a source. */
enum step {
    STEP_AND,
    STEP_OR,
    STEP_XOR,
    STEP_LACK,  /* in the source and not yet in the result */
    STEP_CLEAR, /* in the result and not in the source */
    STEP_NOT,   /* not in the source */
};

static inline __attribute__((always_inline)) void step_bytes(enum step step, char *data, const char *source, size_t len)
{
    while (len > 0) {
        lane a = {0}, b = {0};
        size_t n = len < sizeof a ? len : sizeof a;
        if (n == sizeof a) { /* of a length that the compiler knows */
            memcpy(&a, data, sizeof a);
            memcpy(&b, source, sizeof b);
        } else {
            memcpy(&a, data, n);
            memcpy(&b, source, n);
        }
        switch (step) {
        case STEP_AND:
            a &= b;
            break;
        case STEP_OR:
            a |= b;
            break;
        case STEP_XOR:
            a ^= b;
            break;
        case STEP_LACK:
            a = b & ~a;
            break;
        case STEP_CLEAR:
            a &= ~b;
            break;
        case STEP_NOT:
            a = ~b;
            break;
        }
        if (n == sizeof a)
            memcpy(data, &a, sizeof a);
        else
            memcpy(data, &a, n);
        data += n;
        source += n;
        len -= n;
    }
}

/* A loop for each step. */
static void step_block(enum step step, char *data, const char *source, size_t len)
{
    switch (step) {
    case STEP_AND:
        step_bytes(STEP_AND, data, source, len);
        break;
    case STEP_OR:
        step_bytes(STEP_OR, data, source, len);
        break;
    case STEP_XOR:
        step_bytes(STEP_XOR, data, source, len);
        break;
    case STEP_LACK:
        step_bytes(STEP_LACK, data, source, len);
        break;
    case STEP_CLEAR:
        step_bytes(STEP_CLEAR, data, source, len);
        break;
    case STEP_NOT:
        step_bytes(STEP_NOT, data, source, len);
        break;
    }
}

/* How many of len bytes from an offset on a source has. */
static size_t source_part(const struct bytes *source, size_t from, size_t len)
{
    size_t left = source->len > from ? source->len - from : 0;
    return left < len ? left : len;
}

/* One source's part in a block of the result, which begins at byte from. */
static void step_source(enum step step, char *block, const struct bytes *source, size_t from, size_t len)
{
    size_t part = source_part(source, from, len);
    step_block(step, block, source->data + from, part);
    if (step == STEP_AND || step == STEP_LACK) /* zeros, which leave nothing */
        memset(block + part, 0, len - part);
}

static void copy_source(char *block, const struct bytes *source, size_t from, size_t len)
{
    size_t part = source_part(source, from, len);
    if (part > 0)
        memcpy(block, source->data + from, part);
    memset(block + part, 0, len - part);
}

/* All sources from an index on, the first of which begins the block. */
static void combine_sources(enum step step, const struct bytes *sources, size_t count, char *block, size_t from,
                            size_t len)
{
    copy_source(block, &sources[0], from, len);
    for (size_t i = 1; i < count; i++)
        step_source(step, block, &sources[i], from, len);
}

/* Those in just one source: those in any without those that were met again. */
static void combine_one(const struct bytes *sources, size_t count, char *block, size_t from, size_t len)
{
    char met[BLOCK], again[BLOCK] = {0};
    copy_source(block, &sources[0], from, len);
    for (size_t i = 1; i < count; i++) {
        copy_source(met, &sources[i], from, len);
        step_block(STEP_AND, met, block, len);
        step_block(STEP_OR, again, met, len);
        step_source(STEP_OR, block, &sources[i], from, len);
    }
    step_block(STEP_CLEAR, block, again, len);
}

static void combine_block(enum bitmap_operation operation, const struct bytes *sources, size_t count, char *block,
                          size_t from, size_t len)
{
    switch (operation) {
    case BITMAP_AND:
        combine_sources(STEP_AND, sources, count, block, from, len);
        return;
    case BITMAP_OR:
        combine_sources(STEP_OR, sources, count, block, from, len);
        return;
    case BITMAP_XOR:
        combine_sources(STEP_XOR, sources, count, block, from, len);
        return;
    case BITMAP_NOT:
        copy_source(block, &sources[0], from, len);
        step_block(STEP_NOT, block, block, len);
        return;
    case BITMAP_ONE:
        combine_one(sources, count, block, from, len);
        return;
    case BITMAP_DIFF:
    case BITMAP_DIFF1:
    case BITMAP_ANDOR:
        break;
    }
    if (count > 1)
        combine_sources(STEP_OR, sources + 1, count - 1, block, from, len);
    else
        memset(block, 0, len);
    step_source(operation == BITMAP_DIFF    ? STEP_LACK
                : operation == BITMAP_DIFF1 ? STEP_CLEAR
                                            : STEP_AND,
                block, &sources[0], from, len);
}

void bitmap_combine(enum bitmap_operation operation, const struct bytes *sources, size_t count, char *data, size_t from,
                    size_t end)
{
    for (; from < end; from += BLOCK)
        combine_block(operation, sources, count, data + from, from, end - from < BLOCK ? end - from : BLOCK);
}
