/*
 * A user has flags, passwords, peer rules and selectors (each of the last three in a file of its own), and a set of
 * bits derived from the selectors: the commands that one of them allows whatever the arguments are. Only for other
 * commands is a request examined closely, and only then are its keys found, once for all selectors.
 */
#include "acl/user.h"

#include "acl/passwords.h"
#include "acl/peer_rules.h"
#include "acl/rules.h"
#include "acl/selector.h"
#include "base/memory.h"
#include "base/text.h"
#include "command/command_table.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

enum { KEYS_ON_STACK = 32 };

struct user {
    _Atomic unsigned references;
    uint32_t flags;
    bool unrestricted;
    bool all_channels; /* the default for new selectors */
    size_t selector_count;
    struct selector **selectors; /* at least the root selector */
    struct passwords passwords;
    struct peer_rules peers;
    char *name;
    size_t name_len;
    uint64_t free_commands[]; /* by number; derived from the selectors */
};

static const char syntax_error[] = "Syntax error";
static const char bad_hash[] =
    "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters";
static const char no_such_password[] = "The password you are trying to remove from the user does not exist";
static const char no_such_account[] =
    "The peer isn't an account of this machine: give a name, a number, or @ and a group";
static const char no_such_peer[] = "The peer you are trying to remove from the user does not exist";

static inline struct bytes skip(struct bytes bytes, size_t len)
{
    return (struct bytes){bytes.data + len, bytes.len - len};
}

/* ---- life ---- */

static void add_selector(struct user *user, struct selector *selector)
{
    user->selectors = mem_realloc(user->selectors, (user->selector_count + 1) * sizeof(struct selector *));
    user->selectors[user->selector_count++] = selector;
}

/* Destroys all selectors from number `kept` on. */
static void drop_selectors(struct user *user, size_t kept)
{
    while (user->selector_count > kept)
        selector_destroy(user->selectors[--user->selector_count]);
}

/* Derives from the selectors what user_check() reads. */
static void refresh(struct user *user)
{
    user->unrestricted = false;
    for (size_t s = 0; s < user->selector_count; s++)
        user->unrestricted |= selector_is_unrestricted(user->selectors[s]);

    for (unsigned i = 0; i < command_count(); i++) {
        bool is_free = false;
        for (size_t s = 0; s < user->selector_count; s++)
            is_free |= selector_allows_freely(user->selectors[s], command_by_number(i));
        uint64_t bit = UINT64_C(1) << (i % 64);
        user->free_commands[i / 64] = (user->free_commands[i / 64] & ~bit) | (is_free ? bit : 0);
    }
}

struct user *user_create(const char *name, size_t len, bool all_channels)
{
    size_t words = (command_count() + 63) / 64;
    struct user *user = mem_calloc(sizeof *user + words * sizeof user->free_commands[0]);
    atomic_init(&user->references, 1);
    user->flags = USER_SANITIZE_PAYLOAD;
    user->name = mem_dup(name, len);
    user->name_len = len;
    user->all_channels = all_channels;
    add_selector(user, selector_create(all_channels));
    refresh(user);
    return user;
}

void user_assign(struct user *user, const struct user *from)
{
    passwords_clear(&user->passwords);
    passwords_copy(&user->passwords, &from->passwords);
    peer_rules_clear(&user->peers);
    peer_rules_copy(&user->peers, &from->peers);
    drop_selectors(user, 0);
    for (size_t i = 0; i < from->selector_count; i++)
        add_selector(user, selector_copy(from->selectors[i]));
    user->flags = from->flags;
    user->all_channels = from->all_channels;
    refresh(user);
}

struct user *user_copy(const struct user *user)
{
    struct user *copy = user_create(user->name, user->name_len, user->all_channels);
    user_assign(copy, user);
    return copy;
}

struct user *user_retain(struct user *user)
{
    atomic_fetch_add_explicit(&user->references, 1, memory_order_relaxed);
    return user;
}

void user_release(struct user *user)
{
    /* acq_rel: the thread that frees sees what all others did before they released */
    if (atomic_fetch_sub_explicit(&user->references, 1, memory_order_acq_rel) > 1)
        return;
    drop_selectors(user, 0);
    mem_free(user->selectors);
    passwords_clear(&user->passwords);
    peer_rules_clear(&user->peers);
    mem_free(user->name);
    mem_free(user);
}

struct bytes user_name(const struct user *user)
{
    return (struct bytes){user->name, user->name_len};
}

uint32_t user_flags(const struct user *user)
{
    return user->flags;
}

void user_set_channel_default(struct user *user, bool all_channels)
{
    user->all_channels = all_channels;
}

/* ---- rules ---- */

static void set_flag(struct user *user, enum user_flag set, enum user_flag clear)
{
    user->flags = (user->flags & ~(uint32_t)clear) | set;
}

static void reset(struct user *user)
{
    passwords_clear(&user->passwords);
    peer_rules_clear(&user->peers);
    drop_selectors(user, 1);
    selector_reset(user->selectors[0], user->all_channels);
    user->flags = USER_SANITIZE_PAYLOAD;
}

/* Applies a rule that is a single word. False: it is no such rule. */
static bool apply_word(struct user *user, struct bytes rule)
{
    if (rule_is(rule, "on"))
        user->flags |= USER_ENABLED;
    else if (rule_is(rule, "off"))
        user->flags &= ~(uint32_t)USER_ENABLED;
    else if (rule_is(rule, "skip-sanitize-payload"))
        set_flag(user, USER_SANITIZE_PAYLOAD_SKIP, USER_SANITIZE_PAYLOAD);
    else if (rule_is(rule, "sanitize-payload"))
        set_flag(user, USER_SANITIZE_PAYLOAD, USER_SANITIZE_PAYLOAD_SKIP);
    else if (rule_is(rule, "nopass") || rule_is(rule, "resetpass")) {
        passwords_clear(&user->passwords);
        user->flags &= ~(uint32_t)USER_NOPASS;
        user->flags |= rule_is(rule, "nopass") ? USER_NOPASS : 0;
    } else if (rule_is(rule, "resetpeers"))
        peer_rules_clear(&user->peers);
    else if (rule_is(rule, "clearselectors"))
        drop_selectors(user, 1);
    else if (rule_is(rule, "reset"))
        reset(user);
    else
        return false;
    return true;
}

/* ">password" and "#hash" add one, "<password" and "!hash" remove one. */
static const char *apply_password(struct user *user, struct bytes rule)
{
    char sign = rule.data[0], hash[PASSWORD_HASH_TEXT] = "";
    struct bytes secret = skip(rule, 1);
    if (sign == '>' || sign == '<')
        password_hash(secret.data, secret.len, hash);
    else if (password_is_hash(secret))
        memcpy(hash, secret.data, secret.len);
    else
        return bad_hash;

    if (sign == '<' || sign == '!')
        return passwords_remove(&user->passwords, hash) ? NULL : no_such_password;
    passwords_add(&user->passwords, hash);
    user->flags &= ~(uint32_t)USER_NOPASS;
    return NULL;
}

/*
 * "(+get ~a*)": a selector of its own. A rule in it can't end with a parenthesis: where words are joined, that
 * is where the selector ends.
 */
static const char *apply_selector(struct user *user, struct bytes rule)
{
    struct selector *selector = selector_create(user->all_channels);
    const char *error = NULL;
    const char *at = rule.data + 1, *end = rule.data + rule.len - 1;
    while (!error && at < end) {
        struct bytes word = {at, 0};
        while (at < end && !rule_has_blank((struct bytes){at, 1}))
            at++;
        word.len = (size_t)(at - word.data);
        if (at < end && *at == '\0')
            error = syntax_error;
        else if (word.len > 0)
            error = word.data[word.len - 1] == ')' ? syntax_error : selector_apply(selector, word);
        at++;
    }
    if (!error)
        add_selector(user, selector);
    else
        selector_destroy(selector);
    return error;
}

static bool is_peer_rule(struct bytes rule, const char *prefix)
{
    size_t len = strlen(prefix);
    return rule.len > len && strncasecmp(rule.data, prefix, len) == 0;
}

static const char *apply_peer(struct user *user, struct bytes account)
{
    if (rule_has_blank(account))
        return syntax_error;
    return peer_rules_add(&user->peers, account) ? NULL : no_such_account;
}

static const char *apply(struct user *user, struct bytes rule)
{
    if (rule.len == 0 || apply_word(user, rule))
        return NULL;
    if (strchr("><#!", rule.data[0]) && rule.data[0] != '\0')
        return apply_password(user, rule);
    if (rule.data[0] == '(' && rule.data[rule.len - 1] == ')')
        return apply_selector(user, rule);
    if (is_peer_rule(rule, "peer:"))
        return apply_peer(user, skip(rule, strlen("peer:")));
    if (is_peer_rule(rule, "-peer:"))
        return peer_rules_remove(&user->peers, skip(rule, strlen("-peer:"))) ? NULL : no_such_peer;
    return selector_apply(user->selectors[0], rule);
}

int user_apply(struct user *user, struct bytes rule, const char **error_out)
{
    const char *error = apply(user, rule);
    if (error) {
        *error_out = error;
        return error == selector_unknown_command || error == no_such_account ? -ENOENT : -EINVAL;
    }
    refresh(user);
    return 0;
}

/* ---- who it is ---- */

bool user_password_is_right(const struct user *user, const char *password, size_t len)
{
    return passwords_have(&user->passwords, password, len) || (user->flags & USER_NOPASS);
}

bool user_has_peer(const struct user *user, uid_t uid, gid_t gid, const gid_t *groups, size_t group_count)
{
    return peer_rules_match(&user->peers, uid, gid, groups, group_count);
}

bool user_has_peer_rules(const struct user *user)
{
    return user->peers.count > 0;
}

bool user_has_peer_groups(const struct user *user)
{
    return peer_rules_have_groups(&user->peers);
}

/* ---- what it may do ---- */

bool user_is_unrestricted(const struct user *user)
{
    return user->unrestricted;
}

/* The keys of one request; found when the first selector asks. */
struct found_keys {
    bool is_done;
    int count;
    struct key_ref *refs; /* few, or memory */
    struct key_ref few[KEYS_ON_STACK];
};

/* Arguments that contradict the command's key specifications name no keys: the command will refuse them. */
static void find_keys(struct found_keys *keys, const struct command *command, const struct arg *argv, int argc)
{
    keys->is_done = true;
    keys->refs = keys->few;
    keys->count = command_keys(command, argv, argc, keys->few, KEYS_ON_STACK);
    if (keys->count > KEYS_ON_STACK) {
        keys->refs = mem_alloc((size_t)keys->count * sizeof *keys->refs);
        command_keys(command, argv, argc, keys->refs, keys->count);
    }
    for (int i = 0; i < keys->count; i++)
        if (keys->refs[i].flags & KEY_VARIABLE_FLAGS)
            keys->refs[i].flags = command->key_flags(argv, argc);
}

static enum user_verdict check_channels(const struct selector *selector, const struct command *command,
                                        const struct arg *argv, int argc, int *index_out)
{
    const struct channel_spec *channels = &command->channels;
    int end = channels->count < 0 ? argc : channels->first + channels->count;
    for (int i = channels->first; i < end; i++) {
        if (!selector_allows_channel(selector, argv[i].data, argv[i].len, channels->are_patterns)) {
            *index_out = i;
            return USER_DENIED_CHANNEL;
        }
    }
    return USER_ALLOWED;
}

static enum user_verdict check_selector(const struct selector *selector, const struct command *command,
                                        const struct arg *argv, int argc, struct found_keys *keys, int *index_out)
{
    *index_out = 0;
    if (selector_allows_freely(selector, command))
        return USER_ALLOWED;
    if (!selector_allows_command(selector, command, argv, argc))
        return USER_DENIED_COMMAND;
    if (!keys->is_done)
        find_keys(keys, command, argv, argc);
    for (int i = 0; i < keys->count; i++) {
        const struct arg *key = &argv[keys->refs[i].position];
        if (!selector_allows_key(selector, key->data, key->len, keys->refs[i].flags)) {
            *index_out = keys->refs[i].position;
            return USER_DENIED_KEY;
        }
    }
    return check_channels(selector, command, argv, argc, index_out);
}

static void forget_keys(struct found_keys *keys)
{
    if (keys->is_done && keys->refs != keys->few)
        mem_free(keys->refs);
}

bool user_may_read_all(const struct user *user, const struct command *command, const struct arg *argv, int argc)
{
    struct found_keys keys = {.is_done = false};
    bool may = false;
    int index;
    for (size_t i = 0; i < user->selector_count && !may; i++)
        may = selector_allows_all_reading(user->selectors[i]) &&
              check_selector(user->selectors[i], command, argv, argc, &keys, &index) == USER_ALLOWED;
    forget_keys(&keys);
    return may;
}

/* If all selectors deny the request, the denial that came furthest is returned. */
static enum user_verdict check_closely(const struct user *user, const struct command *command, const struct arg *argv,
                                       int argc, int *index_out)
{
    struct found_keys keys = {.is_done = false};
    enum user_verdict furthest = USER_DENIED_COMMAND;
    int furthest_index = 0;

    for (size_t i = 0; i < user->selector_count; i++) {
        int index;
        enum user_verdict verdict = check_selector(user->selectors[i], command, argv, argc, &keys, &index);
        if (verdict == USER_ALLOWED) {
            furthest = USER_ALLOWED;
            break;
        }
        if (verdict > furthest || (verdict == furthest && index > furthest_index)) {
            furthest = verdict;
            furthest_index = index;
        }
    }
    forget_keys(&keys);
    if (furthest != USER_ALLOWED)
        *index_out = furthest_index;
    return furthest;
}

enum user_verdict user_check(const struct user *user, const struct command *command, const struct arg *argv, int argc,
                             int *index_out)
{
    unsigned number = command_number(command);
    if (__builtin_expect(user->free_commands[number / 64] >> (number % 64) & 1, 1))
        return USER_ALLOWED;
    return check_closely(user, command, argv, argc, index_out);
}

/* ---- in words ---- */

void user_describe(const struct user *user, struct text *text)
{
    text_add(text, (user->flags & USER_ENABLED) ? "on " : "off ");
    text_add(text, (user->flags & USER_NOPASS) ? "nopass " : "");
    text_add(text, (user->flags & USER_SANITIZE_PAYLOAD_SKIP) ? "skip-sanitize-payload " : "sanitize-payload ");
    for (size_t i = 0; i < user->passwords.count; i++)
        text_addf(text, "#%s ", user->passwords.hashes[i]);
    for (size_t i = 0; i < user->peers.count; i++)
        text_addf(text, "peer:%s ", user->peers.items[i].text);
    selector_describe(user->selectors[0], text);
    for (size_t i = 1; i < user->selector_count; i++) {
        text_add(text, " (");
        selector_describe(user->selectors[i], text);
        text_add_char(text, ')');
    }
}

size_t user_password_count(const struct user *user)
{
    return user->passwords.count;
}

const char *user_password_hash(const struct user *user, size_t index)
{
    return user->passwords.hashes[index];
}

size_t user_selector_count(const struct user *user)
{
    return user->selector_count;
}

void user_selector_commands(const struct user *user, size_t index, struct text *text)
{
    selector_describe_commands(user->selectors[index], text);
}

void user_selector_keys(const struct user *user, size_t index, struct text *text)
{
    selector_describe_keys(user->selectors[index], text);
}

void user_selector_channels(const struct user *user, size_t index, struct text *text)
{
    selector_describe_channels(user->selectors[index], text);
}

size_t user_peer_count(const struct user *user)
{
    return user->peers.count;
}

const char *user_peer(const struct user *user, size_t index)
{
    return user->peers.items[index].text;
}
