/*
 * Files of RDB: whatever the bytes, reading ends with a line or with entries that are sound, and a file of these reads
 * as the same. Sums aren't compared, so that what is changed is looked at.
 */
#include "base/digest.h"
#include "base/panic.h"
#include "base/usage.h"
#include "persist/crc64.h"
#include "persist/rdb_read.h"
#include "persist/rdb_string.h"
#include "types/types.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NOW 1700000000000
#define DATABASES 16

struct seen {
    struct text again; /* a file of what was read */
    unsigned version;  /* that it needs */
    uint64_t count;
    struct digest digest;
};

static int memory; /* a file */

static bool see_database(void *context, uint64_t database, struct text *why)
{
    (void)context;
    if (database >= DATABASES)
        text_add(why, "there is no such database");
    return database < DATABASES;
}

static bool see_entry(void *context, const struct rdb_found *found, struct text *why)
{
    struct seen *seen = context;
    struct rdb_saver saver = {.out = &seen->again, .compresses = seen->count % 2};
    struct digest digest = {{0}};
    struct bytes key = entry_key(found->entry);
    (void)why;
    digest_mix_number(&digest, (uint32_t)found->database);
    digest_mix(&digest, key.data, key.len);
    digest_mix_number(&digest, (uint32_t)entry_expiry(found->entry));
    digest_mix_number(&digest, (uint32_t)found->use.frequency);
    digest_mix_number(&digest, (uint32_t)found->use.idle_s);
    entry_value_type(found->entry)->digest(found->entry, &digest);
    digest_xor(&seen->digest, digest.bytes, sizeof digest.bytes);
    rdb_add_database(&seen->again, found->database);
    rdb_add_entry(&saver, found->entry, found->use);
    if (rdb_save_version(&saver) > seen->version)
        seen->version = rdb_save_version(&saver);
    seen->count++;
    entry_free(found->entry);
    return true;
}

static bool read_bytes(const void *data, size_t len, bool sums, struct seen *seen)
{
    struct rdb_terms terms = {.now_ms = NOW,
                              .set = {512, 128, 64},
                              .zset = {128, 64},
                              .hash_entries = 128,
                              .hash_value = 64,
                              .list_max_listpack_size = -2,
                              .stream = {4096, 100}};
    struct rdb_visitor visitor = {seen, NULL, NULL, see_database, NULL, see_entry};
    struct rdb_reader reader;
    struct rdb_result result;
    panic_unless(ftruncate(memory, 0) == 0 && pwrite(memory, data, len, 0) == (ssize_t)len);
    lseek(memory, 0, SEEK_SET);
    panic_unless(rdb_reader_init(&reader, memory, sums));
    rdb_source_allow(&reader.source, (uint64_t)256 << 20);
    bool is_complete = rdb_read(&reader, &terms, &visitor, &result);
    panic_unless(is_complete == (result.words[0] == '\0') && result.offset <= len);
    rdb_reader_deinit(&reader);
    return is_complete;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    types_register();
    usage_join();
    memory = memfd_create("rdb", MFD_CLOEXEC);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen first = {.again = TEXT_EMPTY, .version = RDB_VERSION}, second = first;
    struct text file = TEXT_EMPTY;
    read_bytes(data, size, false, &first);
    text_addf(&file, "REDIS%04u", first.version);
    text_add_bytes(&file, first.again.data, first.again.len);
    text_add_char(&file, (char)RDB_OPCODE_END);
    rdb_add_fixed64(&file, crc64_add(0, file.data, file.len));
    panic_unless(read_bytes(file.data, file.len, true, &second));
    panic_unless(first.count == second.count);
    panic_unless(memcmp(first.digest.bytes, second.digest.bytes, sizeof first.digest.bytes) == 0);
    text_deinit(&first.again);
    text_deinit(&second.again);
    text_deinit(&file);
    return 0;
}
