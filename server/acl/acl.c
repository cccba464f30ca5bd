/*
 * The users stand in an array sorted by name. A change is made to a copy of the user, which is assigned to the user
 * once all rules were accepted; so a user never has half of them, and clients keep the same struct user throughout.
 */
#include "acl/acl.h"

#include "acl/acl_internal.h"
#include "acl/passwords.h"
#include "acl/rules.h"
#include "base/memory.h"
#include "base/text.h"
#include "net/peer.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_NAME "default"

_Static_assert(ACL_HASH_TEXT == PASSWORD_HASH_TEXT, "one form of hashes");

/* ---- the list ---- */

static int compare_names(struct bytes a, struct bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.data, b.data, len) : 0;
    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

/* The index of the user with that name, or the index where it would be inserted. */
static size_t find_place(const struct acl *acl, struct bytes name, bool *found_out)
{
    size_t low = 0, high = acl->count;
    *found_out = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_names(user_name(acl->users[middle]), name);
        if (order == 0) {
            *found_out = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void acl_insert(struct acl *acl, struct user *user)
{
    bool found;
    size_t at = find_place(acl, user_name(user), &found);
    acl->users = mem_realloc(acl->users, (acl->count + 1) * sizeof(struct user *));
    memmove(&acl->users[at + 1], &acl->users[at], (acl->count - at) * sizeof(struct user *));
    acl->users[at] = user;
    acl->count++;
}

struct acl *acl_create_empty(bool all_channels)
{
    struct acl *acl = mem_calloc(sizeof *acl);
    acl->all_channels = all_channels;
    return acl;
}

struct user *acl_create_default_user(bool all_channels)
{
    static const char *const rules[] = {"+@all", "~*", "&*", "on", "nopass"};
    struct user *user = user_create(DEFAULT_NAME, strlen(DEFAULT_NAME), all_channels);
    const char *error;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        user_apply(user, (struct bytes){rules[i], strlen(rules[i])}, &error);
    return user;
}

struct acl *acl_create(void)
{
    struct acl *acl = acl_create_empty(false);
    acl_insert(acl, acl_create_default_user(false));
    return acl;
}

void acl_destroy(struct acl *acl)
{
    for (size_t i = 0; i < acl->count; i++)
        user_release(acl->users[i]);
    mem_free(acl->users);
    mem_free(acl);
}

void acl_set_channel_default(struct acl *acl, bool all_channels)
{
    acl->all_channels = all_channels;
}

size_t acl_count(const struct acl *acl)
{
    return acl->count;
}

struct user *acl_at(const struct acl *acl, size_t index)
{
    return acl->users[index];
}

struct user *acl_find(const struct acl *acl, const char *name, size_t len)
{
    bool found;
    size_t at = find_place(acl, (struct bytes){name, len}, &found);
    return found ? acl->users[at] : NULL;
}

struct user *acl_default(const struct acl *acl)
{
    return acl_find(acl, DEFAULT_NAME, strlen(DEFAULT_NAME));
}

/* ---- changes ---- */

int acl_apply(struct user *user, const struct bytes *rules, size_t count, struct bytes *bad_out, const char **error_out)
{
    for (size_t i = 0; i < count; i++) {
        int result = user_apply(user, rules[i], error_out);
        if (result != 0) {
            *bad_out = rules[i];
            return result;
        }
    }
    return 0;
}

/* Assigns the draft to the user, or, if that is NULL, adds the draft to the list. Takes the draft. */
static void publish(struct acl *acl, struct user *user, struct user *draft)
{
    if (!user) {
        acl_insert(acl, draft);
        return;
    }
    user_assign(user, draft);
    user_release(draft);
}

/* A message that quotes a word from a client, up to its first NUL byte. */
static char *message_about(const char *before, struct bytes word, const char *between, const char *after)
{
    struct text text = TEXT_EMPTY;
    text_add(&text, before);
    text_add_bytes(&text, word.data, strnlen(word.data, word.len));
    text_add(&text, between);
    text_add(&text, after);
    return text.data;
}

/* Applies rules to the draft, and publishes it if all are accepted. Takes the draft. The error repeats the rule. */
static int change_user(struct acl *acl, struct user *draft, const struct bytes *words, size_t count, char **error_out)
{
    struct bytes name = user_name(draft), bad;
    struct rules rules;
    size_t open;
    const char *reason;
    if (rules_join(words, count, &rules, &open) != 0) {
        *error_out = message_about("Unmatched parenthesis in acl selector starting at '", words[open], "'.", "");
        user_release(draft);
        return -EINVAL;
    }
    user_set_channel_default(draft, acl->all_channels);
    int result = acl_apply(draft, rules.items, rules.count, &bad, &reason);
    if (result == 0) {
        publish(acl, acl_find(acl, name.data, name.len), draft);
    } else {
        *error_out = message_about("Error in ACL SETUSER modifier '", bad, "': ", reason);
        user_release(draft);
    }
    rules_deinit(&rules);
    return result == 0 ? 0 : -EINVAL;
}

/* Adds a line about the rule with this index. It goes to a log, so it repeats no rule that may be a password. */
static void add_refusal(struct text *errors, struct bytes name, const struct rules *rules, size_t index, int result,
                        const char *reason)
{
    char *line =
        result == -ENOENT ? message_about("Error in ACL SETUSER modifier '", rules->items[index], "': ", reason) : NULL;
    text_add(errors, errors->len > 0 ? "\n" : "");
    if (line)
        text_add(errors, line);
    else
        text_addf(errors, "Error in rule %zu of user '%.*s': %s", index + 1, (int)name.len, name.data, reason);
    mem_free(line);
}

/* The same for a user who is defined: each rule is tried, and each that is refused has a line of the error. */
static int define_user(struct acl *acl, struct user *draft, const struct bytes *words, size_t count, char **error_out)
{
    struct bytes name = user_name(draft);
    struct text errors = TEXT_EMPTY;
    struct rules rules;
    size_t open;
    if (rules_join(words, count, &rules, &open) != 0) {
        *error_out = text_format("Unmatched parenthesis in rule %zu of the user", open + 1);
        user_release(draft);
        return -EINVAL;
    }
    user_set_channel_default(draft, acl->all_channels);
    for (size_t i = 0; i < rules.count; i++) {
        const char *reason;
        int result = user_apply(draft, rules.items[i], &reason);
        if (result != 0)
            add_refusal(&errors, name, &rules, i, result, reason);
    }
    rules_deinit(&rules);
    if (errors.len == 0) {
        publish(acl, acl_find(acl, name.data, name.len), draft);
        return 0;
    }
    user_release(draft);
    *error_out = errors.data;
    return -EINVAL;
}

static bool name_is_good(struct bytes name, char **error_out)
{
    if (!rule_has_blank(name))
        return true;
    *error_out = mem_strdup("Usernames can't contain spaces or null characters");
    return false;
}

int acl_set_user(struct acl *acl, struct bytes name, const struct bytes *rules, size_t count, char **error_out)
{
    if (!name_is_good(name, error_out))
        return -EINVAL;
    struct user *user = acl_find(acl, name.data, name.len);
    struct user *draft = user ? user_copy(user) : user_create(name.data, name.len, acl->all_channels);
    return change_user(acl, draft, rules, count, error_out);
}

int acl_define_user(struct acl *acl, struct bytes name, const struct bytes *rules, size_t count, char **error_out)
{
    if (!name_is_good(name, error_out))
        return -EINVAL;
    struct user *user = acl_find(acl, name.data, name.len);
    bool is_default = user == acl_default(acl);
    if (user && (!is_default || acl->default_is_defined)) {
        *error_out = mem_strdup("Duplicate user found. A user can only be defined once in config files");
        return -EINVAL;
    }
    acl->default_is_defined = acl->default_is_defined || is_default;
    return define_user(acl, user_create(name.data, name.len, acl->all_channels), rules, count, error_out);
}

bool acl_delete_user(struct acl *acl, const char *name, size_t len)
{
    bool found;
    size_t at = find_place(acl, (struct bytes){name, len}, &found);
    if (!found || acl->users[at] == acl_default(acl))
        return false;
    user_release(acl->users[at]);
    acl->count--;
    memmove(&acl->users[at], &acl->users[at + 1], (acl->count - at) * sizeof(struct user *));
    return true;
}

void acl_set_default_password(struct acl *acl, const char *password)
{
    struct text rule = TEXT_EMPTY;
    const char *error;
    text_addf(&rule, ">%s", password);
    user_apply(acl_default(acl), (struct bytes){"resetpass", strlen("resetpass")}, &error);
    if (password[0] != '\0')
        user_apply(acl_default(acl), (struct bytes){rule.data, rule.len}, &error);
    else
        user_apply(acl_default(acl), (struct bytes){"nopass", strlen("nopass")}, &error);
    text_deinit(&rule);
}

/* ---- questions ---- */

struct user *acl_user_of_peer(const struct acl *acl, uid_t uid, gid_t gid, int fd)
{
    struct user *found = NULL;
    gid_t *groups = NULL;
    size_t group_count = 0;
    bool asked = false;

    for (size_t i = 0; i < acl->count && !found; i++) {
        struct user *user = acl->users[i];
        if (!(user_flags(user) & USER_ENABLED) || !user_has_peer_rules(user))
            continue;
        if (!asked && user_has_peer_groups(user)) {
            group_count = peer_groups_of_socket(fd, &groups);
            asked = true;
        }
        if (user_has_peer(user, uid, gid, groups, group_count))
            found = user;
    }
    mem_free(groups);
    return found;
}

void acl_describe_user(const struct user *user, struct text *text)
{
    struct bytes name = user_name(user);
    text_add(text, "user ");
    text_add_bytes(text, name.data, name.len);
    text_add_char(text, ' ');
    user_describe(user, text);
}

void acl_hash_password(const char *password, size_t len, char out[ACL_HASH_TEXT])
{
    password_hash(password, len, out);
}
