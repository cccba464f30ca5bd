/*
 * Which commands get no reply: those after CLIENT REPLY OFF, and the one after CLIENT REPLY SKIP. Whoever sends
 * commands leads each of them past this, in order, and waits for no reply where none comes.
 *
 * It takes for granted that the server obeys CLIENT REPLY; whether it does has to be asked before (session.h).
 */
#ifndef KVS_CLIENT_CONNECTION_SILENCE_H
#define KVS_CLIENT_CONNECTION_SILENCE_H

#include "core/quoting.h"

#include <stdbool.h>

/* Of a connection. Begins as zeros: all commands are answered. */
struct silence {
    bool lasts;     /* until CLIENT REPLY ON or RESET */
    bool is_single; /* the next command is not answered */
};

/* Whether this is CLIENT REPLY ON, OFF or SKIP; OFF or SKIP. */
bool silence_chooses(const struct arguments *command);
bool silence_begins(const struct arguments *command);

/* Notes a command that is sent. True: a reply comes. */
bool silence_pass(struct silence *silence, const struct arguments *command);

#endif
