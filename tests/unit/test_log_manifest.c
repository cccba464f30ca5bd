/* Manifests of the append-only log: the format is Redis's, mistakes are told, and rewrites leave the right parts. */
#include "base/text.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/disk.h"
#include "persist/log_manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEM "appendonly.aof"

static struct log_manifest manifest;
static struct text said;
static char *path;
static int folder;

static void set_up(void)
{
    path = scratch_create();
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    said = TEXT_EMPTY;
    log_manifest_init(&manifest, STEM);
}

static void tear_down(void)
{
    disk_fail_after(0, 0, 0);
    log_manifest_deinit(&manifest);
    text_deinit(&said);
    close(folder);
    scratch_remove(path);
}

static void expect_formatted(const char *expected)
{
    struct text out = TEXT_EMPTY;
    log_manifest_format(&manifest, &out);
    ck_assert_str_eq(out.data, expected);
    text_deinit(&out);
}

static bool parse_bytes(const char *content, size_t len)
{
    text_clear(&said);
    log_manifest_deinit(&manifest);
    log_manifest_init(&manifest, STEM);
    return log_manifest_parse(&manifest, (struct bytes){content, len}, &said);
}

static bool parse(const char *content)
{
    return parse_bytes(content, strlen(content));
}

/* ---- the format ---- */

START_TEST(what_redis_writes_is_read_and_written_the_same)
{
    static const char *const contents[] = {
        "file appendonly.aof.1.incr.aof seq 1 type i\n",
        "file \"\\xc3\\xa4\" seq 1 type i\n",
        "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n",
        ("file appendonly.aof.4.base.rdb seq 4 type b\nfile appendonly.aof.3.incr.aof seq 3 type h\n"
         "file appendonly.aof.3.base.rdb seq 3 type h\nfile appendonly.aof.4.incr.aof seq 4 type i\n"
         "file appendonly.aof.5.incr.aof seq 5 type i\n"),
        "file \"a b.1.base.aof\" seq 1 type b\nfile \"\\x01\\n\\\"\\xc3\\xa4\" seq 7 type i\n",
    };
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        ck_assert_msg(parse(contents[i]), "%s", said.data);
        expect_formatted(contents[i]);
    }
    ck_assert_str_eq(log_manifest_last_increment(&manifest)->name, "\x01\n\"\xc3\xa4");
    ck_assert_int_eq(manifest.base_seq, 1);
    ck_assert_int_eq(manifest.increment_seq, 7);
}
END_TEST

START_TEST(comments_unknown_keys_capitals_and_any_order_are_read)
{
    ck_assert(parse("type i seq 3 file 'it\\'s' \n"));
    expect_formatted("file \"it's\" seq 3 type i\n");
    ck_assert(!parse("type i seq 3 file 'it''s'\n")); /* a quote has to close at a word's end */
    ck_assert(parse("# a comment\nFILE b seq 2 startoffset 17 Type i\r\n#\n  file  a   seq  9  type  b  \n"));
    expect_formatted("file a seq 9 type b\nfile b seq 2 type i\n");
}
END_TEST

START_TEST(each_mistake_is_told_with_its_line)
{
    static const char good[] = "file a seq 1 type i\n";
    static const struct {
        const char *content, *said;
    } rows[] = {
        {"", "line 1: the manifest names no file"},
        {"#\n", "line 1: the manifest names no file"},
        {"file b seq 2 type i", "line 1: it has no line feed at its end; the manifest isn't whole"},
        {"\n", "line 1: it is empty"},
        {"file b seq 2 type \"i\n", "line 1: unbalanced quotes"},
        {"file b seq 2 type\n", "line 1: 'type' has no value; a line is: file NAME seq NUMBER type b, h or i"},
        {"file b seq 2\n", "line 1: 'type' is missing; a line is: file NAME seq NUMBER type b, h or i"},
        {"seq 2 type i\n", "line 1: 'file' is missing; a line is: file NAME seq NUMBER type b, h or i"},
        {"file b type i\n", "line 1: 'seq' is missing; a line is: file NAME seq NUMBER type b, h or i"},
        {"file b seq 2 type i file c\n", "line 1: 'file' stands there twice"},
        {"file ../b seq 2 type i\n",
         "line 1: '../b' is a path; files are in the manifest's folder, and named without it"},
        {"file \"b\\\\c\" seq 2 type i\n",
         "line 1: 'b\\c' is a path; files are in the manifest's folder, and named without it"},
        {"file \"/\\n-\\x1b\" seq 2 type i\n",
         "line 1: '/?-?' is a path; files are in the manifest's folder, and named without it"},
        {"file .. seq 2 type i\n", "line 1: '..' is no name of a file"},
        {"file \"\" seq 2 type i\n", "line 1: '' is no name of a file"},
        {"file \"b\\x00c\" seq 2 type i\n", "line 1: a zero byte is in a word"},
        {"file b seq x type i\n", "line 1: 'x' is no sequence number; they count from 1 on"},
        {"file b seq 0 type i\n", "line 1: '0' is no sequence number; they count from 1 on"},
        {"file b seq -1 type h\n", "line 1: '-1' is no sequence number; they count from 1 on"},
        {"file b seq 9223372036854775807 type i\n",
         "line 1: '9223372036854775807' is no sequence number; they count from 1 on"},
        {"file b seq 2 type x\n", "line 1: 'x' is no type; b, h and i are"},
        {"file b seq 2 type \"\"\n", "line 1: '' is no type; b, h and i are"},
        {"file b seq 2 type ii\n", "line 1: 'ii' is no type; b, h and i are"},
        {"file b seq 1 type b\nfile c seq 2 type b\n", "line 2: a second base; there is one at most"},
        {"file b seq 2 type i\nfile c seq 2 type i\n", "line 2: increment 2 comes after 2; they have to ascend"},
        {"file b seq 2 type i\nfile c seq 1 type h\nfile b seq 3 type i\n", "line 3: 'b' has been named twice by then"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert(!parse(rows[i].content));
        ck_assert_str_eq(said.data, rows[i].said);
        ck_assert_uint_eq(manifest.count, 0);
        ck_assert_int_eq(manifest.increment_seq, 0);
    }
    ck_assert(parse(good));
    ck_assert(!parse_bytes("file a seq 1 type i\0\n", 21));
    ck_assert_str_eq(said.data, "line 1: a zero byte is in it");
}
END_TEST

START_TEST(a_line_is_as_long_as_redis_takes_it)
{
    char line[1100];
    for (int extra = 0; extra < 2; extra++) {
        int blanks = 1023 - (int)strlen("file a seq 1 type i") + extra;
        snprintf(line, sizeof line, "file a seq 1 type i%*s\n", blanks, "");
        ck_assert_int_eq(parse(line), extra == 0);
    }
    ck_assert_str_eq(said.data, "line 1: it is longer than 1023 bytes");
}
END_TEST

START_TEST(a_name_is_no_longer_than_can_be_written_again)
{
    static const struct {
        int len;
        char byte;
        bool good;
    } rows[] = {{255, 'x', true}, {256, 'x', false}, {240, '\xff', true}, {241, '\xff', false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text out = TEXT_EMPTY;
        char name[257] = "", line[300];
        memset(name, rows[i].byte, (size_t)rows[i].len);
        snprintf(line, sizeof line, "file %s seq 4611686018427387903 type i\n", name);
        ck_assert_int_eq(parse(line), rows[i].good);
        log_manifest_format(&manifest, &out);
        ck_assert_int_eq(parse(out.data), rows[i].good);
        text_deinit(&out);
    }
}
END_TEST

/* Whatever the bytes: it is refused with a line, or written so that it reads the same. */
START_TEST(any_changed_byte_is_refused_or_understood)
{
    static const char content[] =
        "#c\nfile a.1.base.rdb seq 1 type b\nfile \"b c\" seq 1 type h\nfile d seq 2 type i\n";
    char changed[sizeof content];
    struct dice dice = dice_create(1);
    for (unsigned round = 0; round < scratch_rounds(20000); round++) {
        struct text first = TEXT_EMPTY, second = TEXT_EMPTY;
        size_t len = sizeof content - 1;
        memcpy(changed, content, sizeof content);
        for (uint64_t edits = dice_below(&dice, 3) + 1; edits > 0; edits--)
            changed[dice_below(&dice, len)] = (char)dice_next(&dice);
        if (dice_chance(&dice, 20))
            len = dice_below(&dice, len);
        if (parse_bytes(changed, len)) {
            log_manifest_format(&manifest, &first);
            ck_assert_msg(parse(first.data), "%s: %s", first.data, said.data);
            log_manifest_format(&manifest, &second);
            ck_assert_str_eq(first.data, second.data);
        } else {
            ck_assert(said.len > 0 && strncmp(said.data, "line ", 5) == 0);
        }
        text_deinit(&first);
        text_deinit(&second);
    }
}
END_TEST

/* ---- its parts ---- */

START_TEST(a_rewrite_leaves_the_parts_that_redis_leaves)
{
    ck_assert_ptr_null(log_manifest_base(&manifest));
    ck_assert_ptr_null(log_manifest_last_increment(&manifest));
    ck_assert_str_eq(log_manifest_add_base(&manifest, true)->name, STEM ".1.base.rdb");
    ck_assert_str_eq(log_manifest_add_increment(&manifest)->name, STEM ".1.incr.aof");
    ck_assert_str_eq(log_manifest_add_increment(&manifest)->name, STEM ".2.incr.aof");
    ck_assert_str_eq(log_manifest_add_base(&manifest, false)->name, STEM ".2.base.aof");
    log_manifest_retire_increments(&manifest);
    expect_formatted("file appendonly.aof.2.base.aof seq 2 type b\nfile appendonly.aof.1.incr.aof seq 1 type h\n"
                     "file appendonly.aof.1.base.rdb seq 1 type h\nfile appendonly.aof.2.incr.aof seq 2 type i\n");

    /* one that failed has left an increment: both are in the next base */
    log_manifest_add_increment(&manifest);
    log_manifest_add_increment(&manifest);
    log_manifest_add_base(&manifest, true);
    log_manifest_retire_increments(&manifest);
    expect_formatted("file appendonly.aof.3.base.rdb seq 3 type b\nfile appendonly.aof.2.incr.aof seq 2 type h\n"
                     "file appendonly.aof.3.incr.aof seq 3 type h\nfile appendonly.aof.2.base.aof seq 2 type h\n"
                     "file appendonly.aof.1.incr.aof seq 1 type h\nfile appendonly.aof.1.base.rdb seq 1 type h\n"
                     "file appendonly.aof.4.incr.aof seq 4 type i\n");
    ck_assert_str_eq(log_manifest_base(&manifest)->name, STEM ".3.base.rdb");
    ck_assert_str_eq(log_manifest_last_increment(&manifest)->name, STEM ".4.incr.aof");
}
END_TEST

START_TEST(nothing_is_retired_where_there_is_one_increment)
{
    log_manifest_retire_increments(&manifest);
    log_manifest_add_increment(&manifest);
    log_manifest_retire_increments(&manifest);
    expect_formatted("file appendonly.aof.1.incr.aof seq 1 type i\n");
    log_manifest_add_base(&manifest, true);
    log_manifest_retire_increments(&manifest);
    expect_formatted("file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n");
}
END_TEST

START_TEST(a_copy_goes_its_own_way)
{
    struct log_manifest copy, empty;
    log_manifest_copy(&empty, &manifest);
    log_manifest_add_increment(&manifest);
    log_manifest_copy(&copy, &manifest);
    log_manifest_add_base(&copy, true);
    ck_assert_uint_eq(copy.count, 2);
    ck_assert_uint_eq(empty.count, 0);
    log_manifest_deinit(&copy);
    log_manifest_deinit(&empty);
    expect_formatted("file appendonly.aof.1.incr.aof seq 1 type i\n");
}
END_TEST

static void make_history(void)
{
    ck_assert(parse("file new seq 2 type b\nfile old seq 1 type h\nfile older seq 1 type h\nfile i seq 1 type i\n"));
    scratch_write(scratch_path(path, "new"), "");
    scratch_write(scratch_path(path, "older"), "");
    scratch_write(scratch_path(path, "i"), "");
}

START_TEST(history_is_deleted_and_nothing_else)
{
    make_history(); /* old isn't there: it was deleted before a crash */
    ck_assert_int_eq(log_manifest_drop_history(&manifest, folder), 0);
    expect_formatted("file new seq 2 type b\nfile i seq 1 type i\n");
    ck_assert_int_ne(faccessat(folder, "older", F_OK, 0), 0);
    ck_assert_int_eq(faccessat(folder, "new", F_OK, 0), 0);
    ck_assert_int_eq(faccessat(folder, "i", F_OK, 0), 0);
}
END_TEST

START_TEST(history_that_cannot_be_deleted_stays_in_the_manifest)
{
    make_history();
    disk_fail_after(2, 1, EIO);
    ck_assert_int_eq(log_manifest_drop_history(&manifest, folder), -EIO);
    expect_formatted("file new seq 2 type b\nfile older seq 1 type h\nfile i seq 1 type i\n");
    ck_assert_int_eq(log_manifest_drop_history(&manifest, folder), 0);
    expect_formatted("file new seq 2 type b\nfile i seq 1 type i\n");
}
END_TEST

/* ---- the file ---- */

static void expect_read(const char *expected)
{
    struct log_manifest read;
    struct text out = TEXT_EMPTY;
    log_manifest_init(&read, STEM);
    text_clear(&said);
    ck_assert_msg(log_manifest_read(&read, folder, &said) == 0, "%s", said.data);
    log_manifest_format(&read, &out);
    ck_assert_str_eq(out.data, expected);
    text_deinit(&out);
    log_manifest_deinit(&read);
}

START_TEST(a_manifest_that_was_written_is_read)
{
    ck_assert_int_eq(log_manifest_read(&manifest, folder, &said), -ENOENT);
    ck_assert_str_eq(said.data, STEM ".manifest can't be read: No such file or directory");
    log_manifest_add_increment(&manifest);
    ck_assert_int_eq(log_manifest_write(&manifest, folder), 0);
    expect_read("file appendonly.aof.1.incr.aof seq 1 type i\n");
    ck_assert_int_ne(faccessat(folder, "temp-" STEM ".manifest", F_OK, 0), 0);
}
END_TEST

START_TEST(a_mistake_in_the_file_is_told_with_its_name)
{
    scratch_write(scratch_path(path, STEM ".manifest"), "file a seq 1\n");
    ck_assert_int_eq(log_manifest_read(&manifest, folder, &said), -EINVAL);
    ck_assert_str_eq(said.data, STEM ".manifest, line 1: 'type' is missing; a line is: "
                                     "file NAME seq NUMBER type b, h or i");
}
END_TEST

START_TEST(a_folder_or_pipe_of_that_name_is_told)
{
    mkdir(scratch_path(path, STEM ".manifest"), 0700);
    ck_assert_int_eq(log_manifest_read(&manifest, folder, &said), -EISDIR);
    rmdir(scratch_path(path, STEM ".manifest"));
    ck_assert_int_eq(mkfifo(scratch_path(path, STEM ".manifest"), 0600), 0);
    text_clear(&said);
    ck_assert_int_eq(log_manifest_read(&manifest, folder, &said), -EINVAL);
    ck_assert_str_eq(said.data, STEM ".manifest can't be read: Invalid argument"); /* not taken for an empty one */
}
END_TEST

/* Each of its system calls fails in turn: the old one or the new one is there, and it says which. */
START_TEST(a_failed_write_leaves_the_old_manifest)
{
    static const char old[] = "file appendonly.aof.1.incr.aof seq 1 type i\n";
    static const char new[] =
        "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n";
    log_manifest_add_increment(&manifest);
    ck_assert_int_eq(log_manifest_write(&manifest, folder), 0);
    log_manifest_add_base(&manifest, true);
    unsigned failures = 0;
    for (int result = -EIO; result != 0; failures++) {
        disk_fail_after(failures + 1, 1, EIO);
        result = log_manifest_write(&manifest, folder);
        ck_assert(result == 0 || result == -EIO);
        disk_fail_after(0, 0, 0);
        expect_read(failures < 4 ? old : new);
        ck_assert_int_ne(faccessat(folder, "temp-" STEM ".manifest", F_OK, 0), 0);
    }
    ck_assert_uint_eq(failures, 6); /* open, write, fsync, rename, fsync of the folder; the sixth time none failed */
}
END_TEST

Suite *suite_log_manifest(void);
Suite *suite_log_manifest(void)
{
    Suite *suite = suite_create("log_manifest");
    TCase *tcase = tcase_create("log_manifest");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_redis_writes_is_read_and_written_the_same);
    tcase_add_test(tcase, comments_unknown_keys_capitals_and_any_order_are_read);
    tcase_add_test(tcase, each_mistake_is_told_with_its_line);
    tcase_add_test(tcase, a_line_is_as_long_as_redis_takes_it);
    tcase_add_test(tcase, a_name_is_no_longer_than_can_be_written_again);
    tcase_add_test(tcase, any_changed_byte_is_refused_or_understood);
    tcase_add_test(tcase, a_rewrite_leaves_the_parts_that_redis_leaves);
    tcase_add_test(tcase, nothing_is_retired_where_there_is_one_increment);
    tcase_add_test(tcase, a_copy_goes_its_own_way);
    tcase_add_test(tcase, history_is_deleted_and_nothing_else);
    tcase_add_test(tcase, history_that_cannot_be_deleted_stays_in_the_manifest);
    tcase_add_test(tcase, a_manifest_that_was_written_is_read);
    tcase_add_test(tcase, a_mistake_in_the_file_is_told_with_its_name);
    tcase_add_test(tcase, a_folder_or_pipe_of_that_name_is_told);
    tcase_add_test(tcase, a_failed_write_leaves_the_old_manifest);
    suite_add_tcase(suite, tcase);
    return suite;
}
