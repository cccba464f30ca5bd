#include "options/options.h"

#include "connection/login.h"
#include "connection/url.h"
#include "core/exit_codes.h"
#include "core/nearest.h"
#include "core/usage.h"
#include "options/option_defaults.h"
#include "options/option_table.h"
#include "output/output.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- values ---- */

static long long parse_whole(const char *name, const char *text, long long least, long long most)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < least || value > most) {
        usage_fail("option %s needs a whole number%s, not '%s'", name, least < 0 ? "" : ", 0 or more", text);
    }
    return value;
}

static double parse_seconds(const char *name, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0) || value > INT_MAX) {
        usage_fail("option %s needs a number of seconds, such as 0.5, not '%s'", name, text);
    }
    return value;
}

static bool parse_yes(const char *name, const char *text)
{
    if (strncasecmp(text, "y", 1) != 0 && strncasecmp(text, "n", 1) != 0) {
        usage_fail("option %s needs yes or no, not '%s'", name, text);
    }
    return strncasecmp(text, "y", 1) == 0;
}

/* ---- options ---- */

/* Moves a part of a URL to where it lives as long as the program; that of an earlier one gives way. */
static const char *keep_part(char **kept, char *part)
{
    free(*kept);
    *kept = part;
    return part;
}

/* What the URL does not say stays as earlier options have it. */
static void apply_url(struct options *options, const char *name, char *value)
{
    static struct url kept;
    struct url url;
    const char *complaint = url_parse(value, &url);
    if (complaint)
        usage_fail("option %s: %s", name, complaint);
    options->socket_path = keep_part(&kept.path, url.path);
    options->socket_source = "the one in the URL of -u";
    if (url.database >= 0) {
        options->database = url.database;
        options->has_database = true;
    }
    if (url.user) {
        login_hide_word(value); /* who is used to redis-cli writes a password there */
        options->user = keep_part(&kept.user, url.user);
    }
    if (url.password) {
        login_hide_word(value);
        options->password = keep_part(&kept.password, url.password);
        options->password_option = name;
    }
}

static void choose_protocol(struct options *options, enum protocol_choice choice)
{
    enum protocol_choice other = choice == PROTOCOL_2 ? PROTOCOL_3 : PROTOCOL_2;
    if (options->protocol == other)
        usage_fail("options -2 and -3 exclude each other");
    options->protocol = choice;
}

static void choose_mode(struct options *options, const struct option_entry *entry, enum mode mode)
{
    if (options->mode != MODE_COMMANDS && options->mode != mode)
        usage_fail("options %s and %s exclude each other", options->mode_option, entry->name);
    options->mode = mode;
    options->mode_option = entry->name;
}

static enum color_choice parse_color(const char *name, const char *text)
{
    if (strcmp(text, "always") == 0)
        return COLOR_ALWAYS;
    if (strcmp(text, "never") == 0)
        return COLOR_NEVER;
    if (strcmp(text, "auto") != 0)
        usage_fail("option %s needs auto, always or never, not '%s'", name, text);
    return COLOR_AUTO;
}

static void apply_server_option(struct options *options, const struct option_entry *entry, char *value)
{
    switch (entry->id) {
    case OPTION_SOCKET:
        options->socket_path = value;
        options->socket_source = "the one given with -s";
        break;
    case OPTION_URL:
        apply_url(options, entry->name, value);
        break;
    case OPTION_DATABASE:
        options->database = (int)parse_whole(entry->name, value, 0, INT_MAX);
        options->has_database = true;
        break;
    case OPTION_TIMEOUT:
        options->timeout = parse_seconds(entry->name, value);
        break;
    case OPTION_PASSWORD:
        options->password = login_take_word(value);
        options->password_option = entry->name;
        break;
    case OPTION_USER:
        options->user = value;
        break;
    case OPTION_ASK_PASSWORD:
        options->ask_password = true;
        break;
    case OPTION_NO_AUTH_WARNING:
        options->no_auth_warning = true;
        break;
    case OPTION_RESP2:
        choose_protocol(options, PROTOCOL_2);
        break;
    case OPTION_RESP3:
        choose_protocol(options, PROTOCOL_3);
        break;
    default:
        break;
    }
}

static void apply_command_option(struct options *options, const struct option_entry *entry, char *value)
{
    switch (entry->id) {
    case OPTION_REPEAT:
        options->repeat = parse_whole(entry->name, value, LLONG_MIN, LLONG_MAX);
        options->has_repeat = true;
        break;
    case OPTION_INTERVAL:
        options->interval = parse_seconds(entry->name, value);
        options->has_interval = true;
        break;
    case OPTION_FILE:
        options->command_file = value;
        break;
    case OPTION_EVAL:
        choose_mode(options, entry, MODE_EVAL);
        options->eval_file = value;
        break;
    case OPTION_LAST_FROM_STDIN:
        options->last_from_stdin = true;
        break;
    case OPTION_STDIN_TAG:
        options->stdin_tag = value;
        break;
    case OPTION_QUOTED_INPUT:
        options->quoted_input = true;
        break;
    case OPTION_ERROR_EXIT:
        options->error_exit = true;
        break;
    case OPTION_NO_QUESTIONS:
        options->questions = false;
        break;
    default:
        break;
    }
}

static void apply_output_option(struct options *options, const struct option_entry *entry, char *value)
{
    switch (entry->id) {
    case OPTION_FORMAT:
        option_defaults_set_format(options, (enum format)entry->choice);
        break;
    case OPTION_ELEMENT_DELIMITER:
        options->style.element_delimiter = value;
        break;
    case OPTION_REPLY_DELIMITER:
        options->style.reply_delimiter = value;
        break;
    case OPTION_COLOR:
        options->color = parse_color(entry->name, value);
        break;
    case OPTION_PAGER:
        options->pager = entry->choice == 1;
        break;
    case OPTION_SHOW_PUSHES:
        options->show_pushes = parse_yes(entry->name, value);
        break;
    default:
        break;
    }
}

static void apply_mode_option(struct options *options, const struct option_entry *entry, char *value)
{
    switch (entry->id) {
    case OPTION_MODE:
        choose_mode(options, entry, (enum mode)entry->choice);
        break;
    case OPTION_MEMORY_SAMPLES:
        choose_mode(options, entry, (enum mode)entry->choice);
        options->memory_samples = parse_whole(entry->name, value, 0, LLONG_MAX);
        break;
    case OPTION_INTRINSIC_LATENCY:
        choose_mode(options, entry, MODE_INTRINSIC_LATENCY);
        options->run_seconds = parse_seconds(entry->name, value);
        break;
    case OPTION_COPY_FROM:
        choose_mode(options, entry, MODE_COPY);
        options->copy_from = value;
        break;
    case OPTION_PATTERN:
        options->pattern = value;
        break;
    case OPTION_QUOTED_PATTERN:
        options->pattern = value;
        options->quoted_pattern = true;
        break;
    case OPTION_TYPE:
        options->type = value;
        break;
    case OPTION_COUNT:
        options->scan_count = parse_whole(entry->name, value, 1, LLONG_MAX);
        break;
    case OPTION_PIPE_TIMEOUT:
        options->pipe_timeout = parse_seconds(entry->name, value);
        break;
    case OPTION_REPLACE:
        options->replace = true;
        break;
    default:
        break;
    }
}

static _Noreturn void print_document(enum document document)
{
    option_document_print(document);
    output_flush();
    exit(EXIT_CODE_OK);
}

static void apply_other_option(const struct option_entry *entry)
{
    switch (entry->id) {
    case OPTION_REFUSED:
        usage_fail("option %s: %s", entry->name, entry->help);
    case OPTION_HELP:
        print_document(DOCUMENT_HELP);
    case OPTION_DOCUMENT:
        print_document((enum document)entry->choice);
    case OPTION_VERSION:
        puts("kvs-cli " KVS_VERSION);
        output_flush();
        exit(EXIT_CODE_OK);
    default:
        break;
    }
}

static void apply_option(struct options *options, const struct option_entry *entry, char *value)
{
    apply_server_option(options, entry, value);
    apply_command_option(options, entry, value);
    apply_output_option(options, entry, value);
    apply_mode_option(options, entry, value);
    apply_other_option(entry);
}

/* ---- finding an option ---- */

static const struct option_entry *find_option(const char *name, size_t length)
{
    for (size_t i = 0; i < option_table_count; i++) {
        if (strlen(option_table[i].name) == length && memcmp(option_table[i].name, name, length) == 0)
            return &option_table[i];
    }
    return NULL;
}

/* The name that was probably meant, as the end of a sentence: "" or "; did you mean --name?". */
static const char *suggest_option(const char *word)
{
    struct nearest nearest = nearest_begin(word);
    for (size_t i = 0; i < option_table_count; i++) {
        if (option_table[i].section != SECTION_HIDDEN && strlen(option_table[i].name) > 2)
            nearest_offer(&nearest, option_table[i].name);
    }
    static char text[64];
    text[0] = '\0';
    if (nearest.name)
        snprintf(text, sizeof text, "; did you mean %s?", nearest.name);
    return text;
}

/* Repeats `word` only as far as it cannot hold a password, which it could in -asecret and --pas=secret. */
static _Noreturn void refuse_unknown(char *word)
{
    word[strcspn(word, "=")] = '\0';
    const struct option_entry *joined = word[1] != '-' && word[1] != '\0' ? find_option(word, 2) : NULL;
    if (joined && joined->value)
        usage_fail("option %s stands by itself, and its value is the next word%s", joined->name, suggest_option(word));
    usage_fail("unknown option '%s'%s", word, suggest_option(word));
}

/* Refuses what stands in the place of a path by mistake: the value of a variable that isn't set, another option, a URL.
 * Its text is not repeated: it may hold a password. */
static void check_value(const struct option_entry *entry, const char *value)
{
    const struct option_entry *other = find_option(value, strcspn(value, "="));
    bool is_file = option_value_is_file(entry), is_socket = entry->id == OPTION_SOCKET || entry->id == OPTION_COPY_FROM;
    if (!is_file && entry->id != OPTION_URL && entry->id != OPTION_USER)
        return;
    if (*value == '\0' && entry->id != OPTION_USER)
        usage_fail("option %s needs a value, %s, but the one that is given is empty", entry->name, entry->value);
    if (other)
        usage_fail("option %s needs a value, %s, but the option %s follows%s%s", entry->name, entry->value, other->name,
                   is_file ? "; a file of that name is written ./" : "", is_file ? other->name : "");
    if (is_file && value[0] == '-' && value[1] != '\0')
        usage_fail("option %s needs a value, %s, but what follows begins with - as options do; a file of that name is "
                   "written with ./ before it",
                   entry->name, entry->value);
    if (is_socket && url_is_meant(value))
        usage_fail("option %s takes a path, not a URL%s", entry->name,
                   entry->id == OPTION_SOCKET ? ", which is given with -u"
                                              : "; KVSCLI_SOURCE_USER and KVSCLI_SOURCE_AUTH hold the login");
}

/* The option that `*at` words lead to, with its value from the same word (--name=value) or the next one, which `*at`
 * passes. */
static const struct option_entry *take_option(int argc, char **argv, int *at, char **value_out)
{
    static char no_value[] = "";
    char *word = argv[(*at)++];
    char *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    const struct option_entry *entry = find_option(word, equals ? (size_t)(equals - word) : strlen(word));
    if (!entry)
        refuse_unknown(word);
    if (strcmp(entry->name, "-h") == 0 && *at == argc)
        print_document(DOCUMENT_HELP);
    if (equals && !entry->value)
        usage_fail("option %s takes no value", entry->name);
    if (entry->value && !equals && *at == argc)
        usage_fail("option %s needs a value: %s", entry->name, entry->value);
    *value_out = no_value;
    if (entry->value) {
        *value_out = equals ? equals + 1 : argv[(*at)++];
        check_value(entry, *value_out);
    }
    return entry;
}

/* ---- together ---- */

static void check_combinations(const struct options *options)
{
    bool from_stdin = options->last_from_stdin || options->stdin_tag;
    if (options->last_from_stdin && options->stdin_tag)
        usage_fail("options -x and -X exclude each other");
    if (from_stdin && options->argc == 0 && options->mode != MODE_EVAL)
        usage_fail("options -x and -X need a command");
    if (options->mode != MODE_COMMANDS && options->mode != MODE_EVAL && options->argc > 0)
        usage_fail("option %s takes no command", options->mode_option);
    if (options->command_file && (options->argc > 0 || options->mode != MODE_COMMANDS))
        usage_fail("option -f takes the place of a command");
    if (from_stdin && options->mode == MODE_EVAL && strcmp(options->eval_file, "-") == 0)
        usage_fail("option --eval - reads the script from standard input, where options -x and -X read too");
    if (options->ask_password && options->password)
        usage_fail("options %s and --askpass exclude each other", options->password_option);
}

void options_parse(struct options *options, int argc, char **argv)
{
    bool given[OPTION_ID_COUNT] = {false};
    option_defaults_begin(options);
    int at = 1;
    while (at < argc && argv[at][0] == '-') {
        char *value;
        const struct option_entry *entry = take_option(argc, argv, &at, &value);
        given[entry->id] = true;
        apply_option(options, entry, value);
    }
    options->argc = argc - at;
    options->argv = argv + at;
    check_combinations(options);
    option_defaults_fill(options, given);
}
