/*
 * Commands: what the one table says about each.
 *
 * The table (command/specs/, one file per family) holds everything that is known about a command: name, arity,
 * flags, where its keys are, categories, documentation, arguments, subcommands and its handler. COMMAND,
 * key extraction, the executor's locking, the client's hints and docs/commands.md are all drawn from it.
 */
#ifndef KVS_COMMAND_COMMAND_H
#define KVS_COMMAND_COMMAND_H

#include "base/access_level.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arg;
struct call;
struct command;

typedef void command_handler(struct call *call);

enum command_flag {
    /* as COMMAND INFO tells them */
    CMD_WRITE = 1 << 0,
    CMD_READONLY = 1 << 1,
    CMD_DENYOOM = 1 << 2,
    CMD_ADMIN = 1 << 3,
    CMD_NOSCRIPT = 1 << 4,
    CMD_BLOCKING = 1 << 5,
    CMD_LOADING = 1 << 6,
    CMD_STALE = 1 << 7,
    CMD_SKIP_MONITOR = 1 << 8,
    CMD_SKIP_SLOWLOG = 1 << 9,
    CMD_FAST = 1 << 10,
    CMD_NO_AUTH = 1 << 11,
    CMD_MAY_REPLICATE = 1 << 12,
    CMD_NO_MULTI = 1 << 13,
    CMD_ALLOW_BUSY = 1 << 14,
    CMD_MOVABLEKEYS = 1 << 15,
    CMD_PROTECTED = 1 << 16, /* DEBUG: only if enable-debug-command allows */
    CMD_SENTINEL = 1 << 17,  /* told by nobody; kept free */
    CMD_PUBSUB = 1 << 18,
    CMD_NO_ASYNC_LOADING = 1 << 19,
    CMD_TOUCHES_ARBITRARY_KEYS = 1 << 20,
    CMD_NO_MANDATORY_KEYS = 1 << 21,
    /* ours, told to nobody */
    CMD_EXCLUSIVE = 1 << 28,  /* runs while the world is stopped: sees all clients and all keys, takes no lock */
    CMD_UNLOCKED = 1 << 29,   /* runs holding no lock, and takes those that it needs (SCAN, INFO, CLIENT LIST) */
    CMD_GROUPABLE = 1 << 30,  /* may run in a group with others; command_table.c adds it to most that have keys */
    CMD_SCRIPT = 1 << 22,     /* uses its worker's interpreter: not while a script runs there (engine/run_script.h) */
    CMD_NOT_QUEUED = 1 << 23, /* runs at once in a transaction, too */
    CMD_EXECUTES = 1 << 25,   /* runs what the client has queued: so are those of its keys (clients/transaction.h) */
    CMD_TURNS = 1 << 26,      /* may give way (clients/turn.h), so it runs in no group */
    CMD_TOUCHES = 1 << 27,    /* renews recency even for a client that said CLIENT NO-TOUCH */
};

enum command_category {
    CAT_KEYSPACE = 1 << 0,
    CAT_READ = 1 << 1,
    CAT_WRITE = 1 << 2,
    CAT_SET = 1 << 3,
    CAT_SORTEDSET = 1 << 4,
    CAT_LIST = 1 << 5,
    CAT_HASH = 1 << 6,
    CAT_STRING = 1 << 7,
    CAT_BITMAP = 1 << 8,
    CAT_HYPERLOGLOG = 1 << 9,
    CAT_GEO = 1 << 10,
    CAT_STREAM = 1 << 11,
    CAT_PUBSUB = 1 << 12,
    CAT_ADMIN = 1 << 13,
    CAT_FAST = 1 << 14,
    CAT_SLOW = 1 << 15,
    CAT_BLOCKING = 1 << 16,
    CAT_DANGEROUS = 1 << 17,
    CAT_CONNECTION = 1 << 18,
    CAT_TRANSACTION = 1 << 19,
    CAT_SCRIPTING = 1 << 20,
};

enum command_group {
    GROUP_GENERIC,
    GROUP_STRING,
    GROUP_LIST,
    GROUP_SET,
    GROUP_SORTED_SET,
    GROUP_HASH,
    GROUP_PUBSUB,
    GROUP_TRANSACTIONS,
    GROUP_CONNECTION,
    GROUP_SERVER,
    GROUP_SCRIPTING,
    GROUP_HYPERLOGLOG,
    GROUP_CLUSTER,
    GROUP_SENTINEL,
    GROUP_GEO,
    GROUP_STREAM,
    GROUP_BITMAP,
};

enum key_flag {
    KEY_RO = 1 << 0,
    KEY_RW = 1 << 1,
    KEY_OW = 1 << 2,
    KEY_RM = 1 << 3,
    KEY_ACCESS = 1 << 4,
    KEY_UPDATE = 1 << 5,
    KEY_INSERT = 1 << 6,
    KEY_DELETE = 1 << 7,
    KEY_NOT_KEY = 1 << 8,
    KEY_INCOMPLETE = 1 << 9,
    KEY_VARIABLE_FLAGS = 1 << 10,
};

enum key_search { KEY_AT_INDEX, KEY_AT_KEYWORD, KEY_UNKNOWN };
enum key_find { KEY_FIND_RANGE, KEY_FIND_KEYNUM };

/* Where the key of a KEY_UNKNOWN is among the arguments; 0 if there is none. */
typedef int key_finder(const struct arg *argv, int argc);

/* Where keys are among the arguments; the terms are those of COMMAND INFO. */
struct key_spec {
    uint32_t flags;
    enum key_search search;
    int index;           /* KEY_AT_INDEX */
    const char *keyword; /* KEY_AT_KEYWORD, searched from start_from on */
    int start_from;
    bool repeated;      /* KEY_AT_KEYWORD: may stand several times, and the command may take any of them */
    key_finder *finder; /* knows what COMMAND INFO has no terms for. KEY_UNKNOWN with NULL: the keys aren't arguments */
    enum key_find find;
    int last_key, step, limit; /* KEY_FIND_RANGE; last_key is relative to the first, negative from the end */
    int keynum_index, first_key, key_step; /* KEY_FIND_KEYNUM */
    const char *notes;
};

/*
 * Which arguments nobody but the handler may see, and which are another command, with secrets of its own. What shows
 * arguments (record/redact.h) knows of secrets from here alone. Arguments are numbered from the command's name on, 0.
 */
enum secret_kind {
    SECRET_ARGUMENTS,  /* from number `from` on, all */
    SECRET_BEHIND,     /* behind the word `word`, if it stands at number `from` or later: `count`, then up to `until` */
    SECRET_DIRECTIVES, /* from number `from` on are directives, each with its value, which may be secret */
    SECRET_COMMAND,    /* from number `from` on is another command; if there is a `word`, only where it stands before */
};

struct secret_spec {
    enum secret_kind kind;
    int from;
    const char *word;
    int count;
    const char *until;
};

enum arg_type {
    ARG_STRING,
    ARG_INTEGER,
    ARG_DOUBLE,
    ARG_KEY,
    ARG_PATTERN,
    ARG_UNIX_TIME,
    ARG_PURE_TOKEN,
    ARG_ONEOF,
    ARG_BLOCK,
};

enum arg_flag { ARG_OPTIONAL = 1, ARG_MULTIPLE = 2, ARG_MULTIPLE_TOKEN = 4 };

struct command_arg {
    const char *name;
    enum arg_type type;
    int key_spec; /* index + 1 of the key_spec, 0 none */
    const char *token;
    const char *summary;
    const char *since;
    const char *deprecated_since;
    const char *display; /* NULL: the name */
    uint32_t flags;
    const struct command_arg *args; /* of a oneof or block */
    size_t arg_count;
};

struct command_history {
    const char *since;
    const char *change;
};

/* The flags with which a key of KEY_VARIABLE_FLAGS is used, given the arguments. */
typedef uint32_t command_key_flags(const struct arg *argv, int argc);

/*
 * Which arguments are channels, for rights. The count is -1 for all from the first one on, 0 for none; patterns to
 * subscribe to are asked for literally.
 */
struct channel_spec {
    int first, count;
    bool are_patterns;
};

struct command {
    /* what the executor reads for every request */
    const char *name;     /* lower case; a subcommand's own word: "get" of "config|get" */
    command_handler *run; /* NULL for a pure container */
    uint32_t flags;
    int arity;  /* with the name (and the subcommand's); negative: at least */
    int member; /* the argument in which the first member or field is that is looked for, as a rule; 0: there is none */
    const struct key_spec *key_specs;
    size_t key_spec_count;
    const struct command *subcommands;
    size_t subcommand_count;

    /* filled in by command_table.c; the specifications leave them empty */
    const struct command *parent; /* the container of a subcommand, or NULL */
    unsigned number;
    int single_key; /* the key's position, if every call has exactly one key, always there; otherwise 0 */

    uint8_t access;        /* the enum access_level that it needs; unset: follows from the flags */
    uint32_t categories;   /* the explicit ones; command_table.c adds those that flags imply */
    const char *full_name; /* "config|get"; the specifications leave it out if it equals the name */
    struct channel_spec channels;
    command_key_flags *key_flags;     /* for KEY_VARIABLE_FLAGS */
    const struct secret_spec *secret; /* NULL: none of its arguments is secret */

    /* documentation */
    const char *summary;
    const char *complexity;
    const char *since;
    enum command_group group;
    const struct command_arg *args;
    size_t arg_count;
    const struct command_history *history;
    size_t history_count;
    const char *const *tips;
    size_t tip_count;
    const char *deprecated_since, *replaced_by;
    uint8_t doc_flags; /* DOC_DEPRECATED, DOC_SYSCMD */
};

enum { DOC_DEPRECATED = 1, DOC_SYSCMD = 2 };

#define COMMAND_LIST(array) (array), sizeof(array) / sizeof((array)[0])

/* The families of top-level commands, defined in command/specs/. */
struct command_family {
    const struct command *commands;
    size_t count;
};
extern const struct command_family command_family_acl, command_family_bitmap, command_family_connection,
    command_family_generic, command_family_geo, command_family_hash, command_family_hyperloglog, command_family_list,
    command_family_pubsub, command_family_scripting, command_family_server, command_family_set,
    command_family_sorted_set, command_family_stream, command_family_stream_group, command_family_string,
    command_family_transaction;

#endif
