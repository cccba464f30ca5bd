#include "persist/log_record.h"

#include "base/number.h"
#include "base/text.h"

#define WORD(text) ((struct bytes){text, sizeof(text) - 1})

static void add_length(struct text *out, char prefix, uint64_t length)
{
    char line[NUMBER_I64_MAX_LEN + 3] = {prefix};
    size_t len = 1 + number_format_u64(line + 1, length);
    line[len++] = '\r';
    line[len++] = '\n';
    text_add_bytes(out, line, len);
}

static void add_command(struct text *out, unsigned count, const struct bytes *words)
{
    add_length(out, '*', count);
    for (unsigned i = 0; i < count; i++) {
        add_length(out, '$', words[i].len);
        text_add_bytes(out, words[i].data, words[i].len);
        text_add_bytes(out, "\r\n", 2);
    }
}

static void add_select(struct text *out, int db)
{
    char digits[NUMBER_I64_MAX_LEN];
    size_t len = number_format_i64(digits, db);
    add_command(out, 2, (const struct bytes[]){WORD("SELECT"), {digits, len}});
}

void log_record_begin(struct log_record *record, struct text *out, unsigned commands)
{
    *record = (struct log_record){.out = out, .is_group = commands > 1, .is_empty = true};
    if (record->is_group)
        add_command(out, 1, &WORD("MULTI"));
}

void log_record_add(struct log_record *record, int db, unsigned count, const struct bytes *words)
{
    if (record->is_empty)
        record->first_db = db;
    else if (db != record->last_db)
        add_select(record->out, db);
    record->is_empty = false;
    record->last_db = db;
    add_command(record->out, count, words);
}

void log_record_end(struct log_record *record)
{
    if (record->is_group)
        add_command(record->out, 1, &WORD("EXEC"));
}

void log_record_lead(struct log_position *position, struct text *out, const struct log_record *record, int64_t now_ms)
{
    int64_t now_s = now_ms / 1000;
    if (position->annotates && now_s > position->annotated_s) {
        text_addf(out, "#TS:%lld\r\n", (long long)now_s);
        position->annotated_s = now_s;
    }
    if (position->db != record->first_db)
        add_select(out, record->first_db);
    position->db = record->last_db;
}
