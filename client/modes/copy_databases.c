#include "modes/copy_databases.h"

#include "core/memory.h"
#include "output/text.h"
#include "session/info.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PROBED_MOST 1024 /* databases that are tried one by one */

static void add(struct copy_databases *databases, int number, uint64_t keys)
{
    if ((databases->count & (databases->count + 1)) == 0) /* full: room for 2, 4, 8 ... */
        databases->list = memory_resize(databases->list, (databases->count + 1) * 2 * sizeof databases->list[0]);
    databases->list[databases->count++] = (struct copy_database){number, keys};
}

static void tell(const struct copy_side *side, const struct reply *error, const char *before, const char *behind)
{
    char *text = text_copy_message(error->text, error->length);
    fprintf(stderr, "kvs-cli: --copy-from: the server at %s %s: %s; %s\n", side->path, before, text, behind);
    free(text);
}

/* ---- as INFO tells ---- */

static int compare(const void *first, const void *second)
{
    const struct copy_database *one = first, *other = second;
    return (one->number > other->number) - (one->number < other->number);
}

/* A server that lies may name one twice. */
static void sort(struct copy_databases *databases)
{
    size_t kept = 0;
    if (databases->count == 0)
        return;
    qsort(databases->list, databases->count, sizeof databases->list[0], compare);
    for (size_t i = 1; i < databases->count; i++) {
        if (databases->list[i].number != databases->list[kept].number)
            databases->list[++kept] = databases->list[i];
    }
    databases->count = kept + 1;
}

static void read_info(struct copy_databases *databases, const struct info *info)
{
    for (size_t i = 0; i < info_count(info); i++) {
        int number;
        double keys;
        if (info_database(info_field(info, i), &number, &keys) && !(keys == 0))
            add(databases, number, isnan(keys) ? 0 : (uint64_t)keys);
    }
    sort(databases);
}

static enum exit_code ask_info(struct copy_side *source, struct copy_databases *databases)
{
    struct reply *reply;
    enum exit_code code = copy_side_ask(source, (const char *[]){"INFO", "keyspace", NULL}, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    struct info *info = info_parse_reply(reply);
    if (info) {
        read_info(databases, info);
    } else {
        fprintf(stderr, "kvs-cli: --copy-from: what the server at %s sent is no answer to INFO\n", source->path);
        code = EXIT_CODE_NO_CONNECTION;
    }
    reply_destroy(reply);
    info_destroy(info);
    return code;
}

/* ---- as trying tells ---- */

/* The keys of the database that the connection is in. 0 in `*keys_out` when the server does not tell. */
static enum exit_code count_keys(struct copy_side *source, bool *may_have_keys_out, uint64_t *keys_out)
{
    struct reply *reply;
    enum exit_code code = copy_side_ask(source, (const char *[]){"DBSIZE", NULL}, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    *keys_out = reply->type == REPLY_INTEGER && reply->integer > 0 ? (uint64_t)reply->integer : 0;
    *may_have_keys_out = reply->type != REPLY_INTEGER || reply->integer > 0;
    reply_destroy(reply);
    return EXIT_CODE_OK;
}

/* What SELECT was refused with ends the search. */
static void end_probing(const struct copy_side *source, const struct reply *refusal)
{
    if (session_code_of_error(refusal) == EXIT_CODE_REFUSED)
        tell(source, refusal, "does not tell which databases have keys", "database 0 alone is copied");
}

static enum exit_code probe(struct copy_side *source, struct copy_databases *databases)
{
    for (int number = 0; number < PROBED_MOST; number++) {
        struct reply *refusal;
        bool may_have_keys = false;
        uint64_t keys = 0;
        enum exit_code code = copy_side_select(source, number, &refusal);
        if (code == EXIT_CODE_OK && refusal) {
            end_probing(source, refusal);
            reply_destroy(refusal);
            return EXIT_CODE_OK;
        }
        if (code == EXIT_CODE_OK)
            code = count_keys(source, &may_have_keys, &keys);
        if (code != EXIT_CODE_OK)
            return code;
        if (may_have_keys)
            add(databases, number, keys);
    }
    fprintf(stderr,
            "kvs-cli: --copy-from: the server at %s has more than %d databases and does not tell which have keys "
            "(INFO); -n copies one\n",
            source->path, PROBED_MOST);
    return EXIT_CODE_ERROR_REPLY;
}

enum exit_code copy_databases_find(struct copy_side *source, struct copy_databases *databases_out)
{
    struct copy_databases databases = {0};
    enum exit_code code = source->has_info ? ask_info(source, &databases) : probe(source, &databases);
    if (code == EXIT_CODE_OK)
        *databases_out = databases;
    else
        copy_databases_deinit(&databases);
    return code;
}

static enum exit_code enter(struct copy_side *side, int number, const char *behind)
{
    struct reply *refusal;
    char what[64];
    enum exit_code code = copy_side_select(side, number, &refusal);
    if (code != EXIT_CODE_OK || !refusal)
        return code;
    snprintf(what, sizeof what, "refuses database %d, which has keys to be copied", number);
    tell(side, refusal, what, behind);
    code = session_code_of_error(refusal);
    reply_destroy(refusal);
    return code;
}

enum exit_code copy_databases_enter(struct copy_side *side, int number)
{
    return enter(side, number, "nothing more is copied");
}

enum exit_code copy_databases_check(const struct copy_databases *databases, struct copy_side *side)
{
    if (databases->count == 0)
        return EXIT_CODE_OK;
    return enter(side, databases->list[databases->count - 1].number, "nothing is copied; -n copies one database alone");
}

void copy_databases_deinit(struct copy_databases *databases)
{
    free(databases->list);
    *databases = (struct copy_databases){0};
}
