/* The list of users: its order, changes to it, peers, and the file. */
#include "acl/acl.h"
#include "acl/rules.h"
#include "base/memory.h"
#include "base/text.h"
#include "command/command_table.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <check.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define OF_SECRET "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
#define DEFAULT_LINE "user default on nopass sanitize-payload ~* &* +@all"

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, strlen(text)};
}

/* ACL SETUSER with rules as one writes them. */
static int set_user(struct acl *acl, const char *name, const char *line, char **error_out)
{
    struct rules words;
    rules_split(bytes_of(line), &words);
    int result = acl_set_user(acl, bytes_of(name), words.items, words.count, error_out);
    rules_deinit(&words);
    return result;
}

static struct user *must_set(struct acl *acl, const char *name, const char *line)
{
    char *error = NULL;
    if (set_user(acl, name, line, &error) != 0)
        ck_abort_msg("%s %s: %s", name, line, error);
    return acl_find(acl, name, strlen(name));
}

static void expect_refused(struct acl *acl, const char *name, const char *line, const char *expected)
{
    char *error = NULL;
    ck_assert_int_eq(set_user(acl, name, line, &error), -EINVAL);
    ck_assert_str_eq(error, expected);
    mem_free(error);
}

/* All lines of ACL LIST. */
static void expect_list(const struct acl *acl, const char *expected)
{
    struct text text = TEXT_EMPTY;
    text_add(&text, "");
    for (size_t i = 0; i < acl_count(acl); i++) {
        acl_describe_user(acl_at(acl, i), &text);
        text_add_char(&text, '\n');
    }
    ck_assert_str_eq(text.data, expected);
    text_deinit(&text);
}

static struct user *find(const struct acl *acl, const char *name)
{
    return acl_find(acl, name, strlen(name));
}

/* ---- the list ---- */

START_TEST(there_is_a_default_user_that_may_do_everything)
{
    struct acl *acl = acl_create();
    expect_list(acl, DEFAULT_LINE "\n");
    ck_assert_ptr_eq(acl_default(acl), find(acl, "default"));
    ck_assert(user_is_unrestricted(acl_default(acl)));
    ck_assert(!acl_delete_user(acl, "default", 7));
    acl_destroy(acl);
}
END_TEST

START_TEST(users_stand_in_the_order_of_their_names)
{
    static const char *const names[] = {"zoe", "alice", "al", "bob", "Zoe", "default2", "\xc3\xa9", "defaul"};
    static const char *const sorted[] = {"Zoe",     "al",       "alice", "bob",     "defaul",
                                         "default", "default2", "zoe",   "\xc3\xa9"};
    struct acl *acl = acl_create();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        must_set(acl, names[i], "on");
    ck_assert_uint_eq(acl_count(acl), sizeof sorted / sizeof sorted[0]);
    for (size_t i = 0; i < acl_count(acl); i++) {
        struct bytes name = user_name(acl_at(acl, i));
        ck_assert(bytes_equal(name.data, name.len, sorted[i], strlen(sorted[i])));
        ck_assert_ptr_eq(find(acl, sorted[i]), acl_at(acl, i));
    }
    ck_assert_ptr_null(find(acl, "alic"));
    ck_assert(acl_delete_user(acl, "bob", 3) && !acl_delete_user(acl, "bob", 3));
    ck_assert_ptr_null(find(acl, "bob"));
    ck_assert_ptr_nonnull(find(acl, "alice"));
    ck_assert_ptr_nonnull(find(acl, "defaul"));
    acl_destroy(acl);
}
END_TEST

START_TEST(a_user_stays_the_same_through_changes_and_beyond_its_deletion)
{
    struct acl *acl = acl_create();
    struct user *user = user_retain(must_set(acl, "alice", "on +get ~a"));
    ck_assert_ptr_eq(must_set(acl, "alice", "+set"), user);
    ck_assert(acl_delete_user(acl, "alice", 5));
    ck_assert_mem_eq(user_name(user).data, "alice", 5);
    ck_assert_ptr_ne(must_set(acl, "alice", "on"), user);
    user_release(user);
    acl_destroy(acl);
}
END_TEST

START_TEST(all_rules_are_applied_or_none)
{
    struct acl *acl = acl_create();
    must_set(acl, "alice", "on +get");
    expect_refused(acl, "alice", "+set ~a +nosuch +del",
                   "Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL");
    expect_refused(acl, "bob", "on bad", "Error in ACL SETUSER modifier 'bad': Syntax error");
    expect_list(acl, "user alice on sanitize-payload resetchannels -@all +get\n" DEFAULT_LINE "\n");
    acl_destroy(acl);
}
END_TEST

START_TEST(names_hold_no_blanks)
{
    struct acl *acl = acl_create();
    static const char *const names[] = {"a b", "a\tb", " a", "a\n"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        expect_refused(acl, names[i], "on", "Usernames can't contain spaces or null characters");
    char *error = NULL;
    ck_assert_int_eq(acl_set_user(acl, (struct bytes){"a\0b", 3}, NULL, 0, &error), -EINVAL);
    mem_free(error);
    ck_assert_uint_eq(acl_count(acl), 1);
    acl_destroy(acl);
}
END_TEST

START_TEST(selectors_may_be_spread_over_words)
{
    struct acl *acl = acl_create();
    must_set(acl, "alice", "on (~a +get ) ( ~b +set ) (~c +del) ()");
    expect_list(acl, "user alice on sanitize-payload resetchannels -@all (~a resetchannels -@all +get) "
                     "(~b resetchannels -@all +set) (~c resetchannels -@all +del) (resetchannels -@all)\n" DEFAULT_LINE
                     "\n");
    expect_refused(acl, "alice", "(+ping (+select (+del",
                   "Unmatched parenthesis in acl selector starting at '(+ping'.");
    expect_refused(acl, "alice", "(+ping (+select (+del ) } )",
                   "Error in ACL SETUSER modifier '(+ping (+select (+del )': Syntax error");
    expect_refused(acl, "alice", "+get (", "Unmatched parenthesis in acl selector starting at '('.");
    expect_refused(acl, "alice", ")", "Error in ACL SETUSER modifier ')': Syntax error");
    struct bytes one = bytes_of("(~d +get +set)");
    char *error = NULL;
    ck_assert_int_eq(acl_set_user(acl, bytes_of("bob"), &one, 1, &error), 0);
    acl_destroy(acl);
}
END_TEST

START_TEST(new_users_get_the_channels_of_the_moment)
{
    struct acl *acl = acl_create();
    acl_set_channel_default(acl, true);
    must_set(acl, "alice", "on");
    acl_set_channel_default(acl, false);
    must_set(acl, "bob", "on");
    expect_list(
        acl, "user alice on sanitize-payload &* -@all\nuser bob on sanitize-payload resetchannels -@all\n" DEFAULT_LINE
             "\n");
    must_set(acl, "alice", "reset");
    ck_assert_uint_eq(acl_count(acl), 3);
    acl_set_channel_default(acl, true);
    must_set(acl, "bob", "reset (+get)");
    expect_list(acl, "user alice off sanitize-payload resetchannels -@all\n"
                     "user bob off sanitize-payload &* -@all (&* -@all +get)\n" DEFAULT_LINE "\n");
    acl_destroy(acl);
}
END_TEST

START_TEST(a_user_line_begins_from_nothing_and_comes_once)
{
    struct acl *acl = acl_create();
    struct user *standard = acl_default(acl);
    const struct bytes rules[] = {bytes_of("on"), bytes_of("+@read"), bytes_of("bad")};
    char *error = NULL;
    ck_assert_int_eq(acl_define_user(acl, bytes_of("default"), rules, 2, &error), 0);
    ck_assert_int_eq(acl_define_user(acl, bytes_of("alice"), rules, 1, &error), 0);
    ck_assert_ptr_eq(acl_default(acl), standard);
    expect_list(acl, "user alice on sanitize-payload resetchannels -@all\n"
                     "user default on sanitize-payload resetchannels -@all +@read\n");

    static const char *const twice[] = {"default", "alice"};
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(acl_define_user(acl, bytes_of(twice[i]), rules, 2, &error), -EINVAL);
        ck_assert_str_eq(error, "Duplicate user found. A user can only be defined once in config files");
        mem_free(error);
    }
    ck_assert_int_eq(acl_define_user(acl, bytes_of("bob"), rules, 3, &error), -EINVAL);
    ck_assert_str_eq(error, "Error in rule 3 of user 'bob': Syntax error"); /* "bad" may be a password without its > */
    mem_free(error);
    const struct bytes wrong[] = {bytes_of("on"),  bytes_of("bad"),    bytes_of("+nothing"), bytes_of("(+get"),
                                  bytes_of("~a)"), bytes_of("+@none"), bytes_of("worse")};
    ck_assert_int_eq(acl_define_user(acl, bytes_of("bob"), wrong, 7, &error), -EINVAL);
    ck_assert_str_eq(error, "Error in rule 2 of user 'bob': Syntax error\n"
                            "Error in ACL SETUSER modifier '+nothing': Unknown command or category name in ACL\n"
                            "Error in ACL SETUSER modifier '+@none': Unknown command or category name in ACL\n"
                            "Error in rule 6 of user 'bob': Syntax error");
    mem_free(error);
    ck_assert_int_eq(acl_define_user(acl, bytes_of("b b"), rules, 1, &error), -EINVAL);
    mem_free(error);
    ck_assert_uint_eq(acl_count(acl), 2);
    acl_destroy(acl);
}
END_TEST

START_TEST(requirepass_is_the_default_users_one_password)
{
    struct acl *acl = acl_create();
    acl_set_default_password(acl, "secret");
    expect_list(acl, "user default on sanitize-payload #" OF_SECRET " ~* &* +@all\n");
    acl_set_default_password(acl, "other");
    ck_assert_uint_eq(user_password_count(acl_default(acl)), 1);
    ck_assert(!user_password_is_right(acl_default(acl), "secret", 6));
    acl_set_default_password(acl, "");
    expect_list(acl, DEFAULT_LINE "\n");
    acl_destroy(acl);
}
END_TEST

START_TEST(a_hash_is_sha256_in_hexadecimal)
{
    char hash[ACL_HASH_TEXT];
    acl_hash_password("secret", 6, hash);
    ck_assert_str_eq(hash, OF_SECRET);
    acl_hash_password("", 0, hash);
    ck_assert_str_eq(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

/* ---- peers ---- */

START_TEST(a_peer_is_the_first_user_that_is_on_and_names_it)
{
    struct acl *acl = acl_create();
    ck_assert_ptr_null(acl_user_of_peer(acl, 1000, 1000, -1));
    struct user *carol = must_set(acl, "carol", "on peer:1000");
    struct user *bob = must_set(acl, "bob", "on peer:1000 peer:1001");
    struct user *alice = must_set(acl, "alice", "off peer:1000");
    ck_assert_ptr_eq(acl_user_of_peer(acl, 1000, 1000, -1), bob);
    ck_assert_ptr_eq(acl_user_of_peer(acl, 1001, 1000, -1), bob);
    ck_assert_ptr_null(acl_user_of_peer(acl, 1002, 1000, -1));
    must_set(acl, "alice", "on");
    ck_assert_ptr_eq(acl_user_of_peer(acl, 1000, 1000, -1), alice);
    must_set(acl, "alice", "-peer:1000");
    must_set(acl, "bob", "resetpeers");
    ck_assert_ptr_eq(acl_user_of_peer(acl, 1000, 1000, -1), carol);
    acl_destroy(acl);
}
END_TEST

START_TEST(a_peers_groups_are_asked_of_its_socket)
{
    if (!test_is_root())
        return;
    struct acl *acl = acl_create();
    static const gid_t groups[] = {40001, 40002};
    int pair[2];
    ck_assert_int_eq(setgroups(2, groups), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct user *alice = must_set(acl, "alice", "on peer:@40002");
    ck_assert_ptr_eq(acl_user_of_peer(acl, 0, 0, pair[0]), alice);
    must_set(acl, "alice", "resetpeers peer:@40003");
    ck_assert_ptr_null(acl_user_of_peer(acl, 0, 0, pair[0]));
    must_set(acl, "alice", "peer:@40004");
    ck_assert_ptr_eq(acl_user_of_peer(acl, 0, 40004, pair[0]), alice);
    close(pair[0]);
    close(pair[1]);
    acl_destroy(acl);
}
END_TEST

/* ---- the file ---- */

static char *folder;
static const char *path;

static void make_folder(void)
{
    command_table_init();
    folder = scratch_create();
    path = strdup(scratch_path(folder, "users.acl"));
}

static void remove_folder(void)
{
    scratch_remove(folder);
    free((char *)path);
}

static int load(struct acl *acl, const char *content, char **error_out)
{
    scratch_write(path, content);
    *error_out = NULL;
    return acl_load(acl, path, error_out);
}

static void must_load(struct acl *acl, const char *content)
{
    char *error;
    if (load(acl, content, &error) != 0)
        ck_abort_msg("%s", error);
}

START_TEST(a_line_with_a_nul_byte_is_refused)
{
    static const char content[] = "user alice on >secret\nuser bob on >long\0er\n";
    struct acl *acl = acl_create();
    char *error = NULL;
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fwrite(content, 1, sizeof content - 1, file);
    fclose(file);
    ck_assert_int_eq(acl_load(acl, path, &error), -EINVAL);
    ck_assert_ptr_nonnull(strstr(error, "users.acl:2 holds a NUL byte; "));
    ck_assert_ptr_null(strstr(error, "long"));
    ck_assert_uint_eq(acl_count(acl), 1);
    mem_free(error);
    acl_destroy(acl);
}
END_TEST

START_TEST(what_is_saved_is_loaded_again)
{
    struct acl *acl = acl_create(), *again = acl_create();
    must_set(acl, "alice",
             "on >secret peer:root ~a %R~b &c +@read -get +select|0 (+set %W~d) (+@all -@dangerous allkeys)");
    must_set(acl, "bob", "off nopass +@all ~it's\"");
    must_set(acl, "", "on");
    acl_set_default_password(acl, "secret");
    ck_assert_int_eq(acl_save(acl, path), 0);
    static const char saved[] =
        "user  on sanitize-payload resetchannels -@all\n"
        "user alice on sanitize-payload #" OF_SECRET " peer:root ~a %R~b resetchannels &c -@all +@read -get +select|0 "
        "(%W~d resetchannels -@all +set) (~* resetchannels +@all -@dangerous)\n"
        "user bob off nopass sanitize-payload ~it's\" resetchannels +@all\n"
        "user default on sanitize-payload #" OF_SECRET " ~* &* +@all\n";
    char *content = scratch_read(path);
    ck_assert_str_eq(content, saved);
    free(content);

    char *error = NULL;
    ck_assert_int_eq(acl_load(again, path, &error), 0);
    expect_list(again, saved);
    acl_destroy(acl);
    acl_destroy(again);
}
END_TEST

static void expect_saved(struct acl *acl, const char *expected)
{
    ck_assert_int_eq(acl_save(acl, path), 0);
    char *content = scratch_read(path);
    ck_assert_str_eq(content, expected);
    free(content);
}

START_TEST(comments_are_skipped_and_kept_before_their_user_by_saving)
{
    static const char head[] = "# Who may do what.\n  # Edit by hand.\n\n";
    static const char of_zoe[] = "# the boss, since\n\n#user carl on\n";
    static const char of_bob[] = "\t# a robot\r\n";
    static const char line_of_zoe[] = "user zoe on sanitize-payload resetchannels -@all\n";
    static const char line_of_bob[] = "user bob on sanitize-payload resetchannels -@all +get\n";
    struct acl *acl = acl_create();
    struct text text = TEXT_EMPTY;
    text_addf(&text, "%s%suser zoe on\n%suser bob on +get\n# bye", head, of_zoe, of_bob);
    must_load(acl, text.data);
    ck_assert_uint_eq(acl_count(acl), 3);
    text_deinit(&text);

    text_addf(&text, "%s%s%s" DEFAULT_LINE "\n%s%s# bye\n", head, of_bob, line_of_bob, of_zoe, line_of_zoe);
    expect_saved(acl, text.data);
    expect_saved(acl, text.data); /* once more, and nothing has moved or doubled */
    char *error = NULL;
    ck_assert_int_eq(acl_load(acl, path, &error), 0);
    text_deinit(&text);

    ck_assert(acl_delete_user(acl, "bob", 3));
    must_set(acl, "zoe", "+set");
    text_addf(&text, "%s" DEFAULT_LINE "\n%suser zoe on sanitize-payload resetchannels -@all +set\n# bye\n", head,
              of_zoe);
    expect_saved(acl, text.data);
    text_deinit(&text);
    acl_destroy(acl);
}
END_TEST

START_TEST(comments_stay_in_odd_files_too)
{
    static const struct {
        const char *old, *expected;
    } files[] = {
        {"# alone", "user default on nopass sanitize-payload ~* &* +@all\n# alone\n"},
        {"#\nuser default off\n", "#\n" DEFAULT_LINE "\n"},
        {"\n\n#a\n\n\n#b\nuser default off", "\n\n#a\n\n\n#b\n" DEFAULT_LINE "\n"},
        {"\n#a\n\nuser default off\n\n \n", "\n#a\n\n" DEFAULT_LINE "\n"},
        {"\n\nuser default #off\n\n#\n", DEFAULT_LINE "\n\n#\n"},
        {"#a\nno user line\n#b\nuser default\n", "#b\n" DEFAULT_LINE "\n"},
        {"", DEFAULT_LINE "\n"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct acl *acl = acl_create();
        scratch_write(path, files[i].old);
        expect_saved(acl, files[i].expected);
        acl_destroy(acl);
    }
}
END_TEST

START_TEST(a_new_file_is_private_and_an_old_one_keeps_its_mode)
{
    struct acl *acl = acl_create();
    struct stat status;
    umask(0);
    ck_assert_int_eq(acl_save(acl, path), 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    ino_t before = status.st_ino;

    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(acl_save(acl, path), 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0640);
    ck_assert_uint_ne(status.st_ino, before); /* replaced, not written over */
    acl_destroy(acl);
}
END_TEST

START_TEST(a_symbolic_link_to_the_file_stays_one)
{
    struct acl *acl = acl_create();
    const char *link = scratch_path(folder, "link.acl");
    struct stat status;
    scratch_write(path, "old");
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_int_eq(acl_save(acl, link), 0);
    ck_assert_int_eq(lstat(link, &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    char *content = scratch_read(path);
    ck_assert_str_eq(content, DEFAULT_LINE "\n");
    free(content);
    acl_destroy(acl);
}
END_TEST

START_TEST(a_file_that_can_not_be_written_is_an_error)
{
    struct acl *acl = acl_create();
    ck_assert_int_eq(acl_save(acl, scratch_path(folder, "nowhere/users.acl")), -ENOENT);
    ck_assert_int_eq(acl_save(acl, folder), -EISDIR);
    acl_destroy(acl);
}
END_TEST

START_TEST(loading_replaces_the_list_and_users_of_a_name_stay_themselves)
{
    struct acl *acl = acl_create();
    struct user *alice = must_set(acl, "alice", "on +get ~*");
    struct user *bob = user_retain(must_set(acl, "bob", "on"));
    struct user *standard = acl_default(acl);
    must_load(acl, "user carol on\n\n  \t\r\nuser alice off +set\r\n user default on >secret\n");
    expect_list(acl, "user alice off sanitize-payload resetchannels -@all +set\n"
                     "user carol on sanitize-payload resetchannels -@all\n"
                     "user default on sanitize-payload #" OF_SECRET " resetchannels -@all\n");
    ck_assert_ptr_eq(find(acl, "alice"), alice);
    ck_assert_ptr_eq(acl_default(acl), standard);
    ck_assert_ptr_null(find(acl, "bob"));
    ck_assert_mem_eq(user_name(bob).data, "bob", 3); /* a client may still be bob */
    user_release(bob);
    acl_destroy(acl);
}
END_TEST

START_TEST(a_file_without_the_default_user_leaves_it_everything)
{
    struct acl *acl = acl_create();
    struct user *standard = acl_default(acl);
    must_set(acl, "default", "off -@all");
    must_load(acl, "user alice on");
    ck_assert_ptr_eq(acl_default(acl), standard);
    expect_list(acl, "user alice on sanitize-payload resetchannels -@all\n" DEFAULT_LINE "\n");
    must_load(acl, "");
    expect_list(acl, DEFAULT_LINE "\n");
    acl_destroy(acl);
}
END_TEST

#define NOTHING_DONE "WARNING: ACL errors detected, no change to the previously active ACL rules was performed"

/* @ stands for the file's path. */
static const struct {
    const char *content, *expected;
} bad_files[] = {
    {"; no comment\n", "@:1 should start with user keyword followed by the username. "},
    {"user alice on\nUSER bob on\nuser\n", "@:2 should start with user keyword followed by the username. "
                                           "@:3 should start with user keyword followed by the username. "},
    {"user alice on\n\nuser alice off\n", "WARNING: Duplicate user 'alice' found on line 3. "},
    {"user a\tb on\n", "@:1: username 'a\tb' contains invalid characters. "},
    {"user alice on bad +get worse\n", "@:1: Syntax error. "},
    {"user alice on +nosuch bad +@none\n",
     "@:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. @:1: Syntax error. "
     "@:1: Error in applying operation '+@none': Unknown command or category name in ACL. "},
    {"user alice on (+get ~a\n", "@:1: Unmatched parenthesis in selector definition. "},
    {"user alice peer:no-such-account on\n",
     "@:1: Error in applying operation 'peer:no-such-account': The peer isn't an account of this machine: give a "
     "name, a number, or @ and a group. "},
    {"user alice #short\nuser bob ~* ~a\n",
     "@:1: The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters. "
     "@:2: Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try "
     "'resetkeys' to start with an empty list of patterns. "},
};

START_TEST(all_mistakes_of_a_file_are_told_and_nothing_of_it_is_done)
{
    struct acl *acl = acl_create();
    struct text expected = TEXT_EMPTY;
    char *error;
    must_set(acl, "zoe", "on");
    ck_assert_int_eq(load(acl, bad_files[_i].content, &error), -EINVAL);
    for (const char *c = bad_files[_i].expected; *c != '\0'; c++)
        if (c[0] == '@' && c[1] == ':')
            text_add(&expected, path);
        else
            text_add_char(&expected, *c);
    text_add(&expected, NOTHING_DONE);
    for (char *at = error; (at = strchr(at, '\n'));) /* lines, here joined as in ACL LOAD's reply */
        *at = ' ';
    ck_assert_str_eq(error, expected.data);
    expect_list(acl, DEFAULT_LINE "\nuser zoe on sanitize-payload resetchannels -@all\n");
    text_deinit(&expected);
    mem_free(error);
    acl_destroy(acl);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
    struct acl *acl = acl_create();
    char *error = NULL, expected[512];
    snprintf(expected, sizeof expected, "Error loading ACLs, opening file '%s': No such file or directory", path);
    ck_assert_int_eq(acl_load(acl, path, &error), -ENOENT);
    ck_assert_str_eq(error, expected);
    mem_free(error);
    acl_destroy(acl);
}
END_TEST

Suite *suite_acl(void);
Suite *suite_acl(void)
{
    Suite *suite = suite_create("acl");
    TCase *tcase = tcase_create("acl");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, there_is_a_default_user_that_may_do_everything);
    tcase_add_test(tcase, users_stand_in_the_order_of_their_names);
    tcase_add_test(tcase, a_user_stays_the_same_through_changes_and_beyond_its_deletion);
    tcase_add_test(tcase, all_rules_are_applied_or_none);
    tcase_add_test(tcase, names_hold_no_blanks);
    tcase_add_test(tcase, selectors_may_be_spread_over_words);
    tcase_add_test(tcase, new_users_get_the_channels_of_the_moment);
    tcase_add_test(tcase, a_user_line_begins_from_nothing_and_comes_once);
    tcase_add_test(tcase, requirepass_is_the_default_users_one_password);
    tcase_add_test(tcase, a_hash_is_sha256_in_hexadecimal);
    tcase_add_test(tcase, a_peer_is_the_first_user_that_is_on_and_names_it);
    tcase_add_test(tcase, a_peers_groups_are_asked_of_its_socket);
    tcase_add_test(tcase, a_line_with_a_nul_byte_is_refused);
    tcase_add_test(tcase, what_is_saved_is_loaded_again);
    tcase_add_test(tcase, comments_are_skipped_and_kept_before_their_user_by_saving);
    tcase_add_test(tcase, comments_stay_in_odd_files_too);
    tcase_add_test(tcase, a_new_file_is_private_and_an_old_one_keeps_its_mode);
    tcase_add_test(tcase, a_symbolic_link_to_the_file_stays_one);
    tcase_add_test(tcase, a_file_that_can_not_be_written_is_an_error);
    tcase_add_test(tcase, loading_replaces_the_list_and_users_of_a_name_stay_themselves);
    tcase_add_test(tcase, a_file_without_the_default_user_leaves_it_everything);
    tcase_add_loop_test(tcase, all_mistakes_of_a_file_are_told_and_nothing_of_it_is_done, 0,
                        sizeof bad_files / sizeof bad_files[0]);
    tcase_add_test(tcase, a_file_that_is_not_there_is_named);
    suite_add_tcase(suite, tcase);
    return suite;
}
