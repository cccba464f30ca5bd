/* `listen`: what entries are taken from files, the command line and CONFIG SET, how they are told, and which socket
 * files there are in the end. */
#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/directive.h"
#include "config/listen_value.h"
#include "kit/scratch.h"
#include "unit/config_fixture.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What CONFIG GET listen tells; good until the next call. */
static const char *listens(void)
{
    static char value[65536];
    const char *answer = config_answer("listen");
    snprintf(value, sizeof value, "%.*s", (int)(strlen(answer) - strlen("listen=;")), answer + strlen("listen="));
    return value;
}

START_TEST(entry_has_the_options_that_are_given_and_defaults_for_the_rest)
{
    config_expect_loaded(CONFIG_LOAD("--listen", "/tmp/a.sock", "--listen", "/tmp/b.sock", "mode=600", "owner=root",
                                     "GROUP=adm", "access=Read", "user=alice"));
    ck_assert_uint_eq(test_config.listen_count, 2);
    const struct listen_entry *a = &test_config.listens[0], *b = &test_config.listens[1];
    ck_assert_str_eq(a->path, "/tmp/a.sock");
    ck_assert_int_eq(a->mode, 0660);
    ck_assert_int_eq(a->access, ACCESS_WRITE);
    ck_assert(*a->owner == '\0' && *a->group == '\0' && *a->user == '\0');
    ck_assert_str_eq(b->path, "/tmp/b.sock");
    ck_assert_int_eq(b->mode, 0600);
    ck_assert_int_eq(b->access, ACCESS_READ);
    ck_assert_str_eq(b->owner, "root");
    ck_assert_str_eq(b->group, "adm");
    ck_assert_str_eq(b->user, "alice");
    ck_assert_str_eq(listens(), "/tmp/a.sock mode=0660 access=write "
                                "/tmp/b.sock mode=0600 owner=root group=adm access=read user=alice");
}
END_TEST

START_TEST(lines_add_up_and_the_command_line_replaces_what_a_file_says)
{
    const char *path = config_write_file("a.conf", "listen /tmp/a.sock mode=0600\nlisten '/tmp/b c.sock'\n"
                                                   "LISTEN /tmp/d.sock access=read\n");
    config_expect_loaded(CONFIG_LOAD(path, "--listen /tmp/a.sock access=admin", "--listen", "/tmp/e.sock user=u"));
    ck_assert_str_eq(listens(), "\"/tmp/b c.sock\" mode=0660 access=write /tmp/d.sock mode=0660 access=read "
                                "/tmp/a.sock mode=0660 access=admin /tmp/e.sock mode=0660 access=write user=u");
    config_expect_loaded(CONFIG_LOAD(path, "--listen", "", "--listen", "/tmp/f.sock"));
    ck_assert_str_eq(listens(), "/tmp/f.sock mode=0660 access=write");
    config_expect_message(CONFIG_LOAD(path, "--listen", "/tmp/x.sock", "--listen", "/tmp/x.sock", "mode=600"),
                          "command line: --listen '/tmp/x.sock mode=600': there are two entries for /tmp/x.sock",
                          "keep one");
}
END_TEST

START_TEST(line_with_a_sign_replaces_or_removes_an_entry_above)
{
    const char *path = config_write_file("a.conf", "listen /tmp/a.sock /tmp/b.sock\nlisten c.sock\n"
                                                   "listen +/tmp/b.sock access=admin\nlisten -c.sock\n"
                                                   "listen +/tmp/d.sock\nlisten -/tmp/a.sock\n");
    config_expect_loaded(CONFIG_LOAD(path));
    ck_assert_str_eq(listens(), "/tmp/b.sock mode=0660 access=admin /tmp/d.sock mode=0660 access=write");
    config_expect_loaded(CONFIG_LOAD(path, "--listen", "-/tmp/b.sock", "--listen", "+/tmp/d.sock mode=0600"));
    ck_assert_str_eq(listens(), "/tmp/d.sock mode=0600 access=write");
    path = config_write_file("a.conf", "listen /tmp/a.sock\nlisten /nowhere/b.sock\nlisten -/tmp/a.sock\n");
    config_expect_message(CONFIG_LOAD(path), "a.conf:2: listen '/nowhere/b.sock'", "create it"); /* its place, too */
}
END_TEST

START_TEST(mistakes_in_entries_are_told_with_file_and_line)
{
    static const struct {
        const char *line, *first, *second;
    } cases[] = {
        {"listen", "a.conf:2: listen: wrong number of arguments", "a value is missing"},
        {"listen mode=0660", "listen 'mode=0660': the path is missing", "before the options"},
        {"listen @kvs", "a.conf:2: listen '@kvs': abstract names have no file and so no permissions", "write a path"},
        {"listen \"\\x00kvs\"", "a.conf:2: listen: abstract names have no file", "write a path"},
        {"unixsocket \"\\x00kvs\"", "a.conf:2: unixsocket: abstract names have no file", "write a path"},
        {"unixsocket @kvs", "a.conf:2: unixsocket '@kvs': abstract names have no file", "write a path"},
        {"logfile \"a\\x00b\"", "a.conf:2: logfile: a value can't hold a byte of zero", "leave out"},
        {"listen /tmp/x mode=888", "mode=888 is not an octal number", "such as 0660"},
        {"listen /tmp/x mode=1777", "mode=1777 is not an octal number up to 0777", "a.conf:2"},
        {"listen /tmp/x mode=", "mode= is not an octal number", "a.conf:2"},
        {"listen /tmp/x mode=07777777777777777777777777777", "is not an octal number", "a.conf:2"},
        {"listen /tmp/x access=all", "access=all is unknown", "read, write or admin"},
        {"listen /tmp/x access=unset", "access=unset is unknown", "read, write or admin"},
        {"listen /tmp/x owner=", "owner= is not a name", "leave out the option"},
        {"listen /tmp/x user=\"a b\"", "user=a b is not a name", "write one"},
        {"listen /tmp/x mod=0660", "unknown option 'mod=0660'", "mode=, owner=, group=, access= or user="},
        {"listen /tmp/x mode=0660 mode=0600", "mode= is given twice", "keep one"},
        {"listen /tmp/x 0660", "'0660' is not an option", "write ./0660"},
        {"listen /tmp/x read", "'read' is not an option", "write ./read"},
        {"listen \"/tmp/x mode=0660\"", "the path holds an option", "quotes around the path alone"},
        {"listen /tmp/", "names a folder", "add the name"},
        {"listen +/tmp/x /tmp/z", "+ takes one entry", "a.conf:2"},
        {"listen -/tmp/y mode=0600", "- takes one path and nothing else", "a.conf:2"},
        {"listen -", "- takes one path and nothing else", "a.conf:2"},
        {"listen +", "+ takes one entry", "a.conf:2"},
        {"listen /tmp/y", "there are two entries for /tmp/y", "keep one"},
        {"listen /tmp/./y", "a.conf:2: listen '/tmp/./y': another socket file", "keep one"},
        {"unixsocket /tmp//y", "a.conf:1: listen '/tmp/y': another socket file, of unixsocket or listen", "keep one"},
        {"listen /nowhere/x.sock", "a.conf:2: listen '/nowhere/x.sock': folder '/nowhere': No such file", "create it"},
        {"inherit-fd -2", "argument must be between -1 and 2147483647", "a.conf:2"},
        {"maxclients-per-uid -1", "argument must be between 0 and 2147483647", "a.conf:2"},
        {"supervised maybe", "must be one of the following: upstart, systemd, auto, no", "a.conf:2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char content[256];
        snprintf(content, sizeof content, "listen /tmp/y\n%s\n", cases[i].line);
        config_expect_message(CONFIG_LOAD(config_write_file("a.conf", content)), cases[i].first, cases[i].second);
    }
}
END_TEST

START_TEST(path_of_an_entry_has_at_most_107_bytes)
{
    char path[109];
    memset(path, 'x', sizeof path);
    memcpy(path, "/tmp/", 5);
    path[108] = '\0';
    config_expect_message(CONFIG_LOAD("--listen", path), "has 108 bytes", "at most 107");
    path[107] = '\0';
    config_expect_loaded(CONFIG_LOAD("--listen", path));
    ck_assert_str_eq(test_config.listens[0].path, path);
    /* a path without a folder is kept as ./name, which counts */
    memcpy(path, "xxxxx", 5);
    path[106] = '\0';
    config_expect_message(CONFIG_LOAD("--dir", test_folder, "--listen", path), "has 108 bytes", "at most 107");
}
END_TEST

START_TEST(hundred_entries_are_taken_and_not_one_more)
{
    struct text file = TEXT_EMPTY;
    for (int i = 0; i < 100; i++)
        text_addf(&file, "listen /tmp/%d.sock\n", i);
    const char *path = config_write_file("a.conf", file.data);
    config_expect_message(CONFIG_LOAD(path, "--listen", "/tmp/x.sock"), "more than 100 entries", "remove some");
    config_expect_loaded(CONFIG_LOAD(path));
    config_expect_refused(CONFIG_SET("listen", "+/tmp/x.sock"),
                          FAILED("listen") "there are 100 entries already; remove one");
    config_expect_loaded(CONFIG_SET("listen", "+/tmp/7.sock access=read"));
    config_expect_loaded(CONFIG_SET("listen", "-/tmp/8.sock"));
    config_expect_loaded(CONFIG_SET("listen", "+/tmp/x.sock"));
    ck_assert_uint_eq(test_config.listen_count, 100);
    text_deinit(&file);
}
END_TEST

START_TEST(set_replaces_all_adds_one_or_removes_one)
{
    config_expect_loaded(CONFIG_SET("listen", "/tmp/a.sock access=admin  '/tmp/b c.sock' mode=0600"));
    ck_assert_str_eq(listens(), "/tmp/a.sock mode=0660 access=admin \"/tmp/b c.sock\" mode=0600 access=write");
    config_expect_loaded(CONFIG_SET("listen", "+x.sock user=u"));
    config_expect_loaded(CONFIG_SET("listen", "+ /tmp/a.sock group=adm"));
    ck_assert_str_eq(listens(), "/tmp/a.sock mode=0660 group=adm access=write \"/tmp/b c.sock\" mode=0600 access=write "
                                "./x.sock mode=0660 access=write user=u");
    config_expect_loaded(CONFIG_SET("listen", "-\"/tmp/b c.sock\""));
    config_expect_loaded(CONFIG_SET("listen", "- x.sock"));
    ck_assert_str_eq(listens(), "/tmp/a.sock mode=0660 group=adm access=write");
    config_expect_loaded(CONFIG_SET("listen", ""));
    ck_assert_uint_eq(test_config.listen_count, 0);
}
END_TEST

START_TEST(set_refuses_what_it_cannot_make_entries_of)
{
    static const struct {
        const char *value, *error;
    } cases[] = {
        {"-/tmp/b", "there is no entry for '/tmp/b'; CONFIG GET listen shows all entries"},
        {"-/tmp/a mode=0600", "- takes one path and nothing else"},
        {"-", "- takes one path and nothing else"},
        {"+", "+ takes one entry; write one path with its options"},
        {"+/tmp/b /tmp/c", "+ takes one entry; write one path with its options"},
        {"/tmp/b 'c", "unbalanced quotes; close every quote and put a blank after it"},
        {"/tmp/b /tmp/b", "there are two entries for /tmp/b; keep one"},
        {"/tmp/b //tmp/b", "two socket files, of unixsocket and listen, would have the same path; keep one"},
        {"/tmp/kvs.sock", "two socket files, of unixsocket and listen, would have the same path; keep one"},
        {"@b", "abstract names have no file and so no permissions; write a path"},
        {"/tmp/b @c", "abstract names have no file and so no permissions; write a path"},
        {"+@b", "abstract names have no file and so no permissions; write a path"},
    };
    char expected[256], *error = NULL;
    config_expect_loaded(CONFIG_SET("listen", "/tmp/a"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(expected, sizeof expected, FAILED("listen") "%s", cases[i].error);
        config_expect_refused(CONFIG_SET("listen", cases[i].value), expected);
    }
    const struct bytes pair[] = {{"listen", 6}, {"\0/tmp/b", 7}};
    ck_assert_int_eq(config_set(&test_config, pair, 1, &error), -EINVAL);
    config_expect_refused(error, FAILED("listen") "abstract names have no file and so no permissions; write a path");
    ck_assert_str_eq(listens(), "/tmp/a mode=0660 access=write");
}
END_TEST

START_TEST(last_way_in_cannot_be_removed)
{
    config_expect_loaded(CONFIG_LOAD("--listen", "/tmp/a.sock"));
    config_expect_refused(CONFIG_SET("listen", "-/tmp/a.sock"),
                          FAILED("listen") "nothing would be left to serve on; keep an entry, or end the server with "
                                           "SHUTDOWN");
    config_expect_loaded(CONFIG_LOAD("-s", "/tmp/b.sock", "--listen", "/tmp/a.sock"));
    config_expect_loaded(CONFIG_SET("listen", "-/tmp/a.sock"));
}
END_TEST

START_TEST(default_socket_is_there_only_if_nothing_else_serves)
{
    config_expect_loaded(CONFIG_LOAD("--hz", "10"));
    ck_assert_str_eq(test_config.unixsocket, "/tmp/kvs.sock");
    config_expect_loaded(CONFIG_LOAD("--listen", "/tmp/a.sock"));
    ck_assert_str_eq(test_config.unixsocket, "");
    config_expect_loaded(CONFIG_LOAD("--inherit-fd", "3"));
    ck_assert_str_eq(test_config.unixsocket, "");
    config_expect_loaded(CONFIG_LOAD("--listen", "/tmp/a.sock", "-s", "/tmp/kvs.sock"));
    ck_assert_str_eq(test_config.unixsocket, "/tmp/kvs.sock");
    config_expect_loaded(CONFIG_LOAD("--listen", "/tmp/a.sock", "-s", ""));
    ck_assert_str_eq(test_config.unixsocket, "");
    config_expect_message(CONFIG_LOAD("-s", ""), "command line: --unixsocket '': there is nothing to serve on",
                          "give a path, or a listen entry");
}
END_TEST

START_TEST(sockets_of_the_service_manager_take_the_place_of_the_default)
{
    char pid[32];
    setenv("LISTEN_FDS", "1", 1);
    config_expect_loaded(CONFIG_LOAD("-s", ""));
    config_expect_loaded(CONFIG_LOAD("--hz", "10", "--listen", "/nowhere/a.sock")); /* the folder isn't ours to judge */
    ck_assert_str_eq(test_config.unixsocket, "");
    config_expect_loaded(CONFIG_SET("listen", ""));
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    config_expect_loaded(CONFIG_LOAD("-s", ""));
    setenv("LISTEN_PID", "1", 1);
    config_expect_message(CONFIG_LOAD("-s", ""), "nothing to serve on", "give a path");
    unsetenv("LISTEN_PID");
    setenv("LISTEN_FDS", "0", 1);
    config_expect_message(CONFIG_LOAD("-s", ""), "nothing to serve on", "give a path");
    unsetenv("LISTEN_FDS");
}
END_TEST

START_TEST(mode_and_group_of_unixsocket_can_be_changed_and_its_path_cannot)
{
    config_expect_loaded(CONFIG_SET("unixsocketperm", "0660", "unixsocketgroup", "adm", "maxclients-per-uid", "7"));
    ck_assert_int_eq(test_config.unixsocketperm, 0660);
    ck_assert_str_eq(test_config.unixsocketgroup, "adm");
    ck_assert_int_eq(test_config.maxclients_per_uid, 7);
    config_expect_refused(CONFIG_SET("unixsocket", "/tmp/x"), FAILED("unixsocket") "can't set immutable config");
    config_expect_refused(CONFIG_SET("inherit-fd", "4"), FAILED("inherit-fd") "can't set immutable config");
    config_expect_refused(CONFIG_SET("sandbox", "no"), FAILED("sandbox") "can't set immutable config");
    config_expect_refused(CONFIG_SET("supervised", "auto"), FAILED("supervised") "can't set immutable config");
}
END_TEST

/* ---- any value ---- */

/* A word of what means something to somebody: quotes, blanks, signs, options, bytes that no terminal shows. */
static void add_strange_word(struct text *text, struct dice *dice)
{
    static const char *const parts[] = {"/",  "a",     "b c", "+",    "-",       "@",        "\"",   "'",
                                        "\\", "mode=", "=",   "./",   "\t",      "\xc3\xa9", "\x7f", "#",
                                        "..", "user=", "\\x", "\x01", "access=", "0",        "é ü",  "%s"};
    size_t count = dice_below(dice, 6);
    for (size_t i = 0; i < count; i++)
        text_add(text, parts[dice_below(dice, sizeof parts / sizeof parts[0])]);
    text_add_char(text, 'x');
}

/* Entries of strange words, each with some of the options. Bytes of zero apart, any path can be written. */
static size_t make_entries(struct dice *dice, const char **words, struct text *memory)
{
    static const char *const modes[] = {"mode=0", "mode=777", "mode=0640"};
    static const char *const levels[] = {"access=read", "access=write", "access=admin"};
    size_t count = 0, entries = 1 + dice_below(dice, 5);
    for (size_t i = 0; i < entries; i++) {
        struct text *path = &memory[2 * i], *name = &memory[2 * i + 1];
        text_addf(path, "/tmp/%zu", i);
        if (dice_chance(dice, 50))
            text_clear(path);
        text_add(path, dice_chance(dice, 50) ? "./" : "");
        add_strange_word(path, dice);
        text_addf(path, "%zu", i);
        words[count++] = path->data;
        if (dice_chance(dice, 50))
            words[count++] = modes[dice_below(dice, 3)];
        if (dice_chance(dice, 50))
            words[count++] = levels[dice_below(dice, 3)];
        text_add(name, dice_chance(dice, 50) ? "owner=" : "user=");
        add_strange_word(name, dice);
        if (dice_chance(dice, 50))
            words[count++] = name->data;
    }
    return count;
}

START_TEST(every_value_reads_back_as_it_is_told)
{
    struct dice dice = dice_create(77);
    unsigned good = 0;
    for (unsigned round = 0; round < scratch_rounds(20000); round++) {
        struct config first = {0}, second = {0}, third = {0};
        struct text memory[10] = {{0}}, told = TEXT_EMPTY, again = TEXT_EMPTY;
        const char *words[20];
        char *error = NULL;
        size_t count = make_entries(&dice, words, memory);
        if (listen_set(&first, words, count, &error) == 0) {
            good++;
            listen_describe(&first, &told);
            ck_assert_msg(listen_change(&second, told.data, &error) == 0, "%s: %s", told.data, error);
            listen_describe(&second, &again);
            ck_assert_str_eq(told.data, again.data);
            ck_assert_uint_eq(first.listen_count, second.listen_count);
            for (size_t i = 0; i < first.listen_count; i++) {
                struct text one = TEXT_EMPTY;
                ck_assert_str_eq(first.listens[i].path, second.listens[i].path);
                ck_assert_str_eq(first.listens[i].owner, second.listens[i].owner);
                text_add_char(&one, '+');
                listen_describe_entry(&first.listens[i], &one);
                ck_assert_msg(listen_change(&third, one.data, &error) == 0, "%s: %s", one.data, error);
                text_deinit(&one);
            }
            text_clear(&again);
            listen_describe(&third, &again);
            ck_assert_str_eq(told.data, again.data);
        }
        mem_free(error);
        for (size_t i = 0; i < 10; i++)
            text_deinit(&memory[i]);
        text_deinit(&told);
        text_deinit(&again);
        listen_free(&first);
        listen_free(&second);
        listen_free(&third);
    }
    ck_assert_uint_gt(good, scratch_rounds(20000) / 20);
}
END_TEST

START_TEST(no_bytes_break_the_reading_of_a_value)
{
    struct dice dice = dice_create(78);
    config_expect_loaded(CONFIG_SET("listen", "/tmp/a"));
    for (unsigned round = 0; round < scratch_rounds(20000); round++) {
        static const char letters[] = "ab/ .'\"\\+-@=mode=accessx0\t\n";
        char value[24];
        size_t len = dice_below(&dice, sizeof value);
        for (size_t i = 0; i < len; i++)
            value[i] = dice_chance(&dice, 95) ? letters[dice_below(&dice, sizeof letters)] : (char)dice_next(&dice);
        const struct bytes pair[] = {{"listen", 6}, {value, len}};
        char *error = NULL;
        if (config_set(&test_config, pair, 1, &error) == 0)
            config_expect_loaded(CONFIG_SET("listen", listens()));
        else
            mem_free(error);
    }
}
END_TEST

/* ---- CONFIG REWRITE ---- */

START_TEST(rewrite_keeps_lines_whose_entries_hold)
{
    config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", "# sockets\nunixsocket /tmp/k.sock\n"
                                                                 "listen   /tmp/a.sock\n\nlisten /tmp/b.sock mode=600\n"
                                                                 "hz 20\nlisten /tmp/c.sock\n# end\n")));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    config_expect_file("a.conf", "# sockets\nunixsocket /tmp/k.sock\nlisten   /tmp/a.sock\n\n"
                                 "listen /tmp/b.sock mode=600\nhz 20\nlisten /tmp/c.sock\n# end\n");
    config_expect_loaded(CONFIG_SET("listen", "'/tmp/d e' access=admin /tmp/b.sock mode=660 user=u /tmp/a.sock"));
    config_expect_loaded(CONFIG_SET("unixsocketgroup", "adm", "unixsocketperm", "660"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    config_expect_file("a.conf", "# sockets\nunixsocket /tmp/k.sock\nlisten   /tmp/a.sock\n\n"
                                 "listen /tmp/b.sock mode=0660 access=write user=u\n"
                                 "hz 20\nlisten \"/tmp/d e\" mode=0660 access=admin\n# end\n"
                                 "# Generated by CONFIG REWRITE\nunixsocketperm 660\nunixsocketgroup \"adm\"\n");
    config_expect_loaded(CONFIG_SET("listen", ""));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    config_expect_file("a.conf", "# sockets\nunixsocket /tmp/k.sock\n\nhz 20\n# end\n"
                                 "# Generated by CONFIG REWRITE\nunixsocketperm 660\nunixsocketgroup \"adm\"\n");
}
END_TEST

START_TEST(rewrite_takes_back_an_entry_of_an_include_and_leaves_it_the_others)
{
    static const struct {
        const char *value, *written;
    } cases[] = {
        {"-/tmp/b.sock", "listen -/tmp/b.sock\n"},
        {"+/tmp/c.sock access=read user=u", "listen -/tmp/b.sock\nlisten +/tmp/c.sock mode=0660 access=read user=u\n"},
        {"+/tmp/b.sock mode=0", "listen -/tmp/b.sock\nlisten +/tmp/c.sock mode=0660 access=read user=u\n"
                                "listen /tmp/b.sock mode=0000 access=write\n"},
        {"-/tmp/b.sock", "listen -/tmp/b.sock\nlisten +/tmp/c.sock mode=0660 access=read user=u\n"},
        {"+/tmp/c.sock", "listen -/tmp/b.sock\nlisten +/tmp/c.sock mode=0660 access=write\n"},
        {"+'/tmp/d e' mode=0", "listen -/tmp/b.sock\nlisten +/tmp/c.sock mode=0660 access=write\n"
                               "listen \"+/tmp/d e\" mode=0000 access=write\n"},
        {"-'/tmp/d e'", "listen -/tmp/b.sock\nlisten +/tmp/c.sock mode=0660 access=write\nlisten \"-/tmp/d e\"\n"},
    };
    char content[PATH_MAX * 3], kept[PATH_MAX];
    config_write_file("b.conf", "listen /tmp/b.sock /tmp/c.sock\nlisten '/tmp/d e'\n");
    snprintf(content, sizeof content, "listen   /tmp/a.sock\ninclude %s\n", config_path("b.conf"));
    const char *path = strcpy(kept, config_write_file("a.conf", content));
    config_expect_loaded(CONFIG_LOAD(path));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        config_expect_loaded(CONFIG_SET("listen", cases[i].value));
        for (int j = 0; j < 2; j++) {
            ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
            snprintf(content, sizeof content, "listen   /tmp/a.sock\ninclude %s\n# Generated by CONFIG REWRITE\n%s",
                     config_path("b.conf"), cases[i].written);
            config_expect_file("a.conf", content);
        }
    }
    config_write_file("b.conf", "listen /tmp/x.sock\n"); /* edits of the include still count */
    config_expect_loaded(CONFIG_LOAD(path));
    ck_assert_str_eq(listens(), "/tmp/a.sock mode=0660 access=write /tmp/x.sock mode=0660 access=write "
                                "/tmp/c.sock mode=0660 access=write");
}
END_TEST

START_TEST(rewrite_splits_a_line_only_where_one_of_its_entries_has_changed)
{
    config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", "listen  /tmp/a.sock /tmp/b.sock\n")));
    config_expect_loaded(CONFIG_SET("listen", "+/tmp/c.sock"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    config_expect_file("a.conf", "listen  /tmp/a.sock /tmp/b.sock\nlisten /tmp/c.sock mode=0660 access=write\n");
    config_expect_loaded(CONFIG_SET("listen", "+/tmp/b.sock mode=0600"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    config_expect_file("a.conf",
                       "listen /tmp/a.sock mode=0660 access=write\nlisten /tmp/b.sock mode=0600 access=write\n"
                       "listen /tmp/c.sock mode=0660 access=write\n");
}
END_TEST

START_TEST(rewrite_writes_what_the_command_line_said_once_and_neither_default_socket_nor_descriptor)
{
    const char *path = config_write_file("a.conf", "");
    for (int i = 0; i < 2; i++) {
        config_expect_loaded(CONFIG_LOAD(path, "--listen", "/tmp/a.sock", "--inherit-fd", "0"));
        ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
        config_expect_file("a.conf", "# Generated by CONFIG REWRITE\nlisten /tmp/a.sock mode=0660 access=write\n");
    }
}
END_TEST

Suite *suite_config_listen(void);
Suite *suite_config_listen(void)
{
    Suite *suite = suite_create("config_listen");
    TCase *tcase = tcase_create("config_listen");
    tcase_add_checked_fixture(tcase, config_set_up, config_tear_down);
    tcase_add_test(tcase, entry_has_the_options_that_are_given_and_defaults_for_the_rest);
    tcase_add_test(tcase, lines_add_up_and_the_command_line_replaces_what_a_file_says);
    tcase_add_test(tcase, line_with_a_sign_replaces_or_removes_an_entry_above);
    tcase_add_test(tcase, mistakes_in_entries_are_told_with_file_and_line);
    tcase_add_test(tcase, path_of_an_entry_has_at_most_107_bytes);
    tcase_add_test(tcase, hundred_entries_are_taken_and_not_one_more);
    tcase_add_test(tcase, set_replaces_all_adds_one_or_removes_one);
    tcase_add_test(tcase, set_refuses_what_it_cannot_make_entries_of);
    tcase_add_test(tcase, last_way_in_cannot_be_removed);
    tcase_add_test(tcase, default_socket_is_there_only_if_nothing_else_serves);
    tcase_add_test(tcase, sockets_of_the_service_manager_take_the_place_of_the_default);
    tcase_add_test(tcase, mode_and_group_of_unixsocket_can_be_changed_and_its_path_cannot);
    tcase_add_test(tcase, every_value_reads_back_as_it_is_told);
    tcase_add_test(tcase, no_bytes_break_the_reading_of_a_value);
    tcase_add_test(tcase, rewrite_keeps_lines_whose_entries_hold);
    tcase_add_test(tcase, rewrite_takes_back_an_entry_of_an_include_and_leaves_it_the_others);
    tcase_add_test(tcase, rewrite_splits_a_line_only_where_one_of_its_entries_has_changed);
    tcase_add_test(tcase, rewrite_writes_what_the_command_line_said_once_and_neither_default_socket_nor_descriptor);
    suite_add_tcase(suite, tcase);
    return suite;
}
