/*
 * The scripts that the server knows, by the SHA-1 of their text: what SCRIPT LOAD and EVAL have brought.
 *
 * The texts are shared; each worker compiles what it needs (compiled.h). Those of SCRIPT LOAD stay until SCRIPT FLUSH;
 * of those that only EVAL has brought the latest 500 stay, or as many as fit into 32 MiB, so that texts with values in them
 * don't grow the server.
 *
 * Any thread; the lock is the module's own.
 */
#ifndef KVS_SCRIPT_SCRIPT_CACHE_H
#define KVS_SCRIPT_SCRIPT_CACHE_H

#include "base/sha1.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_CACHE_EVALUATED 500                      /* scripts of EVAL that stay */
#define SCRIPT_CACHE_EVALUATED_BYTES ((size_t)32 << 20) /* of them */

struct script {
    char sha[SHA1_HEX_LEN];
    uint32_t flags;          /* script_flag */
    size_t line_len;         /* of the line with flags */
    atomic_bool cached;      /* it is among the scripts that the server knows */
    atomic_bool reaches_out; /* it has touched keys that it hadn't declared */
    atomic_bool has_run;     /* to its end, at least once */
    /* private */
    atomic_uint references;
    bool loaded;
    struct script *next;            /* of its chain */
    struct script *older, *younger; /* of those that EVAL has brought */
    size_t len;
    char text[]; /* a NUL follows */
};

/* Whether the text is a SHA-1, in any case of letters, which is written to sha_out in lower case. */
bool script_sha_read(const char *text, size_t len, char sha_out[SHA1_HEX_LEN]);

/* The script with this SHA-1, in lower case, or in any, retained; NULL: it isn't known, or that is none. */
struct script *script_cache_find(const char sha[SHA1_HEX_LEN]);
struct script *script_cache_find_any_case(const char sha[SHA1_HEX_LEN]);

/* A new script, retained, that isn't cached yet. Its flags are the caller's to set before. NULL without memory. */
struct script *script_create(const char sha[SHA1_HEX_LEN], const char *text, size_t len);

/*
 * The script is known from now on; loaded: by SCRIPT LOAD. Returns the one that is, retained, and releases the one that
 * was given, if there has been an equal one.
 */
struct script *script_cache_add(struct script *script, bool loaded);

struct script *script_retain(struct script *script);
void script_release(struct script *script);

/* Forgets all of them. What a worker has compiled before is no longer to be used: it asks for the generation. */
void script_cache_flush(void);
uint64_t script_cache_generation(void);

/* How many there are, and the bytes that they occupy. */
size_t script_cache_count(void);
size_t script_cache_memory(void);

#endif
