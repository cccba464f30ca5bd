/*
 * Digests. Two ways to add bytes: xor with their SHA-1, which doesn't depend on the order, and "mix", which
 * hashes the result once more and so does. A value is mixed; the digests of keys are xored, since a
 * keyspace has no order.
 */
#include "handlers/digest.h"

#include "types/string.h"

#include <arpa/inet.h>
#include <sha1.h>
#include <stdint.h>
#include <string.h>

_Static_assert(DIGEST_LEN == SHA1_DIGEST_LENGTH, "digests are made of SHA-1");

/* data may be the digest itself. */
static void sha1(const void *data, size_t len, unsigned char digest_out[DIGEST_LEN])
{
    SHA1_CTX context;
    SHA1Init(&context);
    SHA1Update(&context, data, len);
    SHA1Final(digest_out, &context);
}

static void digest_xor(unsigned char digest[DIGEST_LEN], const void *data, size_t len)
{
    unsigned char hash[DIGEST_LEN];
    sha1(data, len, hash);
    for (int i = 0; i < DIGEST_LEN; i++)
        digest[i] ^= hash[i];
}

static void digest_mix(unsigned char digest[DIGEST_LEN], const void *data, size_t len)
{
    digest_xor(digest, data, len);
    sha1(digest, DIGEST_LEN, digest);
}

static void digest_mix_number(unsigned char digest[DIGEST_LEN], uint32_t number)
{
    uint32_t big_endian = htonl(number);
    digest_mix(digest, &big_endian, sizeof big_endian);
}

static void digest_add_value(unsigned char digest[DIGEST_LEN], const struct entry *entry)
{
    static const char expiry_mark[] = "!!expire!!";
    digest_mix_number(digest, entry->type);
    struct string_view view;
    string_view(entry, &view);
    digest_mix(digest, view.data, view.len);
    if (entry_expiry(entry) != ENTRY_NO_EXPIRY)
        digest_xor(digest, expiry_mark, sizeof expiry_mark - 1);
}

void digest_value(const struct entry *entry, unsigned char digest_out[DIGEST_LEN])
{
    memset(digest_out, 0, DIGEST_LEN);
    digest_add_value(digest_out, entry);
}

static void digest_add_entry(void *context, struct entry *entry)
{
    unsigned char *total = context;
    unsigned char digest[DIGEST_LEN] = {0};
    struct bytes key = entry_key(entry);
    digest_mix(digest, key.data, key.len);
    digest_add_value(digest, entry);
    digest_xor(total, digest, DIGEST_LEN);
}

void digest_keyspace(struct keyspace *keyspace, unsigned char digest_out[DIGEST_LEN])
{
    memset(digest_out, 0, DIGEST_LEN);
    for (int index = 0; index < keyspace_databases(keyspace); index++) {
        if (keyspace_size(keyspace, index) == 0)
            continue;
        digest_mix_number(digest_out, (uint32_t)index);
        struct db db = {.keyspace = keyspace, .index = index};
        uint64_t cursor = 0;
        do {
            cursor = keyspace_scan(db, cursor, 1000, digest_add_entry, digest_out);
        } while (cursor != 0);
    }
}
