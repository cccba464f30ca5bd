/* Where the log is: its folder, its manifest, or a single file of Redis 6 that is taken over as Redis 7 does it. */
#include "base/text.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/disk.h"
#include "persist/log_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEM "appendonly.aof"
#define NAME "appendonlydir"
#define MANIFEST NAME "/" STEM ".manifest"
#define TAKEN_OVER "file appendonly.aof seq 1 type b\n"

static struct log_folder folder;
static struct text said;
static char *path;
static int dir;

static void set_up(void)
{
    path = scratch_create();
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    said = TEXT_EMPTY;
    text_add(&said, "");
}

static void tear_down(void)
{
    disk_fail_after(0, 0, 0);
    text_deinit(&said);
    close(dir);
    scratch_remove(path);
}

static bool is_there(const char *name)
{
    return faccessat(dir, name, F_OK, 0) == 0;
}

static void write_file(const char *name, const char *content)
{
    scratch_write(scratch_path(path, name), content);
}

static void expect_content(const char *name, const char *expected)
{
    char *content = scratch_read(scratch_path(path, name));
    ck_assert_str_eq(content, expected);
    free(content);
}

static int look(bool makes)
{
    text_clear(&said);
    return log_folder_open(&folder, dir, NAME, STEM, makes, &said);
}

START_TEST(nothing_is_no_failure_and_is_left_so)
{
    ck_assert_int_eq(look(false), 0);
    ck_assert_int_lt(folder.fd, 0);
    ck_assert_uint_eq(folder.manifest.count, 0);
    ck_assert(!is_there(NAME));
    log_folder_close(&folder);
}
END_TEST

START_TEST(the_folder_is_made_where_that_is_wanted)
{
    struct stat status;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(look(true), 0);
        ck_assert_int_ge(folder.fd, 0);
        ck_assert_int_eq(fstat(folder.fd, &status), 0);
        ck_assert_int_eq(status.st_mode & 0777, 0700);
        ck_assert(!folder.was_single);
        log_folder_close(&folder);
    }
}
END_TEST

START_TEST(a_manifest_is_read_and_a_file_beside_it_left_alone)
{
    mkdirat(dir, NAME, 0700);
    write_file(MANIFEST, "file " STEM ".1.incr.aof seq 1 type i\n");
    write_file(STEM, "of old");
    ck_assert_int_eq(look(false), 0);
    ck_assert_int_eq(folder.manifest.increment_seq, 1);
    ck_assert(!folder.was_single);
    expect_content(STEM, "of old");
    log_folder_close(&folder);
}
END_TEST

START_TEST(a_mistake_in_the_manifest_is_told_with_its_path)
{
    mkdirat(dir, NAME, 0700);
    write_file(MANIFEST, "nonsense\n");
    write_file(STEM, "of old");
    ck_assert_int_eq(look(true), -EINVAL);
    ck_assert_str_eq(said.data,
                     MANIFEST ", line 1: 'nonsense' has no value; a line is: file NAME seq NUMBER type b, h or i");
    expect_content(STEM, "of old");
    log_folder_close(&folder);
}
END_TEST

START_TEST(a_file_in_the_folders_place_is_told)
{
    write_file(NAME, "");
    ck_assert_int_eq(look(true), -ENOTDIR);
    ck_assert_str_eq(said.data, "can't open the folder " NAME ": Not a directory");
    log_folder_close(&folder);
}
END_TEST

/* ---- a single file ---- */

static void expect_taken_over(void)
{
    ck_assert_str_eq(log_manifest_base(&folder.manifest)->name, STEM);
    ck_assert_int_eq(folder.manifest.base_seq, 1);
    ck_assert(folder.was_single);
    ck_assert(!is_there(STEM));
    expect_content(NAME "/" STEM, "of old");
    expect_content(MANIFEST, TAKEN_OVER);
}

START_TEST(a_single_file_becomes_the_base)
{
    for (int with_folder = 0; with_folder < 2; with_folder++) {
        write_file(STEM, "of old");
        if (with_folder) {
            unlinkat(dir, MANIFEST, 0);
            unlinkat(dir, NAME "/" STEM, 0);
        }
        ck_assert_int_eq(look(false), 0);
        expect_taken_over();
        log_folder_close(&folder);
    }
    ck_assert_int_eq(look(false), 0); /* and stays so */
    ck_assert(!folder.was_single);
    ck_assert_uint_eq(folder.manifest.count, 1);
    log_folder_close(&folder);
}
END_TEST

/* Whichever system call fails: nothing is lost, and the next start goes on. */
START_TEST(a_taking_over_that_fails_is_finished_by_the_next)
{
    unsigned failing = 1;
    for (int result = -EIO; result != 0; failing++) {
        unlinkat(dir, MANIFEST, 0);
        unlinkat(dir, NAME "/" STEM, 0);
        unlinkat(dir, NAME, AT_REMOVEDIR);
        write_file(STEM, "of old");
        disk_fail_after(failing, 1, EIO);
        result = look(false);
        disk_fail_after(0, 0, 0);
        ck_assert(result == 0 || said.len > 0);
        ck_assert_int_ne(is_there(STEM), is_there(NAME "/" STEM));
        log_folder_close(&folder);
        ck_assert_int_eq(look(false), 0);
        folder.was_single = true; /* by one of the two */
        expect_taken_over();
        log_folder_close(&folder);
    }
    ck_assert_uint_eq(failing, 12); /* the folder: 2; the manifest: 5; rename and two syncs; and one that didn't fail */
}
END_TEST

Suite *suite_log_folder(void);
Suite *suite_log_folder(void)
{
    Suite *suite = suite_create("log_folder");
    TCase *tcase = tcase_create("log_folder");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, nothing_is_no_failure_and_is_left_so);
    tcase_add_test(tcase, the_folder_is_made_where_that_is_wanted);
    tcase_add_test(tcase, a_manifest_is_read_and_a_file_beside_it_left_alone);
    tcase_add_test(tcase, a_mistake_in_the_manifest_is_told_with_its_path);
    tcase_add_test(tcase, a_file_in_the_folders_place_is_told);
    tcase_add_test(tcase, a_single_file_becomes_the_base);
    tcase_add_test(tcase, a_taking_over_that_fails_is_finished_by_the_next);
    suite_add_tcase(suite, tcase);
    return suite;
}
