/*
 * Directives: one row each, and how a row's value is read, written and checked.
 *
 * Private to config/. A row says everything that is known about a directive: names, kind of value, bounds, default,
 * when it may change, what it is for. Its value lies in a field of struct config, or, if nothing in the server reads
 * it, as a text in struct config_extra.
 */
#ifndef KVS_CONFIG_DIRECTIVE_H
#define KVS_CONFIG_DIRECTIVE_H

#include "config/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

enum directive_kind {
    KIND_BOOL,
    KIND_NUMBER,
    KIND_MEMORY,            /* bytes, units allowed */
    KIND_MEMORY_OR_PERCENT, /* a percentage is kept as a negative number */
    KIND_OCTAL,
    KIND_ENUM,  /* one of choices */
    KIND_FLAGS, /* some of choices, combined with | */
    KIND_STRING,
    KIND_FILE_NAME, /* a name without a folder */
    KIND_WORDS,     /* any number of words */
    KIND_THREADS,   /* a number or "auto" */
    KIND_DIRECTORY, /* one that exists; kept as an absolute path */
    KIND_SOCKET,    /* path of a socket file, or "" */
    KIND_TITLE,     /* template of the process title */
    KIND_SAVE,      /* pairs of seconds and changes */
    KIND_OUTPUT_LIMITS,
    KIND_PERCENTILES,
    KIND_OOM_VALUES, /* three numbers */
    KIND_EVENTS,     /* letters of keyspace events */
    KIND_REPLICAOF,
    KIND_LISTEN, /* entries of socket files (listen_value.h) */
    KIND_USER,   /* an account; its lines also declare users of the ACL */
};

enum directive_section {
    SECTION_SOCKET,
    SECTION_PROCESS,
    SECTION_ACCESS,
    SECTION_CLIENTS,
    SECTION_KEYS,
    SECTION_OBSERVATION,
    SECTION_PERSISTENCE,
    SECTION_COMPATIBILITY, /* accepted, kept and shown by CONFIG GET; no effect */
    SECTIONS,
};

enum directive_flag {
    DIRECTIVE_IMMUTABLE = 1 << 0, /* set at start only */
    DIRECTIVE_HIDDEN = 1 << 1,    /* left out of the documentation and of CONFIG GET's patterns */
    DIRECTIVE_PROTECTED = 1 << 2, /* CONFIG SET may change it only if enable-protected-configs allows that */
    DIRECTIVE_MULTI = 1 << 3,     /* takes any number of words, or one text that holds them all */
    DIRECTIVE_NOT_EMPTY = 1 << 4,
    /*
     * immutable, but CONFIG SET accepts the value that it has: programs that set back everything that CONFIG GET *
     * showed know which of Redis's directives to leave out, but can't know ours
     */
    DIRECTIVE_OWN = 1 << 5,
    DIRECTIVE_SECRET = 1 << 6, /* messages and logs don't repeat the value */
};

struct directive_choice {
    const char *name;
    int value;
};

#define DIRECTIVE_NO_FIELD SIZE_MAX

struct directive {
    const char *name;  /* lower case */
    const char *alias; /* an older name; NULL: none */
    enum directive_kind kind;
    enum directive_section section;
    uint32_t flags;
    size_t offset; /* of the field in struct config, in bytes; or DIRECTIVE_NO_FIELD */
    size_t width;  /* of the field in bytes */
    int64_t min;
    uint64_t max;
    const struct directive_choice *choices; /* ends with a NULL name */
    const char *initial;                    /* the default, as a file would have it */
    const char *refusal;                    /* why any value but the default is refused; NULL: it isn't */
    /*
     * What happens instead, where any value but the default promises something that nothing here does yet: a whole
     * sentence without its full stop. NULL: none does, or the promise is kept.
     */
    const char *unkept;
    const char *about; /* one sentence for the documentation */
};

/* Values without a field. There is one for each struct config, on the heap. */
struct config_extra {
    char *start_dir;   /* the working directory at the time it was made; relative paths in `dir` start from it */
    bool socket_named; /* unixsocket was set, and isn't the default */
    bool activated;    /* sockets come from the service manager */
    char **user_places, **rename_places; /* by number of user or rename, as far as they are known */
    size_t user_place_count;
    struct reading *reading; /* where the values come from; NULL: not known */
    char *texts[];           /* by directive number; NULL where the directive has a field */
};

extern const struct directive directives[];
extern const size_t directive_count;

/* Finds a directive by name or alias, in upper or lower case; NULL if there is none. */
const struct directive *directive_find(const char *name, size_t len);

static inline size_t directive_number(const struct directive *directive)
{
    return (size_t)(directive - directives);
}

const char *directive_section_title(enum directive_section section);

/* The place of settings on the command line. */
#define CONFIG_COMMAND_LINE "command line"

#endif
