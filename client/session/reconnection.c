#include "session/reconnection.h"

#include <string.h>

static const char *user_name(const struct connection_state *state)
{
    return state->user[0] != '\0' ? state->user : "default";
}

static bool is_other_process(const struct connection_state *before, const struct connection_state *now)
{
    return before->pid != 0 && now->pid != 0 && before->pid != now->pid;
}

void reconnection_tell(FILE *out, const char *path, const struct connection_state *before,
                       const struct connection_state *now, bool is_loss)
{
    bool other_process = is_other_process(before, now), other_user = strcmp(before->user, now->user) != 0;
    bool other_database = before->database != now->database;
    if (!is_loss && !other_process && !other_user && !other_database && !before->in_multi)
        return;
    fprintf(out, "Reconnected to %s", path);
    if (other_process)
        fprintf(out, " (the server is another process: pid %ld, before %ld)", (long)now->pid, (long)before->pid);
    if (other_database)
        fprintf(out, "; database %d, before %d", now->database, before->database);
    else if (now->database != 0)
        fprintf(out, "; database %d again", now->database);
    if (other_user)
        fprintf(out, "; user %s, before %s", user_name(now), user_name(before));
    else if (now->user[0] != '\0')
        fprintf(out, "; user %s again", now->user);
    if (before->in_multi)
        fputs("; the transaction is lost", out);
    putc('\n', out);
}
