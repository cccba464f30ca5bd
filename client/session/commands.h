/*
 * What kvs-cli has to know about a command beforehand: how its reply is shown, whether it goes on, whether it may be
 * remembered, what it destroys. By name, since servers that don't describe their commands are to be usable too.
 */
#ifndef KVS_CLIENT_SESSION_COMMANDS_H
#define KVS_CLIENT_SESSION_COMMANDS_H

#include "core/quoting.h"

#include <stdbool.h>

/* Whether the first word is `first`, in any case, and the second is `second` unless that is NULL. */
bool command_is(const struct arguments *arguments, const char *first, const char *second);

/* Its string is text made for reading, which quotes and escapes would spoil (INFO, CLIENT LIST). */
bool command_answers_text(const struct arguments *arguments);

/* Messages follow one another until the subscription ends. */
bool command_subscribes(const struct arguments *arguments);

/* One reply for each channel. */
bool command_unsubscribes(const struct arguments *arguments);

/* A password is among its arguments, or looks as if it were. */
bool command_has_secret(const struct arguments *arguments);

/* What a command destroys, for those who ask before they send it. */
enum harm {
    HARM_NONE,
    HARM_ALL_KEYS,           /* FLUSHALL */
    HARM_DATABASE_KEYS,      /* FLUSHDB */
    HARM_STOP,               /* SHUTDOWN */
    HARM_DEBUG,              /* DEBUG, except the subcommands that only look */
    HARM_CONFIGURATION_FILE, /* CONFIG REWRITE */
};

enum harm command_harm(const struct arguments *arguments);

#endif
