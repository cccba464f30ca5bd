#include "types/stream_text.h"

#define MIDDLE 0xf7   /* the tag */
#define MIDDLE_HEAD 3 /* bytes before the text */
#define BLOB_LEN (1 + sizeof(struct blob *))

size_t stream_text_bound(const struct arg *arg)
{
    return arg->len > STREAM_TEXT_INLINE_MAX ? BLOB_LEN : MIDDLE_HEAD + arg->len;
}

size_t stream_text_store(char *out, const struct arg *arg)
{
    if (arg->len <= ELEMENT_INLINE_MAX)
        return element_store_inline(out, (struct bytes){arg->data, arg->len});
    if (arg->len <= STREAM_TEXT_INLINE_MAX) {
        out[0] = (char)MIDDLE;
        out[1] = (char)(arg->len >> 8);
        out[2] = (char)arg->len;
        memcpy(out + MIDDLE_HEAD, arg->data, arg->len);
        return MIDDLE_HEAD + arg->len;
    }
    struct element element;
    element_init(&element, arg->data, arg->len);
    return element_store(out, &element, arg);
}

static bool is_middle(const char *stored)
{
    return (unsigned char)*stored == MIDDLE;
}

static size_t middle_len(const char *stored)
{
    return (size_t)(unsigned char)stored[1] << 8 | (unsigned char)stored[2];
}

size_t stream_text_len(const char *stored)
{
    return is_middle(stored) ? MIDDLE_HEAD + middle_len(stored) : element_len(stored);
}

const char *stream_text_skip(const char *stored, uint32_t count)
{
    while (count-- > 0)
        stored += stream_text_len(stored);
    return stored;
}

void stream_text_view(const char *stored, struct element_view *view_out)
{
    if (!is_middle(stored)) {
        element_view(stored, view_out);
        return;
    }
    view_out->blob = NULL;
    view_out->text = (struct bytes){stored + MIDDLE_HEAD, middle_len(stored)};
}

/* ---- what lies outside ---- */

bool stream_text_has_outside(const char *stored, uint32_t count)
{
    for (; count > 0; count--, stored += stream_text_len(stored))
        if ((unsigned char)*stored == ELEMENT_BLOB)
            return true;
    return false;
}

size_t stream_text_outside(const char *stored, uint32_t count)
{
    size_t bytes = 0;
    for (; count > 0; count--, stored += stream_text_len(stored))
        if ((unsigned char)*stored == ELEMENT_BLOB)
            bytes += element_outside(stored);
    return bytes;
}

void stream_text_retain(const char *stored, uint32_t count)
{
    for (; count > 0; count--, stored += stream_text_len(stored))
        if ((unsigned char)*stored == ELEMENT_BLOB)
            element_retain(stored);
}

void stream_text_release(const char *stored, uint32_t count)
{
    for (; count > 0; count--, stored += stream_text_len(stored))
        if ((unsigned char)*stored == ELEMENT_BLOB)
            element_release(stored);
}
