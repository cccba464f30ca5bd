#include "persist/rdb_records.h"

#include "persist/rdb_string.h"

#include <string.h>

static void add_opcode(struct text *out, enum rdb_opcode opcode)
{
    text_add_char(out, (char)opcode);
}

/* ---- about the file ---- */

void rdb_add_aux(struct text *out, const char *name, struct bytes value)
{
    add_opcode(out, RDB_OPCODE_AUX);
    rdb_add_string(out, (struct bytes){name, strlen(name)}, false);
    rdb_add_string(out, value, false);
}

static void add_number(struct text *out, const char *name, uint64_t number)
{
    char digits[NUMBER_I64_MAX_LEN];
    rdb_add_aux(out, name, (struct bytes){digits, number_format_u64(digits, number)});
}

void rdb_add_origin(struct text *out, const struct rdb_origin *origin)
{
    rdb_add_aux(out, "redis-ver", (struct bytes){origin->redis_version, strlen(origin->redis_version)});
    add_number(out, "redis-bits", 8 * sizeof(void *));
    add_number(out, "ctime", (uint64_t)origin->made_s);
    add_number(out, "used-mem", origin->memory);
    add_number(out, "aof-base", origin->is_base);
}

/* ---- its parts ---- */

void rdb_add_library(struct text *out, struct bytes code, bool compresses)
{
    add_opcode(out, RDB_OPCODE_LIBRARY);
    rdb_add_string(out, code, compresses);
}

void rdb_add_database(struct text *out, uint64_t number)
{
    add_opcode(out, RDB_OPCODE_DATABASE);
    rdb_add_length(out, number);
}

void rdb_add_sizes(struct text *out, uint64_t keys, uint64_t expiring)
{
    add_opcode(out, RDB_OPCODE_SIZES);
    rdb_add_length(out, keys);
    rdb_add_length(out, expiring);
}

void rdb_add_entry_head(struct rdb_saver *saver, const struct entry *entry, struct rdb_use use)
{
    int64_t expire_ms = entry_expiry(entry);
    if (expire_ms != ENTRY_NO_EXPIRY) {
        add_opcode(saver->out, RDB_OPCODE_EXPIRE_MS);
        rdb_add_fixed64(saver->out, (uint64_t)expire_ms);
    }
    if (use.idle_s >= 0) {
        add_opcode(saver->out, RDB_OPCODE_IDLE);
        rdb_add_length(saver->out, (uint64_t)use.idle_s);
    }
    if (use.frequency >= 0) {
        add_opcode(saver->out, RDB_OPCODE_FREQUENCY);
        text_add_char(saver->out, (char)use.frequency);
    }
    saver->has_key = true;
    saver->key = entry_key(entry);
}

void rdb_add_entry(struct rdb_saver *saver, const struct entry *entry, struct rdb_use use)
{
    rdb_add_entry_head(saver, entry, use);
    rdb_save_value(saver, entry);
}
