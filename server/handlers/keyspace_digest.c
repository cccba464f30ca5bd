#include "handlers/keyspace_digest.h"

#include "store/value_type.h"

static void add_value(struct digest *digest, const struct entry *entry)
{
    static const char expiry_mark[] = "!!expire!!";
    digest_mix_number(digest, entry->type);
    entry_value_type(entry)->digest(entry, digest);
    if (entry_expiry(entry) != ENTRY_NO_EXPIRY)
        digest_xor(digest, expiry_mark, sizeof expiry_mark - 1);
}

struct digest digest_of_value(const struct entry *entry)
{
    struct digest digest = {0};
    add_value(&digest, entry);
    return digest;
}

static void add_entry(void *context, const struct entry *entry)
{
    struct digest digest = {0};
    struct bytes key = entry_key(entry);
    digest_mix(&digest, key.data, key.len);
    add_value(&digest, entry);
    digest_xor(context, digest.bytes, DIGEST_LEN);
}

struct digest digest_of_keyspace(struct keyspace *keyspace)
{
    struct digest digest = {0};
    for (int db = keyspace_next_database(keyspace, 0); db >= 0; db = keyspace_next_database(keyspace, db + 1)) {
        if (keyspace_size(keyspace, db) == 0)
            continue;
        digest_mix_number(&digest, (uint32_t)db);
        struct view view = {.keyspace = keyspace, .db = db};
        uint64_t cursor = 0;
        do {
            cursor = keyspace_scan(&view, cursor, 1000, add_entry, &digest);
        } while (cursor != 0);
    }
    return digest;
}
