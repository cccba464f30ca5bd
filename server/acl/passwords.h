/*
 * Passwords of one user, kept as SHA-256 hashes, as in Redis, so that its ACL files can be used. The hash is a fast
 * one: it protects good passwords, but not guessable ones.
 */
#ifndef KVS_ACL_PASSWORDS_H
#define KVS_ACL_PASSWORDS_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>

#define PASSWORD_HASH_TEXT 65 /* 64 hexadecimal digits and the NUL */

struct passwords {
    char (*hashes)[PASSWORD_HASH_TEXT];
    size_t count;
};

void password_hash(const char *password, size_t len, char out[PASSWORD_HASH_TEXT]);

/* Whether the text is a hash as password_hash() writes it: lower case. */
bool password_is_hash(struct bytes text);

void passwords_clear(struct passwords *passwords);
void passwords_copy(struct passwords *to, const struct passwords *from); /* to is empty */

/* Each hash is kept once. hash has 64 digits. */
void passwords_add(struct passwords *passwords, const char *hash);
bool passwords_remove(struct passwords *passwords, const char *hash); /* false: there was none */

/* Whether the password is one of them. The time doesn't depend on which. */
bool passwords_have(const struct passwords *passwords, const char *password, size_t len);

#endif
