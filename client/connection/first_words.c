#include "connection/first_words.h"

#include "core/quoting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void first_words_add(struct first_words *words, const char *bytes, size_t size)
{
    size_t room = sizeof words->bytes - words->length;
    size_t take = words->are_over ? 0 : size < room ? size : room;
    memcpy(words->bytes + words->length, bytes, take);
    words->length += take;
}

/* A type, and what a type that has a number after it allows there. */
bool first_words_are_foreign(const struct first_words *words)
{
    if (words->are_over || words->length == 0)
        return false;
    char type = words->bytes[0];
    if (!memchr("+-:,(#_$=!*~>%|", type, 15))
        return true;
    bool counts = memchr(":$=!*~>%|", type, 9);
    return counts && words->length > 1 && !memchr("+-0123456789\r", words->bytes[1], 13);
}

/* The first line, printable, in quotes. Many bytes that are not say the same as a few. */
void first_words_explain(const struct first_words *words, const char *fault, char *text, size_t size)
{
    size_t length = 0;
    while (length < words->length && words->bytes[length] != '\r' && words->bytes[length] != '\n')
        length++;
    bool has_more = length == sizeof words->bytes;
    char *line = quoting_copy_printable(words->bytes, length);
    snprintf(text, size,
             "What answers there is no kvs: it said \"%s%s\" (%s). Give another path with -s or KVS_SOCKET.", line,
             has_more ? "..." : "", fault);
    free(line);
}

bool first_words_refuse(const struct reply *reply, char *text, size_t size)
{
    static const struct {
        const char *words, *advice;
    } refusals[] = {
        {"ERR max number of clients reached for uid", "Your programs hold all connections that maxclients-per-uid "
                                                      "gives them: close some (kvs-cli --top shows them), "
                                                      "or raise it."},
        {"ERR max number of clients reached",
         "All connections that maxclients allows are in use: close some, or raise it; on kvs an admin socket has a few "
         "in reserve."},
        {"DENIED", "The server's configuration lets nobody in this way (protected-mode)."},
    };
    if (reply->type != REPLY_ERROR)
        return false;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (!reply_has_prefix(reply, refusals[i].words))
            continue;
        char *said = quoting_copy_printable(reply->text, reply->length < 80 ? reply->length : 80);
        snprintf(text, size, "The server refuses the connection: %s. %s", said, refusals[i].advice);
        free(said);
        return true;
    }
    return false;
}
