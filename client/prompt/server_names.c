#include "prompt/server_names.h"

#include "core/memory.h"
#include "core/monotonic.h"

#include <stdlib.h>
#include <string.h>

#define SEARCH_ROUNDS 10
#define SEARCH_SECONDS 0.05 /* after which no other round begins */
#define SEARCH_COUNT "1000" /* of SCAN: keys that a round looks at */
#define KEY_LONGEST 512     /* bytes of a key that anybody would want in a line */

struct server_names {
    const struct server_names_calls *calls;
    void *context;

    struct directive *directives;
    size_t directive_count;
    unsigned directives_generation;        /* in which they were asked for, or refused; 0: never */
    unsigned keys_refused_generation;      /* 0: never */
    unsigned functions_refused_generation; /* 0: never */
};

struct server_names *server_names_create(const struct server_names_calls *calls, void *context)
{
    struct server_names *names = memory_alloc_zeroed(sizeof *names);
    names->calls = calls;
    names->context = context;
    return names;
}

static void forget_directives(struct server_names *names)
{
    for (size_t i = 0; i < names->directive_count; i++)
        free(names->directives[i].name);
    free(names->directives);
    names->directives = NULL;
    names->directive_count = 0;
}

void server_names_destroy(struct server_names *names)
{
    if (!names)
        return;
    forget_directives(names);
    free(names);
}

/* NULL: no answer. */
static struct reply *ask(struct server_names *names, const char *const *words)
{
    struct arguments arguments = {0};
    for (; *words; words++)
        arguments_append(&arguments, *words, strlen(*words));
    return names->calls->ask(names->context, &arguments);
}

static bool is_text(const struct reply *reply)
{
    return reply->type == REPLY_STRING || reply->type == REPLY_STATUS || reply->type == REPLY_VERBATIM;
}

/* Not one that will pass. */
static bool is_refusal(const struct reply *reply)
{
    return reply && reply->type == REPLY_ERROR && !reply_has_prefix(reply, "BUSY ") &&
           !reply_has_prefix(reply, "LOADING ");
}

/* ---- directives ---- */

static bool is_plain_word(const struct reply *reply)
{
    if (!is_text(reply) || reply->length == 0)
        return false;
    for (size_t i = 0; i < reply->length; i++) {
        if (reply->text[i] <= ' ' || reply->text[i] > '~' || strchr("\"'\\|>", reply->text[i]))
            return false;
    }
    return true;
}

static bool is_yes_or_no(const struct reply *reply)
{
    return is_text(reply) && (strcmp(reply->text, "yes") == 0 || strcmp(reply->text, "no") == 0);
}

static int compare_directives(const void *a, const void *b)
{
    return strcmp(((const struct directive *)a)->name, ((const struct directive *)b)->name);
}

/* Pairs of a name and a value, as a map or one after the other. */
static void read_directives(struct server_names *names, const struct reply *reply)
{
    names->directives = memory_alloc_zeroed((reply->count / 2 + 1) * sizeof *names->directives);
    for (size_t i = 0; i + 1 < reply->count; i += 2) {
        const struct reply *name = &reply->elements[i];
        if (is_plain_word(name))
            names->directives[names->directive_count++] =
                (struct directive){memory_copy_text(name->text, name->length), is_yes_or_no(&reply->elements[i + 1])};
    }
    qsort(names->directives, names->directive_count, sizeof *names->directives, compare_directives);
}

const struct directive *server_names_directives(struct server_names *names, size_t *count_out)
{
    *count_out = 0;
    if (!names)
        return NULL;
    unsigned generation = names->calls->generation(names->context);
    if (generation != 0 && generation != names->directives_generation) {
        struct reply *reply = ask(names, (const char *[]){"CONFIG", "GET", "*", NULL});
        names->directives_generation = generation;
        if (reply && reply_is_aggregate(reply)) {
            forget_directives(names);
            read_directives(names, reply);
        }
        reply_destroy(reply);
    }
    *count_out = names->directive_count;
    return names->directives;
}

/* ---- keys ---- */

/* The pattern of what begins with a prefix: what has a meaning in patterns stands for itself. */
static void append_pattern(struct arguments *arguments, const char *prefix, size_t length)
{
    char *pattern = memory_alloc(2 * length + 1);
    size_t size = 0;
    for (size_t i = 0; i < length; i++) {
        if (strchr("*?[]\\^-", prefix[i]) && prefix[i] != '\0')
            pattern[size++] = '\\';
        pattern[size++] = prefix[i];
    }
    pattern[size++] = '*';
    arguments_append(arguments, pattern, size);
    free(pattern);
}

/* One round from a cursor on. NULL: no answer, or no keys in it. */
static struct reply *scan(struct server_names *names, const char *cursor, const char *prefix, size_t length)
{
    struct arguments arguments = {0};
    arguments_append(&arguments, "SCAN", 4);
    arguments_append(&arguments, cursor, strlen(cursor));
    arguments_append(&arguments, "MATCH", 5);
    append_pattern(&arguments, prefix, length);
    arguments_append(&arguments, "COUNT", 5);
    arguments_append(&arguments, SEARCH_COUNT, strlen(SEARCH_COUNT));
    struct reply *reply = names->calls->ask(names->context, &arguments);
    if (is_refusal(reply))
        names->keys_refused_generation = names->calls->generation(names->context);
    if (reply && reply->type == REPLY_ARRAY && reply->count == 2 && is_text(&reply->elements[0]) &&
        reply_is_aggregate(&reply->elements[1]))
        return reply;
    reply_destroy(reply);
    return NULL;
}

/* What a server gives is looked at once more: a line is not to be replaced by something else. */
static void take_name(const struct reply *name, const char *prefix, size_t length, struct arguments *taken)
{
    if (is_text(name) && name->length >= length && name->length <= KEY_LONGEST &&
        memcmp(name->text, prefix, length) == 0)
        arguments_append(taken, name->text, name->length);
}

struct key {
    char *bytes;
    size_t length;
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = memcmp(x->bytes, y->bytes, x->length < y->length ? x->length : y->length);
    return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

/* Sorts, and drops what is there twice: SCAN may give a key again. */
static void settle_keys(struct arguments *keys)
{
    struct key *sorted = memory_alloc((keys->count + 1) * sizeof *sorted);
    size_t kept = 0;
    for (size_t i = 0; i < keys->count; i++)
        sorted[i] = (struct key){keys->values[i], keys->lengths[i]};
    qsort(sorted, keys->count, sizeof *sorted, compare_keys);
    for (size_t i = 0; i < keys->count; i++) {
        if (kept > 0 && compare_keys(&sorted[kept - 1], &sorted[i]) == 0)
            free(sorted[i].bytes);
        else
            sorted[kept++] = sorted[i];
    }
    for (size_t i = 0; i < kept; i++) {
        keys->values[i] = sorted[i].bytes;
        keys->lengths[i] = sorted[i].length;
    }
    keys->count = kept;
    free(sorted);
}

bool server_names_find_keys(struct server_names *names, const char *prefix, size_t length, struct arguments *keys_out)
{
    char cursor[32] = "0";
    double end = monotonic_seconds() + SEARCH_SECONDS;
    struct arguments keys = {0};
    bool is_over = false, goes_on = true;
    for (int round = 0; names && goes_on && round < SEARCH_ROUNDS; round++) {
        unsigned generation = names->calls->generation(names->context);
        bool may_ask = generation != 0 && generation != names->keys_refused_generation;
        struct reply *reply = may_ask ? scan(names, cursor, prefix, length) : NULL;
        if (!reply)
            break;
        const struct reply *found = &reply->elements[1];
        for (size_t i = 0; i < found->count; i++)
            take_name(&found->elements[i], prefix, length, &keys);
        is_over = strcmp(reply->elements[0].text, "0") == 0;
        goes_on = !is_over && reply->elements[0].length < sizeof cursor && monotonic_seconds() < end;
        snprintf(cursor, sizeof cursor, "%s", reply->elements[0].text);
        reply_destroy(reply);
    }
    settle_keys(&keys);
    *keys_out = keys;
    return is_over;
}

/* ---- functions ---- */

/* The value of a field in pairs of a name and a value, as a map or one after the other; NULL: there is none. */
static const struct reply *find_field(const struct reply *pairs, const char *name)
{
    for (size_t i = 0; reply_is_aggregate(pairs) && i + 1 < pairs->count; i += 2) {
        if (is_text(&pairs->elements[i]) && strcmp(pairs->elements[i].text, name) == 0)
            return &pairs->elements[i + 1];
    }
    return NULL;
}

static bool has_flag(const struct reply *function, const char *flag)
{
    const struct reply *flags = find_field(function, "flags");
    for (size_t i = 0; flags && reply_is_aggregate(flags) && i < flags->count; i++) {
        if (is_text(&flags->elements[i]) && strcmp(flags->elements[i].text, flag) == 0)
            return true;
    }
    return false;
}

static void take_functions(const struct reply *library, bool may_write, const char *prefix, size_t length,
                           struct arguments *taken)
{
    const struct reply *functions = find_field(library, "functions");
    for (size_t i = 0; functions && reply_is_aggregate(functions) && i < functions->count; i++) {
        const struct reply *function = &functions->elements[i], *name = find_field(function, "name");
        if (name && (may_write || has_flag(function, "no-writes")))
            take_name(name, prefix, length, taken);
    }
}

/* NULL: no answer, or no list in it. */
static struct reply *list_functions(struct server_names *names)
{
    unsigned generation = names ? names->calls->generation(names->context) : 0;
    if (generation == 0 || generation == names->functions_refused_generation)
        return NULL;
    struct reply *reply = ask(names, (const char *[]){"FUNCTION", "LIST", NULL});
    if (is_refusal(reply))
        names->functions_refused_generation = generation;
    if (reply && reply_is_aggregate(reply))
        return reply;
    reply_destroy(reply);
    return NULL;
}

void server_names_find_functions(struct server_names *names, enum function_names kind, const char *prefix,
                                 size_t length, struct arguments *names_out)
{
    struct reply *libraries = list_functions(names);
    struct arguments taken = {0};
    for (size_t i = 0; libraries && i < libraries->count; i++) {
        const struct reply *library = &libraries->elements[i], *name = find_field(library, "library_name");
        if (kind != FUNCTION_NAMES_LIBRARIES)
            take_functions(library, kind == FUNCTION_NAMES_ANY, prefix, length, &taken);
        else if (name)
            take_name(name, prefix, length, &taken);
    }
    reply_destroy(libraries);
    settle_keys(&taken);
    *names_out = taken;
}
