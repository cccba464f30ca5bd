#include "session/advice.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* By the first words of the error; of rows that fit the first counts. */
static const struct {
    const char *words, *text;
} table[] = {
    {"NOAUTH", "The server wants a password: kvs-cli --askpass asks for it, KVSCLI_AUTH holds it for scripts; at the "
               "prompt: AUTH [USER] PASSWORD."},
    {"WRONGPASS", "User and password do not match, or the user is off: --user NAME names another one."},
    {"NOPERM socket",
     "This socket file allows no more to anybody: use another one (that of unixsocket has all rights), or "
     "raise access= on its listen line."},
    {"NOPERM", "The rules of your user do not allow it: kvs-cli --who shows them as far as you may ask, --user names "
               "another user, and ACL SETUSER, or the user's line, changes them."},
    {"NOPROTO", "The server does not know that version of the protocol: leave out -3."},
    {"LOADING", "The server is reading its data and answers soon; INFO persistence tells how far it is."},
    {"BUSY", "A script or function keeps the server busy: wait, or end it with SCRIPT KILL or FUNCTION KILL; one that "
             "has written ends with SHUTDOWN NOSAVE alone."},
    {"OOM", "maxmemory is reached and nothing may be evicted: delete keys, raise maxmemory, or set a maxmemory-policy "
            "that evicts."},
    {"MISCONF", "The server cannot save its data and takes no writes until it can: its log and INFO persistence tell "
                "why."},
    {"READONLY", "This server is a replica and takes no writes: INFO replication names the one that does."},
    {"MASTERDOWN", "This server is a replica that has lost its master and gives no old data: see INFO replication."},
    {"NOREPLICAS", "The server takes no writes while too few replicas follow it (min-replicas-to-write)."},
    {"CLUSTERDOWN", "The server is part of a cluster that is not complete: see CLUSTER INFO."},
    {"MOVED", "The server is part of a cluster, and another server has this key: redis-cli -c goes there."},
    {"ASK", "The server is part of a cluster, and this key is moving to another server: redis-cli -c goes there."},
    {"DENIED", "The server's configuration lets nobody in this way (protected-mode)."},
};

#define TABLE_SIZE (sizeof table / sizeof table[0])

_Static_assert(TABLE_SIZE <= 8 * sizeof(unsigned), "struct advice has a bit for each row");

void advice_print(FILE *out, struct advice *advice, const struct reply *reply)
{
    if (reply->type != REPLY_ERROR)
        return;
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        size_t length = strlen(table[i].words);
        char behind = reply_has_prefix(reply, table[i].words) ? reply->text[length] : 'x';
        if (behind != ' ' && behind != '\0')
            continue;
        if ((advice->given & 1U << i) == 0)
            fprintf(out, "%s\n", table[i].text);
        advice->given |= 1U << i;
        return;
    }
}
