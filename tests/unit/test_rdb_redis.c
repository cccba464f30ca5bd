/* redis-server, where it is installed, loads a file that was written here: values, times to live and functions. */
#include "handlers/keyspace_digest.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/rdb_file.h"
#include "unit/rdb_fixture.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static char *folder_path;

/* A process of that program in the test's folder; its output goes to the file "log". */
static pid_t run(char *const *args)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int log = open(scratch_path(folder_path, "log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 || chdir(folder_path) != 0)
        _exit(126);
    execvp(args[0], args);
    _exit(127);
}

/* What redis-cli prints, all of it, in a buffer that the next call overwrites. */
static const char *ask(const char *request)
{
    static char answer[4096];
    char command[512];
    snprintf(command, sizeof command, "redis-cli -s %s/s %s 2>&1", folder_path, request);
    FILE *output = popen(command, "r"); /* NOLINT(cert-env33-c): the folder's name is ours */
    must(output);
    size_t len = fread(answer, 1, sizeof answer - 1, output);
    pclose(output);
    answer[len] = '\0';
    return answer;
}

static bool is_installed(void)
{
    int status;
    pid_t pid = run((char *[]){"redis-server", "--version", NULL});
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void write_file(bool compresses)
{
    int folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct rdb_file_terms terms = {folder, "dump.rdb", 0600, true, 1 << 16, NULL};
    struct rdb_file file;
    struct text records = TEXT_EMPTY;
    rdb_model_add_records(&records, compresses);
    ck_assert_uint_eq(rdb_model.version, 10);
    must(rdb_file_begin(&file, &terms) && rdb_file_append(&file, records.data, records.len));
    must(rdb_file_end(&file, rdb_model.version));
    text_deinit(&records);
    close(folder);
}

static void expect_item(const struct rdb_item *item)
{
    char request[256], expected[64];
    struct bytes key = entry_key(item->entry);
    struct digest digest = digest_of_value(item->entry);
    bool expires = entry_expiry(item->entry) != ENTRY_NO_EXPIRY;
    snprintf(request, sizeof request, "-n %d DEBUG DIGEST-VALUE %.*s", (int)item->database, (int)key.len, key.data);
    const char *told = ask(request);
    for (int i = 0; i < DIGEST_LEN; i++)
        sprintf(expected + 2 * i, "%02x", digest.bytes[i]);
    ck_assert_msg(strncmp(told, expected, 40) == 0, "%s: %s, not %s", request, told, expected);
    snprintf(request, sizeof request, "-n %d PEXPIRETIME %.*s", (int)item->database, (int)key.len, key.data);
    snprintf(expected, sizeof expected, "%lld\n", expires ? (long long)entry_expiry(item->entry) : -1LL);
    ck_assert_str_eq(ask(request), expected);
}

static void await_loaded(pid_t pid)
{
    for (int waited_ms = 0; strcmp(ask("PING"), "PONG\n") != 0; waited_ms += 20) {
        ck_assert_msg(waited_ms < PATIENCE_MS && waitpid(pid, NULL, WNOHANG) == 0, "redis-server doesn't serve:\n%s",
                      scratch_read(scratch_path(folder_path, "log")));
        usleep(20000);
    }
}

START_TEST(redis_loads_what_was_written)
{
    folder_path = scratch_create();
    if (!is_installed()) {
        test_skip("redis-server isn't installed");
        scratch_remove(folder_path);
        return;
    }
    for (int compresses = 0; compresses < 2; compresses++) {
        rdb_model_fill_for_redis();
        write_file(compresses);
        pid_t pid = run((char *[]){"redis-server", "--port", "0", "--unixsocket", "s", "--save", "",
                                   "--enable-debug-command", "yes", "--maxmemory-policy", "allkeys-lfu", NULL});
        await_loaded(pid);
        for (unsigned i = 0; i < rdb_model.count; i++)
            expect_item(&rdb_model.items[i]);
        ck_assert_str_eq(ask("FCALL f 0"), "1\n");
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        unlink(scratch_path(folder_path, "s"));
        rdb_model_clear();
    }
    scratch_remove(folder_path);
}
END_TEST

Suite *suite_rdb_redis(void);
Suite *suite_rdb_redis(void)
{
    Suite *suite = suite_create("rdb_redis");
    TCase *tcase = tcase_create("rdb_redis");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 240 : 60);
    tcase_add_test(tcase, redis_loads_what_was_written);
    suite_add_tcase(suite, tcase);
    return suite;
}
