#include "persist/intset.h"

#include <stdlib.h>

#define HEAD_LEN 8

bool intset_open(struct intset *intset, struct bytes bytes)
{
    const unsigned char *begin = (const unsigned char *)bytes.data;
    if (bytes.len < HEAD_LEN)
        return false;
    uint32_t size = packed_u32(begin);
    uint64_t count = packed_u32(begin + 4);
    if ((size != 2 && size != 4 && size != 8) || count == 0 || bytes.len - HEAD_LEN != count * size)
        return false;
    for (uint64_t i = 1; i < count; i++) {
        const unsigned char *at = begin + HEAD_LEN + i * size;
        if (packed_signed(at - size, size) >= packed_signed(at, size))
            return false;
    }
    *intset = (struct intset){count, begin + HEAD_LEN, size};
    return true;
}

bool intset_next(struct intset *intset, struct packed_item *item_out)
{
    if (intset->count == 0)
        return false;
    packed_item_set_number(item_out, packed_signed(intset->at, intset->bytes));
    intset->at += intset->bytes;
    intset->count--;
    return true;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void add_little_endian(struct text *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        text_add_char(out, (char)(number >> 8 * i));
}

void intset_add(struct text *out, int64_t *numbers, uint32_t count)
{
    qsort(numbers, count, sizeof *numbers, compare);
    int64_t low = numbers[0], high = numbers[count - 1];
    unsigned bytes = 2;
    if (low < INT32_MIN || high > INT32_MAX)
        bytes = 8;
    else if (low < INT16_MIN || high > INT16_MAX)
        bytes = 4;
    add_little_endian(out, bytes, 4);
    add_little_endian(out, count, 4);
    for (uint32_t i = 0; i < count; i++)
        add_little_endian(out, (uint64_t)numbers[i], bytes);
}
