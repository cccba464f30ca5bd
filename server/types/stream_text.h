/*
 * Texts in stream entries: field names and values, as they are stored.
 *
 * A text is stored as the element of a collection is (shape/element.h), so numbers take their one to nine bytes. Longer
 * texts than an element has room for stand in their block as well, behind a tag that elements don't use:
 *
 *     11110111 n n text   up to STREAM_TEXT_INLINE_MAX bytes; the length's high byte first
 *
 * and only what is longer than that lies in a blob.
 */
#ifndef KVS_TYPES_STREAM_TEXT_H
#define KVS_TYPES_STREAM_TEXT_H

#include "shape/element.h"

#define STREAM_TEXT_INLINE_MAX 4000

/* Bytes that storing takes at most. */
size_t stream_text_bound(const struct arg *arg);

/* Writes the text to out; returns the bytes written, or 0 without memory. It owns a reference to its blob, if any. */
size_t stream_text_store(char *out, const struct arg *arg);

/* Bytes of a stored text. */
size_t stream_text_len(const char *stored);

/* Skips count of them. */
const char *stream_text_skip(const char *stored, uint32_t count);

/* The text is borrowed from its block, or lies in the view if it is a number. */
void stream_text_view(const char *stored, struct element_view *view_out);

/* ---- what lies outside: of count texts ---- */

bool stream_text_has_outside(const char *stored, uint32_t count);
size_t stream_text_outside(const char *stored, uint32_t count); /* bytes of memory */

/* Takes other references to it, for a copy of the bytes; gives them up. */
void stream_text_retain(const char *stored, uint32_t count);
void stream_text_release(const char *stored, uint32_t count);

#endif
