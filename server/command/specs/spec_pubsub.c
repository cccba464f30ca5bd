/*
 * The commands of messages: publishing and subscribing. Facts are those of Redis 7.2; the sentences are ours.
 *
 * To publish is to act on other clients, so it needs access=write; to listen needs access=read.
 */
#include "command/specs/spec.h"

#define SUBSCRIBES (CMD_PUBSUB | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_TURNS)
#define PUBLISHES (CMD_PUBSUB | CMD_LOADING | CMD_STALE | CMD_FAST | CMD_MAY_REPLICATE | CMD_TURNS)
#define ASKS (CMD_PUBSUB | CMD_LOADING | CMD_STALE | CMD_TURNS)

static const struct command pubsub_subcommands[] = {
    {
        .name = "channels", .full_name = "pubsub|channels",
        .summary = "Lists the channels that have subscribers.",
        .group = GROUP_PUBSUB, .since = "2.8.0", .complexity = "O(N), N being the number of channels",
        .arity = -2, .flags = ASKS, .run = cmd_pubsub_channels,
        SPEC_ARGS({.name = "pattern", .type = ARG_PATTERN, .flags = ARG_OPTIONAL}),
    },
    {
        .name = "numpat", .full_name = "pubsub|numpat",
        .summary = "Counts the patterns that have subscribers.",
        .group = GROUP_PUBSUB, .since = "2.8.0", .complexity = "O(1)",
        .arity = 2, .flags = ASKS, .run = cmd_pubsub_numpat,
    },
    {
        .name = "numsub", .full_name = "pubsub|numsub",
        .summary = "Counts the subscribers of channels.",
        .group = GROUP_PUBSUB, .since = "2.8.0", .complexity = "O(N), N being the number of channels asked for",
        .arity = -2, .flags = ASKS, .run = cmd_pubsub_numsub,
        SPEC_ARGS({.name = "channel", .type = ARG_STRING, .flags = ARG_OPTIONAL | ARG_MULTIPLE}),
    },
    {
        .name = "shardchannels", .full_name = "pubsub|shardchannels",
        .summary = "Lists the shard channels that have subscribers.",
        .group = GROUP_PUBSUB, .since = "7.0.0", .complexity = "O(N), N being the number of shard channels",
        .arity = -2, .flags = ASKS, .run = cmd_pubsub_shardchannels,
        SPEC_ARGS({.name = "pattern", .type = ARG_PATTERN, .flags = ARG_OPTIONAL}),
    },
    {
        .name = "shardnumsub", .full_name = "pubsub|shardnumsub",
        .summary = "Counts the subscribers of shard channels.",
        .group = GROUP_PUBSUB, .since = "7.0.0",
        .complexity = "O(N), N being the number of shard channels asked for",
        .arity = -2, .flags = ASKS, .run = cmd_pubsub_shardnumsub,
        SPEC_ARGS({.name = "shardchannel", .type = ARG_STRING, .flags = ARG_OPTIONAL | ARG_MULTIPLE}),
    },
    {
        .name = "help", .full_name = "pubsub|help",
        .summary = "Lists the subcommands.",
        .group = GROUP_PUBSUB, .since = "6.2.0", .complexity = "O(1)",
        .arity = 2, .flags = CMD_LOADING | CMD_STALE, .run = cmd_pubsub_help,
    },
};

static const struct command commands[] = {
    {
        .name = "psubscribe",
        .summary = "Listens to all channels whose names match patterns.",
        .group = GROUP_PUBSUB, .since = "2.0.0", .complexity = "O(N), N being the number of patterns given",
        .arity = -2, .flags = SUBSCRIBES, .channels = {1, -1, true}, .run = cmd_psubscribe,
        SPEC_ARGS({.name = "pattern", .type = ARG_BLOCK, .flags = ARG_MULTIPLE,
                   SPEC_ARGS({.name = "pattern", .type = ARG_PATTERN})}),
    },
    {
        .name = "publish",
        .summary = "Sends a message to all who listen to a channel, and tells how many they are.",
        .group = GROUP_PUBSUB, .since = "2.0.0",
        .complexity = "O(N+M), N being the number of subscribers and M that of patterns",
        .arity = 3, .flags = PUBLISHES, .access = ACCESS_WRITE, .channels = {1, 1, false}, .run = cmd_publish,
        SPEC_ARGS({.name = "channel", .type = ARG_STRING}, {.name = "message", .type = ARG_STRING}),
    },
    {
        .name = "pubsub",
        .summary = "Holds the commands that tell about channels.",
        .group = GROUP_PUBSUB, .since = "2.8.0", .complexity = "Depends on the subcommand.",
        .arity = -2,
        SPEC_SUBCOMMANDS(pubsub_subcommands),
    },
    {
        .name = "punsubscribe",
        .summary = "Listens no more to the channels that match patterns.",
        .group = GROUP_PUBSUB, .since = "2.0.0", .complexity = "O(N), N being the number of patterns given",
        .arity = -1, .flags = SUBSCRIBES, .run = cmd_punsubscribe,
        SPEC_ARGS({.name = "pattern", .type = ARG_PATTERN, .flags = ARG_OPTIONAL | ARG_MULTIPLE}),
    },
    {
        .name = "spublish",
        .summary = "Sends a message to all who listen to a shard channel, and tells how many they are.",
        .group = GROUP_PUBSUB, .since = "7.0.0", .complexity = "O(N), N being the number of subscribers",
        .arity = 3, .flags = PUBLISHES, .access = ACCESS_WRITE, .channels = {1, 1, false}, .run = cmd_spublish,
        SPEC_KEYS(KEY_RANGE(KEY_NOT_KEY, 1, 0, 1)),
        SPEC_ARGS({.name = "shardchannel", .type = ARG_STRING}, {.name = "message", .type = ARG_STRING}),
    },
    {
        .name = "ssubscribe",
        .summary = "Listens to shard channels.",
        .group = GROUP_PUBSUB, .since = "7.0.0", .complexity = "O(N), N being the number of shard channels given",
        .arity = -2, .flags = SUBSCRIBES, .channels = {1, -1, false}, .run = cmd_ssubscribe,
        SPEC_KEYS(KEY_RANGE(KEY_NOT_KEY, 1, -1, 1)),
        SPEC_ARGS({.name = "shardchannel", .type = ARG_STRING, .flags = ARG_MULTIPLE}),
    },
    {
        .name = "subscribe",
        .summary = "Listens to channels.",
        .group = GROUP_PUBSUB, .since = "2.0.0", .complexity = "O(N), N being the number of channels given",
        .arity = -2, .flags = SUBSCRIBES, .channels = {1, -1, false}, .run = cmd_subscribe,
        SPEC_ARGS({.name = "channel", .type = ARG_STRING, .flags = ARG_MULTIPLE}),
    },
    {
        .name = "sunsubscribe",
        .summary = "Listens no more to shard channels.",
        .group = GROUP_PUBSUB, .since = "7.0.0", .complexity = "O(N), N being the number of shard channels given",
        .arity = -1, .flags = SUBSCRIBES, .run = cmd_sunsubscribe,
        SPEC_KEYS(KEY_RANGE(KEY_NOT_KEY, 1, -1, 1)),
        SPEC_ARGS({.name = "shardchannel", .type = ARG_STRING, .flags = ARG_OPTIONAL | ARG_MULTIPLE}),
    },
    {
        .name = "unsubscribe",
        .summary = "Listens no more to channels.",
        .group = GROUP_PUBSUB, .since = "2.0.0", .complexity = "O(N), N being the number of channels given",
        .arity = -1, .flags = SUBSCRIBES, .run = cmd_unsubscribe,
        SPEC_ARGS({.name = "channel", .type = ARG_STRING, .flags = ARG_OPTIONAL | ARG_MULTIPLE}),
    },
};

const struct command_family command_family_pubsub = {COMMAND_LIST(commands)};
