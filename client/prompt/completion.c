#include "prompt/completion.h"

#include "core/memory.h"
#include "prompt/argument_match.h"
#include "prompt/unfinished_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct finder {
    const struct documentation *documentation;
    const char *typed; /* of the word at the cursor */
    size_t length;
    bool is_upper;
    struct completion *found;
    size_t capacity;
};

/* The words that the prompt answers itself. */
static const char *const own_words[] = {":set", "clear", "exit", "help", "quit"};
#define OWN_WORDS (sizeof own_words / sizeof *own_words)
static const char *const own_settings[] = {"hints", "nohints"}; /* of :set */
#define OWN_SETTINGS (sizeof own_settings / sizeof *own_settings)

bool completion_knows_own_word(const char *word)
{
    for (size_t i = 0; i < OWN_WORDS; i++) {
        if (strcasecmp(own_words[i], word) == 0)
            return true;
    }
    return false;
}

/* ---- gathering ---- */

static void finder_offer(void *context, const char *word)
{
    struct finder *finder = context;
    if (strncasecmp(finder->typed, word, finder->length) != 0 || strlen(word) < finder->length)
        return;
    if (*word == '\0' || strpbrk(word, " |>"))
        return;
    struct completion *found = finder->found;
    if (found->count == finder->capacity) {
        finder->capacity = finder->capacity > 0 ? finder->capacity * 2 : 16;
        found->words = memory_resize(found->words, finder->capacity * sizeof *found->words);
    }
    char *copy = memory_copy_text(word, strlen(word));
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)(finder->is_upper ? toupper((unsigned char)*c) : tolower((unsigned char)*c));
    found->words[found->count++] = copy;
}

static void offer_names(struct finder *finder, const struct command_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        finder_offer(finder, command_entry_last_name(&entries[i]));
}

static void offer_commands(struct finder *finder)
{
    size_t count;
    const struct command_entry *entries = documentation_entries(finder->documentation, &count);
    offer_names(finder, entries, count);
}

static void offer_subcommands(struct finder *finder, const char *command)
{
    const struct command_entry *entry = documentation_find(finder->documentation, command, NULL);
    if (entry)
        offer_names(finder, entry->subcommands, entry->subcommand_count);
}

static void offer_groups(struct finder *finder)
{
    size_t count;
    const struct command_entry *entries = documentation_entries(finder->documentation, &count);
    char name[1 + DOCUMENTATION_MAX_TEXT + 1] = "@";
    for (size_t i = 0; i < count; i++) {
        if (!entries[i].group)
            continue;
        memcpy(name + 1, entries[i].group, strlen(entries[i].group) + 1);
        finder_offer(finder, name);
    }
}

static void offer_for_help(struct finder *finder, const struct arguments *words)
{
    if (words->count == 2) {
        offer_commands(finder);
        offer_groups(finder);
    } else if (words->count == 3) {
        offer_subcommands(finder, words->values[1]);
    }
}

/* Tokens that can stand after all words but the last. */
static void offer_tokens(struct finder *finder, const struct arguments *words)
{
    struct argument_match *match = argument_match_create(finder->documentation, words, words->count - 1);
    if (!match)
        return;
    argument_match_visit_tokens(match, finder_offer, finder);
    argument_match_destroy(match);
}

static void offer_all(struct finder *finder, const struct arguments *words)
{
    if (words->count == 1) {
        offer_commands(finder);
        for (size_t i = 0; i < OWN_WORDS; i++)
            finder_offer(finder, own_words[i]);
    } else if (arguments_is(words, 0, "help") || arguments_is(words, 0, "?")) {
        offer_for_help(finder, words);
    } else if (arguments_is(words, 0, ":set")) {
        for (size_t i = 0; words->count == 2 && i < OWN_SETTINGS; i++)
            finder_offer(finder, own_settings[i]);
    } else {
        if (words->count == 2)
            offer_subcommands(finder, words->values[0]);
        offer_tokens(finder, words);
    }
}

/* ---- putting in order ---- */

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts, drops what is there twice, and measures what all have in common. */
static void completion_settle(struct completion *completion)
{
    size_t kept = 0;
    if (completion->count == 0)
        return;
    qsort(completion->words, completion->count, sizeof *completion->words, compare_words);
    for (size_t i = 0; i < completion->count; i++) {
        if (kept > 0 && strcmp(completion->words[kept - 1], completion->words[i]) == 0)
            free(completion->words[i]);
        else
            completion->words[kept++] = completion->words[i];
    }
    completion->count = kept;
    const char *first = completion->words[0], *last = completion->words[kept - 1];
    while (first[completion->common] != '\0' && first[completion->common] == last[completion->common])
        completion->common++;
}

/* In upper case is what has capitals and no small letters. */
static bool is_upper(const char *sample)
{
    bool has_capitals = false;
    for (; *sample != '\0'; sample++) {
        if (islower((unsigned char)*sample))
            return false;
        has_capitals = has_capitals || isupper((unsigned char)*sample);
    }
    return has_capitals;
}

static bool has_letters(const char *text)
{
    return strpbrk(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

void completion_find(const struct documentation *documentation, const char *line, size_t cursor,
                     struct completion *completion_out)
{
    struct unfinished_line typed;
    *completion_out = (struct completion){.start = cursor};
    if (!unfinished_line_read(line, cursor, &typed))
        return;
    completion_out->start = typed.start;
    const char *word = unfinished_line_last(&typed);
    struct finder finder = {
        .documentation = documentation,
        .typed = word,
        .length = unfinished_line_last_length(&typed),
        .is_upper = is_upper(has_letters(word) ? word : typed.words.values[0]),
        .found = completion_out,
    };
    if (!typed.is_quoted)
        offer_all(&finder, &typed.words);
    unfinished_line_deinit(&typed);
    completion_settle(completion_out);
}

void completion_deinit(struct completion *completion)
{
    for (size_t i = 0; i < completion->count; i++)
        free(completion->words[i]);
    free(completion->words);
    *completion = (struct completion){0};
}
