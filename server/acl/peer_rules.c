/*
 * A short array, searched from its beginning.
 */
#include "acl/peer_rules.h"

#include "base/memory.h"
#include "host/account.h"

#include <string.h>

/* Looks up the account that a rule's text names. False: there is none. */
static bool resolve(struct bytes text, struct peer_rule *rule_out)
{
    bool is_group = text.len > 0 && text.data[0] == '@', found;
    uid_t uid = 0;
    gid_t gid = 0;
    if (memchr(text.data, '\0', text.len))
        return false;
    char *copy = mem_dup(text.data, text.len);
    if (is_group)
        found = account_find_group(copy + 1, &gid);
    else
        found = account_find_user(copy, &uid);
    if (found)
        *rule_out = (struct peer_rule){.text = copy, .is_group = is_group, .id = is_group ? gid : uid};
    else
        mem_free(copy);
    return found;
}

static bool has_text(const struct peer_rule *rule, struct bytes text)
{
    return bytes_equal(rule->text, strlen(rule->text), text.data, text.len);
}

static void remove_at(struct peer_rules *rules, size_t at)
{
    mem_free(rules->items[at].text);
    rules->count--;
    memmove(&rules->items[at], &rules->items[at + 1], (rules->count - at) * sizeof *rules->items);
}

static void append(struct peer_rules *rules, struct peer_rule rule)
{
    rules->items = mem_realloc(rules->items, (rules->count + 1) * sizeof *rules->items);
    rules->items[rules->count++] = rule;
}

void peer_rules_clear(struct peer_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        mem_free(rules->items[i].text);
    mem_free(rules->items);
    *rules = (struct peer_rules){0};
}

void peer_rules_copy(struct peer_rules *to, const struct peer_rules *from)
{
    for (size_t i = 0; i < from->count; i++) {
        struct peer_rule rule = from->items[i];
        rule.text = mem_strdup(rule.text);
        append(to, rule);
    }
}

bool peer_rules_add(struct peer_rules *rules, struct bytes text)
{
    struct peer_rule rule;
    if (!resolve(text, &rule))
        return false;
    for (size_t i = 0; i < rules->count; i++) {
        struct peer_rule *old = &rules->items[i];
        bool is_same = old->is_group == rule.is_group && old->id == rule.id;
        if (is_same || has_text(old, text)) {
            old->id = rule.id; /* the name's number may have changed */
            mem_free(rule.text);
            return true;
        }
    }
    append(rules, rule);
    return true;
}

bool peer_rules_remove(struct peer_rules *rules, struct bytes text)
{
    struct peer_rule meant = {0};
    bool is_known = resolve(text, &meant);
    size_t before = rules->count;
    for (size_t i = rules->count; i-- > 0;) {
        const struct peer_rule *rule = &rules->items[i];
        if (has_text(rule, text) || (is_known && rule->is_group == meant.is_group && rule->id == meant.id))
            remove_at(rules, i);
    }
    mem_free(meant.text);
    return rules->count < before;
}

bool peer_rules_match(const struct peer_rules *rules, uid_t uid, gid_t gid, const gid_t *groups, size_t group_count)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct peer_rule *rule = &rules->items[i];
        if (rule->id == (rule->is_group ? gid : uid))
            return true;
        for (size_t g = 0; rule->is_group && g < group_count; g++)
            if (rule->id == groups[g])
                return true;
    }
    return false;
}

bool peer_rules_have_groups(const struct peer_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rules->items[i].is_group)
            return true;
    return false;
}
