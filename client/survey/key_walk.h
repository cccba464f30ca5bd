/*
 * Walks through all keys of a database by SCAN and asks the server something about each: what is asked is pipelined, so
 * that a round trip covers a thousand keys, not one.
 *
 * Keys that vanish meanwhile, or change their type, are left out. SCAN may name a key more than once, as it does
 * everywhere. What the server refuses to say about a key stays unknown; at the end, each question that was refused is
 * printed once, with the first reason, and decides the exit code of the walk.
 */
#ifndef KVS_CLIENT_SURVEY_KEY_WALK_H
#define KVS_CLIENT_SURVEY_KEY_WALK_H

#include "core/exit_codes.h"
#include "core/progress.h"
#include "options/options.h"
#include "session/session.h"
#include "survey/key_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is asked about a key. */
enum key_question {
    KEY_TYPE,
    KEY_LENGTH,            /* STRLEN, LLEN ...; needs KEY_TYPE */
    KEY_MEMORY,            /* MEMORY USAGE, with the samples that the options say */
    KEY_MEMORY_OF_UNKNOWN, /* the same, of those that KEY_LENGTH can't size */
    KEY_TTL,
    KEY_FREQUENCY, /* OBJECT FREQ */
    KEY_QUESTIONS,
};

/* What is known of a key. Borrowed until visit() returns. */
struct walked_key {
    const char *name; /* any bytes */
    size_t name_length;
    const char *type_name;          /* NULL: not asked, or unknown */
    const struct key_type *type;    /* NULL: also when it is a type of a module */
    int64_t answers[KEY_QUESTIONS]; /* -1: not asked, or unknown. KEY_TTL: milliseconds, or KEY_HAS_NO_TTL */
    double fraction;                /* of all keys, those that came before; negative: unknown */
};

#define KEY_HAS_NO_TTL (-2)

struct key_walk_plan {
    bool asks[KEY_QUESTIONS];
    enum key_question essential; /* the walk ends where a server lacks it, or refuses it to this user */
    void (*visit)(void *context, const struct walked_key *key);
    void *context;
};

struct key_walk_result {
    enum exit_code code;  /* EXIT_CODE_OK, also after Ctrl-C, when nothing was refused */
    bool is_complete;     /* to the last key */
    bool was_interrupted; /* by Ctrl-C */
    uint64_t walked;      /* keys that were visited */
    double fraction;      /* of all keys; negative: unknown */
};

/* The progress of a walk, for those who print while visiting: progress_clear() before. */
struct key_walk_result key_walk_run(struct session *session, const struct key_walk_plan *plan,
                                    struct progress *progress);

#endif
