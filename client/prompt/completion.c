#include "prompt/completion.h"

#include "core/memory.h"
#include "output/text.h"
#include "prompt/argument_match.h"
#include "prompt/directive_values.h"
#include "prompt/unfinished_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What can stand at the cursor whose names have any case and any bytes. */
enum wanted { WANTED_NOTHING, WANTED_KEY, WANTED_FUNCTION, WANTED_READ_ONLY_FUNCTION, WANTED_LIBRARY };

struct finder {
    const struct documentation *documentation;
    struct server_names *names;
    const char *typed; /* of the word at the cursor */
    size_t length;
    bool is_upper;
    bool is_quoted; /* that word: it is no token */
    enum wanted wanted;
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

static void finder_add(struct finder *finder, char *word)
{
    struct completion *found = finder->found;
    if (found->count == finder->capacity) {
        finder->capacity = finder->capacity > 0 ? finder->capacity * 2 : 16;
        found->words = memory_resize(found->words, finder->capacity * sizeof *found->words);
    }
    found->words[found->count++] = word;
}

static void finder_offer(void *context, const char *word)
{
    struct finder *finder = context;
    if (finder->is_quoted)
        return;
    if (strncasecmp(finder->typed, word, finder->length) != 0 || strlen(word) < finder->length)
        return;
    if (*word == '\0' || strpbrk(word, " |>"))
        return;
    char *copy = memory_copy_text(word, strlen(word));
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)(finder->is_upper ? toupper((unsigned char)*c) : tolower((unsigned char)*c));
    finder_add(finder, copy);
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

static void note_value(void *context, const struct command_argument *argument)
{
    struct finder *finder = context;
    if (argument->type == ARGUMENT_KEY)
        finder->wanted = WANTED_KEY;
}

/* Tokens that can stand after all words but the last. */
static void offer_tokens(struct finder *finder, const struct arguments *words)
{
    struct argument_visit visit = {.token = finder_offer, .value = note_value, .context = finder};
    struct argument_match *match = argument_match_create(finder->documentation, words, words->count - 1);
    if (!match)
        return;
    argument_match_visit_next(match, &visit);
    argument_match_destroy(match);
}

/* ---- directives ---- */

/* Offers words of a text with blanks between them. */
static void offer_each(struct finder *finder, const char *words)
{
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        char *word = memory_copy_text(words, length);
        finder_offer(finder, word);
        free(word);
        words += length + (words[length] == ' ');
    }
}

static void offer_directive_values(struct finder *finder, const char *name)
{
    size_t count;
    const char *values = directive_values(name);
    const struct directive *directives = values ? NULL : server_names_directives(finder->names, &count);
    for (size_t i = 0; directives && !values && i < count; i++) {
        if (directives[i].is_switch && strcasecmp(directives[i].name, name) == 0)
            values = "no yes";
    }
    if (values)
        offer_each(finder, values);
}

/* CONFIG GET name [name ...], CONFIG SET name value [name value ...] */
static void offer_for_config(struct finder *finder, const struct arguments *words)
{
    size_t last = words->count - 1, count;
    bool is_set = arguments_is(words, 1, "set");
    if (last < 2 || (!is_set && !arguments_is(words, 1, "get")))
        return;
    finder->is_upper = *finder->typed != '\0' && finder->is_upper; /* nobody writes them so who hasn't begun to */
    if (is_set && last % 2 == 1) {
        offer_directive_values(finder, words->values[last - 1]);
        return;
    }
    const struct directive *directives = server_names_directives(finder->names, &count);
    for (size_t i = 0; i < count; i++)
        finder_offer(finder, directives[i].name);
}

/* ---- functions ---- */

/* Servers document the words as texts like others, so it goes by the commands. */
static enum wanted wanted_of_functions(const struct arguments *words)
{
    size_t last = words->count - 1;
    if (last == 1 && arguments_is(words, 0, "fcall"))
        return WANTED_FUNCTION;
    if (last == 1 && arguments_is(words, 0, "fcall_ro"))
        return WANTED_READ_ONLY_FUNCTION;
    if (!arguments_is(words, 0, "function"))
        return WANTED_NOTHING;
    bool is_library = (last == 2 && arguments_is(words, 1, "delete")) ||
                      (last > 2 && arguments_is(words, 1, "list") && arguments_is(words, last - 1, "libraryname"));
    return is_library ? WANTED_LIBRARY : WANTED_NOTHING;
}

/* ---- what stands where ---- */

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
        if (arguments_is(words, 0, "config"))
            offer_for_config(finder, words);
        if (finder->wanted == WANTED_NOTHING)
            finder->wanted = wanted_of_functions(words);
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

/* ---- names of any bytes ---- */

/* Between double quotes, for the caller to free. */
static char *copy_quoted(const char *bytes, size_t length)
{
    char *text;
    size_t size;
    FILE *out = memory_stream_open(&text, &size);
    text_write_quoted(out, bytes, length);
    memory_stream_close(out);
    return text;
}

/* Whether it is no word of a line as it stands. */
static bool needs_quotes(const char *key, size_t length)
{
    static const char *const signs[] = {"", "|", ">", ">>"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (length == strlen(signs[i]) && memcmp(key, signs[i], length) == 0)
            return true;
    }
    char *quoted = copy_quoted(key, length);
    bool differs = strlen(quoted) != length + 2 || memcmp(quoted + 1, key, length) != 0 || strpbrk(key, " \"'");
    free(quoted);
    return differs;
}

/* Bytes that the first key and the last have in common, and so all between them; no character is cut. */
static size_t common_bytes(const struct arguments *keys)
{
    size_t last = keys->count - 1, common = 0;
    size_t least = keys->lengths[0] < keys->lengths[last] ? keys->lengths[0] : keys->lengths[last];
    while (common < least && keys->values[0][common] == keys->values[last][common])
        common++;
    while (common > 0 && common < keys->lengths[0] && ((unsigned char)keys->values[0][common] & 0xc0) == 0x80)
        common--;
    return common;
}

/* False: there may be more. */
static bool find_wanted(const struct finder *finder, struct arguments *names_out)
{
    static const enum function_names kinds[] = {
        [WANTED_FUNCTION] = FUNCTION_NAMES_ANY,
        [WANTED_READ_ONLY_FUNCTION] = FUNCTION_NAMES_NO_WRITES,
        [WANTED_LIBRARY] = FUNCTION_NAMES_LIBRARIES,
    };
    if (finder->wanted == WANTED_KEY)
        return server_names_find_keys(finder->names, finder->typed, finder->length, names_out);
    server_names_find_functions(finder->names, kinds[finder->wanted], finder->typed, finder->length, names_out);
    return true;
}

/* All with quotes, or none, so that what they have in common can go on being typed. */
static void offer_keys_or_functions(struct finder *finder)
{
    struct arguments keys = {0};
    bool is_quoted = finder->is_quoted;
    struct completion *found = finder->found;
    found->is_partial = !find_wanted(finder, &keys);
    for (size_t i = 0; i < keys.count; i++)
        is_quoted = is_quoted || needs_quotes(keys.values[i], keys.lengths[i]);
    for (size_t i = 0; i < keys.count; i++)
        finder_add(finder, is_quoted ? copy_quoted(keys.values[i], keys.lengths[i])
                                     : memory_copy_text(keys.values[i], keys.lengths[i]));
    if (keys.count > 0) {
        size_t common = common_bytes(&keys);
        char *quoted = copy_quoted(keys.values[0], common);
        found->extends = common > finder->length;
        found->common = is_quoted ? strlen(quoted) - 1 : common; /* the quote is closed when the word is whole */
        free(quoted);
    }
    arguments_deinit(&keys);
}

/* ---- finding ---- */

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

void completion_find(const struct documentation *documentation, struct server_names *names, const char *line,
                     size_t cursor, struct completion *completion_out)
{
    struct unfinished_line typed;
    *completion_out = (struct completion){.start = cursor};
    if (!unfinished_line_read(line, cursor, &typed))
        return;
    completion_out->start = typed.start;
    const char *word = unfinished_line_last(&typed);
    struct finder finder = {
        .documentation = documentation,
        .names = names,
        .typed = word,
        .length = unfinished_line_last_length(&typed),
        .is_quoted = typed.is_quoted,
        .is_upper = is_upper(has_letters(word) ? word : typed.words.values[0]),
        .found = completion_out,
    };
    offer_all(&finder, &typed.words);
    completion_settle(completion_out);
    completion_out->extends = completion_out->common > finder.length;
    if (completion_out->count == 0 && finder.wanted != WANTED_NOTHING)
        offer_keys_or_functions(&finder);
    unfinished_line_deinit(&typed);
}

void completion_deinit(struct completion *completion)
{
    for (size_t i = 0; i < completion->count; i++)
        free(completion->words[i]);
    free(completion->words);
    *completion = (struct completion){0};
}
