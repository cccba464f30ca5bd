/*
 * Joined rules lie one after the other in one allocation, which has room for all words with a blank each.
 */
#include "acl/rules.h"

#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

bool rule_is(struct bytes rule, const char *word)
{
    return rule.len == strlen(word) && strncasecmp(rule.data, word, rule.len) == 0;
}

bool rule_has_blank(struct bytes rule)
{
    for (size_t i = 0; i < rule.len; i++)
        if (isspace((unsigned char)rule.data[i]) || rule.data[i] == '\0')
            return true;
    return false;
}

static bool opens(struct bytes word)
{
    return word.len > 0 && word.data[0] == '(';
}

static bool closes(struct bytes word)
{
    return word.len > 0 && word.data[word.len - 1] == ')';
}

static size_t total_len(const struct bytes *words, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += words[i].len + 1;
    return len;
}

int rules_join(const struct bytes *words, size_t count, struct rules *rules_out, size_t *open_out)
{
    struct rules rules = {0};
    rules.items = mem_alloc((count + 1) * sizeof *rules.items);
    rules.joined = mem_alloc(total_len(words, count) + 1);
    char *end = rules.joined;

    for (size_t i = 0; i < count; i++) {
        struct bytes rule = words[i];
        size_t first = i;
        if (opens(rule) && !closes(rule)) {
            char *begin = end;
            do {
                memcpy(end, words[i].data, words[i].len);
                end += words[i].len;
                *end++ = ' ';
            } while (!closes(words[i]) && ++i < count);
            if (i == count) {
                rules_deinit(&rules);
                *open_out = first;
                return -EINVAL;
            }
            rule = (struct bytes){begin, (size_t)(end - begin) - 1};
        }
        rules.items[rules.count++] = rule;
    }
    *rules_out = rules;
    return 0;
}

void rules_split(struct bytes line, struct rules *rules_out)
{
    const char *at = line.data, *end = line.data + line.len;
    size_t count = 1;
    for (size_t i = 0; i < line.len; i++)
        count += line.data[i] == ' ';

    struct rules rules = {.items = mem_alloc(count * sizeof *rules.items)};
    while (rules.count < count) {
        const char *blank = memchr(at, ' ', (size_t)(end - at));
        const char *word_end = blank ? blank : end;
        rules.items[rules.count++] = (struct bytes){at, (size_t)(word_end - at)};
        at = word_end + 1;
    }
    *rules_out = rules;
}

void rules_deinit(struct rules *rules)
{
    mem_free(rules->items);
    mem_free(rules->joined);
    *rules = (struct rules){0};
}
