#include "persist/listpack.h"

#define HEAD_LEN 6
#define END 0xff
#define COUNT_UNKNOWN 65535
#define BACK_MAX 5 /* bytes of a length behind an item */

enum {
    TAG_TEXT6 = 0x80,
    TAG_INT13 = 0xc0,
    TAG_TEXT12 = 0xe0,
    TAG_TEXT32 = 0xf0,
    TAG_INT16 = 0xf1,
    TAG_INT24 = 0xf2,
    TAG_INT32 = 0xf3,
    TAG_INT64 = 0xf4,
};

/* Bytes of the length behind an item. Redis begins each further byte one number too early. */
static unsigned back_bytes(uint64_t item_len)
{
    return item_len <= 127 ? 1 : item_len < 16383 ? 2 : item_len < 2097151 ? 3 : item_len < 268435455 ? 4 : 5;
}

/* ---- reading ---- */

/* An item: what is before its text or number, and how long that is; head 0: it is none. */
struct extent {
    unsigned head;
    uint64_t len;
};

static struct extent extent_of(const unsigned char *at, const unsigned char *end)
{
    static const struct extent none;
    size_t left = (size_t)(end - at);
    unsigned char tag = at[0];
    if (tag < TAG_TEXT6)
        return (struct extent){1, 0};
    if (tag < TAG_INT13)
        return (struct extent){1, tag & 0x3f};
    if (tag < TAG_TEXT12)
        return (struct extent){1, 1};
    if (tag < TAG_TEXT32) {
        if (left < 2)
            return none;
        return (struct extent){2, (uint64_t)(tag & 0x0f) << 8 | at[1]};
    }
    switch (tag) {
    case TAG_TEXT32:
        if (left < 5)
            return none;
        return (struct extent){5, packed_u32(at + 1)};
    case TAG_INT16:
    case TAG_INT24:
    case TAG_INT32:
        return (struct extent){1, tag - TAG_INT16 + 2u};
    case TAG_INT64:
        return (struct extent){1, 8};
    default:
        return none;
    }
}

/* Whether the item's length stands behind it, in bytes bytes. */
static bool has_back_length(const unsigned char *at, unsigned bytes, uint64_t item_len)
{
    uint64_t len = 0;
    for (unsigned i = 0; i < bytes; i++) {
        if ((at[i] >= 0x80) != (i > 0))
            return false;
        len = len << 7 | (at[i] & 0x7f);
    }
    return len == item_len;
}

/* The item behind the one at at; NULL: it isn't sound. */
static const unsigned char *check_item(const unsigned char *at, const unsigned char *end)
{
    struct extent extent = extent_of(at, end);
    uint64_t len = extent.head + extent.len;
    unsigned back = back_bytes(len);
    if (extent.head == 0 || len + back > (uint64_t)(end - at) || !has_back_length(at + len, back, len))
        return NULL;
    return at + len + back;
}

bool listpack_open(struct listpack *listpack, struct bytes bytes)
{
    const unsigned char *begin = (const unsigned char *)bytes.data;
    if (bytes.len < HEAD_LEN + 1 || packed_u32(begin) != bytes.len || begin[bytes.len - 1] != END)
        return false;
    const unsigned char *end = begin + bytes.len - 1;
    unsigned said = packed_u16(begin + 4);
    uint64_t count = 0;
    for (const unsigned char *at = begin + HEAD_LEN; at < end; count++) {
        at = check_item(at, end);
        if (!at)
            return false;
    }
    if (said != COUNT_UNKNOWN && said != count)
        return false;
    *listpack = (struct listpack){count, begin + HEAD_LEN};
    return true;
}

static void read_number(const unsigned char *at, struct extent extent, struct packed_item *item)
{
    int64_t number;
    if (at[0] < TAG_TEXT6)
        number = at[0];
    else if (at[0] < TAG_TEXT12)
        number = (int64_t)((uint64_t)(at[0] & 0x1f) << 59 | (uint64_t)at[1] << 51) >> 51;
    else
        number = packed_signed(at + 1, (unsigned)extent.len);
    packed_item_set_number(item, number);
}

bool listpack_next(struct listpack *listpack, struct packed_item *item_out)
{
    if (listpack->count == 0)
        return false;
    const unsigned char *at = listpack->at;
    unsigned char tag = at[0];
    struct extent extent = extent_of(at, at + BACK_MAX + 1); /* it has been checked */
    uint64_t len = extent.head + extent.len;
    if ((tag >= TAG_TEXT6 && tag < TAG_INT13) || (tag >= TAG_TEXT12 && tag <= TAG_TEXT32))
        item_out->text = (struct bytes){(const char *)at + extent.head, extent.len};
    else
        read_number(at, extent, item_out);
    listpack->at = at + len + back_bytes(len);
    listpack->count--;
    return true;
}

/* ---- writing ---- */

void listpack_begin(struct listpack_writer *writer, struct text *out)
{
    *writer = (struct listpack_writer){out, out->len, 0};
    text_add_bytes(out, "\0\0\0\0\0\0", HEAD_LEN); /* known at the end */
}

/* What stands before an item's text of len bytes, or a whole number. Returns its length. */
static unsigned write_head(unsigned char head[9], size_t len)
{
    if (len < 64) {
        head[0] = (unsigned char)(TAG_TEXT6 | len);
        return 1;
    }
    if (len < 4096) {
        head[0] = (unsigned char)(TAG_TEXT12 | len >> 8);
        head[1] = (unsigned char)len;
        return 2;
    }
    head[0] = TAG_TEXT32;
    for (unsigned i = 0; i < 4; i++)
        head[1 + i] = (unsigned char)(len >> 8 * i);
    return 5;
}

static unsigned write_number(unsigned char item[9], int64_t number)
{
    if (number >= 0 && number <= 127) {
        item[0] = (unsigned char)number;
        return 1;
    }
    if (number >= -4096 && number <= 4095) {
        item[0] = (unsigned char)(TAG_INT13 | ((uint64_t)number >> 8 & 0x1f));
        item[1] = (unsigned char)number;
        return 2;
    }
    unsigned bytes = number == (int16_t)number                         ? 2
                     : number >= -(1 << 23) && number <= (1 << 23) - 1 ? 3
                     : number == (int32_t)number                       ? 4
                                                                       : 8;
    item[0] = (unsigned char)(bytes == 8 ? TAG_INT64 : TAG_INT16 + bytes - 2);
    for (unsigned i = 0; i < bytes; i++)
        item[1 + i] = (unsigned char)((uint64_t)number >> 8 * i);
    return 1 + bytes;
}

static void add_item(struct listpack_writer *writer, const unsigned char *head, unsigned head_len, struct bytes text)
{
    char back[BACK_MAX];
    uint64_t len = head_len + text.len;
    unsigned back_len = back_bytes(len);
    for (unsigned i = 0; i < back_len; i++)
        back[i] = (char)((len >> 7 * (back_len - 1 - i) & 0x7f) | (i > 0 ? 0x80 : 0));
    text_add_bytes(writer->out, (const char *)head, head_len);
    text_add_bytes(writer->out, text.data, text.len);
    text_add_bytes(writer->out, back, back_len);
    writer->count++;
}

void listpack_add_i64(struct listpack_writer *writer, int64_t number)
{
    unsigned char item[9];
    unsigned len = write_number(item, number);
    add_item(writer, item, len, (struct bytes){"", 0});
}

void listpack_add(struct listpack_writer *writer, struct bytes text)
{
    int64_t number;
    unsigned char head[9];
    if (text.len <= NUMBER_I64_MAX_LEN && number_parse_i64(text.data, text.len, &number))
        listpack_add_i64(writer, number);
    else
        add_item(writer, head, write_head(head, text.len), text);
}

void listpack_end(struct listpack_writer *writer)
{
    unsigned said = writer->count < COUNT_UNKNOWN ? (unsigned)writer->count : COUNT_UNKNOWN;
    text_add_char(writer->out, (char)END);
    size_t len = writer->out->len - writer->begin;
    char *head = writer->out->data + writer->begin;
    for (unsigned i = 0; i < 4; i++)
        head[i] = (char)(len >> 8 * i);
    head[4] = (char)said;
    head[5] = (char)(said >> 8);
}
