#include "persist/ziplist.h"

#define HEAD_LEN 10
#define END 0xff
#define LONG 0xfe /* four bytes of length follow */
#define COUNT_UNKNOWN 65535

/* An item: what is before its tag, what is before its text or number, and how long that is; head 0: it is none. */
struct extent {
    unsigned before, head;
    uint64_t len;
    bool is_text;
};

/* Bytes of the number behind a tag; 0: it stands in the tag. -1: it is no number's. */
static int number_bytes(unsigned char tag)
{
    switch (tag) {
    case 0xc0:
        return 2;
    case 0xd0:
        return 4;
    case 0xe0:
        return 8;
    case 0xf0:
        return 3;
    case 0xfe:
        return 1;
    default:
        return tag >= 0xf1 && tag <= 0xfd ? 0 : -1;
    }
}

/* Reads no byte beyond end, which is at that of the ziplist. */
static struct extent extent_of(const unsigned char *at, const unsigned char *end)
{
    static const struct extent none;
    unsigned before = at[0] == LONG ? 5 : 1;
    if (at[0] == END || (size_t)(end - at) < before + 1)
        return none;
    size_t left = (size_t)(end - at) - before;
    const unsigned char *tag = at + before;
    int bytes = number_bytes(tag[0]);
    switch (tag[0] >> 6) {
    case 0:
        return (struct extent){before, 1, tag[0] & 0x3f, true};
    case 1:
        if (left < 2)
            return none;
        return (struct extent){before, 2, (uint64_t)(tag[0] & 0x3f) << 8 | tag[1], true};
    case 2:
        if (left < 5)
            return none;
        return (struct extent){before, 5, __builtin_bswap32(packed_u32(tag + 1)), true};
    default:
        if (bytes < 0)
            return none;
        return (struct extent){before, 1, (uint64_t)bytes, false};
    }
}

bool ziplist_open(struct ziplist *ziplist, struct bytes bytes)
{
    const unsigned char *begin = (const unsigned char *)bytes.data;
    if (bytes.len < HEAD_LEN + 1 || packed_u32(begin) != bytes.len || begin[bytes.len - 1] != END)
        return false;
    const unsigned char *end = begin + bytes.len - 1, *last = begin + HEAD_LEN;
    unsigned said = packed_u16(begin + 8);
    uint64_t count = 0, before_len = 0;
    for (const unsigned char *at = begin + HEAD_LEN; at < end; count++) {
        struct extent extent = extent_of(at, end);
        uint64_t len = extent.before + extent.head + extent.len;
        if (extent.head == 0 || len > (uint64_t)(end - at))
            return false;
        uint64_t said_before = extent.before == 1 ? at[0] : packed_u32(at + 1);
        if (said_before != before_len)
            return false;
        last = at;
        before_len = len;
        at += len;
    }
    if ((said != COUNT_UNKNOWN && said != count) || packed_u32(begin + 4) != (uint64_t)(last - begin))
        return false;
    *ziplist = (struct ziplist){count, begin + HEAD_LEN};
    return true;
}

bool ziplist_next(struct ziplist *ziplist, struct packed_item *item_out)
{
    if (ziplist->count == 0)
        return false;
    const unsigned char *at = ziplist->at;
    struct extent extent = extent_of(at, at + 10); /* it has been checked */
    const unsigned char *content = at + extent.before + extent.head;
    if (extent.is_text)
        item_out->text = (struct bytes){(const char *)content, extent.len};
    else if (extent.len == 0)
        packed_item_set_number(item_out, content[-1] - 0xf1);
    else
        packed_item_set_number(item_out, packed_signed(content, (unsigned)extent.len));
    ziplist->at = content + extent.len;
    ziplist->count--;
    return true;
}
