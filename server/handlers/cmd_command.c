/*
 * COMMAND and its subcommands, which show the command table to clients.
 *
 * The structure of the replies (order of fields, what is a set and what a map) is Redis's: drivers find keys by it, and
 * shells complete words.
 */
#include "base/glob.h"
#include "base/memory.h"
#include "command/call.h"
#include "command/command_table.h"
#include "command/errors.h"
#include "command/handlers.h"

#include <string.h>

/* ---- flags as sets of names ---- */

struct flag_name {
    uint32_t flag;
    const char *name;
};

static const struct flag_name command_flag_names[] = {
    {CMD_WRITE, "write"},
    {CMD_READONLY, "readonly"},
    {CMD_DENYOOM, "denyoom"},
    {CMD_ADMIN, "admin"},
    {CMD_PUBSUB, "pubsub"},
    {CMD_NOSCRIPT, "noscript"},
    {CMD_BLOCKING, "blocking"},
    {CMD_LOADING, "loading"},
    {CMD_STALE, "stale"},
    {CMD_SKIP_MONITOR, "skip_monitor"},
    {CMD_SKIP_SLOWLOG, "skip_slowlog"},
    {CMD_FAST, "fast"},
    {CMD_NO_AUTH, "no_auth"},
    {CMD_NO_MANDATORY_KEYS, "no_mandatory_keys"},
    {CMD_NO_ASYNC_LOADING, "no_async_loading"},
    {CMD_NO_MULTI, "no_multi"},
    {CMD_MOVABLEKEYS, "movablekeys"},
    {CMD_ALLOW_BUSY, "allow_busy"},
};

static const struct flag_name key_flag_names[] = {
    {KEY_RO, "RO"},
    {KEY_RW, "RW"},
    {KEY_OW, "OW"},
    {KEY_RM, "RM"},
    {KEY_ACCESS, "access"},
    {KEY_UPDATE, "update"},
    {KEY_INSERT, "insert"},
    {KEY_DELETE, "delete"},
    {KEY_NOT_KEY, "not_key"},
    {KEY_INCOMPLETE, "incomplete"},
    {KEY_VARIABLE_FLAGS, "variable_flags"},
};

static const struct flag_name arg_flag_names[] = {
    {ARG_OPTIONAL, "optional"},
    {ARG_MULTIPLE, "multiple"},
    {ARG_MULTIPLE_TOKEN, "multiple_token"},
};

static const struct flag_name doc_flag_names[] = {
    {DOC_DEPRECATED, "deprecated"},
    {DOC_SYSCMD, "syscmd"},
};

static void reply_flags(struct reply *reply, uint32_t flags, const struct flag_name *names, size_t count)
{
    size_t set = 0;
    for (size_t i = 0; i < count; i++)
        set += (flags & names[i].flag) != 0;

    reply_set(reply, set);
    for (size_t i = 0; i < count; i++)
        if (flags & names[i].flag)
            reply_simple(reply, names[i].name);
}

static void reply_key_flags(struct reply *reply, uint32_t flags)
{
    reply_flags(reply, flags, COMMAND_LIST(key_flag_names));
}

static void reply_categories(struct reply *reply, uint32_t categories)
{
    reply_set(reply, (size_t)__builtin_popcount(categories));
    for (uint32_t rest = categories; rest != 0; rest &= rest - 1) {
        char name[32] = "@";
        strncat(name, command_category_name(rest & -rest), sizeof name - 2);
        reply_simple(reply, name);
    }
}

/* ---- COMMAND INFO ---- */

static void reply_field_int(struct reply *reply, const char *field, int64_t value)
{
    reply_bulk_text(reply, field);
    reply_int(reply, value);
}

static void reply_field(struct reply *reply, const char *field, const char *value)
{
    reply_bulk_text(reply, field);
    reply_bulk_text(reply, value);
}

/* "type" and "spec" of a part of a key specification; count fields follow. */
static void reply_key_part(struct reply *reply, const char *type, size_t count)
{
    reply_map(reply, 2);
    reply_field(reply, "type", type);
    reply_bulk_text(reply, "spec");
    reply_map(reply, count);
}

static void reply_begin_search(struct reply *reply, const struct key_spec *spec)
{
    switch (spec->search) {
    case KEY_AT_INDEX:
        reply_key_part(reply, "index", 1);
        reply_field_int(reply, "index", spec->index);
        return;
    case KEY_AT_KEYWORD:
        reply_key_part(reply, "keyword", 2);
        reply_field(reply, "keyword", spec->keyword);
        reply_field_int(reply, "startfrom", spec->start_from);
        return;
    case KEY_UNKNOWN:
        reply_key_part(reply, "unknown", 0);
    }
}

static void reply_find_keys(struct reply *reply, const struct key_spec *spec)
{
    if (spec->search == KEY_UNKNOWN) {
        reply_key_part(reply, "unknown", 0);
    } else if (spec->find == KEY_FIND_RANGE) {
        reply_key_part(reply, "range", 3);
        reply_field_int(reply, "lastkey", spec->last_key);
        reply_field_int(reply, "keystep", spec->step);
        reply_field_int(reply, "limit", spec->limit);
    } else {
        reply_key_part(reply, "keynum", 3);
        reply_field_int(reply, "keynumidx", spec->keynum_index);
        reply_field_int(reply, "firstkey", spec->first_key);
        reply_field_int(reply, "keystep", spec->key_step);
    }
}

static void reply_key_specs(struct reply *reply, const struct command *command)
{
    reply_set(reply, command->key_spec_count);
    for (size_t i = 0; i < command->key_spec_count; i++) {
        const struct key_spec *spec = &command->key_specs[i];
        reply_map(reply, spec->notes ? 4 : 3);
        if (spec->notes)
            reply_field(reply, "notes", spec->notes);
        reply_bulk_text(reply, "flags");
        reply_key_flags(reply, spec->flags);
        reply_bulk_text(reply, "begin_search");
        reply_begin_search(reply, spec);
        reply_bulk_text(reply, "find_keys");
        reply_find_keys(reply, spec);
    }
}

/* The ten fields of COMMAND INFO; null for NULL. */
static void reply_command_info(struct reply *reply, const struct command *command)
{
    if (!command) {
        reply_null(reply);
        return;
    }

    int first, last, step;
    command_legacy_range(command, &first, &last, &step);
    reply_array(reply, 10);
    reply_bulk_text(reply, command->full_name);
    reply_int(reply, command->arity);
    reply_flags(reply, command->flags, COMMAND_LIST(command_flag_names));
    reply_int(reply, first);
    reply_int(reply, last);
    reply_int(reply, step);
    reply_categories(reply, command->categories);
    reply_set(reply, command->tip_count);
    for (size_t i = 0; i < command->tip_count; i++)
        reply_bulk_text(reply, command->tips[i]);
    reply_key_specs(reply, command);
    if (command->subcommand_count == 0) {
        reply_set(reply, 0);
        return;
    }
    reply_array(reply, command->subcommand_count);
    for (size_t i = 0; i < command->subcommand_count; i++)
        reply_command_info(reply, &command->subcommands[i]);
}

void cmd_command(struct call *call)
{
    reply_array(call->reply, command_top_count());
    for (unsigned i = 0; i < command_top_count(); i++)
        reply_command_info(call->reply, command_top(i));
}

void cmd_command_info(struct call *call)
{
    if (call->argc == 2) {
        cmd_command(call);
        return;
    }
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc && !reply_is_over(call->reply); i++)
        reply_command_info(call->reply, command_find_full(call->argv[i].data, call->argv[i].len));
}

void cmd_command_count(struct call *call)
{
    reply_int(call->reply, command_top_count());
}

/* ---- COMMAND DOCS ---- */

static const char *const arg_type_names[] = {
    [ARG_STRING] = "string",   [ARG_INTEGER] = "integer",     [ARG_DOUBLE] = "double",         [ARG_KEY] = "key",
    [ARG_PATTERN] = "pattern", [ARG_UNIX_TIME] = "unix-time", [ARG_PURE_TOKEN] = "pure-token", [ARG_ONEOF] = "oneof",
    [ARG_BLOCK] = "block",
};

/* A field that is left out when the table has no value for it. */
static void reply_field_if(struct reply *reply, const char *field, const char *value)
{
    if (value)
        reply_field(reply, field, value);
}

static void reply_args(struct reply *reply, const struct command_arg *args, size_t count);

static void reply_arg(struct reply *reply, const struct command_arg *arg)
{
    bool nested = arg->arg_count > 0;
    size_t fields = 3; /* name, type, and display_text or arguments */
    fields += (arg->key_spec > 0) + (arg->token != NULL) + (arg->summary != NULL);
    fields += (arg->since != NULL) + (arg->deprecated_since != NULL) + (arg->flags != 0);

    reply_map(reply, fields);
    reply_field(reply, "name", arg->name);
    reply_field(reply, "type", arg_type_names[arg->type]);
    if (!nested)
        reply_field(reply, "display_text", arg->display ? arg->display : arg->name);
    if (arg->key_spec > 0)
        reply_field_int(reply, "key_spec_index", arg->key_spec - 1);
    reply_field_if(reply, "token", arg->token);
    reply_field_if(reply, "summary", arg->summary);
    reply_field_if(reply, "since", arg->since);
    reply_field_if(reply, "deprecated_since", arg->deprecated_since);
    if (arg->flags != 0) {
        reply_bulk_text(reply, "flags");
        reply_flags(reply, arg->flags, COMMAND_LIST(arg_flag_names));
    }
    if (nested) {
        reply_bulk_text(reply, "arguments");
        reply_args(reply, arg->args, arg->arg_count);
    }
}

static void reply_args(struct reply *reply, const struct command_arg *args, size_t count)
{
    reply_array(reply, count);
    for (size_t i = 0; i < count; i++)
        reply_arg(reply, &args[i]);
}

static void reply_history(struct reply *reply, const struct command *command)
{
    reply_set(reply, command->history_count);
    for (size_t i = 0; i < command->history_count; i++) {
        reply_array(reply, 2);
        reply_bulk_text(reply, command->history[i].since);
        reply_bulk_text(reply, command->history[i].change);
    }
}

/* One pair of the reply: the command's name and a map of what is known about it. */
static void reply_command_docs(struct reply *reply, const struct command *command)
{
    size_t fields = 3; /* summary, since, group */
    fields += (command->complexity != NULL) + (command->doc_flags != 0);
    fields += (command->deprecated_since != NULL) + (command->replaced_by != NULL);
    fields += (command->history_count > 0) + (command->arg_count > 0) + (command->subcommand_count > 0);

    reply_bulk_text(reply, command->full_name);
    reply_map(reply, fields);
    reply_field(reply, "summary", command->summary);
    reply_field(reply, "since", command->since);
    reply_field(reply, "group", command_group_name(command->group));
    reply_field_if(reply, "complexity", command->complexity);
    if (command->doc_flags != 0) {
        reply_bulk_text(reply, "doc_flags");
        reply_flags(reply, command->doc_flags, COMMAND_LIST(doc_flag_names));
    }
    reply_field_if(reply, "deprecated_since", command->deprecated_since);
    reply_field_if(reply, "replaced_by", command->replaced_by);
    if (command->history_count > 0) {
        reply_bulk_text(reply, "history");
        reply_history(reply, command);
    }
    if (command->arg_count > 0) {
        reply_bulk_text(reply, "arguments");
        reply_args(reply, command->args, command->arg_count);
    }
    if (command->subcommand_count > 0) {
        reply_bulk_text(reply, "subcommands");
        reply_map(reply, command->subcommand_count);
        for (size_t i = 0; i < command->subcommand_count; i++)
            reply_command_docs(reply, &command->subcommands[i]);
    }
}

void cmd_command_docs(struct call *call)
{
    struct reply *reply = call->reply;

    if (call->argc == 2) {
        reply_map(reply, command_top_count());
        for (unsigned i = 0; i < command_top_count(); i++)
            reply_command_docs(reply, command_top(i));
        return;
    }

    struct reply_hole hole = reply_defer(reply);
    size_t known = 0;
    for (int i = 2; i < call->argc && !reply_is_over(reply); i++) {
        const struct command *command = command_find_full(call->argv[i].data, call->argv[i].len);
        if (!command)
            continue;
        reply_command_docs(reply, command);
        known++;
    }
    reply_defer_map(reply, hole, known);
}

/* ---- COMMAND LIST ---- */

enum list_filter { FILTER_NONE, FILTER_MODULE, FILTER_CATEGORY, FILTER_PATTERN };

/* Reads FILTERBY; false when it names no filter. */
static bool parse_filter(const struct call *call, enum list_filter *filter_out)
{
    if (call->argc == 2) {
        *filter_out = FILTER_NONE;
        return true;
    }
    if (call->argc != 5 || !arg_is(&call->argv[2], "filterby"))
        return false;

    const struct arg *kind = &call->argv[3];
    if (arg_is(kind, "module"))
        *filter_out = FILTER_MODULE;
    else if (arg_is(kind, "aclcat"))
        *filter_out = FILTER_CATEGORY;
    else if (arg_is(kind, "pattern"))
        *filter_out = FILTER_PATTERN;
    else
        return false;
    return true;
}

static bool passes_filter(const struct command *command, enum list_filter filter, const struct arg *value)
{
    switch (filter) {
    case FILTER_NONE:
        return true;
    case FILTER_MODULE: /* there are no modules */
        return false;
    case FILTER_CATEGORY:
        return (command->categories & command_category_find(value->data, value->len)) != 0;
    case FILTER_PATTERN:
        return glob_match(value->data, value->len, command->full_name, strlen(command->full_name), true);
    }
    return false;
}

/* Returns 1, or 0 for a command that is filtered out. */
static size_t list_command(struct reply *reply, const struct command *command, enum list_filter filter,
                           const struct arg *wanted)
{
    if (!passes_filter(command, filter, wanted))
        return 0;
    reply_bulk_text(reply, command->full_name);
    return 1;
}

void cmd_command_list(struct call *call)
{
    enum list_filter filter;
    if (!parse_filter(call, &filter)) {
        error_syntax(call);
        return;
    }

    struct reply_hole hole = reply_defer(call->reply);
    const struct arg *wanted = &call->argv[call->argc - 1];
    size_t listed = 0;
    for (unsigned i = 0; i < command_top_count(); i++) {
        const struct command *command = command_top(i);
        listed += list_command(call->reply, command, filter, wanted);
        for (size_t s = 0; s < command->subcommand_count; s++)
            listed += list_command(call->reply, &command->subcommands[s], filter, wanted);
    }
    reply_defer_array(call->reply, hole, listed);
}

/* ---- COMMAND GETKEYS ---- */

static bool takes_keys(const struct command *command)
{
    for (size_t i = 0; i < command->key_spec_count; i++)
        if (!(command->key_specs[i].flags & KEY_NOT_KEY))
            return true;
    return false;
}

/* The command that the arguments from argv[2] on would run; NULL, with the error, when there is none. */
static const struct command *inner_command(struct call *call)
{
    const struct arg *argv = call->argv + 2;
    int argc = call->argc - 2;
    const struct command *command = command_find_call(argv, argc);

    if (!command || (command->subcommand_count > 0 && argc > 1))
        reply_error(call->reply, "ERR Invalid command specified");
    else if (!takes_keys(command))
        reply_error(call->reply, "ERR The command has no key arguments");
    else if (!command_arity_ok(command, argc))
        reply_error(call->reply, "ERR Invalid number of arguments specified for command");
    else
        return command;
    return NULL;
}

static void reply_keys(struct call *call, bool with_flags)
{
    const struct command *command = inner_command(call);
    if (!command)
        return;

    const struct arg *argv = call->argv + 2;
    int argc = call->argc - 2;
    struct key_ref *refs = mem_alloc((size_t)argc * sizeof *refs);
    int count = command_keys(command, argv, argc, refs, argc);

    if (count <= 0 && (command->flags & CMD_NO_MANDATORY_KEYS))
        reply_array(call->reply, 0);
    else if (count <= 0)
        reply_error(call->reply, "ERR Invalid arguments specified for command");
    else
        reply_array(call->reply, (size_t)count);

    for (int i = 0; i < count; i++) {
        const struct arg *key = &argv[refs[i].position];
        uint32_t flags = refs[i].flags;
        if (flags & KEY_VARIABLE_FLAGS)
            flags = command->key_flags(argv, argc);
        if (with_flags)
            reply_array(call->reply, 2);
        reply_bulk(call->reply, key->data, key->len);
        if (with_flags)
            reply_key_flags(call->reply, flags);
    }
    mem_free(refs);
}

void cmd_command_getkeys(struct call *call)
{
    reply_keys(call, false);
}

void cmd_command_getkeysandflags(struct call *call)
{
    reply_keys(call, true);
}

/* ---- COMMAND HELP ---- */

void cmd_command_help(struct call *call)
{
    static const char *const lines[] = {
        "(no subcommand)",
        "    Describe all commands.",
        "COUNT",
        "    Count the commands.",
        "LIST [FILTERBY (MODULE <name> | ACLCAT <category> | PATTERN <pattern>)]",
        "    List the names of all commands, or of those that the filter lets through.",
        "INFO [<command> ...]",
        "    Describe these commands, or all.",
        "DOCS [<command> ...]",
        "    Document these commands, or all.",
        "GETKEYS <command> [<arg> ...]",
        "    Tell which arguments of this call are keys.",
        "GETKEYSANDFLAGS <command> [<arg> ...]",
        "    Tell which arguments of this call are keys and how they are used.",
    };
    reply_help(call->reply, "COMMAND", COMMAND_LIST(lines));
}
