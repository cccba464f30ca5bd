/*
 * Values in Redis's format: whatever the bytes, they are refused or give a value that is sound, that is saved and that
 * loads again as the same. Behind the version stands what DUMP has before its version and checksum.
 */
#include "base/digest.h"
#include "base/memory.h"
#include "base/panic.h"
#include "base/usage.h"
#include "persist/rdb_load.h"
#include "persist/rdb_save.h"
#include "persist/rdb_string.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/stream.h"
#include "types/stream_groups.h"
#include "types/type_number.h"
#include "types/types.h"

#include <string.h>

#define NOW 1700000000000
#define ALLOWED ((uint64_t)256 << 20) /* bytes */

static const struct collection_kind *const kinds[VALUE_TYPES] = {
    [TYPE_LIST] = &list_kind, [TYPE_SET] = &set_kind, [TYPE_ZSET] = &zset_kind, [TYPE_HASH] = &hash_kind};

static enum rdb_outcome load(struct bytes payload, unsigned version, struct entry **entry_out)
{
    struct rdb_terms terms = {.version = version,
                              .now_ms = NOW,
                              .set = {512, 128, 64},
                              .zset = {128, 64},
                              .hash_entries = 128,
                              .hash_value = 64,
                              .list_max_listpack_size = -2,
                              .stream = {4096, 100}};
    struct rdb_source source = rdb_source_of(payload);
    unsigned char type;
    rdb_source_allow(&source, ALLOWED);
    return rdb_take_byte(&source, &type)
               ? rdb_load_value(&source, type, (struct bytes){"key", 3}, ENTRY_NO_EXPIRY, &terms, entry_out)
               : RDB_BAD;
}

static void check(const struct entry *entry)
{
    struct collection collection;
    if (entry->type == TYPE_STREAM) {
        stream_check(stream_of(entry));
        stream_groups_check(stream_of(entry)->groups);
    } else if (entry->type != TYPE_STRING) {
        collection_open(&collection, kinds[entry->type], entry);
        collection_check(&collection);
    }
}

static struct digest digest_of(const struct entry *entry)
{
    struct digest digest = {{0}};
    entry_value_type(entry)->digest(entry, &digest);
    return digest;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    types_register();
    usage_join();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct entry *entry, *again = NULL;
    struct text saved = TEXT_EMPTY;
    struct rdb_saver saver = {.out = &saved, .compresses = size % 2};
    if (size < 1 || load((struct bytes){(const char *)data + 1, size - 1}, data[0], &entry) != RDB_READ)
        return 0;
    check(entry);
    rdb_save_value(&saver, entry);
    panic_unless(load((struct bytes){saved.data, saved.len}, rdb_save_version(&saver), &again) == RDB_READ);
    check(again);
    struct digest left = digest_of(entry), right = digest_of(again);
    panic_unless(memcmp(left.bytes, right.bytes, sizeof left.bytes) == 0);
    entry_free(entry);
    entry_free(again);
    text_deinit(&saved);
    return 0;
}
