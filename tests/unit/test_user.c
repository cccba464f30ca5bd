/* Users: what rules make of one, how it is told, and what it may do. */
#include "acl/rules.h"
#include "acl/user.h"
#include "base/memory.h"
#include "base/text.h"
#include "command/command_table.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HASH_OF_SECRET "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
#define MAX_WORDS 64

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, strlen(text)};
}

/* Applies rules as one writes them, blanks between; returns the first error, or NULL. */
static const char *apply_all(struct user *user, const char *line)
{
    struct rules words, rules;
    size_t open;
    const char *error = NULL;
    rules_split(bytes_of(line), &words);
    ck_assert_int_eq(rules_join(words.items, words.count, &rules, &open), 0);
    for (size_t i = 0; i < rules.count && !error; i++)
        user_apply(user, rules.items[i], &error);
    rules_deinit(&rules);
    rules_deinit(&words);
    return error;
}

static struct user *user_of(const char *line)
{
    struct user *user = user_create("alice", 5, false);
    const char *error = apply_all(user, line);
    if (error)
        ck_abort_msg("%s: %s", line, error);
    return user;
}

/* To be mem_free()d. */
static char *described(const struct user *user)
{
    struct text text = TEXT_EMPTY;
    user_describe(user, &text);
    return text.data;
}

static void expect_description(const char *line, const char *expected)
{
    struct user *user = user_of(line);
    char *text = described(user);
    ck_assert_msg(strcmp(text, expected) == 0, "%s\n  is told as %s\n  and not as %s", line, text, expected);
    mem_free(text);
    user_release(user);
}

/* A request made of words. */
struct words {
    struct arg argv[MAX_WORDS];
    int argc;
    char *copy;
};

static struct words words_of(const char *line)
{
    struct words words = {.copy = strdup(line)};
    for (char *word = strtok(words.copy, " "); word; word = strtok(NULL, " "))
        words.argv[words.argc++] = (struct arg){.data = word, .len = strlen(word)};
    return words;
}

static enum user_verdict check_line(const struct user *user, const char *line, int *index_out)
{
    struct words words = words_of(line);
    const struct command *command = command_find_call(words.argv, words.argc);
    ck_assert_msg(command && command_arity_ok(command, words.argc), "not a request: %s", line);
    enum user_verdict verdict = user_check(user, command, words.argv, words.argc, index_out);
    free(words.copy);
    return verdict;
}

static bool allows(const struct user *user, const char *line)
{
    int index;
    return check_line(user, line, &index) == USER_ALLOWED;
}

/* ---- life ---- */

START_TEST(a_new_user_may_do_nothing)
{
    struct user *user = user_create("alice", 5, false);
    char *text = described(user);
    ck_assert_str_eq(text, "off sanitize-payload resetchannels -@all");
    ck_assert(!allows(user, "ping"));
    ck_assert(!allows(user, "get k"));
    ck_assert(!user_is_unrestricted(user));
    ck_assert(!user_password_is_right(user, "", 0));
    ck_assert(!user_has_peer(user, 0, 0, NULL, 0));
    ck_assert_mem_eq(user_name(user).data, "alice", 5);
    mem_free(text);
    user_release(user);
}
END_TEST

START_TEST(channels_of_a_new_user_are_as_the_default_says)
{
    struct user *user = user_create("alice", 5, true);
    ck_assert_ptr_null(apply_all(user, "(+get)"));
    char *text = described(user);
    ck_assert_str_eq(text, "off sanitize-payload &* -@all (&* -@all +get)");
    mem_free(text);
    user_set_channel_default(user, false);
    ck_assert_ptr_null(apply_all(user, "reset"));
    text = described(user);
    ck_assert_str_eq(text, "off sanitize-payload resetchannels -@all");
    mem_free(text);
    user_release(user);
}
END_TEST

START_TEST(no_auth_commands_are_always_allowed)
{
    struct user *user = user_of("-@all");
    ck_assert(allows(user, "auth pw"));
    ck_assert(allows(user, "hello"));
    ck_assert(allows(user, "reset"));
    ck_assert(allows(user, "quit"));
    user_release(user);
}
END_TEST

START_TEST(a_copy_has_its_own_rights)
{
    struct user *user = user_of("on >secret peer:root ~a* %R~b &c +@read +select|0 (+set ~d)");
    struct user *copy = user_copy(user);
    char *text = described(user), *copy_text = described(copy);
    ck_assert_str_eq(text, copy_text);
    ck_assert_ptr_null(apply_all(copy, "reset"));
    char *after = described(user);
    ck_assert_str_eq(text, after);
    ck_assert(allows(user, "get a1") && !allows(copy, "get a1"));
    ck_assert(allows(user, "select 0") && !allows(copy, "select 0"));

    user_assign(user, copy);
    ck_assert(!allows(user, "get a1") && !allows(user, "set d 1"));
    mem_free(text);
    mem_free(copy_text);
    mem_free(after);
    user_release(user);
    user_release(copy);
}
END_TEST

START_TEST(the_last_reference_frees)
{
    struct user *user = user_of("on >secret ~a +get");
    ck_assert_ptr_eq(user_retain(user), user);
    user_release(user);
    ck_assert(allows(user, "get a"));
    user_release(user);
}
END_TEST

/* ---- rules and their texts ---- */

static const struct {
    const char *rules, *expected;
} descriptions[] = {
    /* flags */
    {"on", "on sanitize-payload resetchannels -@all"},
    {"ON nopass", "on nopass sanitize-payload resetchannels -@all"},
    {"on nopass resetpass", "on sanitize-payload resetchannels -@all"},
    {"on off", "off sanitize-payload resetchannels -@all"},
    {"skip-sanitize-payload", "off skip-sanitize-payload resetchannels -@all"},
    {"skip-sanitize-payload sanitize-payload", "off sanitize-payload resetchannels -@all"},
    {"on nopass skip-sanitize-payload ~* &* +@all", "on nopass skip-sanitize-payload ~* &* +@all"},
    {"on nopass >secret ~a &b +get peer:0 (+set) reset", "off sanitize-payload resetchannels -@all"},
    /* passwords */
    {">secret", "off sanitize-payload #" HASH_OF_SECRET " resetchannels -@all"},
    {">secret #" HASH_OF_SECRET, "off sanitize-payload #" HASH_OF_SECRET " resetchannels -@all"},
    {">secret <secret", "off sanitize-payload resetchannels -@all"},
    {">secret !" HASH_OF_SECRET, "off sanitize-payload resetchannels -@all"},
    {">secret nopass", "off nopass sanitize-payload resetchannels -@all"},
    {"nopass >secret", "off sanitize-payload #" HASH_OF_SECRET " resetchannels -@all"},
    /* peers */
    {"peer:root peer:@root peer:1234 peer:@99",
     "off sanitize-payload peer:root peer:@root peer:1234 peer:@99 resetchannels -@all"},
    {"+@all PEER:root peer:0 peer:root >secret",
     "off sanitize-payload #" HASH_OF_SECRET " peer:root resetchannels +@all"},
    {"peer:root peer:7 -peer:root", "off sanitize-payload peer:7 resetchannels -@all"},
    {"peer:root peer:7 -peer:0", "off sanitize-payload peer:7 resetchannels -@all"},
    {"peer:@root peer:0 -peer:@0", "off sanitize-payload peer:0 resetchannels -@all"},
    {"peer:root peer:7 resetpeers", "off sanitize-payload resetchannels -@all"},
    /* keys */
    {"~a ~b ~a", "off sanitize-payload ~a ~b resetchannels -@all"},
    {"~a* %R~b %W~c %RW~d %wr~e", "off sanitize-payload ~a* %R~b %W~c ~d ~e resetchannels -@all"},
    {"%R~a %W~a", "off sanitize-payload ~a resetchannels -@all"},
    {"~a ~*", "off sanitize-payload ~* resetchannels -@all"},
    {"allkeys", "off sanitize-payload ~* resetchannels -@all"},
    {"%RW~*", "off sanitize-payload ~* resetchannels -@all"},
    {"%R~*", "off sanitize-payload %R~* resetchannels -@all"},
    {"~a %R~* %W~*", "off sanitize-payload ~* resetchannels -@all"},
    {"allkeys resetkeys ~a", "off sanitize-payload ~a resetchannels -@all"},
    {"~", "off sanitize-payload ~ resetchannels -@all"},
    {"~a'\"\\b", "off sanitize-payload ~a'\"\\b resetchannels -@all"},
    /* channels */
    {"&a &b* &a", "off sanitize-payload resetchannels &a &b* -@all"},
    {"allchannels", "off sanitize-payload &* -@all"},
    {"&a &*", "off sanitize-payload &* -@all"},
    {"allchannels resetchannels &a", "off sanitize-payload resetchannels &a -@all"},
    /* commands */
    {"allcommands", "off sanitize-payload resetchannels +@all"},
    {"+@ALL nocommands", "off sanitize-payload resetchannels -@all"},
    {"+GET +Set", "off sanitize-payload resetchannels -@all +get +set"},
    {"+get -get", "off sanitize-payload resetchannels -@all -get"},
    {"+get +set +get", "off sanitize-payload resetchannels -@all +set +get"},
    {"+get +getset -get", "off sanitize-payload resetchannels -@all +getset -get"},
    {"+@read +@READ -get", "off sanitize-payload resetchannels -@all +@read -get"},
    {"+@read -@read", "off sanitize-payload resetchannels -@all -@read"},
    {"+@read +get -@read", "off sanitize-payload resetchannels -@all +get -@read"},
    {"+@all -@dangerous +config|get", "off sanitize-payload resetchannels +@all -@dangerous +config|get"},
    {"+config|get +config|set +config", "off sanitize-payload resetchannels -@all +config"},
    {"+config -config|set", "off sanitize-payload resetchannels -@all +config -config|set"},
    {"+config -config|set -config", "off sanitize-payload resetchannels -@all -config"},
    {"+config|GET -CONFIG|get", "off sanitize-payload resetchannels -@all -config|get"},
    {"+select|0 +SELECT|1", "off sanitize-payload resetchannels -@all +select|0 +select|1"},
    {"+select|0 +select|1 +select|0", "off sanitize-payload resetchannels -@all +select|1 +select|0"},
    {"+echo|ABC", "off sanitize-payload resetchannels -@all +echo|abc"},
    {"+select|0 +get -select", "off sanitize-payload resetchannels -@all +get -select"},
    {"+get +@all", "off sanitize-payload resetchannels +@all"},
    {"+get -@all", "off sanitize-payload resetchannels -@all"},
    /* commands that only Redis has */
    {"+XAdd -bgsave +multi", "off sanitize-payload resetchannels -@all +xadd -bgsave +multi"},
    {"+@all -xadd -SCRIPT|load", "off sanitize-payload resetchannels +@all -xadd -script|load"},
    {"+script|load +script|kill -script", "off sanitize-payload resetchannels -@all -script"},
    {"+script -script|load +SCRIPT|Load", "off sanitize-payload resetchannels -@all +script +script|load"},
    {"+client -client|tracking", "off sanitize-payload resetchannels -@all +client -client|tracking"},
    {"+xgroup|create +publish|News", "off sanitize-payload resetchannels -@all +xgroup|create +publish|news"},
    {"+xadd +@all", "off sanitize-payload resetchannels +@all"},
    {"+@list -lpush -@scripting", "off sanitize-payload resetchannels -@all +@list -lpush -@scripting"},
    {"(+xadd ~h*)", "off sanitize-payload resetchannels -@all (~h* resetchannels -@all +xadd)"},
    /* selectors */
    {"()", "off sanitize-payload resetchannels -@all (resetchannels -@all)"},
    {"on +get ~a (+set %W~b &c) ( +@all -del ~* )",
     "on sanitize-payload ~a resetchannels -@all +get (%W~b resetchannels &c -@all +set) "
     "(~* resetchannels +@all -del)"},
    {"(+get) (+set) clearselectors", "off sanitize-payload resetchannels -@all"},
    {"+get clearselectors", "off sanitize-payload resetchannels -@all +get"},
};

START_TEST(rules_are_told_as_redis_tells_them)
{
    expect_description(descriptions[_i].rules, descriptions[_i].expected);
}
END_TEST

#define SYNTAX "Syntax error"
#define UNKNOWN "Unknown command or category name in ACL"
#define KEYS_ALREADY                                                                                                   \
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try "     \
    "'resetkeys' to start with an empty list of patterns"
#define CHANNELS_ALREADY                                                                                               \
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try " \
    "'resetchannels' to start with an empty list of channels"
#define BAD_HASH "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
#define NO_ACCOUNT "The peer isn't an account of this machine: give a name, a number, or @ and a group"

static const struct {
    const char *before, *rule, *error;
    int result;
} mistakes[] = {
    {"", "onn", SYNTAX, -EINVAL},
    {"", "get", SYNTAX, -EINVAL},
    {"", ")", SYNTAX, -EINVAL},
    {"", "(", SYNTAX, -EINVAL},
    {"", "+nosuch", UNKNOWN, -ENOENT},
    {"", "-nosuch", UNKNOWN, -ENOENT},
    {"", "+", UNKNOWN, -ENOENT},
    {"", "-", UNKNOWN, -ENOENT},
    {"", "+@nosuch", UNKNOWN, -ENOENT},
    {"", "+@", UNKNOWN, -ENOENT},
    {"", "+config|nosuch", UNKNOWN, -ENOENT},
    {"", "+nosuch|get", UNKNOWN, -ENOENT},
    {"", "-select|0", UNKNOWN, -ENOENT},
    {"", "-config|nosuch", UNKNOWN, -ENOENT},
    {"", "+select|", SYNTAX, -EINVAL},
    {"", "+config|", SYNTAX, -EINVAL},
    {"", "+echo|a b", SYNTAX, -EINVAL},
    {"", "+config|get|x", "Allowing first-arg of a subcommand is not supported", -EINVAL},
    {"", "+select|0|1", UNKNOWN, -ENOENT},
    {"", "+script|nosuch", UNKNOWN, -ENOENT},
    {"", "-script|nosuch", UNKNOWN, -ENOENT},
    {"", "-publish|news", UNKNOWN, -ENOENT},
    {"", "+script|", SYNTAX, -EINVAL},
    {"", "+publish|", SYNTAX, -EINVAL},
    {"", "+publish|a b", SYNTAX, -EINVAL},
    {"", "+script|load|x", "Allowing first-arg of a subcommand is not supported", -EINVAL},
    {"", "+client|tracking|on", "Allowing first-arg of a subcommand is not supported", -EINVAL},
    {"", "~a b", SYNTAX, -EINVAL},
    {"", "%~a", SYNTAX, -EINVAL},
    {"", "%", SYNTAX, -EINVAL},
    {"", "%R", SYNTAX, -EINVAL},
    {"", "%X~a", SYNTAX, -EINVAL},
    {"", "%RR~a", SYNTAX, -EINVAL},
    {"allkeys", "~a", KEYS_ALREADY, -EINVAL},
    {"%R~* %W~*", "%R~a", KEYS_ALREADY, -EINVAL},
    {"", "&a b", SYNTAX, -EINVAL},
    {"allchannels", "&a", CHANNELS_ALREADY, -EINVAL},
    {"", "#abc", BAD_HASH, -EINVAL},
    {"", "!abc", BAD_HASH, -EINVAL},
    {"", "#2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25B", BAD_HASH, -EINVAL},
    {">secret", "<other", "The password you are trying to remove from the user does not exist", -EINVAL},
    {"", "!" HASH_OF_SECRET, "The password you are trying to remove from the user does not exist", -EINVAL},
    {"", "peer:no-such-account", NO_ACCOUNT, -ENOENT},
    {"", "peer:@no-such-group", NO_ACCOUNT, -ENOENT},
    {"", "peer:@", NO_ACCOUNT, -ENOENT},
    {"", "peer:4294967295", NO_ACCOUNT, -ENOENT},
    {"", "peer:-1", NO_ACCOUNT, -ENOENT},
    {"", "peer:root x", SYNTAX, -EINVAL},
    {"", "peer:", SYNTAX, -EINVAL},
    {"peer:@root", "-peer:root", "The peer you are trying to remove from the user does not exist", -EINVAL},
    {"", "(on)", SYNTAX, -EINVAL},
    {"", "(>secret)", SYNTAX, -EINVAL},
    {"", "(+get (~a))", SYNTAX, -EINVAL},
    {"", "(~a) +get)", SYNTAX, -EINVAL},
    {"", "(+nosuch)", UNKNOWN, -ENOENT},
    {"", "(~* ~a)", KEYS_ALREADY, -EINVAL},
};

START_TEST(a_wrong_rule_is_refused_with_the_reason_and_changes_nothing)
{
    struct user *user = user_of(mistakes[_i].before);
    char *before = described(user);
    const char *error = NULL;
    ck_assert_int_eq(user_apply(user, bytes_of(mistakes[_i].rule), &error), mistakes[_i].result);
    ck_assert_str_eq(error, mistakes[_i].error);
    char *after = described(user);
    ck_assert_str_eq(after, before);
    mem_free(before);
    mem_free(after);
    user_release(user);
}
END_TEST

START_TEST(a_nul_byte_is_refused_where_it_could_not_be_told)
{
    static const struct {
        const char *rule;
        size_t len;
    } rules[] = {{"~a\0b", 4},    {"&a\0b", 4},        {"+get\0", 5}, {"on\0", 3},
                 {"(+get\0)", 7}, {"peer:root\0", 10}, {"\0", 1},     {"+echo|a\0", 8}};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct user *user = user_of("");
        const char *error = NULL;
        ck_assert_int_lt(user_apply(user, (struct bytes){rules[i].rule, rules[i].len}, &error), 0);
        ck_assert_ptr_nonnull(error);
        user_release(user);
    }
}
END_TEST

START_TEST(the_parts_of_a_user_are_told_one_by_one)
{
    struct user *user = user_of("on >secret peer:root peer:@0 ~a %R~b &c +get (+set allkeys allchannels)");
    struct text text = TEXT_EMPTY;
    ck_assert_uint_eq(user_flags(user), USER_ENABLED | USER_SANITIZE_PAYLOAD);
    ck_assert_uint_eq(user_password_count(user), 1);
    ck_assert_str_eq(user_password_hash(user, 0), HASH_OF_SECRET);
    ck_assert_uint_eq(user_peer_count(user), 2);
    ck_assert_str_eq(user_peer(user, 0), "root");
    ck_assert_str_eq(user_peer(user, 1), "@0");
    ck_assert_uint_eq(user_selector_count(user), 2);

    static const struct {
        void (*tell)(const struct user *, size_t, struct text *);
        size_t index;
        const char *expected;
    } parts[] = {
        {user_selector_commands, 0, "-@all +get"},
        {user_selector_keys, 0, "~a %R~b"},
        {user_selector_channels, 0, "&c"},
        {user_selector_commands, 1, "-@all +set"},
        {user_selector_keys, 1, "~*"},
        {user_selector_channels, 1, "&*"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        text_clear(&text);
        parts[i].tell(user, parts[i].index, &text);
        ck_assert_str_eq(text.data, parts[i].expected);
    }
    text_deinit(&text);
    user_release(user);
}
END_TEST

/* ---- who it is ---- */

static bool is_right(const struct user *user, const char *password)
{
    return user_password_is_right(user, password, strlen(password));
}

START_TEST(any_of_the_passwords_is_right_and_no_other)
{
    struct user *user = user_of(">secret >other #" HASH_OF_SECRET " >");
    ck_assert(is_right(user, "secret") && is_right(user, "other") && is_right(user, ""));
    ck_assert(!is_right(user, "Secret") && !is_right(user, HASH_OF_SECRET));
    ck_assert(!user_password_is_right(user, "secret\0", 7));
    ck_assert_ptr_null(apply_all(user, "<secret"));
    ck_assert(!is_right(user, "secret") && is_right(user, "other") && is_right(user, ""));
    ck_assert_ptr_null(apply_all(user, "nopass"));
    ck_assert(is_right(user, "anything"));
    ck_assert_ptr_null(apply_all(user, "resetpass"));
    ck_assert(!is_right(user, "anything") && !is_right(user, "other"));
    user_release(user);
}
END_TEST

START_TEST(peers_are_accounts_and_groups_primary_or_not)
{
    struct user *user = user_of("peer:1000 peer:@2000");
    static const gid_t groups[] = {5, 2000};
    ck_assert(user_has_peer_rules(user) && user_has_peer_groups(user));
    ck_assert(user_has_peer(user, 1000, 1, NULL, 0));
    ck_assert(user_has_peer(user, 1, 2000, NULL, 0));
    ck_assert(user_has_peer(user, 1, 1, groups, 2));
    ck_assert(!user_has_peer(user, 1, 1, groups, 1));
    ck_assert(!user_has_peer(user, 2000, 1000, NULL, 0));
    ck_assert_ptr_null(apply_all(user, "-peer:@2000"));
    ck_assert(user_has_peer_rules(user) && !user_has_peer_groups(user));
    ck_assert(!user_has_peer(user, 1, 2000, groups, 2));
    ck_assert_ptr_null(apply_all(user, "peer:root"));
    ck_assert(user_has_peer(user, 0, 7, NULL, 0));
    user_release(user);
}
END_TEST

/* ---- what it may do ---- */

static const struct {
    const char *rules, *line;
    enum user_verdict verdict;
    int index;
} checks[] = {
    /* commands */
    {"+ping", "ping", USER_ALLOWED, 0},
    {"+ping", "echo x", USER_DENIED_COMMAND, 0},
    {"+@all -ping", "ping", USER_DENIED_COMMAND, 0},
    {"+@all -ping", "echo x", USER_ALLOWED, 0},
    {"allkeys +@read", "get k", USER_ALLOWED, 0},
    {"allkeys +@read", "set k v", USER_DENIED_COMMAND, 0},
    {"allkeys +@all -@write", "set k v", USER_DENIED_COMMAND, 0},
    {"allkeys +@read -get", "get k", USER_DENIED_COMMAND, 0},
    {"allkeys +@read -get +@string", "get k", USER_ALLOWED, 0},
    {"allkeys +@write -@string", "set k v", USER_DENIED_COMMAND, 0},
    {"allkeys +@write -@string", "del k", USER_ALLOWED, 0},
    {"+@pubsub", "ping", USER_DENIED_COMMAND, 0},
    /* subcommands */
    {"+config|get", "config get x", USER_ALLOWED, 0},
    {"+config|get", "config set a b", USER_DENIED_COMMAND, 0},
    {"+config", "config set a b", USER_ALLOWED, 0},
    {"+config -config|set", "config set a b", USER_DENIED_COMMAND, 0},
    {"+config -config|set", "config get x", USER_ALLOWED, 0},
    {"+@all -config|set", "config set a b", USER_DENIED_COMMAND, 0},
    {"+@all -config", "config get x", USER_DENIED_COMMAND, 0},
    {"+@slow", "config get x", USER_ALLOWED, 0}, /* by its container */
    {"+@all -@admin", "config get x", USER_DENIED_COMMAND, 0},
    {"+@all -@admin", "client id", USER_ALLOWED, 0},
    /* first arguments */
    {"+select|0", "select 0", USER_ALLOWED, 0},
    {"+select|0", "select 1", USER_DENIED_COMMAND, 0},
    {"+select|0", "select 00", USER_DENIED_COMMAND, 0},
    {"+select|0 +select|1", "select 1", USER_ALLOWED, 0},
    {"+echo|Hi", "echo hI", USER_ALLOWED, 0},
    {"+ping|a", "ping", USER_DENIED_COMMAND, 0},
    {"+ping|a", "ping a", USER_ALLOWED, 0},
    {"+select|0 -select", "select 0", USER_DENIED_COMMAND, 0},
    {"+select|0 -@connection", "select 0", USER_DENIED_COMMAND, 0},
    {"+select -select +select|0", "select 1", USER_DENIED_COMMAND, 0},
    {"+select|0 +@all", "select 1", USER_ALLOWED, 0},
    {"+@all -select +select|0", "select 0", USER_ALLOWED, 0},
    {"+get|a ~b", "get a", USER_DENIED_KEY, 1},
    {"+get|a ~a", "get a", USER_ALLOWED, 0},
    /* keys */
    {"+@all", "get k", USER_DENIED_KEY, 1},
    {"+@all ~k", "get k", USER_ALLOWED, 0},
    {"+@all ~K", "get k", USER_DENIED_KEY, 1},
    {"+@all ~k*", "get key", USER_ALLOWED, 0},
    {"+@all ~a* ~b*", "mget a1 b1 c1 d1", USER_DENIED_KEY, 3},
    {"+@all ~a* ~b*", "mset a1 c1 b1 c2", USER_ALLOWED, 0},
    {"+@all ~a*", "mset a1 1 b1 2", USER_DENIED_KEY, 3},
    {"+@all ~a*", "rename a1 b1", USER_DENIED_KEY, 2},
    {"+@all ~a*", "object encoding b", USER_DENIED_KEY, 2},
    {"+@all ~a*", "ping", USER_ALLOWED, 0},
    {"+@all ~a*", "dbsize", USER_ALLOWED, 0},
    /* keys by what is done with them */
    {"+@all %R~r* %W~w*", "get r1", USER_ALLOWED, 0},
    {"+@all %R~r* %W~w*", "get w1", USER_DENIED_KEY, 1},
    {"+@all %R~r* %W~w*", "set w1 v", USER_ALLOWED, 0},
    {"+@all %R~r* %W~w*", "set r1 v", USER_DENIED_KEY, 1},
    {"+@all %R~r* %W~w*", "set w1 v get", USER_DENIED_KEY, 1}, /* GET reads */
    {"+@all %R~r* %W~w* %RW~b*", "set b1 v get", USER_ALLOWED, 0},
    {"+@all %R~r* %W~w*", "copy r1 w1", USER_ALLOWED, 0},
    {"+@all %R~r* %W~w*", "copy w1 w2", USER_DENIED_KEY, 1},
    {"+@all %R~r* %W~w*", "copy r1 r2", USER_DENIED_KEY, 2},
    {"+@all %R~r* %W~w*", "del w1", USER_ALLOWED, 0},
    {"+@all %R~r* %W~w*", "del r1", USER_DENIED_KEY, 1},
    {"+@all %R~k %W~k*", "getset k v", USER_DENIED_KEY, 1}, /* one pattern has to do for both */
    {"+@all %R~r* %W~w*", "exists r1", USER_ALLOWED, 0},    /* tells no value: either will do */
    {"+@all %R~r* %W~w*", "exists w1", USER_ALLOWED, 0},
    {"+@all %R~r* %W~w*", "exists x1", USER_DENIED_KEY, 1},
    /* selectors: one has to allow all of it, and of the refusals the furthest counts */
    {"+get ~a (+set ~b)", "get a", USER_ALLOWED, 0},
    {"+get ~a (+set ~b)", "set b 1", USER_ALLOWED, 0},
    {"+get ~a (+set ~b)", "set a 1", USER_DENIED_KEY, 1},
    {"+get ~a (+set ~b)", "get b", USER_DENIED_KEY, 1},
    {"+get ~a (+set ~b)", "del a", USER_DENIED_COMMAND, 0},
    {"+mget ~a (+mget ~a ~b)", "mget a b", USER_ALLOWED, 0},
    {"+mget ~a (+mget ~a ~b)", "mget a b c", USER_DENIED_KEY, 3},
    {"+mget ~a ~b (+mget ~a)", "mget a b c", USER_DENIED_KEY, 3},
    {"+mget ~a (+mget ~b)", "mget a b", USER_DENIED_KEY, 2},
    {"-@all (+get allkeys) (+@all ~x)", "get y", USER_ALLOWED, 0},
    {"-@all (+get allkeys) (+@all ~x)", "set y 1", USER_DENIED_KEY, 1},
};

START_TEST(a_request_is_judged_by_command_keys_and_what_is_done_with_them)
{
    struct user *user = user_of(checks[_i].rules);
    int index = 0;
    enum user_verdict verdict = check_line(user, checks[_i].line, &index);
    ck_assert_msg(verdict == checks[_i].verdict && (verdict == USER_ALLOWED || index == checks[_i].index),
                  "%s: %s: verdict %d at %d", checks[_i].rules, checks[_i].line, verdict, index);
    user_release(user);
}
END_TEST

START_TEST(every_key_of_a_long_request_is_looked_at)
{
    enum { KEYS = 500 };
    static struct arg argv[KEYS + 1];
    struct user *user = user_of("+mget ~a (+mget ~b)");
    int index = 0;
    argv[0] = (struct arg){.data = "mget", .len = 4};
    for (int i = 1; i <= KEYS; i++)
        argv[i] = (struct arg){.data = "a", .len = 1};
    const struct command *command = command_find("mget", 4);
    ck_assert_int_eq(user_check(user, command, argv, KEYS + 1, &index), USER_ALLOWED);
    argv[KEYS].data = "b";
    ck_assert_int_eq(user_check(user, command, argv, KEYS + 1, &index), USER_DENIED_KEY);
    ck_assert_int_eq(index, KEYS);
    user_release(user);
}
END_TEST

static enum user_verdict verdict_of(const struct user *user, const char *request, int *index)
{
    struct words words = words_of(request);
    const struct command *command = command_find(words.argv[0].data, words.argv[0].len);
    enum user_verdict verdict = user_check(user, command, words.argv, words.argc, index);
    free(words.copy);
    return verdict;
}

START_TEST(channels_are_judged_by_one_selector_that_allows_the_command)
{
    struct user *user = user_of("+subscribe +psubscribe &a* (+subscribe &b) (+publish &*) (+unsubscribe)");
    int index = 0;
    ck_assert_int_eq(verdict_of(user, "subscribe a1 a2", &index), USER_ALLOWED);
    ck_assert_int_eq(verdict_of(user, "subscribe b", &index), USER_ALLOWED);
    ck_assert_int_eq(verdict_of(user, "subscribe a1 a2 b", &index), USER_DENIED_CHANNEL);
    ck_assert_int_eq(index, 3);
    ck_assert_int_eq(verdict_of(user, "subscribe c", &index), USER_DENIED_CHANNEL);
    ck_assert_int_eq(index, 1);
    ck_assert_int_eq(verdict_of(user, "publish c c", &index), USER_ALLOWED);
    ck_assert_int_eq(verdict_of(user, "unsubscribe c", &index), USER_ALLOWED);
    ck_assert_int_eq(verdict_of(user, "spublish a a", &index), USER_DENIED_COMMAND);
    ck_assert_int_eq(index, 0);
    ck_assert_int_eq(verdict_of(user, "psubscribe a*", &index), USER_ALLOWED);
    ck_assert_int_eq(verdict_of(user, "psubscribe a* a1*", &index), USER_DENIED_CHANNEL);
    ck_assert_int_eq(index, 2);
    user_release(user);
}
END_TEST

static bool is_unrestricted(const char *rules)
{
    struct user *user = user_of(rules);
    bool result = user_is_unrestricted(user);
    user_release(user);
    return result;
}

START_TEST(only_all_of_commands_keys_and_channels_is_unrestricted)
{
    ck_assert(is_unrestricted("+@all allkeys allchannels"));
    ck_assert(is_unrestricted("+@all -get +get ~* &*"));
    ck_assert(is_unrestricted("-@all (+@all ~* &*)"));
    ck_assert(!is_unrestricted("+@all ~*"));
    ck_assert(!is_unrestricted("+@all &*"));
    ck_assert(!is_unrestricted("+@all -ping ~* &*"));
    ck_assert(!is_unrestricted("+@all ~* (+@all &*)"));
    ck_assert(!is_unrestricted("+@fast +@slow ~* &*")); /* every command of today */
}
END_TEST

/* ---- at random ---- */

static const char *const random_rules[] = {
    "on",
    "off",
    "nopass",
    "resetpass",
    ">secret",
    ">other",
    "<secret",
    "sanitize-payload",
    "skip-sanitize-payload",
    "peer:root",
    "peer:@root",
    "peer:1234",
    "-peer:root",
    "resetpeers",
    "reset",
    "clearselectors",
    "allkeys",
    "resetkeys",
    "~a*",
    "~b",
    "%R~a*",
    "%W~a*",
    "%R~*",
    "%W~*",
    "%RW~c",
    "allchannels",
    "resetchannels",
    "&a",
    "&b*",
    "+@all",
    "-@all",
    "+@read",
    "-@read",
    "+@write",
    "-@write",
    "+@string",
    "-@string",
    "+@connection",
    "-@connection",
    "+@slow",
    "-@slow",
    "+@admin",
    "-@admin",
    "+@fast",
    "-@fast",
    "+@dangerous",
    "-@dangerous",
    "+get",
    "-get",
    "+set",
    "-set",
    "+mget",
    "+select|0",
    "+select|1",
    "+select",
    "-select",
    "+config",
    "-config",
    "+config|get",
    "-config|get",
    "+config|set",
    "-config|set",
    "+client|list",
    "-client",
    "+client",
    "+echo|Hello",
    "-echo",
    "(+get ~a*)",
    "(+@all -@write allkeys)",
    "(%R~b +select|1 &x)",
    "()",
};
#define RANDOM_RULES (sizeof random_rules / sizeof random_rules[0])

static const char *const random_lines[] = {"select 0", "select 1", "select 2",  "echo hello", "echo x",
                                           "get a1",   "get b",    "get c",     "get d",      "set a1 v",
                                           "set b v",  "set c v",  "mget a1 b", "copy a1 b",  "exists a1"};
#define RANDOM_LINES (sizeof random_lines / sizeof random_lines[0])

/* Every command once, with arguments enough, and then some requests in which the arguments matter. */
static void expect_same_rights(const struct user *a, const struct user *b, const char *text)
{
    struct arg argv[MAX_WORDS];
    int index;
    for (unsigned i = 0; i < command_count(); i++) {
        const struct command *command = command_by_number(i);
        int argc = abs(command->arity);
        for (int at = 0; at < argc; at++)
            argv[at] = (struct arg){.data = "a1", .len = 2};
        if (user_check(a, command, argv, argc, &index) != user_check(b, command, argv, argc, &index))
            ck_abort_msg("%s of: %s", command_full_name(command), text);
    }
    for (size_t i = 0; i < RANDOM_LINES; i++)
        if (check_line(a, random_lines[i], &index) != check_line(b, random_lines[i], &index))
            ck_abort_msg("%s of: %s", random_lines[i], text);
    must(user_is_unrestricted(a) == user_is_unrestricted(b));
}

START_TEST(what_is_told_makes_the_same_user_again)
{
    struct dice dice = dice_create(77);
    for (unsigned round = 0; round < scratch_rounds(3000); round++) {
        struct user *user = user_create("alice", 5, dice_chance(&dice, 50));
        for (uint64_t rule = dice_below(&dice, 25); rule > 0; rule--) {
            const char *error; /* some don't fit what came before, and are left out */
            user_apply(user, bytes_of(random_rules[dice_below(&dice, RANDOM_RULES)]), &error);
        }
        char *text = described(user);
        struct user *again = user_create("alice", 5, dice_chance(&dice, 50));
        const char *error = apply_all(again, text);
        if (error)
            ck_abort_msg("%s: %s", text, error);
        char *text_again = described(again);
        ck_assert_str_eq(text_again, text);
        expect_same_rights(user, again, text);
        mem_free(text);
        mem_free(text_again);
        user_release(user);
        user_release(again);
    }
}
END_TEST

static void *look_and_release(void *argument)
{
    struct user *user = argument;
    void *wrong = user_name(user).len == 5 && is_right(user, "secret") ? NULL : user;
    user_release(user);
    return wrong;
}

/* Whoever is the last frees it, after all others have looked at it; a sanitizer of threads sees the order. */
START_TEST(the_last_of_several_holders_frees)
{
    for (unsigned round = 0; round < scratch_rounds(200); round++) {
        pthread_t threads[4];
        struct user *user = user_of(">secret");
        for (int i = 1; i < 4; i++)
            user_retain(user);
        for (int i = 0; i < 4; i++)
            ck_assert_int_eq(pthread_create(&threads[i], NULL, look_and_release, user), 0);
        for (int i = 0; i < 4; i++) {
            void *wrong;
            pthread_join(threads[i], &wrong);
            ck_assert_ptr_null(wrong);
        }
    }
}
END_TEST

Suite *suite_user(void);
Suite *suite_user(void)
{
    Suite *suite = suite_create("user");
    TCase *tcase = tcase_create("user");
    tcase_add_unchecked_fixture(tcase, command_table_init, NULL);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_new_user_may_do_nothing);
    tcase_add_test(tcase, channels_of_a_new_user_are_as_the_default_says);
    tcase_add_test(tcase, no_auth_commands_are_always_allowed);
    tcase_add_test(tcase, a_copy_has_its_own_rights);
    tcase_add_test(tcase, the_last_reference_frees);
    tcase_add_loop_test(tcase, rules_are_told_as_redis_tells_them, 0, sizeof descriptions / sizeof descriptions[0]);
    tcase_add_loop_test(tcase, a_wrong_rule_is_refused_with_the_reason_and_changes_nothing, 0,
                        sizeof mistakes / sizeof mistakes[0]);
    tcase_add_test(tcase, a_nul_byte_is_refused_where_it_could_not_be_told);
    tcase_add_test(tcase, the_parts_of_a_user_are_told_one_by_one);
    tcase_add_test(tcase, any_of_the_passwords_is_right_and_no_other);
    tcase_add_test(tcase, the_last_of_several_holders_frees);
    tcase_add_test(tcase, peers_are_accounts_and_groups_primary_or_not);
    tcase_add_loop_test(tcase, a_request_is_judged_by_command_keys_and_what_is_done_with_them, 0,
                        sizeof checks / sizeof checks[0]);
    tcase_add_test(tcase, every_key_of_a_long_request_is_looked_at);
    tcase_add_test(tcase, channels_are_judged_by_one_selector_that_allows_the_command);
    tcase_add_test(tcase, only_all_of_commands_keys_and_channels_is_unrestricted);
    tcase_add_test(tcase, what_is_told_makes_the_same_user_again);
    suite_add_tcase(suite, tcase);
    return suite;
}
