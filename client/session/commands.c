#include "session/commands.h"

#include <string.h>
#include <strings.h>

bool command_is(const struct arguments *arguments, const char *first, const char *second)
{
    return arguments_is(arguments, 0, first) && (!second || arguments_is(arguments, 1, second));
}

/* Commands whose string is text made for reading, which quotes and escapes would spoil. */
bool command_answers_text(const struct arguments *arguments)
{
    size_t count = arguments->count;
    return command_is(arguments, "info", NULL) || command_is(arguments, "lolwut", NULL) ||
           command_is(arguments, "debug", "htstats") || command_is(arguments, "debug", "htstats-key") ||
           command_is(arguments, "debug", "client-eviction") || command_is(arguments, "memory", "malloc-stats") ||
           command_is(arguments, "memory", "doctor") || command_is(arguments, "client", "list") ||
           command_is(arguments, "client", "info") || (count == 2 && command_is(arguments, "cluster", "nodes")) ||
           (count == 2 && command_is(arguments, "cluster", "info")) ||
           (count == 3 && command_is(arguments, "latency", "graph")) ||
           (count == 2 && command_is(arguments, "latency", "doctor"));
}

bool command_subscribes(const struct arguments *arguments)
{
    return command_is(arguments, "subscribe", NULL) || command_is(arguments, "psubscribe", NULL) ||
           command_is(arguments, "ssubscribe", NULL);
}

bool command_unsubscribes(const struct arguments *arguments)
{
    return command_is(arguments, "unsubscribe", NULL) || command_is(arguments, "punsubscribe", NULL) ||
           command_is(arguments, "sunsubscribe", NULL);
}

static bool has_word(const struct arguments *arguments, size_t from, const char *word)
{
    for (size_t i = from; i < arguments->count; i++) {
        if (arguments_is(arguments, i, word))
            return true;
    }
    return false;
}

/* ---- passwords ---- */

/*
 * What names a setting: requirepass, masterauth, auth-pass and whatever gets a similar name later; and user, whose
 * rules hold passwords.
 */
static bool is_secret_name(const char *name)
{
    return strcasestr(name, "pass") || strcasestr(name, "auth") || strcasecmp(name, "masteruser") == 0 ||
           strcasecmp(name, "user") == 0;
}

/* Looks at every `step`th argument from one on: where names stand. */
static bool has_secret_name(const struct arguments *arguments, size_t from, size_t step)
{
    for (size_t i = from; i < arguments->count; i += step) {
        if (is_secret_name(arguments->values[i]))
            return true;
    }
    return false;
}

/* scheme://user:password@... */
static bool is_secret_url(const char *word)
{
    const char *slashes = strstr(word, "://");
    const char *colon = slashes ? strchr(slashes + 3, ':') : NULL;
    return colon && strchr(colon, '@');
}

/* Of a shell's command line that was pasted: kvs-cli -a secret. */
static bool is_secret_option(const char *word)
{
    return strcmp(word, "-a") == 0 || strcmp(word, "--pass") == 0 || strncmp(word, "--pass=", 7) == 0 ||
           strstr(word, "CLI_AUTH=");
}

/* The number of words before a command that is another's argument: COMMAND GETKEYS GET k. 0: it is none. */
static size_t count_wrapping_words(const struct arguments *arguments)
{
    if (command_is(arguments, "command", "getkeys") || command_is(arguments, "command", "getkeysandflags") ||
        command_is(arguments, "debug", "inside"))
        return 2;
    return command_is(arguments, "acl", "dryrun") ? 3 : 0;
}

static bool named_command_has_secret(const struct arguments *arguments)
{
    if (arguments_is(arguments, 0, "auth"))
        return true;
    if (arguments_is(arguments, 0, "acl"))
        return arguments_is(arguments, 1, "setuser");
    if (arguments_is(arguments, 0, "config"))
        return arguments_is(arguments, 1, "set") && has_secret_name(arguments, 2, 1); /* a value may lack its name */
    if (arguments_is(arguments, 0, "hello"))
        return has_word(arguments, 1, "auth");
    if (arguments_is(arguments, 0, "migrate"))
        return has_word(arguments, 1, "auth") || has_word(arguments, 1, "auth2");
    if (arguments_is(arguments, 0, "sentinel"))
        return has_secret_name(arguments, 2, 1) && !arguments_is(arguments, 2, "get");
    if (command_is(arguments, "module", "loadex"))
        return has_secret_name(arguments, 3, 1);
    return false;
}

bool command_has_secret(const struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++) {
        if (is_secret_option(arguments->values[i]) || is_secret_url(arguments->values[i]))
            return true;
    }
    struct arguments inner = *arguments;
    for (size_t words; (words = count_wrapping_words(&inner)) > 0 && inner.count > words;)
        inner = (struct arguments){
            .count = inner.count - words, .values = inner.values + words, .lengths = inner.lengths + words};
    return named_command_has_secret(&inner);
}

/* ---- harm ---- */

/* Subcommands of DEBUG that only look. All others can stop, block or change the server. */
static bool debug_is_harmless(const struct arguments *arguments)
{
    static const char *const harmless[] = {
        "help",     "object",  "digest",    "digest-value", "htstats",         "htstats-key", "sdslen",
        "listpack", "ziplist", "quicklist", "protocol",     "stringmatch-len", "dict-stats",  "client-eviction",
    };
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        if (arguments_is(arguments, 1, harmless[i]))
            return true;
    }
    return arguments->count < 2;
}

enum harm command_harm(const struct arguments *arguments)
{
    if (arguments_is(arguments, 0, "flushall"))
        return HARM_ALL_KEYS;
    if (arguments_is(arguments, 0, "flushdb"))
        return HARM_DATABASE_KEYS;
    if (arguments_is(arguments, 0, "shutdown"))
        return arguments_is(arguments, 1, "abort") ? HARM_NONE : HARM_STOP;
    if (arguments_is(arguments, 0, "debug"))
        return debug_is_harmless(arguments) ? HARM_NONE : HARM_DEBUG;
    return command_is(arguments, "config", "rewrite") ? HARM_CONFIGURATION_FILE : HARM_NONE;
}
