/* XGROUP: groups of a stream, and their consumers, come and go. */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "handlers/group_change.h"
#include "handlers/stream_arguments.h"
#include "handlers/stream_reply.h"
#include "types/stream_groups.h"

static const struct key_event event_create = {"xgroup-create", EVENT_STREAM, 1},
                              event_setid = {"xgroup-setid", EVENT_STREAM, 1},
                              event_destroy = {"xgroup-destroy", EVENT_STREAM, 1},
                              event_delconsumer = {"xgroup-delconsumer", EVENT_STREAM, 1};

static void error_subcommand(struct call *call)
{
    reply_errorf(call->reply, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try XGROUP HELP.",
                 call->argv[1].len < 128 ? (int)call->argv[1].len : 128, call->argv[1].data);
}

/* ---- the group that is named ---- */

static void error_no_stream(struct call *call)
{
    reply_error(call->reply,
                "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use "
                "the MKSTREAM option to create an empty stream automatically.");
}

static bool find_stream(struct group_change *change, struct call *call)
{
    if (!group_find(change, call, &call->keys[0], &call->argv[3], false))
        return false;
    if (!change->stream)
        error_no_stream(call);
    return change->stream != NULL;
}

static bool find_group(struct group_change *change, struct call *call)
{
    if (!find_stream(change, call))
        return false;
    if (!change->group)
        reply_errorf(call->reply, "NOGROUP No such consumer group '%.*s' for key name '%.*s'", (int)call->argv[3].len,
                     call->argv[3].data, (int)call->argv[2].len, call->argv[2].data);
    return change->group != NULL;
}

static struct bytes argument_text(const struct call *call, int at)
{
    return (struct bytes){call->argv[at].data, call->argv[at].len};
}

/* ---- CREATE and SETID ---- */

struct group_options {
    bool make_stream;
    int64_t entries_read;
};

/* From the fifth argument on. False, with the error, if they are wrong. */
static bool read_options(struct call *call, bool creates, struct group_options *options)
{
    *options = (struct group_options){.entries_read = GROUP_READ_UNKNOWN};
    for (int i = 5; i < call->argc; i++) {
        if (creates && arg_is(&call->argv[i], "mkstream")) {
            options->make_stream = true;
        } else if (arg_is(&call->argv[i], "entriesread") && i + 1 < call->argc) {
            if (!argument_i64(call, &call->argv[++i], &options->entries_read))
                return false;
            if (options->entries_read < GROUP_READ_UNKNOWN) {
                reply_error(call->reply, "ERR value for ENTRIESREAD must be positive or -1");
                return false;
            }
        } else {
            error_subcommand(call);
            return false;
        }
    }
    return true;
}

/* "$" is the last ID of the stream, or 0-0 if there is none. "-" and "+" are IDs to SETID alone. */
static bool read_id(struct call *call, const struct stream *stream, bool creates, struct stream_id *id_out)
{
    const struct arg *arg = &call->argv[4];
    if (arg_is(arg, "$")) {
        *id_out = stream ? stream->last_id : STREAM_ID_MIN;
        return true;
    }
    return creates ? argument_stream_id(call, arg, 0, id_out) : argument_stream_bound(call, arg, 0, id_out);
}

/* Adds the group to the stream, or to a new one under the key. */
static bool add_group(struct group_change *change, struct stream_group *group)
{
    struct call *call = change->call;
    if (change->stream) {
        group_begin(change);
        if (stream_groups_add(&change->stream->groups, group) != 0)
            return false;
        group_end(change, &event_create, 1);
        return true;
    }
    struct entry *entry = stream_create(change->key->name);
    if (!entry)
        return false;
    if (stream_groups_add(&stream_of(entry)->groups, group) != 0) {
        entry_free(entry);
        return false;
    }
    keyspace_put(&call->view, change->key, entry, &event_create);
    return true;
}

static void create(struct group_change *change, struct stream_id id, const struct group_options *options)
{
    struct stream_group *group = stream_group_create(argument_text(change->call, 3), id, options->entries_read);
    if (group && add_group(change, group)) {
        reply_ok(change->call->reply);
        return;
    }
    if (group)
        stream_group_free(group, true);
    error_no_memory(change->call);
}

void cmd_xgroup_create(struct call *call)
{
    struct group_change change;
    struct group_options options;
    struct stream_id id;
    if (!read_options(call, true, &options) || !group_find(&change, call, &call->keys[0], &call->argv[3], false))
        return;
    if (!change.stream && !options.make_stream)
        error_no_stream(call);
    else if (call->argc > 8)
        error_subcommand(call);
    else if (!read_id(call, change.stream, true, &id))
        return;
    else if (change.group)
        reply_error(call->reply, "BUSYGROUP Consumer Group name already exists");
    else
        create(&change, id, &options);
}

void cmd_xgroup_setid(struct call *call)
{
    struct group_change change;
    struct group_options options;
    struct stream_id id;
    if (!read_options(call, false, &options) || !find_group(&change, call))
        return;
    if (call->argc != 5 && call->argc != 7) {
        error_subcommand(call);
        return;
    }
    if (!read_id(call, change.stream, false, &id))
        return;
    group_begin(&change);
    change.group->last_id = id;
    change.group->entries_read = options.entries_read;
    group_end(&change, &event_setid, 1);
    reply_ok(call->reply);
}

/* ---- the others ---- */

/* Those who wait to read with it are told. */
void cmd_xgroup_destroy(struct call *call)
{
    struct group_change change;
    if (!find_stream(&change, call))
        return;
    if (change.group) {
        group_begin(&change);
        stream_groups_remove(change.stream->groups, change.group);
        group_end(&change, &event_destroy, 1);
    }
    reply_int(call->reply, change.group != NULL);
}

void cmd_xgroup_createconsumer(struct call *call)
{
    struct group_change change;
    if (!find_group(&change, call))
        return;
    struct bytes name = argument_text(call, 4);
    bool is_there = stream_consumer_find(change.group, name) != NULL;
    if (is_there || group_consumer(&change, name))
        reply_int(call->reply, !is_there);
    else
        error_no_memory(call);
}

void cmd_xgroup_delconsumer(struct call *call)
{
    struct group_change change;
    uint64_t pending = 0;
    if (!find_group(&change, call))
        return;
    struct stream_consumer *consumer = stream_consumer_find(change.group, argument_text(call, 4));
    if (consumer) {
        pending = consumer->own.count;
        group_begin(&change);
        stream_consumer_remove(change.group, consumer);
        group_end(&change, &event_delconsumer, 1);
    }
    reply_int(call->reply, (int64_t)pending);
}

void cmd_xgroup_help(struct call *call)
{
    static const char *const lines[] = {
        "CREATE <key> <groupname> <id|$> [option]",
        "    Make a group that has got all entries up to that ID. Options are:",
        "    * MKSTREAM",
        "      Make an empty stream if the key doesn't exist.",
        "    * ENTRIESREAD entries_read",
        "      How many entries the group has read; for logs and replicas.",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Make a consumer in the group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove the consumer, with all that is pending with it.",
        "DESTROY <key> <groupname>",
        "    Remove the group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Say which entry the group has got last, and how many it has read.",
    };
    reply_help(call->reply, "XGROUP", lines, sizeof lines / sizeof lines[0]);
}
