/*
 * The specifications of command/specs/ are constants. At start they are copied into one flat array,
 * top-level commands first in the order of the families, then subcommands container by container, and
 * the copies get what follows from the rest: number (the index in the array), parent, full name, implied
 * categories and access, movable keys. All other modules see only the copies.
 *
 * Names are found by an open-addressed index. A name's first and last eight bytes (for shorter names: two
 * loads that overlap) are folded to lower case by setting bit 5 of each byte, all at once, and together
 * with the length they are both the hash and the comparison. The fold also makes a few other bytes equal
 * (0x0d and '-'), but no letter to anything but its other case: a name of only letters needs no second
 * comparison; any other is also compared as a string.
 */
#include "command/command_table.h"

#include "base/memory.h"
#include "base/number.h"
#include "command/absent_commands.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct command_family *const families[] = {
    &command_family_connection,   &command_family_string,  &command_family_bitmap,    &command_family_hyperloglog,
    &command_family_list,         &command_family_set,     &command_family_hash,      &command_family_sorted_set,
    &command_family_geo,          &command_family_generic, &command_family_server,    &command_family_acl,
    &command_family_transaction,  &command_family_pubsub,  &command_family_scripting, &command_family_stream,
    &command_family_stream_group,
};
#define FAMILY_COUNT (sizeof families / sizeof families[0])

static const char *const category_names[] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting",
};
#define CATEGORY_COUNT (sizeof category_names / sizeof category_names[0])
_Static_assert(CAT_SCRIPTING == 1 << (CATEGORY_COUNT - 1), "a name for each category");

static const char *const group_names[] = {
    [GROUP_GENERIC] = "generic",
    [GROUP_STRING] = "string",
    [GROUP_LIST] = "list",
    [GROUP_SET] = "set",
    [GROUP_SORTED_SET] = "sorted-set",
    [GROUP_HASH] = "hash",
    [GROUP_PUBSUB] = "pubsub",
    [GROUP_TRANSACTIONS] = "transactions",
    [GROUP_CONNECTION] = "connection",
    [GROUP_SERVER] = "server",
    [GROUP_SCRIPTING] = "scripting",
    [GROUP_HYPERLOGLOG] = "hyperloglog",
    [GROUP_CLUSTER] = "cluster",
    [GROUP_SENTINEL] = "sentinel",
    [GROUP_GEO] = "geo",
    [GROUP_STREAM] = "stream",
    [GROUP_BITMAP] = "bitmap",
};

struct folded_name {
    uint64_t head, tail;
};

struct slot {
    struct folded_name folded;
    size_t len;       /* 0: empty */
    const char *name; /* the command's, or its new one */
    const struct command *command;
    bool letters_only;
};

/* constant after command_table_init() and command_rename() */
static struct command *commands;
static unsigned count, top_count;
static const struct command **tops; /* those that have a name */
static unsigned tops_count;
static struct slot *slots;
static size_t slot_mask;

/* ---- finding by name ---- */

static inline struct folded_name fold_name(const char *name, size_t len)
{
    const uint64_t lower = UINT64_C(0x2020202020202020);
    struct folded_name folded = {0, 0};

    if (len >= 8) {
        memcpy(&folded.head, name, 8);
        memcpy(&folded.tail, name + len - 8, 8);
    } else if (len >= 4) {
        memcpy(&folded.head, name, 4);
        memcpy(&folded.tail, name + len - 4, 4);
    } else if (len > 0) {
        folded.head = (uint64_t)(unsigned char)name[0] | (uint64_t)(unsigned char)name[len / 2] << 8 |
                      (uint64_t)(unsigned char)name[len - 1] << 16;
    }
    folded.head |= lower;
    folded.tail |= lower;
    return folded;
}

/* Multiplicative hashing; the constants are arbitrary odd numbers with well mixed bits. */
static inline size_t slot_index(struct folded_name folded, size_t len)
{
    uint64_t mixed = (folded.head ^ len) * UINT64_C(0x9E3779B97F4A7C15);
    mixed ^= folded.tail * UINT64_C(0xC2B2AE3D27D4EB4F);
    return (size_t)(mixed >> 32) & slot_mask;
}

const struct command *command_find(const char *name, size_t len)
{
    struct folded_name folded = fold_name(name, len);

    for (size_t i = slot_index(folded, len);; i = (i + 1) & slot_mask) {
        const struct slot *slot = &slots[i];
        if (slot->len == len && slot->folded.head == folded.head && slot->folded.tail == folded.tail &&
            (slot->letters_only || strncasecmp(slot->name, name, len) == 0))
            return slot->command;
        if (slot->len == 0)
            return NULL;
    }
}

const struct command *command_find_subcommand(const struct command *container, const char *name, size_t len)
{
    for (size_t i = 0; i < container->subcommand_count; i++) {
        const struct command *sub = &container->subcommands[i];
        if (strlen(sub->name) == len && strncasecmp(sub->name, name, len) == 0)
            return sub;
    }
    return NULL;
}

const struct command *command_find_call(const struct arg *argv, int argc)
{
    const struct command *command = command_find(argv[0].data, argv[0].len);
    if (!command || command->subcommand_count == 0 || argc < 2)
        return command;
    const struct command *sub = command_find_subcommand(command, argv[1].data, argv[1].len);
    return sub ? sub : command;
}

const struct command *command_find_full(const char *full_name, size_t len)
{
    const char *bar = memchr(full_name, '|', len);
    if (!bar)
        return command_find(full_name, len);

    size_t container_len = (size_t)(bar - full_name);
    const struct command *container = command_find(full_name, container_len);
    return container ? command_find_subcommand(container, bar + 1, len - container_len - 1) : NULL;
}

const struct command *command_find_original(const char *full_name, size_t len)
{
    const char *bar = memchr(full_name, '|', len);
    size_t top_len = bar ? (size_t)(bar - full_name) : len;
    for (unsigned i = 0; i < top_count; i++) {
        const struct command *command = &commands[i];
        if (strlen(command->name) == top_len && strncasecmp(command->name, full_name, top_len) == 0)
            return !bar ? command : command_find_subcommand(command, bar + 1, len - top_len - 1);
    }
    return NULL;
}

/* ---- numbers and names ---- */

unsigned command_count(void)
{
    return count;
}

const struct command *command_by_number(unsigned number)
{
    return &commands[number];
}

unsigned command_top_count(void)
{
    return tops_count;
}

const struct command *command_top(unsigned index)
{
    return tops[index];
}

uint32_t command_category_find(const char *name, size_t len)
{
    for (size_t i = 0; i < CATEGORY_COUNT; i++)
        if (strlen(category_names[i]) == len && strncasecmp(category_names[i], name, len) == 0)
            return UINT32_C(1) << i;
    return 0;
}

const char *command_category_name(uint32_t category)
{
    return category_names[__builtin_ctz(category)];
}

const char *command_group_name(enum command_group group)
{
    return group_names[group];
}

/* ---- keys ---- */

/* What follows the keyword, which is searched from argument number `from` on; 0 if it is absent, or the last word. */
static int64_t behind_keyword(const struct key_spec *spec, const struct arg *argv, int argc, int64_t from)
{
    int step = spec->start_from > 0 ? 1 : -1;
    for (int64_t i = from; i >= 1 && i + 1 < argc; i += step)
        if (arg_is(&argv[i], spec->keyword))
            return i + 1;
    return 0;
}

/* Where the keys of one specification begin, or 0 if there are none. */
static int64_t first_of_spec(const struct key_spec *spec, const struct arg *argv, int argc)
{
    if (spec->search == KEY_AT_INDEX)
        return spec->index;
    if (spec->search == KEY_UNKNOWN || spec->finder)
        return spec->finder ? spec->finder(argv, argc) : 0;
    /* a negative start counts from the end and searches backwards */
    return behind_keyword(spec, argv, argc, spec->start_from > 0 ? spec->start_from : argc + spec->start_from);
}

/* Where they begin again, after they have begun at `first`; a key may be called like the keyword. */
static int64_t next_of_spec(const struct key_spec *spec, const struct arg *argv, int argc, int64_t first)
{
    return spec->repeated ? behind_keyword(spec, argv, argc, first) : 0;
}

/* Whether its keys are all that may follow from some argument on, be it nothing. */
static bool is_optional(const struct key_spec *spec)
{
    return spec->search == KEY_AT_INDEX && spec->find == KEY_FIND_RANGE && spec->last_key < 0;
}

/* Positions in argv; last < first is an empty range. */
struct key_range {
    int64_t first, last, step;
};

/* The positions of one specification's keys from first on; false when the arguments contradict it. */
static bool range_of_spec(const struct key_spec *spec, const struct arg *argv, int argc, int64_t first,
                          struct key_range *range_out)
{
    struct key_range range = {.first = first, .step = spec->step};
    int64_t announced = 1;

    if (spec->find == KEY_FIND_KEYNUM) {
        int64_t at = first + spec->keynum_index;
        if (at >= argc || !number_parse_i64(argv[at].data, argv[at].len, &announced))
            return false;
        if (announced < 0 || announced > argc)
            return false;
        range.first = first + spec->first_key;
        range.step = spec->key_step;
        range.last = range.first + (announced - 1) * range.step;
    } else if (spec->last_key >= 0) {
        range.last = first + spec->last_key;
    } else if (spec->limit > 1) {
        range.last = first + (argc - first) / spec->limit + spec->last_key;
    } else {
        range.last = argc + spec->last_key;
    }
    bool none = is_optional(spec) && first == argc;
    if (announced > 0 && !none && (range.last >= argc || range.last < range.first))
        return false;
    *range_out = range;
    return true;
}

int command_keys(const struct command *command, const struct arg *argv, int argc, struct key_ref *refs, int max)
{
    int found = 0;

    if (command->single_key != 0 && max > 0) {
        refs[0] = (struct key_ref){command->single_key, command->key_specs[0].flags};
        return 1;
    }
    for (size_t i = 0; i < command->key_spec_count; i++) {
        const struct key_spec *spec = &command->key_specs[i];
        if (spec->flags & KEY_NOT_KEY)
            continue;
        int64_t first = first_of_spec(spec, argv, argc);
        for (; first != 0; first = next_of_spec(spec, argv, argc, first)) {
            struct key_range range;
            if (!range_of_spec(spec, argv, argc, first, &range))
                return -1;
            for (int64_t at = range.first; at <= range.last; at += range.step, found++)
                if (found < max)
                    refs[found] = (struct key_ref){(int)at, spec->flags};
        }
    }
    return found;
}

/*
 * COMMAND INFO's first, last and step describe one range. Several specifications make one if each is a range
 * of step 1 that begins where the one before ended; what does not fit is left out.
 */
void command_legacy_range(const struct command *command, int *first_out, int *last_out, int *step_out)
{
    const struct key_spec *specs = command->key_specs;
    size_t specs_count = command->key_spec_count;
    int first = 0, last = 0, step = 0;

    for (size_t i = 0; i < specs_count; i++) {
        const struct key_spec *spec = &specs[i];
        bool range = spec->search == KEY_AT_INDEX && spec->find == KEY_FIND_RANGE;
        if (!range || (specs_count > 1 && (spec->step != 1 || (last != 0 && last != spec->index - 1))))
            continue;
        if (first == 0)
            first = spec->index;
        last = spec->last_key >= 0 ? spec->index + spec->last_key : spec->last_key;
        step = spec->step;
    }
    *first_out = first;
    *last_out = last;
    *step_out = step;
}

/* Whether the legacy range leaves keys out: "movablekeys" tells clients to ask COMMAND GETKEYS. */
static bool has_movable_keys(const struct command *command)
{
    const struct key_spec *specs = command->key_specs;
    int last = 0;

    for (size_t i = 0; i < command->key_spec_count; i++) {
        const struct key_spec *spec = &specs[i];
        if (spec->search != KEY_AT_INDEX || spec->find != KEY_FIND_RANGE || (spec->flags & KEY_INCOMPLETE))
            return true;
        if (command->key_spec_count > 1 && (spec->step != 1 || (last != 0 && last != spec->index - 1)))
            return true;
        last = spec->last_key >= 0 ? spec->index + spec->last_key : spec->last_key;
    }
    return false;
}

/* ---- building ---- */

static _Noreturn void contradiction(const struct command *command, const char *what)
{
    fprintf(stderr, "command table: %s: %s\n", command->full_name, what);
    abort();
}

static void check_args(const struct command *command, const struct command_arg *args, size_t arg_count)
{
    for (size_t i = 0; i < arg_count; i++) {
        const struct command_arg *arg = &args[i];
        bool nested = arg->type == ARG_ONEOF || arg->type == ARG_BLOCK;
        if (!arg->name)
            contradiction(command, "an argument has no name");
        if (nested != (arg->arg_count > 0))
            contradiction(command, "only a oneof or a block holds arguments, and at least one");
        bool named = arg->type == ARG_PATTERN; /* a pattern may name keys */
        if ((arg->type == ARG_KEY) != (arg->key_spec > 0 && !named) || arg->key_spec > (int)command->key_spec_count)
            contradiction(command, "a key argument and its key specification don't fit");
        if (arg->type == ARG_PURE_TOKEN && !arg->token)
            contradiction(command, "a pure token has no token");
        check_args(command, arg->args, arg->arg_count);
    }
}

static void check_command(const struct command *command)
{
    for (const char *c = command->name; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            contradiction(command, "names are written in lower case");
    if (command->arity == 0)
        contradiction(command, "no arity");
    if (!command->run && command->subcommand_count == 0)
        contradiction(command, "neither a handler nor subcommands");
    if (!command->summary || !command->since)
        contradiction(command, "a summary and a version are needed");
    if ((command->flags & CMD_WRITE) && (command->flags & CMD_READONLY))
        contradiction(command, "both write and readonly");
    if ((command->flags & CMD_EXCLUSIVE) && (command->flags & CMD_UNLOCKED))
        contradiction(command, "both exclusive and unlocked");
    if ((command->flags & CMD_GROUPABLE) && (command->flags & (CMD_EXCLUSIVE | CMD_UNLOCKED | CMD_PROTECTED)))
        contradiction(command, "groupable, and yet to run alone");

    int least = abs(command->arity);
    for (size_t i = 0; i < command->key_spec_count; i++) {
        const struct key_spec *spec = &command->key_specs[i];
        bool range = spec->find == KEY_FIND_RANGE;
        if (spec->search == KEY_AT_INDEX && (spec->index < 1 || spec->index >= least + is_optional(spec)))
            contradiction(command, "a key specification begins outside the arity");
        if (range ? spec->step < 1 : spec->key_step < 1)
            contradiction(command, "a key specification has no step");
        if (range && spec->search == KEY_AT_INDEX && spec->index + spec->last_key >= least)
            contradiction(command, "a key specification ends outside the arity");
        if (spec->repeated && (spec->search != KEY_AT_KEYWORD || spec->start_from < 1))
            contradiction(command, "only a keyword that is searched forwards can be repeated");
        if ((spec->flags & KEY_VARIABLE_FLAGS) && !command->key_flags)
            contradiction(command, "variable key flags without key_flags");
    }
    check_args(command, command->args, command->arg_count);
}

static uint32_t implied_categories(const struct command *command)
{
    uint32_t categories = command->categories;
    if (command->flags & CMD_WRITE)
        categories |= CAT_WRITE;
    if ((command->flags & CMD_READONLY) && !(categories & CAT_SCRIPTING))
        categories |= CAT_READ;
    if (command->flags & CMD_ADMIN)
        categories |= CAT_ADMIN | CAT_DANGEROUS;
    if (command->flags & CMD_PUBSUB)
        categories |= CAT_PUBSUB;
    if (command->flags & CMD_BLOCKING)
        categories |= CAT_BLOCKING;
    return categories | ((command->flags & CMD_FAST) ? CAT_FAST : CAT_SLOW);
}

/* The access that the flags imply; a level in the specification takes precedence. */
static enum access_level implied_access(const struct command *command)
{
    if (command->access != ACCESS_UNSET)
        return command->access;
    if (command->flags & (CMD_ADMIN | CMD_PROTECTED))
        return ACCESS_ADMIN;
    return (command->flags & CMD_WRITE) ? ACCESS_WRITE : ACCESS_READ;
}

static int single_key(const struct command *command)
{
    const struct key_spec *spec = command->key_specs;
    bool single = command->key_spec_count == 1 && !(spec->flags & KEY_NOT_KEY) && spec->search == KEY_AT_INDEX &&
                  spec->find == KEY_FIND_RANGE && spec->last_key == 0;
    return single ? spec->index : 0;
}

/* Copies one specification to commands[number] and completes it. */
static void add_command(unsigned number, const struct command *spec, const struct command *parent)
{
    struct command *command = &commands[number];
    *command = *spec;
    command->number = number;
    command->parent = parent;
    if (!command->full_name)
        command->full_name = command->name;
    command->categories |= implied_categories(command);
    command->access = (uint8_t)implied_access(command);
    command->single_key = single_key(command);
    if (has_movable_keys(command))
        command->flags |= CMD_MOVABLEKEYS;
    uint32_t alone = CMD_EXCLUSIVE | CMD_UNLOCKED | CMD_PROTECTED | CMD_TURNS | CMD_NOT_QUEUED | CMD_BLOCKING;
    if (command->key_spec_count > 0 && !(command->flags & alone))
        command->flags |= CMD_GROUPABLE;
    check_command(command);
}

/* name is in lower case, and lives forever. */
static void add_slot(const struct command *command, const char *name, size_t len)
{
    struct folded_name folded = fold_name(name, len);
    size_t i = slot_index(folded, len);
    while (slots[i].len != 0)
        i = (i + 1) & slot_mask;
    bool letters_only = len <= 16; /* longer names have bytes that are not folded */
    for (size_t c = 0; c < len; c++)
        letters_only = letters_only && name[c] >= 'a' && name[c] <= 'z';
    slots[i] = (struct slot){folded, len, name, command, letters_only};
}

static void add_subcommands(struct command *container, unsigned *number)
{
    const struct command *specs = container->subcommands;
    container->subcommands = &commands[*number];
    for (size_t i = 0; i < container->subcommand_count; i++) {
        add_command(*number, &specs[i], container);
        (*number)++;
        const struct command *added = &container->subcommands[i];
        if (command_find_subcommand(container, added->name, strlen(added->name)) != added)
            contradiction(added, "two subcommands of one name");
    }
}

void command_table_init(void)
{
    if (commands)
        return;
    for (size_t f = 0; f < FAMILY_COUNT; f++) {
        top_count += (unsigned)families[f]->count;
        count += (unsigned)families[f]->count;
        for (size_t i = 0; i < families[f]->count; i++)
            count += (unsigned)families[f]->commands[i].subcommand_count;
    }

    /* four slots a name, so that most are found at the first look */
    size_t slot_count = 64;
    while (slot_count < (size_t)top_count * 4)
        slot_count *= 2;
    slot_mask = slot_count - 1;
    slots = mem_calloc(slot_count * sizeof *slots);
    commands = mem_calloc(count * sizeof *commands);
    tops = mem_calloc(top_count * sizeof(const struct command *));

    unsigned number = 0;
    for (size_t f = 0; f < FAMILY_COUNT; f++)
        for (size_t i = 0; i < families[f]->count; i++, number++)
            add_command(number, &families[f]->commands[i], NULL);
    for (unsigned i = 0; i < top_count; i++) {
        size_t len = strlen(commands[i].name);
        if (command_find(commands[i].name, len))
            contradiction(&commands[i], "two commands of one name");
        add_slot(&commands[i], commands[i].name, len);
        tops[tops_count++] = &commands[i];
        add_subcommands(&commands[i], &number);
    }
}

/* ---- other names ---- */

/* Rebuilds the index without the old name: an emptied slot would hide the names that were placed after it. */
static void remove_slot(const char *name, size_t len)
{
    size_t slot_count = slot_mask + 1;
    struct slot *old = slots;
    slots = mem_calloc(slot_count * sizeof *slots);
    for (size_t i = 0; i < slot_count; i++) {
        if (old[i].len == 0)
            continue;
        if (old[i].len != len || strncasecmp(old[i].name, name, len) != 0)
            add_slot(old[i].command, old[i].name, old[i].len);
        else if (old[i].name != old[i].command->name)
            mem_free((char *)old[i].name);
    }
    mem_free(old);
}

static void remove_top(const struct command *command)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < tops_count; i++)
        if (tops[i] != command)
            tops[kept++] = tops[i];
    tops_count = kept;
}

/* Whether another command than this one is called so: there, or absent. */
static bool is_taken(const struct command *command, const char *old_name, size_t old_len, const char *name, size_t len)
{
    const struct command *other = command_find(name, len);
    bool same = old_len == len && strncasecmp(old_name, name, len) == 0;
    return (other && other != command) || (!same && absent_command_is_called(name, len));
}

int command_rename(const char *old_name, size_t old_len, const char *new_name, size_t new_len)
{
    const struct command *command = command_find(old_name, old_len);
    if (!command && !absent_command_is_called(old_name, old_len))
        return -ENOENT;
    if (new_len > 0 && is_taken(command, old_name, old_len, new_name, new_len))
        return -EEXIST;
    if (!command) {
        absent_command_rename(old_name, old_len, new_name, new_len);
        return 0;
    }
    remove_slot(old_name, old_len);
    if (new_len == 0) {
        remove_top(command);
        return 0;
    }
    char *name = mem_dup(new_name, new_len); /* as constant as the specifications' names */
    for (size_t i = 0; i < new_len; i++)
        name[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 'a' - 'A' : name[i]);
    add_slot(command, name, new_len);
    return 0;
}
