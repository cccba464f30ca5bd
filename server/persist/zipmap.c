#include "persist/zipmap.h"

#define END 0xff
#define LONG 0xfe /* four bytes of length follow; of the number of fields: it isn't known */

/* Goes to the text of the next item, and says how long it is and what follows it. False: there is none up to end. */
static bool take_item(const unsigned char **at, const unsigned char *end, bool is_value, uint64_t *len_out,
                      unsigned *free_out)
{
    size_t head = **at == LONG ? 5 : 1, extra = is_value ? 1 : 0;
    *free_out = 0;
    if (**at == END || (size_t)(end - *at) < head + extra)
        return false;
    *len_out = head == 1 ? **at : packed_u32(*at + 1);
    if (is_value)
        *free_out = (*at)[head];
    *at += head + extra;
    return true;
}

bool zipmap_open(struct zipmap *zipmap, struct bytes bytes)
{
    const unsigned char *begin = (const unsigned char *)bytes.data;
    if (bytes.len < 2 || begin[bytes.len - 1] != END)
        return false;
    const unsigned char *end = begin + bytes.len - 1;
    uint64_t count = 0;
    for (const unsigned char *at = begin + 1; at < end; count++) {
        uint64_t len;
        unsigned unused;
        if (!take_item(&at, end, count % 2 == 1, &len, &unused) || len + unused > (uint64_t)(end - at))
            return false;
        at += len + unused;
    }
    if (count % 2 != 0 || (begin[0] < LONG && begin[0] != count / 2))
        return false;
    *zipmap = (struct zipmap){.count = count, .at = begin + 1};
    return true;
}

bool zipmap_next(struct zipmap *zipmap, struct packed_item *item_out)
{
    uint64_t len;
    unsigned unused;
    if (zipmap->count == 0)
        return false;
    const unsigned char *at = zipmap->at;
    if (!take_item(&at, at + 6, zipmap->is_value, &len, &unused)) /* it has been checked */
        return false;
    item_out->text = (struct bytes){(const char *)at, len};
    zipmap->at = at + len + unused;
    zipmap->is_value = !zipmap->is_value;
    zipmap->count--;
    return true;
}
