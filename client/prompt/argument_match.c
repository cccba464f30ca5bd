/*
 * A stack of levels stands where the tree has been entered. From the bottom, for BITFIELD key OVERFLOW WRAP:
 *
 *   sequence    key and operation: both met
 *   repetition  of the operation: it may come again
 *   sequence    [OVERFLOW ...] met, SET or INCRBY not
 *
 * The next word belongs to the topmost level that takes it; a level that lacks something lets nothing past it to those
 * below. Levels above the one that takes a word are done.
 *
 * An argument puts at most two levels on the stack (its repetition, and its body or sequence), so the depth of the
 * documentation bounds it.
 */
#include "prompt/argument_match.h"

#include "core/memory.h"
#include "prompt/syntax.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum level_kind {
    LEVEL_SEQUENCE,   /* arguments in their order */
    LEVEL_REPETITION, /* an argument that has been given, or counted, and comes again */
    LEVEL_BODY,       /* an argument whose token has been given */
};

struct level {
    enum level_kind kind;
    const struct command_argument *arguments; /* all of a sequence, otherwise the one */
    size_t count;
    bool *met;         /* sequence: which of them have been given */
    size_t closed;     /* sequence: what is optional and before this one can't be given any more */
    long long missing; /* repetition: this many have to come; negative: any number may */
};

#define MATCH_MAX_LEVELS (2 * (DOCUMENTATION_MAX_DEPTH + 1) + 1)

struct argument_match {
    struct level levels[MATCH_MAX_LEVELS];
    size_t count;
};

/* A word is first tried as a token of all that can come, then as a value. */
enum word_kind { WORD_TOKEN, WORD_VALUE };

/* ---- asking the tree ---- */

static bool sequence_can_be_empty(const struct command_argument *arguments, size_t count);

static bool body_can_be_empty(const struct command_argument *argument)
{
    return argument->type == ARGUMENT_BLOCK && sequence_can_be_empty(argument->arguments, argument->count);
}

static bool can_be_absent(const struct command_argument *argument)
{
    return argument->is_optional || (!argument->token && body_can_be_empty(argument));
}

static bool sequence_can_be_empty(const struct command_argument *arguments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!can_be_absent(&arguments[i]))
            return false;
    }
    return true;
}

/* Whether it can't begin with a value. */
static bool begins_with_token(const struct command_argument *argument)
{
    if (argument->token)
        return true;
    if (argument->type == ARGUMENT_VALUE || argument->type == ARGUMENT_KEY)
        return false;
    for (size_t i = 0; i < argument->count; i++) {
        if (!begins_with_token(&argument->arguments[i]))
            return false;
        if (argument->type == ARGUMENT_BLOCK && !can_be_absent(&argument->arguments[i]))
            return true;
    }
    return true;
}

static size_t sequence_find(const struct level *level, const char *word, enum word_kind kind);

static struct level level_of_block(const struct command_argument *argument)
{
    return (struct level){.kind = LEVEL_SEQUENCE, .arguments = argument->arguments, .count = argument->count};
}

static bool argument_accepts(const struct command_argument *argument, const char *word, enum word_kind kind);

static bool body_accepts(const struct command_argument *argument, const char *word, enum word_kind kind)
{
    if (argument->type == ARGUMENT_BLOCK) {
        struct level block = level_of_block(argument);
        return sequence_find(&block, word, kind) < block.count;
    }
    for (size_t i = 0; argument->type == ARGUMENT_ONEOF && i < argument->count; i++) {
        if (argument_accepts(&argument->arguments[i], word, kind))
            return true;
    }
    return kind == WORD_VALUE && (argument->type == ARGUMENT_VALUE || argument->type == ARGUMENT_KEY);
}

static bool argument_accepts(const struct command_argument *argument, const char *word, enum word_kind kind)
{
    if (argument->token)
        return kind == WORD_TOKEN && strcasecmp(argument->token, word) == 0;
    return body_accepts(argument, word, kind);
}

/* Whether an argument of the sequence can still be given, as far as those before it allow. */
static bool sequence_is_open(const struct level *level, size_t i)
{
    bool is_met = level->met && level->met[i];
    return !is_met && (i >= level->closed || !can_be_absent(&level->arguments[i]));
}

/* The argument that takes the word; `count` when there is none. A value goes no further than what must come first; a
 * token passes tokens that must come as well, but no value. */
static size_t sequence_find(const struct level *level, const char *word, enum word_kind kind)
{
    for (size_t i = 0; i < level->count; i++) {
        const struct command_argument *argument = &level->arguments[i];
        if (!sequence_is_open(level, i))
            continue;
        if (argument_accepts(argument, word, kind))
            return i;
        if (!can_be_absent(argument) && (kind == WORD_VALUE || !begins_with_token(argument)))
            break;
    }
    return level->count;
}

/* ---- asking the levels ---- */

/* A repetition begins with its token, or goes on after it. */
static bool repeats_token(const struct command_argument *argument)
{
    return argument->is_multiple_token || argument->type == ARGUMENT_PURE_TOKEN;
}

static bool level_accepts(const struct level *level, const char *word, enum word_kind kind)
{
    switch (level->kind) {
    case LEVEL_SEQUENCE:
        return sequence_find(level, word, kind) < level->count;
    case LEVEL_REPETITION:
        if (level->missing == 0)
            return false;
        if (repeats_token(level->arguments))
            return argument_accepts(level->arguments, word, kind);
        return body_accepts(level->arguments, word, kind);
    default:
        return body_accepts(level->arguments, word, kind);
    }
}

/* Whether what is below may come already. */
static bool level_may_end(const struct level *level)
{
    if (level->kind == LEVEL_REPETITION)
        return level->missing <= 0;
    if (level->kind == LEVEL_BODY)
        return body_can_be_empty(level->arguments);
    for (size_t i = 0; i < level->count; i++) {
        if (!level->met[i] && !can_be_absent(&level->arguments[i]))
            return false;
    }
    return true;
}

/* ---- walking ---- */

static void match_push(struct argument_match *match, struct level level)
{
    assert(match->count < MATCH_MAX_LEVELS);
    if (level.kind == LEVEL_SEQUENCE)
        level.met = memory_alloc_zeroed(level.count * sizeof *level.met);
    match->levels[match->count++] = level;
}

static void match_cut(struct argument_match *match, size_t count)
{
    while (match->count > count)
        free(match->levels[--match->count].met);
}

static void match_enter(struct argument_match *match, const struct command_argument *argument, const char *word,
                        enum word_kind kind);

/* A value called numkeys, numfields ... says how many of what follows it come. */
static void match_count(struct argument_match *match, struct level *sequence, size_t i, const char *word)
{
    const struct command_argument *number_of = &sequence->arguments[i], *counted = number_of + 1;
    if (number_of->type != ARGUMENT_VALUE || number_of->is_multiple || strncasecmp(number_of->name, "num", 3) != 0)
        return;
    if (i + 1 == sequence->count || sequence->met[i + 1] || !counted->is_multiple || counted->token)
        return;
    char *end;
    long long number = strtoll(word, &end, 10);
    if (end == word || *end != '\0' || number < 0)
        return;
    sequence->met[i + 1] = true;
    match_push(match, (struct level){.kind = LEVEL_REPETITION, .arguments = counted, .count = 1, .missing = number});
}

/* The topmost level is a sequence that accepts the word. */
static void match_enter_sequence(struct argument_match *match, const char *word, enum word_kind kind)
{
    struct level *level = &match->levels[match->count - 1];
    size_t i = sequence_find(level, word, kind);
    level->met[i] = true;
    if (i > level->closed && (kind == WORD_VALUE || !can_be_absent(&level->arguments[i])))
        level->closed = i;
    match_enter(match, &level->arguments[i], word, kind);
    if (kind == WORD_VALUE)
        match_count(match, level, i, word);
}

static void match_enter_body(struct argument_match *match, const struct command_argument *argument, const char *word,
                             enum word_kind kind)
{
    if (argument->type == ARGUMENT_BLOCK) {
        match_push(match, level_of_block(argument));
        match_enter_sequence(match, word, kind);
    }
    for (size_t i = 0; argument->type == ARGUMENT_ONEOF && i < argument->count; i++) {
        if (argument_accepts(&argument->arguments[i], word, kind)) {
            match_enter(match, &argument->arguments[i], word, kind);
            break;
        }
    }
}

static void match_enter_once(struct argument_match *match, const struct command_argument *argument, const char *word,
                             enum word_kind kind)
{
    if (!argument->token)
        match_enter_body(match, argument, word, kind);
    else if (argument->type != ARGUMENT_PURE_TOKEN)
        match_push(match, (struct level){.kind = LEVEL_BODY, .arguments = argument, .count = 1});
}

static void match_enter(struct argument_match *match, const struct command_argument *argument, const char *word,
                        enum word_kind kind)
{
    if (argument->is_multiple)
        match_push(match, (struct level){.kind = LEVEL_REPETITION, .arguments = argument, .count = 1, .missing = -1});
    match_enter_once(match, argument, word, kind);
}

/* The topmost level accepts the word. */
static void match_advance(struct argument_match *match, const char *word, enum word_kind kind)
{
    struct level *level = &match->levels[match->count - 1];
    const struct command_argument *argument = level->arguments;
    switch (level->kind) {
    case LEVEL_SEQUENCE:
        match_enter_sequence(match, word, kind);
        break;
    case LEVEL_REPETITION:
        if (level->missing > 0)
            level->missing--;
        if (repeats_token(argument))
            match_enter_once(match, argument, word, kind);
        else
            match_enter_body(match, argument, word, kind);
        break;
    default:
        match_cut(match, match->count - 1);
        match_enter_body(match, argument, word, kind);
    }
}

/* Takes the next word. False when nothing can come that it could be. */
static bool match_take(struct argument_match *match, const char *word)
{
    for (enum word_kind kind = WORD_TOKEN; kind <= WORD_VALUE; kind++) {
        for (size_t i = match->count; i-- > 0;) {
            if (level_accepts(&match->levels[i], word, kind)) {
                match_cut(match, i + 1);
                match_advance(match, word, kind);
                return true;
            }
            if (!level_may_end(&match->levels[i]))
                break;
        }
    }
    return false;
}

struct argument_match *argument_match_create(const struct documentation *documentation, const struct arguments *words,
                                             size_t count)
{
    const struct command_entry *entry = documentation_find(documentation, words->values[0], NULL);
    size_t taken = 1;
    if (entry && entry->subcommand_count > 0) {
        entry = count > 1 ? documentation_find(documentation, words->values[0], words->values[1]) : NULL;
        taken = 2;
    }
    if (!entry)
        return NULL;
    struct argument_match *match = memory_alloc_zeroed(sizeof *match);
    struct level all = {.kind = LEVEL_SEQUENCE, .arguments = entry->arguments, .count = entry->argument_count};
    match_push(match, all);
    while (taken < count && match_take(match, words->values[taken]))
        taken++;
    if (taken == count)
        return match;
    argument_match_destroy(match);
    return NULL;
}

void argument_match_destroy(struct argument_match *match)
{
    match_cut(match, 0);
    free(match);
}

/* ---- telling ---- */

static void level_write(const struct level *level, FILE *out)
{
    switch (level->kind) {
    case LEVEL_SEQUENCE:
        for (size_t i = 0; i < level->count; i++) {
            if (sequence_is_open(level, i))
                syntax_write_argument(out, &level->arguments[i]);
        }
        break;
    case LEVEL_REPETITION:
        if (level->missing > 0)
            syntax_write_body(out, level->arguments);
        if (level->missing > 1 || level->missing < 0)
            syntax_write_repetition(out, level->arguments);
        break;
    default:
        syntax_write_body(out, level->arguments);
    }
}

void argument_match_write_rest(const struct argument_match *match, FILE *out)
{
    for (size_t i = match->count; i-- > 0;)
        level_write(&match->levels[i], out);
}

static void sequence_visit(const struct level *level, const struct argument_visit *visit);

static void body_visit(const struct command_argument *argument, const struct argument_visit *visit);

static void argument_visit(const struct command_argument *argument, const struct argument_visit *visit)
{
    if (argument->token)
        visit->token(visit->context, argument->token);
    else
        body_visit(argument, visit);
}

static void body_visit(const struct command_argument *argument, const struct argument_visit *visit)
{
    if (argument->type == ARGUMENT_VALUE || argument->type == ARGUMENT_KEY)
        visit->value(visit->context, argument);
    if (argument->type == ARGUMENT_BLOCK) {
        struct level block = level_of_block(argument);
        sequence_visit(&block, visit);
    }
    for (size_t i = 0; argument->type == ARGUMENT_ONEOF && i < argument->count; i++)
        argument_visit(&argument->arguments[i], visit);
}

/* Up to what must come first: the order that is documented is the one to offer. */
static void sequence_visit(const struct level *level, const struct argument_visit *visit)
{
    for (size_t i = 0; i < level->count; i++) {
        if (!sequence_is_open(level, i))
            continue;
        argument_visit(&level->arguments[i], visit);
        if (!can_be_absent(&level->arguments[i]))
            break;
    }
}

static void level_visit(const struct level *level, const struct argument_visit *visit)
{
    if (level->kind == LEVEL_SEQUENCE)
        sequence_visit(level, visit);
    else if (level->kind == LEVEL_REPETITION && level->missing == 0)
        return;
    else if (level->kind == LEVEL_BODY || !repeats_token(level->arguments))
        body_visit(level->arguments, visit);
    else
        argument_visit(level->arguments, visit);
}

void argument_match_visit_next(const struct argument_match *match, const struct argument_visit *visit)
{
    for (size_t i = match->count; i-- > 0;) {
        level_visit(&match->levels[i], visit);
        if (!level_may_end(&match->levels[i]))
            break;
    }
}
