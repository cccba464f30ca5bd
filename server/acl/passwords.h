/*
 * Passwords of one user: what is kept is the SHA-256 of each, as Redis does, so that its ACL files can be used.
 * The hash is a fast one; it protects good passwords, not guessable ones.
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

/* Each hash is kept once. */
void passwords_add(struct passwords *passwords, const char *hash);
bool passwords_remove(struct passwords *passwords, const char *hash); /* false: it wasn't there */

/* Takes the same time whatever the password is. */
bool passwords_have(const struct passwords *passwords, const char *password, size_t len);

#endif
