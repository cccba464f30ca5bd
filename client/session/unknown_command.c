#include "session/unknown_command.h"

#include "core/memory.h"
#include "core/nearest.h"
#include "session/commands.h"
#include "session/unserved_commands.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void unknown_command_deinit(struct unknown_command *unknown)
{
    free(unknown->last);
    *unknown = (struct unknown_command){0};
}

/* A name of COMMAND LIST as it is typed: "CLIENT TRACKING" of "client|tracking". */
static void write_typed_name(FILE *out, const char *name)
{
    for (; *name != '\0'; name++)
        putc(*name == '|' ? ' ' : toupper((unsigned char)*name), out);
}

/* ---- what the error is about ---- */

/* The name of what isn't there, as COMMAND LIST would have it; the caller frees it. NULL: the error is another one. */
static char *unknown_name(const struct arguments *arguments, const struct reply *reply)
{
    char *name;
    bool is_subcommand = reply_has_prefix(reply, "ERR unknown subcommand");
    if (reply->type != REPLY_ERROR || (!is_subcommand && !reply_has_prefix(reply, "ERR unknown command")))
        return NULL;
    if (arguments->count < 1U + is_subcommand)
        return NULL;
    if (asprintf(&name, "%s%s%s", arguments->values[0], is_subcommand ? "|" : "",
                 is_subcommand ? arguments->values[1] : "") < 0)
        memory_fail();
    return name;
}

/* ---- what was meant ---- */

/* What is nearest may only differ behind the container's name, which is right. */
static bool has_same_container(const char *a, const char *b)
{
    const char *bar_a = strchr(a, '|'), *bar_b = strchr(b, '|');
    if (!bar_a || !bar_b)
        return !bar_a && !bar_b;
    return bar_a - a == bar_b - b && strncasecmp(a, b, (size_t)(bar_a - a)) == 0;
}

/* All names of the server, or NULL. */
static struct reply *ask_names(struct unknown_command *unknown, struct session *session)
{
    struct reply *reply;
    unsigned generation = session_generation(session) + 1;
    if (!session_can_ask_unbidden(session) || unknown->refused_generation == generation)
        return NULL;
    if (session_ask(session, (const char *[]){"COMMAND", "LIST", NULL}, &reply) != EXIT_CODE_OK)
        return NULL;
    if (reply->type == REPLY_ERROR)
        unknown->refused_generation = generation;
    return reply;
}

static void offer(struct nearest *nearest, const char *typed, const char *name)
{
    const char *bar = strchr(name, '|');
    size_t before = nearest->distance;
    const char *kept = nearest->name;
    if (!has_same_container(typed, name))
        return;
    nearest_offer(nearest, bar ? bar + 1 : name);
    nearest->name = nearest->distance < before ? name : kept;
}

static void explain_by_nearest(struct unknown_command *unknown, FILE *out, struct session *session, const char *typed)
{
    const char *bar = strchr(typed, '|');
    struct nearest nearest = nearest_begin(bar ? bar + 1 : typed);
    struct reply *names = ask_names(unknown, session);
    for (size_t i = 0; names && reply_is_aggregate(names) && i < names->count; i++) {
        if (names->elements[i].type == REPLY_STRING || names->elements[i].type == REPLY_STATUS)
            offer(&nearest, typed, names->elements[i].text);
    }
    size_t of_server = nearest.distance;
    for (size_t i = 0; session_is_with_kvs(session) && unserved_command_at(i); i++)
        offer(&nearest, typed, unserved_command_at(i));
    if (nearest.name) {
        char *name = quoting_copy_printable(nearest.name, strlen(nearest.name));
        fputs("Did you mean ", out);
        write_typed_name(out, name);
        fputs(nearest.distance < of_server ? "? Redis has it; kvs-server doesn't yet.\n" : "?\n", out);
        free(name);
    }
    reply_destroy(names);
}

/* ---- telling ---- */

static void explain_unserved(FILE *out, struct session *session, const char *name)
{
    fputs("Redis has ", out);
    write_typed_name(out, name);
    if (!session_is_with_kvs(session))
        fputs("; this server doesn't, or not by that name.\n", out);
    else
        fputs("; kvs-server doesn't yet.\n", out);
}

void unknown_command_explain(struct unknown_command *unknown, FILE *out, struct session *session,
                             const struct arguments *arguments, const struct reply *reply)
{
    char *name = unknown_name(arguments, reply);
    if (!name || (unknown->last && strcasecmp(unknown->last, name) == 0)) {
        free(name);
        return;
    }
    free(unknown->last);
    unknown->last = name;
    if (unserved_commands_have(name))
        explain_unserved(out, session, name);
    else
        explain_by_nearest(unknown, out, session, name);
}
