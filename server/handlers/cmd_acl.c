/*
 * ACL: users and their rights.
 *
 * Subcommands that change users run while the world is stopped, and afterwards all clients' rights are worked out
 * again. Those that only read users run inside the gate, where users can't change.
 */
#include "acl/acl.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "clients/client.h"
#include "command/arguments.h"
#include "command/call.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/guard.h"
#include "host/log.h"
#include "record/acl_log.h"
#include "server.h"

#include <string.h>

#define GENPASS_DEFAULT_BITS 256
#define GENPASS_MAX_BITS 4096
#define LOG_DEFAULT_COUNT 10

static struct user *find_user(const struct call *call, const struct arg *name)
{
    return acl_find(call->server->acl, name->data, name->len);
}

/* Answers that there are more arguments than the subcommand can have. */
static void error_usage(struct call *call)
{
    const struct arg *word = &call->argv[1];
    reply_errorf(call->reply, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try ACL HELP.",
                 (int)strnlen(word->data, word->len), word->data);
}

/* Answers with a text, which is then freed. */
static void reply_text(struct reply *reply, struct text *text)
{
    reply_bulk(reply, text->len > 0 ? text->data : "", text->len);
    text_deinit(text);
}

static void reply_name(struct reply *reply, const struct user *user)
{
    struct bytes name = user_name(user);
    reply_bulk(reply, name.data, name.len);
}

/* ---- changing users ---- */

void cmd_acl_setuser(struct call *call)
{
    size_t count = (size_t)call->argc - 2;
    struct bytes *words = mem_alloc(count * sizeof *words);
    for (size_t i = 0; i < count; i++)
        words[i] = (struct bytes){call->argv[i + 2].data, call->argv[i + 2].len};
    char *error = NULL;
    if (acl_set_user(call->server->acl, words[0], words + 1, count - 1, &error) == 0) {
        guard_refresh(call->server);
        reply_ok(call->reply);
    } else {
        reply_errorf(call->reply, "ERR %s", error);
    }
    mem_free(error);
    mem_free(words);
}

void cmd_acl_deluser(struct call *call)
{
    int64_t deleted = 0;
    for (int i = 2; i < call->argc; i++) {
        if (bytes_equal(call->argv[i].data, call->argv[i].len, "default", strlen("default"))) {
            reply_error(call->reply, "ERR The 'default' user cannot be removed");
            return;
        }
    }
    for (int i = 2; i < call->argc; i++) {
        struct user *user = find_user(call, &call->argv[i]);
        if (!user)
            continue;
        user_retain(user);
        acl_delete_user(call->server->acl, call->argv[i].data, call->argv[i].len);
        guard_expel(user);
        user_release(user);
        deleted++;
    }
    reply_int(call->reply, deleted);
}

/* ---- the file ---- */

static bool has_file(struct call *call)
{
    if (*call->server->config.aclfile != '\0')
        return true;
    reply_error(call->reply,
                "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the "
                "ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file "
                "set) in order to store users in the Redis configuration.");
    return false;
}

void cmd_acl_load(struct call *call)
{
    char *error = NULL;
    if (!has_file(call))
        return;
    if (guard_load_users(call->server, call->server->config.aclfile, &error) == 0) {
        log_notice("ACL LOAD: the users of %s are in force", call->server->config.aclfile);
        reply_ok(call->reply);
    } else {
        for (char *at = error; (at = strchr(at, '\n'));) /* a reply is one line */
            *at = ' ';
        reply_errorf(call->reply, "ERR %s", error);
    }
    mem_free(error);
}

void cmd_acl_save(struct call *call)
{
    if (!has_file(call))
        return;
    if (acl_save(call->server->acl, call->server->config.aclfile) == 0)
        reply_ok(call->reply);
    else
        reply_error(call->reply, "ERR There was an error trying to save the ACLs. Please check the server logs for "
                                 "more information");
}

/* ---- looking at users ---- */

void cmd_acl_list(struct call *call)
{
    const struct acl *acl = call->server->acl;
    size_t count = acl_count(acl);
    reply_array(call->reply, count);
    for (size_t i = 0; i < count; i++) {
        struct text line = TEXT_EMPTY;
        acl_describe_user(acl_at(acl, i), &line);
        reply_text(call->reply, &line);
    }
}

void cmd_acl_users(struct call *call)
{
    const struct acl *acl = call->server->acl;
    size_t count = acl_count(acl);
    reply_array(call->reply, count);
    for (size_t i = 0; i < count; i++)
        reply_name(call->reply, acl_at(acl, i));
}

void cmd_acl_whoami(struct call *call)
{
    reply_name(call->reply, call->client->user);
}

static void reply_flags(struct reply *reply, uint32_t flags)
{
    const char *words[4];
    size_t count = 0;
    words[count++] = (flags & USER_ENABLED) ? "on" : "off";
    if (flags & USER_NOPASS)
        words[count++] = "nopass";
    if (flags & USER_SANITIZE_PAYLOAD_SKIP)
        words[count++] = "skip-sanitize-payload";
    if (flags & USER_SANITIZE_PAYLOAD)
        words[count++] = "sanitize-payload";
    reply_set(reply, count);
    for (size_t i = 0; i < count; i++)
        reply_bulk_text(reply, words[i]);
}

/* Three fields. */
static void reply_selector(struct reply *reply, const struct user *user, size_t index)
{
    static const struct {
        const char *name;
        void (*describe)(const struct user *user, size_t index, struct text *text);
    } fields[] = {
        {"commands", user_selector_commands},
        {"keys", user_selector_keys},
        {"channels", user_selector_channels},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct text rules = TEXT_EMPTY;
        fields[i].describe(user, index, &rules);
        reply_bulk_text(reply, fields[i].name);
        reply_text(reply, &rules);
    }
}

static void reply_peers(struct reply *reply, const struct user *user)
{
    size_t count = user_peer_count(user);
    reply_bulk_text(reply, "peers");
    reply_array(reply, count);
    for (size_t i = 0; i < count; i++)
        reply_bulk_text(reply, user_peer(user, i));
}

/* Redis's fields; peers only if there are any, so that otherwise clients see just the fields they know. */
void cmd_acl_getuser(struct call *call)
{
    struct reply *reply = call->reply;
    const struct user *user = find_user(call, &call->argv[2]);
    if (!user) {
        reply_null(reply);
        return;
    }
    reply_map(reply, user_has_peer_rules(user) ? 7 : 6);
    reply_bulk_text(reply, "flags");
    reply_flags(reply, user_flags(user));
    size_t passwords = user_password_count(user);
    reply_bulk_text(reply, "passwords");
    reply_array(reply, passwords);
    for (size_t i = 0; i < passwords; i++)
        reply_bulk_text(reply, user_password_hash(user, i));
    reply_selector(reply, user, 0);
    size_t selectors = user_selector_count(user);
    reply_bulk_text(reply, "selectors");
    reply_array(reply, selectors - 1);
    for (size_t i = 1; i < selectors; i++) {
        reply_map(reply, 3);
        reply_selector(reply, user, i);
    }
    if (user_has_peer_rules(user))
        reply_peers(reply, user);
}

/* ---- ACL DRYRUN user command ... ---- */

/* The command that these arguments name; NULL if there is none, or a container has no such subcommand. */
static const struct command *find_command(const struct arg *argv, int argc)
{
    const struct command *command = command_find(argv[0].data, argv[0].len);
    if (!command || command->subcommand_count == 0 || argc == 1)
        return command;
    return command_find_subcommand(command, argv[1].data, argv[1].len);
}

static void reply_denial(struct call *call, const struct command *command, enum user_verdict verdict,
                         const struct arg *at_fault)
{
    struct text text = TEXT_EMPTY;
    const char *full_name = command_full_name(command);
    bool by_command = verdict == USER_DENIED_COMMAND;
    text_add(&text, "User ");
    text_add_bytes(&text, call->argv[2].data, call->argv[2].len);
    text_add(&text, by_command ? " has no permissions to run the '" : " has no permissions to access the '");
    if (by_command)
        text_add(&text, full_name);
    else
        text_add_bytes(&text, at_fault->data, at_fault->len);
    text_add(&text, by_command ? "' command" : verdict == USER_DENIED_KEY ? "' key" : "' channel");
    reply_text(call->reply, &text);
}

void cmd_acl_dryrun(struct call *call)
{
    const struct arg *argv = &call->argv[3];
    int argc = call->argc - 3, index = 0;
    const struct user *user = find_user(call, &call->argv[2]);
    if (!user) {
        reply_errorf(call->reply, "ERR User '%.*s' not found", (int)call->argv[2].len, call->argv[2].data);
        return;
    }
    const struct command *command = find_command(argv, argc);
    if (!command) {
        reply_errorf(call->reply, "ERR Command '%.*s' not found", (int)argv[0].len, argv[0].data);
        return;
    }
    if (!command_arity_ok(command, argc)) {
        reply_errorf(call->reply, "ERR wrong number of arguments for '%s' command", command_full_name(command));
        return;
    }
    enum user_verdict verdict = user_check(user, command, argv, argc, &index);
    if (verdict == USER_ALLOWED)
        reply_ok(call->reply);
    else
        reply_denial(call, command, verdict, &argv[index]);
}

/* ---- the rest ---- */

static void reply_categories(struct reply *reply)
{
    size_t count = 0;
    struct reply_hole hole = reply_defer(reply);
    for (uint32_t category = 1; category <= CAT_SCRIPTING; category <<= 1, count++)
        reply_bulk_text(reply, command_category_name(category));
    reply_defer_array(reply, hole, count);
}

void cmd_acl_cat(struct call *call)
{
    if (call->argc > 3) {
        error_usage(call);
        return;
    }
    if (call->argc == 2) {
        reply_categories(call->reply);
        return;
    }
    const struct arg *name = &call->argv[2];
    uint32_t category = command_category_find(name->data, name->len);
    if (category == 0) {
        reply_errorf(call->reply, "ERR Unknown category '%.*s'",
                     (int)strnlen(name->data, name->len < 128 ? name->len : 128), name->data);
        return;
    }
    size_t count = 0;
    struct reply_hole hole = reply_defer(call->reply);
    for (unsigned i = 0; i < command_count(); i++) {
        const struct command *command = command_by_number(i);
        if (!(command_categories(command) & category))
            continue;
        reply_bulk_text(call->reply, command_full_name(command));
        count++;
    }
    reply_defer_array(call->reply, hole, count);
}

void cmd_acl_genpass(struct call *call)
{
    char password[GENPASS_MAX_BITS / 4 + 1];
    int64_t bits = GENPASS_DEFAULT_BITS;
    if (call->argc > 3) {
        error_usage(call);
        return;
    }
    if (call->argc == 3 && !argument_i64(call, &call->argv[2], &bits))
        return;
    if (bits <= 0 || bits > GENPASS_MAX_BITS) {
        reply_errorf(call->reply,
                     "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number "
                     "up to %d",
                     GENPASS_MAX_BITS);
        return;
    }
    size_t digits = (size_t)(bits + 3) / 4;
    random_hex(password, digits);
    reply_bulk(call->reply, password, digits);
}

/* ---- LOG ---- */

static void reply_named_bytes(struct reply *reply, const char *name, struct bytes bytes)
{
    reply_bulk_text(reply, name);
    reply_bulk(reply, bytes.data, bytes.len);
}

static void reply_named_number(struct reply *reply, const char *name, int64_t number)
{
    reply_bulk_text(reply, name);
    reply_int(reply, number);
}

struct log_reader {
    struct reply *reply;
    int64_t now_ms; /* monotonic */
};

static void reply_log_entry(void *context, const struct acl_log_entry *entry)
{
    static const char *const reasons[ACL_LOG_REASONS] = {"auth", "command", "key", "channel", "socket"};
    static const char *const contexts[] = {
        [ACL_LOG_TOPLEVEL] = "toplevel", [ACL_LOG_MULTI] = "multi", [ACL_LOG_LUA] = "lua"};
    const struct log_reader *reader = context;
    struct reply *reply = reader->reply;
    reply_map(reply, 10);
    reply_named_number(reply, "count", entry->count);
    reply_bulk_text(reply, "reason");
    reply_bulk_text(reply, reasons[entry->refusal.reason]);
    reply_bulk_text(reply, "context");
    reply_bulk_text(reply, contexts[entry->refusal.context]);
    reply_named_bytes(reply, "object", entry->refusal.object);
    reply_named_bytes(reply, "username", entry->refusal.user);
    reply_bulk_text(reply, "age-seconds");
    reply_double(reply, (double)(reader->now_ms - entry->happened_ms) / 1000);
    reply_named_bytes(reply, "client-info", entry->refusal.client);
    reply_named_number(reply, "entry-id", entry->id);
    reply_named_number(reply, "timestamp-created", entry->created_ms);
    reply_named_number(reply, "timestamp-last-updated", entry->updated_ms);
}

/* ACL LOG [count | RESET] */
void cmd_acl_log(struct call *call)
{
    int64_t count = LOG_DEFAULT_COUNT;
    if (call->argc > 3) {
        error_usage(call);
        return;
    }
    if (call->argc == 3 && arg_is(&call->argv[2], "reset")) {
        acl_log_reset();
        reply_ok(call->reply);
        return;
    }
    if (call->argc == 3 && !argument_i64(call, &call->argv[2], &count))
        return;
    struct reply_hole hole = reply_defer(call->reply);
    int64_t told = acl_log_each(count, reply_log_entry, &(struct log_reader){call->reply, clock_monotonic_ms()});
    reply_defer_array(call->reply, hole, (size_t)told);
}

void cmd_acl_help(struct call *call)
{
    static const char *const lines[] = {
        "CAT [<category>]",
        "    List the categories of commands, or the commands in one of them.",
        "DELUSER <username> [<username> ...]",
        "    Delete users and disconnect their clients.",
        "DRYRUN <username> <command> [<arg> ...]",
        "    Tell whether the user may run the command, without running it.",
        "GENPASS [<bits>]",
        "    Make a random password of <bits> bits (256 by default).",
        "GETUSER <username>",
        "    Show the flags, password hashes, rules and peers of a user.",
        "LIST",
        "    List all users with their rules, as an ACL file holds them.",
        "LOAD",
        "    Read the users from the ACL file; if it holds a mistake, nothing changes.",
        "LOG [<count> | RESET]",
        "    Show the newest <count> refusals (10 by default), or forget all of them.",
        "SAVE",
        "    Write the users to the ACL file.",
        "SETUSER <username> [<rule> ...]",
        "    Create a user or change its rules.",
        "USERS",
        "    List the names of all users.",
        "WHOAMI",
        "    Tell which user this connection is.",
    };
    reply_help(call->reply, "ACL", lines, sizeof lines / sizeof lines[0]);
}
