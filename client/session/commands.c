#include "session/commands.h"

#include <string.h>

bool command_is(const struct arguments *arguments, const char *first, const char *second)
{
    return arguments_is(arguments, 0, first) && (second == NULL || arguments_is(arguments, 1, second));
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

/* CONFIG SET name value [name value ...]: requirepass, masterauth and whatever later is called alike. */
static bool config_set_is_secret(const struct arguments *arguments)
{
    for (size_t i = 2; i < arguments->count; i += 2) {
        if (strcasestr(arguments->values[i], "pass") || strcasestr(arguments->values[i], "auth"))
            return true;
        if (arguments_is(arguments, i, "masteruser"))
            return true;
    }
    return false;
}

bool command_has_secret(const struct arguments *arguments)
{
    if (arguments_is(arguments, 0, "auth"))
        return true;
    if (arguments_is(arguments, 0, "acl"))
        return arguments_is(arguments, 1, "setuser");
    if (arguments_is(arguments, 0, "config") && arguments_is(arguments, 1, "set")) {
        return config_set_is_secret(arguments);
    }
    if (arguments_is(arguments, 0, "hello"))
        return has_word(arguments, 1, "auth");
    if (arguments_is(arguments, 0, "migrate")) {
        return has_word(arguments, 1, "auth") || has_word(arguments, 1, "auth2");
    }
    return false;
}
