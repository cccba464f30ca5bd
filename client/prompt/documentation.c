/*
 * Everything lives in one arena. A map of RESP3 and the flat array that RESP2 has for it are read alike, as pairs; a
 * field of the wrong type counts as not there, and an argument without which the rest makes no sense is left out.
 */
#include "prompt/documentation.h"

#include "core/arena.h"
#include "core/memory.h"
#include "core/quoting.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct documentation {
    struct arena *arena;
    const struct command_entry *entries;
    size_t count;
    char *refusal;
};

/* ---- fields of replies ---- */

static bool is_text(const struct reply *reply)
{
    return reply->type == REPLY_STRING || reply->type == REPLY_STATUS || reply->type == REPLY_VERBATIM;
}

static bool text_is(const struct reply *reply, const char *text)
{
    return is_text(reply) && strcasecmp(reply->text, text) == 0;
}

/* The value of a pair in a map or flat array, or NULL. */
static const struct reply *find_field(const struct reply *reply, const char *name)
{
    for (size_t i = 0; reply_is_aggregate(reply) && i + 1 < reply->count; i += 2) {
        if (text_is(&reply->elements[i], name))
            return &reply->elements[i + 1];
    }
    return NULL;
}

static bool has_flag(const struct reply *flags, const char *name)
{
    for (size_t i = 0; flags && reply_is_aggregate(flags) && i < flags->count; i++) {
        if (text_is(&flags->elements[i], name))
            return true;
    }
    return false;
}

/* ---- texts ---- */

/* NULL for what is no text, or an empty one. */
static const char *copy_text(struct arena *arena, const struct reply *reply, size_t max_length)
{
    if (!reply || !is_text(reply) || reply->length == 0)
        return NULL;
    size_t length = reply->length < max_length ? reply->length : max_length;
    char *text = arena_alloc(arena, length + 1);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)reply->text[i];
        text[i] = isspace(c) ? ' ' : c >= ' ' && c <= '~' ? (char)c : '?';
    }
    return text;
}

/* A single word that needs no quotes. */
static bool is_word(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] <= ' ' || text[i] > '~' || strchr("\"'\\", text[i]))
            return false;
    }
    return length > 0 && length <= DOCUMENTATION_MAX_NAME;
}

/* In upper case; NULL for what is no token. */
static const char *copy_token(struct arena *arena, const struct reply *reply)
{
    if (!reply || !is_text(reply))
        return NULL;
    if (reply->length == 0 || strcmp(reply->text, "\"\"") == 0)
        return "";
    if (!is_word(reply->text, reply->length))
        return NULL;
    char *token = arena_alloc(arena, reply->length + 1);
    for (size_t i = 0; i < reply->length; i++)
        token[i] = (char)toupper((unsigned char)reply->text[i]);
    return token;
}

/* ---- arguments ---- */

/* What is left to be taken, so that no command costs more than it may. */
struct loader {
    struct arena *arena;
    size_t arguments_left; /* of the command */
};

static enum argument_type read_type(const struct reply *type)
{
    if (type && text_is(type, "key"))
        return ARGUMENT_KEY;
    if (type && text_is(type, "pure-token"))
        return ARGUMENT_PURE_TOKEN;
    if (type && text_is(type, "oneof"))
        return ARGUMENT_ONEOF;
    if (type && text_is(type, "block"))
        return ARGUMENT_BLOCK;
    return ARGUMENT_VALUE;
}

static const struct command_argument *read_arguments(struct loader *loader, const struct reply *reply, int depth,
                                                     bool are_alternatives, size_t *count_out);

/* False for one that can't be shown or typed. */
static bool read_argument(struct loader *loader, const struct reply *reply, int depth, bool is_alternative,
                          struct command_argument *argument_out)
{
    const struct reply *flags = find_field(reply, "flags"), *token = find_field(reply, "token");
    struct command_argument argument = {
        .name = copy_text(loader->arena, find_field(reply, "display_text"), DOCUMENTATION_MAX_NAME),
        .token = copy_token(loader->arena, token),
        .type = read_type(find_field(reply, "type")),
        .is_optional = !is_alternative && has_flag(flags, "optional"),
        .is_multiple = has_flag(flags, "multiple"),
        .is_multiple_token = has_flag(flags, "multiple_token"),
    };
    if (!argument.name)
        argument.name = copy_text(loader->arena, find_field(reply, "name"), DOCUMENTATION_MAX_NAME);
    if (!argument.name)
        argument.name = argument.token;
    if (argument.type == ARGUMENT_ONEOF || argument.type == ARGUMENT_BLOCK) {
        argument.arguments = read_arguments(loader, find_field(reply, "arguments"), depth + 1,
                                            argument.type == ARGUMENT_ONEOF, &argument.count);
        if (argument.count == 0)
            argument.type = ARGUMENT_VALUE;
    }
    bool wants_token = (token && is_text(token)) || argument.type == ARGUMENT_PURE_TOKEN;
    argument.is_multiple_token = argument.is_multiple_token && argument.token;
    *argument_out = argument;
    return argument.name && (argument.token || !wants_token);
}

static const struct command_argument *read_arguments(struct loader *loader, const struct reply *reply, int depth,
                                                     bool are_alternatives, size_t *count_out)
{
    *count_out = 0;
    if (!reply || !reply_is_aggregate(reply) || reply->type == REPLY_MAP || depth >= DOCUMENTATION_MAX_DEPTH)
        return NULL;
    size_t wanted = reply->count < loader->arguments_left ? reply->count : loader->arguments_left, count = 0;
    struct command_argument *arguments = arena_alloc(loader->arena, wanted * sizeof *arguments);
    loader->arguments_left -= wanted;
    for (size_t i = 0; i < wanted; i++)
        count += read_argument(loader, &reply->elements[i], depth, are_alternatives, &arguments[count]);
    *count_out = count;
    return arguments;
}

/* ---- commands ---- */

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct command_entry *)a)->name, ((const struct command_entry *)b)->name);
}

/* Sorts and drops what is there twice. */
static size_t settle_entries(struct command_entry *entries, size_t count)
{
    size_t kept = 0;
    qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(entries[kept - 1].name, entries[i].name) != 0)
            entries[kept++] = entries[i];
    }
    return kept;
}

/* A command's name, in lower case, after its container's and a blank; NULL for what is no name. What a server puts
 * before a subcommand ("config|get") is left out. */
static const char *read_name(struct arena *arena, const struct reply *reply, const char *container)
{
    if (!is_text(reply))
        return NULL;
    size_t before = container ? strlen(container) : 0;
    const char *text = reply->text;
    size_t length = reply->length;
    if (container && length > before && strncasecmp(text, container, before) == 0 && text[before] == '|') {
        text += before + 1;
        length -= before + 1;
    }
    if (!is_word(text, length) || memchr(text, '|', length) || memchr(text, '>', length))
        return NULL;
    char *name = arena_alloc(arena, before + length + 2), *at = name;
    if (container) {
        memcpy(name, container, before);
        name[before] = ' ';
        at += before + 1;
    }
    for (size_t i = 0; i < length; i++)
        at[i] = (char)tolower((unsigned char)text[i]);
    return name;
}

static void read_entries(struct arena *arena, const struct reply *reply, const char *container,
                         const struct command_entry **entries_out, size_t *count_out);

static const char *copy_entry_text(struct arena *arena, const struct reply *docs, const char *field)
{
    return copy_text(arena, find_field(docs, field), DOCUMENTATION_MAX_TEXT);
}

static void read_entry(struct arena *arena, const struct reply *docs, bool is_subcommand, struct command_entry *entry)
{
    struct loader loader = {.arena = arena, .arguments_left = DOCUMENTATION_MAX_ARGUMENTS};
    entry->summary = copy_entry_text(arena, docs, "summary");
    entry->since = copy_entry_text(arena, docs, "since");
    entry->group = copy_entry_text(arena, docs, "group");
    entry->complexity = copy_entry_text(arena, docs, "complexity");
    entry->deprecated_since = copy_entry_text(arena, docs, "deprecated_since");
    entry->replaced_by = copy_entry_text(arena, docs, "replaced_by");
    entry->arguments = read_arguments(&loader, find_field(docs, "arguments"), 0, false, &entry->argument_count);
    const struct reply *subcommands = is_subcommand ? NULL : find_field(docs, "subcommands");
    if (subcommands)
        read_entries(arena, subcommands, entry->name, &entry->subcommands, &entry->subcommand_count);
}

/* Pairs of a name and its documentation. `container` is NULL for commands, otherwise the one of these subcommands. */
static void read_entries(struct arena *arena, const struct reply *reply, const char *container,
                         const struct command_entry **entries_out, size_t *count_out)
{
    if (!reply_is_aggregate(reply))
        return;
    struct command_entry *entries = arena_alloc(arena, reply->count / 2 * sizeof *entries);
    size_t count = 0;
    for (size_t i = 0; i + 1 < reply->count; i += 2) {
        entries[count].name = read_name(arena, &reply->elements[i], container);
        if (entries[count].name)
            read_entry(arena, &reply->elements[i + 1], container != NULL, &entries[count++]);
    }
    *entries_out = entries;
    *count_out = settle_entries(entries, count);
}

/* The reply of COMMAND: descriptions that begin with the name. */
static void read_names(struct documentation *documentation, const struct reply *reply)
{
    if (!reply_is_aggregate(reply))
        return;
    struct command_entry *entries = arena_alloc(documentation->arena, reply->count * sizeof *entries);
    size_t count = 0;
    for (size_t i = 0; i < reply->count; i++) {
        const struct reply *description = &reply->elements[i];
        if (!reply_is_aggregate(description) || description->count == 0)
            continue;
        entries[count].name = read_name(documentation->arena, &description->elements[0], NULL);
        count += entries[count].name != NULL;
    }
    documentation->entries = entries;
    documentation->count = settle_entries(entries, count);
}

static struct documentation *documentation_create(void)
{
    struct documentation *documentation = memory_alloc_zeroed(sizeof *documentation);
    documentation->arena = arena_create();
    return documentation;
}

struct documentation *documentation_read(const struct reply *docs)
{
    struct documentation *documentation = documentation_create();
    read_entries(documentation->arena, docs, NULL, &documentation->entries, &documentation->count);
    return documentation;
}

struct documentation *documentation_read_names(const struct reply *commands)
{
    struct documentation *documentation = documentation_create();
    read_names(documentation, commands);
    return documentation;
}

/* ---- asking ---- */

/* NULL: no connection, or it was lost. */
static struct reply *ask(struct session *session, const char *subcommand)
{
    struct reply *reply;
    if (!session_can_ask(session))
        return NULL;
    return session_ask(session, (const char *[]){"COMMAND", subcommand, NULL}, &reply) == EXIT_CODE_OK ? reply : NULL;
}

struct documentation *documentation_load(struct session *session)
{
    struct documentation *documentation;
    struct reply *docs = ask(session, "DOCS"), *commands = NULL;
    bool was_refused = docs && docs->type == REPLY_ERROR && session_code_of_error(docs) == EXIT_CODE_REFUSED;
    if (docs && docs->type == REPLY_ERROR && !was_refused)
        commands = ask(session, NULL);
    if (commands)
        documentation = documentation_read_names(commands);
    else if (docs)
        documentation = documentation_read(docs);
    else
        documentation = documentation_create();
    if (was_refused)
        documentation->refusal = quoting_copy_printable(docs->text, docs->length);
    reply_destroy(commands);
    reply_destroy(docs);
    return documentation;
}

const char *documentation_refusal(const struct documentation *documentation)
{
    return documentation ? documentation->refusal : NULL;
}

void documentation_destroy(struct documentation *documentation)
{
    if (!documentation)
        return;
    arena_destroy(documentation->arena);
    free(documentation->refusal);
    free(documentation);
}

/* ---- looking up ---- */

const struct command_entry *documentation_entries(const struct documentation *documentation, size_t *count_out)
{
    *count_out = documentation ? documentation->count : 0;
    return documentation ? documentation->entries : NULL;
}

const char *command_entry_last_name(const struct command_entry *entry)
{
    const char *blank = strchr(entry->name, ' ');
    return blank ? blank + 1 : entry->name;
}

/* By the last words of the names. That is their order, too: what stands before is the same for all. */
static const struct command_entry *find_entry(const struct command_entry *entries, size_t count, const char *name)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcasecmp(name, command_entry_last_name(&entries[middle]));
        if (order == 0)
            return &entries[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct command_entry *documentation_find(const struct documentation *documentation, const char *name,
                                               const char *subcommand)
{
    size_t count;
    const struct command_entry *entries = documentation_entries(documentation, &count);
    const struct command_entry *entry = find_entry(entries, count, name);
    if (!entry || !subcommand)
        return entry;
    return find_entry(entry->subcommands, entry->subcommand_count, subcommand);
}
