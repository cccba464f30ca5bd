#include "config/entries.h"

#include "base/memory.h"
#include "base/text.h"
#include "config/listen_value.h"
#include "config/number_value.h"
#include "config/text_value.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

bool directive_adds_up(const struct directive *directive)
{
    return directive->kind == KIND_LISTEN || directive->kind == KIND_USER || directive->kind == KIND_OUTPUT_LIMITS;
}

/* Takes the text. */
static struct config_entry *add_entry(struct config_entries *entries, const char *key, char *text)
{
    entries->list = mem_realloc(entries->list, (entries->count + 1) * sizeof *entries->list);
    struct config_entry *entry = &entries->list[entries->count++];
    *entry = (struct config_entry){.key = mem_strdup(key), .text = text};
    return entry;
}

void config_entries_deinit(struct config_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        mem_free(entries->list[i].key);
        mem_free(entries->list[i].text);
    }
    mem_free(entries->list);
}

struct config_entry *config_entries_find(const struct config_entries *entries, const char *key)
{
    for (size_t i = 0; i < entries->count; i++)
        if (strcmp(entries->list[i].key, key) == 0)
            return &entries->list[i];
    return NULL;
}

/* ---- listen ---- */

static void add_listens(struct config_entries *entries, const struct config *config)
{
    for (size_t i = 0; i < config->listen_count; i++) {
        struct text text = TEXT_EMPTY;
        text_add(&text, "listen ");
        listen_describe_entry(&config->listens[i], &text);
        add_entry(entries, config->listens[i].path, text.data);
    }
}

static void add_listens_of_line(struct config_entries *entries, const struct text_words *values)
{
    struct config scratch = {0};
    char sign = *values->words[0], *error = NULL;
    bool anew = sign == '+', takes_away = sign == '-';
    const char **plain = mem_alloc(values->count * sizeof *plain);
    memcpy(plain, values->words, values->count * sizeof *plain);
    plain[0] += anew || takes_away;
    if (listen_set(&scratch, plain, values->count, &error) == 0)
        add_listens(entries, &scratch);
    for (size_t i = 0; i < entries->count; i++) {
        entries->list[i].anew = anew;
        entries->list[i].takes_away = takes_away;
    }
    mem_free(error);
    mem_free(plain);
    listen_free(&scratch);
}

/* ---- user ---- */

/* words: a name with its rules. A rule that only makes the line begin anew says nothing else. */
static void add_user(struct config_entries *entries, const struct text_words *words)
{
    struct text text = TEXT_EMPTY;
    bool anew = words->count > 1 && strcasecmp(words->words[1], "reset") == 0;
    text_add(&text, "user");
    for (size_t i = 0; i < words->count; i++) {
        if (i == 1 && anew)
            continue;
        text_add_char(&text, ' ');
        text_add_word(&text, words->words[i]);
    }
    add_entry(entries, words->words[0], text.data)->anew = anew;
}

static void add_account(struct config_entries *entries, const char *account)
{
    struct text text = TEXT_EMPTY;
    text_add(&text, "user ");
    text_add_word(&text, account);
    add_entry(entries, "", text.data);
}

static void add_users(struct config_entries *entries, const struct config *config)
{
    if (*config->account != '\0')
        add_account(entries, config->account);
    for (size_t i = 0; i < config->user_count; i++) {
        struct text_words words;
        if (text_split(config->users[i], strlen(config->users[i]), &words) != 0)
            continue;
        add_user(entries, &words);
        text_words_free(&words);
    }
}

static void add_user_of_line(struct config_entries *entries, const struct text_words *values)
{
    const char *first = values->words[0];
    if (values->count > 1)
        add_user(entries, values);
    else if (*first == '-' && first[1] != '\0')
        add_entry(entries, first + 1, mem_strdup(""))->takes_away = true;
    else
        add_account(entries, first);
}

/* ---- client-output-buffer-limit ---- */

static const char *const class_names[CLIENT_CLASSES] = {"normal", "replica", "pubsub"};

static void add_limit(struct config_entries *entries, const struct config *config, enum client_class class)
{
    const struct output_limit *limit = &config->output_limits[class];
    struct text text = TEXT_EMPTY;
    text_addf(&text, "client-output-buffer-limit %s ", class_names[class]);
    memory_value_add(&text, limit->hard_bytes);
    text_add_char(&text, ' ');
    memory_value_add(&text, limit->soft_bytes);
    text_addf(&text, " %" PRId64, limit->soft_seconds);
    add_entry(entries, class_names[class], text.data);
}

static void add_limits(struct config_entries *entries, const struct config *config)
{
    for (int i = 0; i < CLIENT_CLASSES; i++)
        add_limit(entries, config, (enum client_class)i);
}

/* Classes of the words; the last one counts of those that stand there twice. */
static void add_limits_of_words(struct config_entries *entries, const struct text_words *words)
{
    struct config scratch = {0};
    bool named[CLIENT_CLASSES] = {false};
    char *error = NULL;
    for (size_t i = 0; i + 4 <= words->count; i += 4) {
        enum client_class class;
        if (output_class_find(words->words[i], &class))
            named[class] = true;
    }
    if (output_limits_set(&scratch, (const char *const *)words->words, words->count, &error) == 0)
        for (int i = 0; i < CLIENT_CLASSES; i++)
            if (named[i])
                add_limit(entries, &scratch, (enum client_class)i);
    mem_free(error);
}

/* One word may hold all of them. */
static void add_limits_of_line(struct config_entries *entries, const struct text_words *values)
{
    struct text_words words;
    if (values->count > 1) {
        add_limits_of_words(entries, values);
    } else if (text_split(values->words[0], strlen(values->words[0]), &words) == 0) {
        add_limits_of_words(entries, &words);
        text_words_free(&words);
    }
}

/* ---- any of them ---- */

struct config_entries config_entries_of(const struct config *config, const struct directive *directive)
{
    struct config_entries entries = {0};
    if (directive->kind == KIND_LISTEN)
        add_listens(&entries, config);
    else if (directive->kind == KIND_USER)
        add_users(&entries, config);
    else
        add_limits(&entries, config);
    return entries;
}

struct config_entries config_entries_of_line(const struct directive *directive, const char *line)
{
    struct config_entries entries = {0};
    struct text_words words = {0};
    if (text_split(line, strlen(line), &words) != 0)
        return entries;
    if (words.count >= 2 && words.words[1][0] != '\0') {
        struct text_words values = {words.count - 1, words.words + 1, words.lens + 1};
        if (directive->kind == KIND_LISTEN)
            add_listens_of_line(&entries, &values);
        else if (directive->kind == KIND_USER)
            add_user_of_line(&entries, &values);
        else
            add_limits_of_line(&entries, &values);
    }
    text_words_free(&words);
    return entries;
}

/* "NAME reset" or "+PATH" in the place of the line's second word. */
static char *begin_anew(const struct directive *directive, const char *line)
{
    struct text_words words;
    struct text text = TEXT_EMPTY;
    if (text_split(line, strlen(line), &words) != 0)
        return mem_strdup(line);
    for (size_t i = 0; i < words.count; i++) {
        char *signed_path = i == 1 && directive->kind == KIND_LISTEN ? text_format("+%s", words.words[i]) : NULL;
        text_addf(&text, "%s", i > 0 ? " " : "");
        text_add_word(&text, signed_path ? signed_path : words.words[i]);
        text_add(&text, i == 1 && directive->kind == KIND_USER ? " reset" : "");
        mem_free(signed_path);
    }
    text_words_free(&words);
    return text.data;
}

/* Whether a second line about the same is refused unless it begins anew. */
static bool is_declared(const struct directive *directive, const struct config_entry *entry)
{
    return directive->kind == KIND_LISTEN || (directive->kind == KIND_USER && *entry->key != '\0');
}

char *config_entry_line(const struct directive *directive, const struct config_entry *entry, bool anew)
{
    return anew && is_declared(directive, entry) ? begin_anew(directive, entry->text) : mem_strdup(entry->text);
}

char *config_entry_removal(const struct directive *directive, const struct config_entry *entry)
{
    if (!is_declared(directive, entry))
        return NULL;
    char *word = text_format("-%s", entry->key);
    struct text text = TEXT_EMPTY;
    text_addf(&text, "%s ", directive->name);
    text_add_word(&text, word);
    mem_free(word);
    return text.data;
}

bool config_entries_same(const struct config *a, const struct config *b, const struct directive *directive)
{
    struct config_entries of_a = config_entries_of(a, directive), of_b = config_entries_of(b, directive);
    bool same = of_a.count == of_b.count;
    for (size_t i = 0; same && i < of_a.count; i++) {
        const struct config_entry *other = config_entries_find(&of_b, of_a.list[i].key);
        same = other && strcmp(other->text, of_a.list[i].text) == 0;
    }
    config_entries_deinit(&of_a);
    config_entries_deinit(&of_b);
    return same;
}
