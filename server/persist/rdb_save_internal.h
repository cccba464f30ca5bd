/*
 * What the sources that save values share. Private to them.
 */
#ifndef KVS_PERSIST_RDB_SAVE_INTERNAL_H
#define KVS_PERSIST_RDB_SAVE_INTERNAL_H

#include "persist/listpack.h"
#include "persist/rdb_save.h"
#include "persist/rdb_string.h"
#include "types/collection.h"

/* By type: as rdb_save_begin(), the saver's type having been chosen and written by rdb_save_type(). */
void rdb_save_string(struct rdb_saver *saver, const struct entry *entry);
bool rdb_save_list(struct rdb_saver *saver, const struct entry *entry);
bool rdb_save_set(struct rdb_saver *saver, const struct entry *entry);
bool rdb_save_zset(struct rdb_saver *saver, const struct entry *entry);
bool rdb_save_hash(struct rdb_saver *saver, const struct entry *entry);
bool rdb_save_stream(struct rdb_saver *saver, const struct entry *entry);

/* A list of any size at once. */
void rdb_save_listpacks(struct rdb_saver *saver, const struct entry *entry);

/* By type, as rdb_save_records(). */
void rdb_save_list_records(struct rdb_saver *saver, const char *records, const char *end);
void rdb_save_zset_records(struct rdb_saver *saver, const char *records, const char *end);
void rdb_save_hash_records(struct rdb_saver *saver, const char *records, const char *end);

void rdb_save_stream_end(struct rdb_saver *saver, const struct stream *stream);

static inline void rdb_save_type(struct rdb_saver *saver, enum rdb_type type)
{
    saver->type = (uint8_t)type;
    text_add_char(saver->out, (char)type);
    if (saver->has_key)
        rdb_add_string(saver->out, saver->key, saver->compresses);
}

static inline void rdb_save_text(struct rdb_saver *saver, struct bytes text)
{
    rdb_add_string(saver->out, text, saver->compresses);
}

/* A stored element as a string. */
static inline void rdb_save_element(struct rdb_saver *saver, const char *stored)
{
    struct element_view view;
    element_view(stored, &view);
    rdb_save_text(saver, view.text);
}

/* A stored element as an item of a listpack. */
static inline void rdb_pack_element(struct listpack_writer *writer, const char *stored)
{
    struct element_view view;
    element_view(stored, &view);
    listpack_add(writer, view.text);
}

/* A listpack that was written to a text of its own, which is given up, as a string. */
static inline void rdb_save_listpack(struct rdb_saver *saver, struct listpack_writer *writer)
{
    listpack_end(writer);
    rdb_save_text(saver, (struct bytes){writer->out->data, writer->out->len});
    text_deinit(writer->out);
}

#endif
