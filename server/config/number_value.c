/*
 * Whole numbers, choices and booleans all travel as int64_t (sizes of memory as the bits of a uint64_t) and lie in a
 * field with the width that the row gives, or as their canonical text in the extras. Errors are in Redis's words,
 * because clients and test suites match them.
 */
#include "config/number_value.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "config/value.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define HZ_MIN 1
#define HZ_MAX 500

static void format_choices(const struct directive *directive, int64_t value, struct text *out)
{
    int64_t left = value;
    size_t start = out->len;
    for (const struct directive_choice *choice = directive->choices; choice->name; choice++) {
        if (choice->value == value) {
            out->len = start;
            text_add(out, choice->name);
            return;
        }
        if (directive->kind == KIND_FLAGS && choice->value != 0 && (left & choice->value) == choice->value) {
            text_addf(out, "%s%s", out->len > start ? " " : "", choice->name);
            left &= ~(int64_t)choice->value;
        }
    }
}

static void format_number(const struct directive *directive, int64_t value, struct text *out)
{
    switch (directive->kind) {
    case KIND_BOOL:
        text_add(out, value != 0 ? "yes" : "no");
        break;
    case KIND_ENUM:
    case KIND_FLAGS:
        format_choices(directive, value, out);
        break;
    case KIND_OCTAL:
        text_addf(out, "%" PRIo64, (uint64_t)value);
        break;
    case KIND_MEMORY:
        text_addf(out, "%" PRIu64, (uint64_t)value);
        break;
    case KIND_MEMORY_OR_PERCENT:
        text_addf(out, "%" PRId64 "%s", value < 0 ? -value : value, value < 0 ? "%" : "");
        break;
    default:
        text_addf(out, "%" PRId64, value);
    }
}

static void store_number(struct config *config, const struct directive *directive, int64_t value)
{
    if (directive->offset == DIRECTIVE_NO_FIELD) {
        struct text text = TEXT_EMPTY;
        format_number(directive, value, &text);
        value_store_text(config, directive, text.data);
        text_deinit(&text);
        return;
    }
    char *field = (char *)config + directive->offset;
    if (directive->width == sizeof(bool)) {
        *(bool *)field = value != 0;
    } else if (directive->width == sizeof(int)) {
        /* maxclients may be any unsigned int; no machine has so many descriptors */
        *(int *)field = value > INT_MAX ? INT_MAX : (int)value;
    } else {
        *(int64_t *)field = value;
    }
}

static int64_t number_of(const struct config *config, const struct directive *directive)
{
    const char *field = (const char *)config + directive->offset;
    if (directive->width == sizeof(bool))
        return *(const bool *)field;
    if (directive->width == sizeof(int))
        return *(const int *)field;
    return *(const int64_t *)field;
}

static int check_bounds(const struct directive *directive, int64_t value, char **error_out)
{
    bool is_unsigned = directive->kind == KIND_MEMORY || directive->kind == KIND_OCTAL;
    if (directive->kind == KIND_MEMORY_OR_PERCENT && value < 0) {
        if (value >= directive->min)
            return 0;
        *error_out = text_format("percentage argument must be less or equal to %" PRId64, -directive->min);
        return -EINVAL;
    }
    bool low = is_unsigned ? (uint64_t)value < (uint64_t)directive->min : value < directive->min;
    bool high = (is_unsigned || value > 0) && (uint64_t)value > directive->max;
    if (!low && !high)
        return 0;
    if (directive->kind == KIND_OCTAL)
        *error_out = text_format("argument must be between %" PRIo64 " and %" PRIo64 " inclusive",
                                 (uint64_t)directive->min, directive->max);
    else
        *error_out = text_format("argument must be between %" PRId64 " and %" PRIu64 " inclusive", directive->min,
                                 directive->max);
    return -EINVAL;
}

static bool parse_octal(const char *word, int64_t *value_out)
{
    char *end;
    errno = 0;
    long long value = strtoll(word, &end, 8);
    if (errno != 0 || *end != '\0' || end == word)
        return false;
    *value_out = value;
    return true;
}

static bool parse_percent(const char *word, int64_t *value_out)
{
    size_t len = strlen(word);
    int64_t value;
    if (len < 2 || word[len - 1] != '%' || !number_parse_i64(word, len - 1, &value) || value < 0)
        return false;
    *value_out = -value;
    return true;
}

static int parse_number(const struct directive *directive, const char *word, int64_t *value_out, char **error_out)
{
    uint64_t bytes;
    switch (directive->kind) {
    case KIND_MEMORY:
    case KIND_MEMORY_OR_PERCENT:
        /* a value above INT64_MAX would be taken for a percentage */
        if (number_parse_memory(word, strlen(word), &bytes) && (directive->kind == KIND_MEMORY || bytes <= INT64_MAX)) {
            *value_out = (int64_t)bytes;
            return 0;
        }
        if (directive->kind == KIND_MEMORY_OR_PERCENT && parse_percent(word, value_out))
            return 0;
        return value_refuse(error_out, directive->kind == KIND_MEMORY ? "argument must be a memory value"
                                                                      : "argument must be a memory or percent value");
    case KIND_OCTAL:
        if (parse_octal(word, value_out))
            return 0;
        return value_refuse(error_out, "argument couldn't be parsed as an octal number");
    default:
        if (number_parse_i64(word, strlen(word), value_out))
            return 0;
        return value_refuse(error_out, "argument couldn't be parsed into an integer");
    }
}

static int set_number(struct config *config, const struct directive *directive, const char *word, char **error_out)
{
    int64_t value = 0;
    int result = parse_number(directive, word, &value, error_out);
    if (result == 0)
        result = check_bounds(directive, value, error_out);
    if (result != 0)
        return result;
    if (directive->offset == offsetof(struct config, hz))
        value = value < HZ_MIN ? HZ_MIN : value > HZ_MAX ? HZ_MAX : value;
    store_number(config, directive, value);
    return 0;
}

static int set_bool(struct config *config, const struct directive *directive, const char *word, char **error_out)
{
    bool yes = strcasecmp(word, "yes") == 0;
    if (!yes && strcasecmp(word, "no") != 0)
        return value_refuse(error_out, "argument must be 'yes' or 'no'");
    store_number(config, directive, yes);
    return 0;
}

static const struct directive_choice *find_choice(const struct directive *directive, const char *word)
{
    for (const struct directive_choice *choice = directive->choices; choice->name; choice++)
        if (strcasecmp(choice->name, word) == 0)
            return choice;
    return NULL;
}

static int refuse_choice(const struct directive *directive, char **error_out)
{
    struct text text = TEXT_EMPTY;
    text_add(&text, "argument(s) must be one of the following: ");
    for (const struct directive_choice *choice = directive->choices; choice->name; choice++)
        text_addf(&text, "%s%s", choice == directive->choices ? "" : ", ", choice->name);
    *error_out = text.data;
    return -EINVAL;
}

static int set_choices(struct config *config, const struct directive *directive, const char *const *words, size_t count,
                       char **error_out)
{
    int64_t value = 0;
    if (count == 0)
        return refuse_choice(directive, error_out);
    for (size_t i = 0; i < count; i++) {
        const struct directive_choice *choice = find_choice(directive, words[i]);
        if (!choice)
            return refuse_choice(directive, error_out);
        value |= choice->value;
    }
    const struct directive_choice *save = directive->kind == KIND_FLAGS ? find_choice(directive, "save") : NULL;
    if (save && (value & save->value) != 0 && (value & find_choice(directive, "nosave")->value) != 0)
        return value_refuse(error_out, "shutdown options SAVE and NOSAVE can't be used simultaneously");
    store_number(config, directive, value);
    return 0;
}

/* Half of the CPUs that the process may use: clients on the same machine need the other half. At least one. */
static int threads_for_cpus(const struct directive *directive)
{
    cpu_set_t set;
    long count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);
    count = count > 1 ? count / 2 : 1;
    return count > (long)directive->max ? (int)directive->max : (int)count;
}

static int set_threads(struct config *config, const struct directive *directive, const char *word, char **error_out)
{
    if (strcasecmp(word, "auto") != 0)
        return set_number(config, directive, word, error_out);
    store_number(config, directive, threads_for_cpus(directive));
    return 0;
}

int number_value_set(struct config *config, const struct directive *directive, const char *const *words, size_t count,
                     char **error_out)
{
    switch (directive->kind) {
    case KIND_BOOL:
        return set_bool(config, directive, words[0], error_out);
    case KIND_THREADS:
        return set_threads(config, directive, words[0], error_out);
    case KIND_ENUM:
    case KIND_FLAGS:
        return set_choices(config, directive, words, count, error_out);
    default:
        return set_number(config, directive, words[0], error_out);
    }
}

void number_value_get(const struct config *config, const struct directive *directive, struct text *out)
{
    format_number(directive, number_of(config, directive), out);
}

void memory_value_add(struct text *out, uint64_t bytes)
{
    static const char *const units[] = {"", "kb", "mb", "gb"};
    size_t unit = 0;
    while (bytes != 0 && bytes % 1024 == 0 && unit < 3) {
        bytes /= 1024;
        unit++;
    }
    text_addf(out, "%" PRIu64 "%s", bytes, units[unit]);
}
