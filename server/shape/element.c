#include "shape/element.h"

#include "base/blob.h"
#include "base/siphash.h"

#include <string.h>

#define SHORT_TEXT_MAX 63
#define INT13_MIN (-4096)
#define INT13_MAX 4095

/* ---- numbers ---- */

/* Bytes of the number's low part, high byte first. */
static size_t put_bytes(char *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (char)(number >> (8 * (bytes - 1 - i)));
    return bytes;
}

static int64_t get_bytes(const char *from, unsigned bytes)
{
    uint64_t number = (unsigned char)from[0] & 0x80 ? UINT64_MAX : 0;
    for (unsigned i = 0; i < bytes; i++)
        number = number << 8 | (unsigned char)from[i];
    return (int64_t)number;
}

static bool fits(int64_t number, unsigned bits)
{
    return number >= -(INT64_C(1) << (bits - 1)) && number < INT64_C(1) << (bits - 1);
}

static size_t store_i64(char *out, int64_t number)
{
    if (number >= 0 && number < ELEMENT_SHORT_TEXT) {
        out[0] = (char)number;
        return 1;
    }
    if (number >= INT13_MIN && number <= INT13_MAX) {
        out[0] = (char)(ELEMENT_INT13 | ((uint64_t)number >> 8 & 0x1f));
        out[1] = (char)number;
        return 2;
    }
    unsigned bytes = fits(number, 16) ? 2 : fits(number, 24) ? 3 : fits(number, 32) ? 4 : 8;
    out[0] = (char)(bytes == 8 ? ELEMENT_INT64 : ELEMENT_INT16 + bytes - 2);
    return 1 + put_bytes(out + 1, (uint64_t)number, bytes);
}

/* The number, of an element whose tag says that it is one. */
static bool read_i64(const char *stored, int64_t *number_out)
{
    unsigned tag = (unsigned char)stored[0];
    if (tag < ELEMENT_SHORT_TEXT)
        *number_out = (int64_t)tag;
    else if (tag >= ELEMENT_INT13 && tag < ELEMENT_TEXT)
        *number_out = (int64_t)((uint64_t)((tag & 0x1f) << 8 | (unsigned char)stored[1]) << 51) >> 51;
    else if (tag >= ELEMENT_INT16 && tag <= ELEMENT_INT64)
        *number_out = get_bytes(stored + 1, tag == ELEMENT_INT64 ? 8 : tag - ELEMENT_INT16 + 2);
    else
        return false;
    return true;
}

/* ---- making ---- */

static size_t store_text(char *out, const char *data, size_t len)
{
    size_t head = 1;
    if (len <= SHORT_TEXT_MAX) {
        out[0] = (char)(ELEMENT_SHORT_TEXT + len);
    } else {
        out[0] = (char)ELEMENT_TEXT;
        out[1] = (char)len;
        head = 2;
    }
    if (len > 0)
        memcpy(out + head, data, len);
    return head + len;
}

static inline size_t store_inline(char *out, const char *data, size_t len)
{
    int64_t number;
    if (len <= NUMBER_I64_MAX_LEN && number_parse_i64(data, len, &number))
        return store_i64(out, number);
    return store_text(out, data, len);
}

size_t element_store_inline(char *out, struct bytes text)
{
    return store_inline(out, text.data, text.len);
}

void element_init(struct element *element, const char *data, size_t len)
{
    element->text = (struct bytes){data, len};
    element->hash = 0;
    element->len = len > ELEMENT_INLINE_MAX ? 0 : (uint8_t)store_inline(element->stored, data, len);
}

void element_init_i64(struct element *element, int64_t number)
{
    element->text = (struct bytes){NULL, 0};
    element->hash = 0;
    element->len = (uint8_t)store_i64(element->stored, number);
}

static size_t store_blob(char *out, struct blob *blob)
{
    out[0] = (char)ELEMENT_BLOB;
    memcpy(out + 1, &blob, sizeof blob);
    return 1 + sizeof blob;
}

size_t element_store_expiry(char *out, int64_t expire_ms)
{
    if (expire_ms == ELEMENT_NO_EXPIRY)
        return 0;
    out[0] = (char)ELEMENT_TIMED;
    memcpy(out + 1, &expire_ms, sizeof expire_ms);
    return ELEMENT_TIME_LEN;
}

size_t element_store(char *out, const struct element *element, const struct arg *arg)
{
    if (element->len > 0) {
        memcpy(out, element->stored, element->len);
        return element->len;
    }
    if (arg && arg->blob)
        return store_blob(out, blob_retain(arg->blob));
    struct blob *blob = blob_create(element->text.len);
    if (!blob)
        return 0;
    memcpy(blob->data, element->text.data, element->text.len);
    blob->len = element->text.len;
    return store_blob(out, blob);
}

/* ---- reading ---- */

size_t element_len_rare(const char *stored)
{
    unsigned tag = (unsigned char)stored[0];
    if (tag < ELEMENT_TEXT)
        return 2;
    if (tag == ELEMENT_TEXT)
        return 2 + (size_t)(unsigned char)stored[1];
    if (tag == ELEMENT_TIMED)
        return ELEMENT_TIME_LEN + element_len(stored + ELEMENT_TIME_LEN);
    return tag >= ELEMENT_INT64 ? 9 : (size_t)(tag - ELEMENT_INT16) + 3;
}

static struct blob *blob_of(const char *stored)
{
    struct blob *blob;
    stored = element_untimed(stored);
    if ((unsigned char)stored[0] != ELEMENT_BLOB)
        return NULL;
    memcpy(&blob, stored + 1, sizeof blob);
    return blob;
}

void element_view(const char *stored, struct element_view *view_out)
{
    int64_t number;
    stored = element_untimed(stored);
    unsigned tag = (unsigned char)stored[0];
    view_out->blob = NULL;
    if (tag >= ELEMENT_SHORT_TEXT && tag < ELEMENT_INT13) {
        view_out->text = (struct bytes){stored + 1, tag - ELEMENT_SHORT_TEXT};
    } else if (tag == ELEMENT_TEXT) {
        view_out->text = (struct bytes){stored + 2, (unsigned char)stored[1]};
    } else if (read_i64(stored, &number)) {
        view_out->text = (struct bytes){view_out->digits, number_format_i64(view_out->digits, number)};
    } else {
        view_out->blob = blob_of(stored);
        view_out->text = (struct bytes){view_out->blob->data, view_out->blob->len};
    }
}

void element_init_stored(struct element *element, const char *stored, struct element_view *view_out)
{
    element_view(stored, view_out);
    element->text = view_out->text;
    element->hash = 0;
    element->len = view_out->blob ? 0 : (uint8_t)element_len(stored);
    memcpy(element->stored, stored, element->len);
}

bool element_to_i64(const char *stored, int64_t *number_out)
{
    return read_i64(element_untimed(stored), number_out);
}

bool element_equals_blob(const char *stored, const struct element *element)
{
    const struct blob *blob = blob_of(stored);
    return blob && bytes_equal(blob->data, blob->len, element->text.data, element->text.len);
}

bool element_is_same(const char *stored, const char *other)
{
    const struct blob *blob = blob_of(stored), *other_blob = blob_of(other);
    if (blob && other_blob)
        return blob == other_blob || bytes_equal(blob->data, blob->len, other_blob->data, other_blob->len);
    size_t len = element_len(stored);
    return len == element_len(other) && memcmp(stored, other, len) == 0;
}

int element_compare(const char *stored, struct bytes text)
{
    struct element_view view;
    element_view(stored, &view);
    size_t shorter = view.text.len < text.len ? view.text.len : text.len;
    int order = shorter > 0 ? memcmp(view.text.data, text.data, shorter) : 0;
    return order ? order : (view.text.len > text.len) - (view.text.len < text.len);
}

uint64_t element_hash_stored(const char *stored)
{
    const struct blob *blob = blob_of(stored);
    return blob ? siphash_bytes(blob->data, blob->len) : siphash_bytes(stored, element_len(stored));
}

uint64_t element_hash(const struct element *element)
{
    if (element->hash != 0)
        return element->hash;
    return element->len > 0 ? siphash_bytes(element->stored, element->len)
                            : siphash_bytes(element->text.data, element->text.len);
}

/* ---- what lies outside ---- */

void element_retain(const char *stored)
{
    struct blob *blob = blob_of(stored);
    if (blob)
        blob_retain(blob);
}

void element_release(const char *stored)
{
    blob_release(blob_of(stored));
}

size_t element_outside(const char *stored)
{
    const struct blob *blob = blob_of(stored);
    return blob ? blob_memory(blob) : 0;
}
