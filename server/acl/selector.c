/*
 * Each command has a bit, by its number. A command whose bit is not set may still be allowed with certain first
 * arguments (+select|0); these are few and stand in a list. `future` tells whether +@all also allows commands that
 * are not in the table.
 *
 * The rules' text: bits alone don't show how the rules were meant, so each rule about commands is appended to `rules`,
 * and removes those that it repeats or reverses: rules about the same command or category, and for a whole command
 * also those about its subcommands and first arguments. +@all and -@all remove all rules. Applying the text from the
 * beginning gives the same bits, whatever was removed. A rule about a command that only Redis has
 * (command/absent_commands.h) is text alone: it sets no bit, and holds from the day on which the command is there.
 *
 * Keys and channels are patterns (base/glob.h). Each key pattern is for reading, writing or both; ~* is not
 * kept as a pattern but as `all_keys`, however it was put together (%R~* %W~*).
 */
#include "acl/selector.h"

#include "acl/rules.h"
#include "base/glob.h"
#include "base/memory.h"
#include "base/text.h"
#include "command/absent_commands.h"
#include "command/command_table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAY_READ = 1, MAY_WRITE = 2, MAY_BOTH = 3 };

struct pattern {
    char *text;
    size_t len;
    unsigned may; /* with keys; 0 for channels */
};

struct patterns {
    struct pattern *items;
    size_t count;
};

struct first_arg {
    unsigned command; /* number */
    char *word;
    size_t len;
};

struct selector {
    bool all_keys, all_channels, future;
    struct patterns keys, channels; /* empty when all are allowed */
    struct first_arg *first_args;
    size_t first_arg_count;
    char *rules; /* words, a space between; "" none */
    uint64_t commands[];
};

static const char syntax_error[] = "Syntax error";
const char selector_unknown_command[] = "Unknown command or category name in ACL";
static const char first_arg_of_subcommand[] = "Allowing first-arg of a subcommand is not supported";
static const char all_keys_already[] =
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try "
    "'resetkeys' to start with an empty list of patterns";
static const char all_channels_already[] =
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try "
    "'resetchannels' to start with an empty list of channels";

static inline struct bytes skip(struct bytes bytes, size_t len)
{
    return (struct bytes){bytes.data + len, bytes.len - len};
}

/* ---- patterns ---- */

static void patterns_clear(struct patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        mem_free(patterns->items[i].text);
    mem_free(patterns->items);
    *patterns = (struct patterns){0};
}

/* Adds a pattern; if there is an equal one, extends what that may be used for. Returns it. */
static const struct pattern *patterns_add(struct patterns *patterns, struct bytes text, unsigned may)
{
    for (size_t i = 0; i < patterns->count; i++) {
        struct pattern *pattern = &patterns->items[i];
        if (bytes_equal(pattern->text, pattern->len, text.data, text.len)) {
            pattern->may |= may;
            return pattern;
        }
    }
    patterns->items = mem_realloc(patterns->items, (patterns->count + 1) * sizeof *patterns->items);
    struct pattern *pattern = &patterns->items[patterns->count++];
    *pattern = (struct pattern){mem_dup(text.data, text.len), text.len, may};
    return pattern;
}

static void patterns_copy(struct patterns *to, const struct patterns *from)
{
    for (size_t i = 0; i < from->count; i++)
        patterns_add(to, (struct bytes){from->items[i].text, from->items[i].len}, from->items[i].may);
}

/* ---- life ---- */

static size_t bitmap_words(void)
{
    return (command_count() + 63) / 64;
}

static void clear_first_args(struct selector *selector)
{
    for (size_t i = 0; i < selector->first_arg_count; i++)
        mem_free(selector->first_args[i].word);
    mem_free(selector->first_args);
    selector->first_args = NULL;
    selector->first_arg_count = 0;
}

/* +@all or -@all */
static void set_all_commands(struct selector *selector, bool allow)
{
    memset(selector->commands, allow ? 0xff : 0, bitmap_words() * sizeof selector->commands[0]);
    selector->future = allow;
    selector->rules[0] = '\0';
    clear_first_args(selector);
}

static void set_all_keys(struct selector *selector, bool allow)
{
    patterns_clear(&selector->keys);
    selector->all_keys = allow;
}

static void set_all_channels(struct selector *selector, bool allow)
{
    patterns_clear(&selector->channels);
    selector->all_channels = allow;
}

struct selector *selector_create(bool all_channels)
{
    struct selector *selector = mem_calloc(sizeof *selector + bitmap_words() * sizeof selector->commands[0]);
    selector->all_channels = all_channels;
    selector->rules = mem_strdup("");
    return selector;
}

static bool has_first_arg(const struct selector *selector, unsigned command, const char *word, size_t len)
{
    for (size_t i = 0; i < selector->first_arg_count; i++) {
        const struct first_arg *first = &selector->first_args[i];
        if (first->command == command && first->len == len && strncasecmp(first->word, word, len) == 0)
            return true;
    }
    return false;
}

static void add_first_arg(struct selector *selector, unsigned command, struct bytes word)
{
    if (has_first_arg(selector, command, word.data, word.len))
        return;
    size_t count = selector->first_arg_count++;
    selector->first_args = mem_realloc(selector->first_args, (count + 1) * sizeof *selector->first_args);
    selector->first_args[count] = (struct first_arg){command, mem_dup(word.data, word.len), word.len};
}

struct selector *selector_copy(const struct selector *selector)
{
    struct selector *copy = selector_create(selector->all_channels);
    copy->all_keys = selector->all_keys;
    copy->future = selector->future;
    patterns_copy(&copy->keys, &selector->keys);
    patterns_copy(&copy->channels, &selector->channels);
    for (size_t i = 0; i < selector->first_arg_count; i++) {
        const struct first_arg *first = &selector->first_args[i];
        add_first_arg(copy, first->command, (struct bytes){first->word, first->len});
    }
    mem_free(copy->rules);
    copy->rules = mem_strdup(selector->rules);
    memcpy(copy->commands, selector->commands, bitmap_words() * sizeof copy->commands[0]);
    return copy;
}

void selector_reset(struct selector *selector, bool all_channels)
{
    set_all_commands(selector, false);
    set_all_keys(selector, false);
    set_all_channels(selector, all_channels);
}

void selector_destroy(struct selector *selector)
{
    selector_reset(selector, false);
    mem_free(selector->rules);
    mem_free(selector);
}

/* ---- rules about commands ---- */

static inline bool has_bit(const struct selector *selector, unsigned number)
{
    return selector->commands[number / 64] >> (number % 64) & 1;
}

static void set_bit(struct selector *selector, unsigned number, bool allow)
{
    uint64_t bit = UINT64_C(1) << (number % 64);
    if (allow)
        selector->commands[number / 64] |= bit;
    else
        selector->commands[number / 64] &= ~bit;
}

static void drop_first_args(struct selector *selector, unsigned command)
{
    size_t kept = 0;
    for (size_t i = 0; i < selector->first_arg_count; i++) {
        struct first_arg *first = &selector->first_args[i];
        if (first->command == command)
            mem_free(first->word);
        else
            selector->first_args[kept++] = *first;
    }
    selector->first_arg_count = kept;
}

/* Setting a container also sets its subcommands. */
static void set_command(struct selector *selector, const struct command *command, bool allow)
{
    set_bit(selector, command_number(command), allow);
    drop_first_args(selector, command_number(command));
    for (size_t i = 0; i < command->subcommand_count; i++)
        set_bit(selector, command_number(&command->subcommands[i]), allow);
}

/* Setting a container of the category also sets its subcommands, whatever their categories. */
static void set_category(struct selector *selector, uint32_t category, bool allow)
{
    for (unsigned i = 0; i < command_count(); i++) {
        const struct command *command = command_by_number(i);
        if (command_categories(command) & category)
            set_command(selector, command, allow);
    }
}

/*
 * Whether a later rule about `subject` makes the older one pointless: "config" does so with "config" and
 * "config|get".
 */
static bool is_overruled(struct bytes older, struct bytes subject)
{
    return older.len >= subject.len && memcmp(older.data, subject.data, subject.len) == 0 &&
           (older.len == subject.len || older.data[subject.len] == '|');
}

/* Appends "+subject" or "-subject" to the rules, in lower case, and removes the rules that it overrules. */
static void note_rule(struct selector *selector, struct bytes subject, bool allow)
{
    struct text rules = TEXT_EMPTY;
    char *lower = mem_dup(subject.data, subject.len);
    for (size_t i = 0; i < subject.len; i++)
        lower[i] = (char)tolower((unsigned char)lower[i]);

    for (const char *word = selector->rules; *word != '\0';) {
        size_t len = strcspn(word, " ");
        if (!is_overruled((struct bytes){word + 1, len - 1}, (struct bytes){lower, subject.len})) {
            text_add_bytes(&rules, word, len);
            text_add_char(&rules, ' ');
        }
        word += len + (word[len] == ' ');
    }
    text_add_char(&rules, allow ? '+' : '-');
    text_add_bytes(&rules, lower, subject.len);
    mem_free(lower);
    mem_free(selector->rules);
    selector->rules = mem_dup(rules.data, rules.len);
    text_deinit(&rules);
}

/* "+select|0" and "+config|get": the first allows one first argument, the second is a command of its own. */
static const char *allow_part(struct selector *selector, struct bytes name, struct bytes container)
{
    struct bytes word = skip(name, container.len + 1);
    const struct command *command = command_find_original(container.data, container.len);
    if (!command && !absent_command_find(container.data, container.len))
        return selector_unknown_command;
    if (memchr(container.data, '|', container.len))
        return first_arg_of_subcommand;
    if (word.len == 0 || rule_has_blank(word))
        return syntax_error;
    if (command ? command->subcommand_count > 0 : absent_command_is_container(container.data, container.len)) {
        command = command_find_original(name.data, name.len);
        if (command)
            set_command(selector, command, true);
        else if (!absent_command_find(name.data, name.len))
            return selector_unknown_command;
    } else if (command) {
        add_first_arg(selector, command_number(command), word);
    }
    note_rule(selector, name, true);
    return NULL;
}

static const char *apply_command(struct selector *selector, struct bytes name, bool allow)
{
    const char *bar = memrchr(name.data, '|', name.len);
    if (allow && bar)
        return allow_part(selector, name, (struct bytes){name.data, (size_t)(bar - name.data)});

    const struct command *command = command_find_original(name.data, name.len);
    const char *full_name = command ? command_full_name(command) : absent_command_find(name.data, name.len);
    if (!full_name)
        return selector_unknown_command;
    if (command)
        set_command(selector, command, allow);
    note_rule(selector, (struct bytes){full_name, strlen(full_name)}, allow);
    return NULL;
}

static const char *apply_category(struct selector *selector, struct bytes name, bool allow)
{
    uint32_t category = command_category_find(name.data + 1, name.len - 1);
    if (category == 0)
        return selector_unknown_command;
    set_category(selector, category, allow);
    note_rule(selector, name, allow);
    return NULL;
}

/* ---- rules about keys and channels ---- */

/* "~pattern", "%R~pattern", "%W~pattern", "%RW~pattern" */
static const char *apply_key(struct selector *selector, struct bytes rule)
{
    unsigned may = rule.data[0] == '~' ? MAY_BOTH : 0;
    size_t at = may != 0 ? 0 : 1;
    if (selector->all_keys)
        return all_keys_already;
    for (; at < rule.len && rule.data[at] != '~'; at++) {
        char letter = (char)toupper((unsigned char)rule.data[at]);
        unsigned means = letter == 'R' ? MAY_READ : letter == 'W' ? MAY_WRITE : 0;
        if (means == 0 || (may & means))
            return syntax_error;
        may |= means;
    }
    if (at == rule.len || may == 0)
        return syntax_error;

    struct bytes text = skip(rule, at + 1);
    if (rule_has_blank(text))
        return syntax_error;
    const struct pattern *pattern = patterns_add(&selector->keys, text, may);
    if (pattern->may == MAY_BOTH && rule_is(text, "*"))
        set_all_keys(selector, true);
    return NULL;
}

static const char *apply_channel(struct selector *selector, struct bytes pattern)
{
    if (selector->all_channels)
        return all_channels_already;
    if (rule_has_blank(pattern))
        return syntax_error;
    patterns_add(&selector->channels, pattern, 0);
    return NULL;
}

const char *selector_apply(struct selector *selector, struct bytes rule)
{
    char sign = rule.len > 0 ? rule.data[0] : '\0';

    if (rule_is(rule, "allkeys") || rule_is(rule, "~*"))
        set_all_keys(selector, true);
    else if (rule_is(rule, "resetkeys"))
        set_all_keys(selector, false);
    else if (rule_is(rule, "allchannels") || rule_is(rule, "&*"))
        set_all_channels(selector, true);
    else if (rule_is(rule, "resetchannels"))
        set_all_channels(selector, false);
    else if (rule_is(rule, "allcommands") || rule_is(rule, "+@all"))
        set_all_commands(selector, true);
    else if (rule_is(rule, "nocommands") || rule_is(rule, "-@all"))
        set_all_commands(selector, false);
    else if (sign == '~' || sign == '%')
        return apply_key(selector, rule);
    else if (sign == '&')
        return apply_channel(selector, skip(rule, 1));
    else if ((sign == '+' || sign == '-') && rule.len > 1 && rule.data[1] == '@')
        return apply_category(selector, skip(rule, 1), sign == '+');
    else if (sign == '+' || sign == '-')
        return apply_command(selector, skip(rule, 1), sign == '+');
    else
        return syntax_error;
    return NULL;
}

/* ---- what it allows ---- */

bool selector_is_unrestricted(const struct selector *selector)
{
    if (!selector->future || !selector->all_keys || !selector->all_channels)
        return false;
    for (unsigned i = 0; i < command_count(); i++)
        if (!has_bit(selector, i))
            return false;
    return true;
}

bool selector_allows_freely(const struct selector *selector, const struct command *command)
{
    bool allowed = has_bit(selector, command_number(command)) || (command->flags & CMD_NO_AUTH);
    return allowed && (selector->all_keys || command->key_spec_count == 0) &&
           (selector->all_channels || command->channels.count == 0);
}

bool selector_allows_command(const struct selector *selector, const struct command *command, const struct arg *argv,
                             int argc)
{
    unsigned number = command_number(command);
    if (has_bit(selector, number) || (command->flags & CMD_NO_AUTH))
        return true;
    return argc > 1 && has_first_arg(selector, number, argv[1].data, argv[1].len);
}

bool selector_allows_key(const struct selector *selector, const char *key, size_t len, uint32_t key_flags)
{
    unsigned needed = (key_flags & KEY_ACCESS) ? MAY_READ : 0;
    if (key_flags & (KEY_INSERT | KEY_DELETE | KEY_UPDATE))
        needed |= MAY_WRITE;
    if (selector->all_keys)
        return true;
    for (size_t i = 0; i < selector->keys.count; i++) {
        const struct pattern *pattern = &selector->keys.items[i];
        if ((pattern->may & needed) == needed && glob_match(pattern->text, pattern->len, key, len, false))
            return true;
    }
    return false;
}

bool selector_allows_all_reading(const struct selector *selector)
{
    for (size_t i = 0; i < selector->keys.count; i++) {
        const struct pattern *pattern = &selector->keys.items[i];
        if ((pattern->may & MAY_READ) && bytes_equal(pattern->text, pattern->len, "*", 1))
            return true;
    }
    return selector->all_keys;
}

bool selector_allows_channel(const struct selector *selector, const char *channel, size_t len, bool is_pattern)
{
    if (selector->all_channels)
        return true;
    for (size_t i = 0; i < selector->channels.count; i++) {
        const struct pattern *pattern = &selector->channels.items[i];
        if (is_pattern ? bytes_equal(pattern->text, pattern->len, channel, len)
                       : glob_match(pattern->text, pattern->len, channel, len, false))
            return true;
    }
    return false;
}

/* ---- in words ---- */

void selector_describe_commands(const struct selector *selector, struct text *text)
{
    text_add(text, selector->future ? "+@all" : "-@all");
    if (selector->rules[0] != '\0')
        text_addf(text, " %s", selector->rules);
}

void selector_describe_keys(const struct selector *selector, struct text *text)
{
    static const char *const prefixes[] = {[MAY_READ] = "%R~", [MAY_WRITE] = "%W~", [MAY_BOTH] = "~"};
    text_add(text, selector->all_keys ? "~*" : "");
    for (size_t i = 0; i < selector->keys.count; i++) {
        const struct pattern *pattern = &selector->keys.items[i];
        text_add(text, i > 0 ? " " : "");
        text_add(text, prefixes[pattern->may]);
        text_add_bytes(text, pattern->text, pattern->len);
    }
}

void selector_describe_channels(const struct selector *selector, struct text *text)
{
    text_add(text, selector->all_channels ? "&*" : "");
    for (size_t i = 0; i < selector->channels.count; i++) {
        text_add(text, i > 0 ? " &" : "&");
        text_add_bytes(text, selector->channels.items[i].text, selector->channels.items[i].len);
    }
}

void selector_describe(const struct selector *selector, struct text *text)
{
    if (selector->all_keys || selector->keys.count > 0) {
        selector_describe_keys(selector, text);
        text_add_char(text, ' ');
    }
    if (!selector->all_channels)
        text_add(text, "resetchannels ");
    if (selector->all_channels || selector->channels.count > 0) {
        selector_describe_channels(selector, text);
        text_add_char(text, ' ');
    }
    selector_describe_commands(selector, text);
}
