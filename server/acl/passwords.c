/*
 * A short array of hashes, in the order in which they were added. To look for a password, it is hashed once, and
 * the hash is compared with all others, each to its end.
 */
#include "acl/passwords.h"

#include "base/memory.h"

#include <sha2.h>
#include <stdint.h>
#include <string.h>

enum { HASH_DIGITS = PASSWORD_HASH_TEXT - 1 };
_Static_assert(HASH_DIGITS == 2 * SHA256_DIGEST_LENGTH, "two digits a byte");

void password_hash(const char *password, size_t len, char out[PASSWORD_HASH_TEXT])
{
    SHA256Data((const uint8_t *)password, len, out);
}

bool password_is_hash(struct bytes text)
{
    if (text.len != HASH_DIGITS)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
            return false;
    }
    return true;
}

void passwords_clear(struct passwords *passwords)
{
    mem_free(passwords->hashes);
    *passwords = (struct passwords){0};
}

void passwords_copy(struct passwords *to, const struct passwords *from)
{
    for (size_t i = 0; i < from->count; i++)
        passwords_add(to, from->hashes[i]);
}

static size_t find(const struct passwords *passwords, const char *hash)
{
    size_t i = 0;
    while (i < passwords->count && memcmp(passwords->hashes[i], hash, HASH_DIGITS) != 0)
        i++;
    return i;
}

void passwords_add(struct passwords *passwords, const char *hash)
{
    size_t count = passwords->count;
    if (find(passwords, hash) < count)
        return;
    passwords->hashes = mem_realloc(passwords->hashes, (count + 1) * sizeof *passwords->hashes);
    memcpy(passwords->hashes[count], hash, HASH_DIGITS);
    passwords->hashes[count][HASH_DIGITS] = '\0';
    passwords->count++;
}

bool passwords_remove(struct passwords *passwords, const char *hash)
{
    size_t at = find(passwords, hash);
    if (at == passwords->count)
        return false;
    passwords->count--;
    memmove(&passwords->hashes[at], &passwords->hashes[at + 1], (passwords->count - at) * sizeof *passwords->hashes);
    return true;
}

/* 1 or 0; no branch and no early end depends on the digits. */
static unsigned is_same(const char *a, const char *b)
{
    volatile unsigned difference = 0;
    for (int i = 0; i < HASH_DIGITS; i++)
        difference |= (unsigned char)(a[i] ^ b[i]);
    return (difference - 1) >> 31;
}

bool passwords_have(const struct passwords *passwords, const char *password, size_t len)
{
    char hash[PASSWORD_HASH_TEXT];
    unsigned found = 0;
    password_hash(password, len, hash);
    for (size_t i = 0; i < passwords->count; i++)
        found |= is_same(passwords->hashes[i], hash);
    return found != 0;
}
