/*
 * The log between kvs and Redis: what redis-server writes is found good and read, also by way of a rewrite and of its
 * older form; what is written here, redis-server loads. Without redis-server there is nothing to show.
 */
#include "base/text.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "persist/log_check.h"
#include "persist/log_file.h"
#include "persist/log_folder.h"
#include "persist/log_read.h"
#include "persist/log_record.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEM "appendonly.aof"
#define WORD(text) ((struct bytes){text, sizeof(text) - 1})

enum { PATIENCE = 3000, LOOK_MS = 5 }; /* looks, and how long between them */

static char *path; /* of the server's folder */
static int dir;
static pid_t server;
static int client = -1;

static void set_up(void)
{
    path = scratch_create();
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    server = 0;
}

/* SIGTERM lets it write what it hasn't written. */
static void stop_redis(void)
{
    if (server > 0) {
        kill(server, SIGTERM);
        waitpid(server, NULL, 0);
    }
    if (client >= 0)
        close(client);
    server = 0;
    client = -1;
}

static void tear_down(void)
{
    stop_redis();
    close(dir);
    scratch_remove(path);
}

static bool has_redis(void)
{
    return system("redis-server --version >/dev/null 2>&1") == 0;
}

static void look_again(unsigned *looks)
{
    ck_assert_msg(++*looks < PATIENCE, "redis-server doesn't come to it");
    nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
}

/* One inline command, one reply: its first line, or the text of a bulk. Until the next call. */
static const char *ask(const char *command)
{
    static char reply[4096];
    size_t len = 0;
    dprintf(client, "%s\r\n", command);
    for (;;) {
        ssize_t got = read(client, reply + len, sizeof reply - 1 - len);
        if (got <= 0)
            return "gone";
        reply[len += (size_t)got] = '\0';
        const char *line = strstr(reply, "\r\n");
        if (line && reply[0] == '$' && reply[1] != '-' && len >= (size_t)(line - reply) + 4 + (size_t)atoi(reply + 1)) {
            reply[len - 2] = '\0';
            return line + 2;
        }
        if (line && (reply[0] != '$' || reply[1] == '-')) {
            reply[len - 2] = '\0';
            return reply;
        }
    }
}

static void expect_reply(const char *command, const char *expected)
{
    ck_assert_str_eq(ask(command), expected);
}

static void connect_redis(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", path);
    client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    for (unsigned looks = 0; connect(client, (struct sockaddr *)&address, sizeof address) != 0;)
        look_again(&looks);
    for (unsigned looks = 0; strcmp(ask("PING"), "+PONG") != 0;) /* it answers that it loads */
        look_again(&looks);
}

static void start_redis(const char *option, const char *value)
{
    pid_t parent = getpid();
    server = fork();
    ck_assert_int_ge(server, 0);
    if (server == 0) {
        int log = open("/dev/null", O_RDWR);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent || chdir(path) != 0 || log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
            _exit(126);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", "s", "--save", "", "--appendonly", "yes",
               "--aof-load-truncated", "no", "--aof-disable-auto-gc", "yes", option, value, NULL);
        _exit(127);
    }
    connect_redis();
}

/* ---- what Redis writes ---- */

static struct text told;

static void tell(void *context, const char *line)
{
    (void)context;
    text_addf(&told, "%s\n", line);
}

static void expect_good(const char *name, unsigned files)
{
    struct log_check check = {.tell = tell};
    unsigned lines = 0;
    told = TEXT_EMPTY;
    ck_assert_msg(log_check_run(&check, scratch_path(path, name)), "%s", told.data);
    for (const char *at = told.data; (at = strchr(at, '\n')); at++)
        lines++;
    ck_assert_msg(lines == files + 1, "%s", told.data);
    text_deinit(&told);
}

/* The manifest as Redis has it, and as it is written here. */
static void expect_same_manifest(int64_t base_seq)
{
    struct log_folder folder;
    struct text out = TEXT_EMPTY, mistake = TEXT_EMPTY;
    ck_assert_int_eq(log_folder_open(&folder, dir, "appendonlydir", STEM, false, &mistake), 0);
    ck_assert_int_eq(folder.manifest.base_seq, base_seq);
    log_manifest_format(&folder.manifest, &out);
    char *content = scratch_read(scratch_path(path, "appendonlydir/" STEM ".manifest"));
    ck_assert_str_eq(out.data, content);
    free(content);
    text_deinit(&out);
    text_deinit(&mistake);
    log_folder_close(&folder);
}

static void write_some(void)
{
    expect_reply("SET a 1", "+OK");
    expect_reply("MULTI", "+OK");
    expect_reply("RPUSH l 1 2 3", "+QUEUED");
    expect_reply("SELECT 3", "+QUEUED");
    expect_reply("SET b \"\\x00\\r\\n\"", "+QUEUED");
    ck_assert_ptr_nonnull(strchr(ask("EXEC"), '*'));
    expect_reply("SELECT 0", "+OK");
    expect_reply("EVAL \"redis.call('set', 'c', 1); redis.call('set', 'd', 2)\" 0", "$-1");
}

static void rewrite(int64_t base_seq)
{
    ck_assert_int_eq(ask("BGREWRITEAOF")[0], '+');
    for (unsigned looks = 0;; look_again(&looks)) {
        char expected[64];
        snprintf(expected, sizeof expected, ".%lld.base.", (long long)base_seq);
        char *content = scratch_read(scratch_path(path, "appendonlydir/" STEM ".manifest"));
        bool done = strstr(content, expected) && strstr(ask("INFO persistence"), "aof_rewrite_in_progress:0");
        free(content);
        if (done)
            return;
    }
}

static const char *const options[][2] = {
    {"--aof-use-rdb-preamble", "yes"},
    {"--aof-use-rdb-preamble", "no"},
    {"--aof-timestamp-enabled", "yes"},
};

START_TEST(what_redis_has_written_is_good)
{
    if (!has_redis()) {
        test_skip("redis-server isn't installed");
        return;
    }
    start_redis(options[_i][0], options[_i][1]);
    write_some();
    stop_redis();
    expect_good("appendonlydir", 2);
    expect_same_manifest(1);
}
END_TEST

START_TEST(what_redis_has_rewritten_is_good)
{
    if (!has_redis()) {
        test_skip("redis-server isn't installed");
        return;
    }
    start_redis(options[_i][0], options[_i][1]);
    write_some();
    for (int64_t seq = 2; seq < 5; seq++) {
        rewrite(seq);
        write_some();
    }
    stop_redis();
    expect_good("appendonlydir", 2);
    expect_good("appendonlydir/" STEM ".1.incr.aof", 1); /* history is kept, in the order that is ours as well */
    expect_same_manifest(4);
}
END_TEST

static bool count_take(void *context, uint32_t count, const struct log_command *commands)
{
    (void)commands;
    *(uint64_t *)context = *(uint64_t *)context * 100 + count;
    return true;
}

START_TEST(groups_of_redis_are_read_as_groups)
{
    uint64_t counts = 0;
    if (!has_redis()) {
        test_skip("redis-server isn't installed");
        return;
    }
    start_redis("--aof-timestamp-enabled", "yes");
    write_some();
    stop_redis();
    struct log_reader reader = {.fd =
                                    open(scratch_path(path, "appendonlydir/" STEM ".1.incr.aof"), O_RDONLY | O_CLOEXEC),
                                .take = count_take,
                                .context = &counts};
    ck_assert_int_eq(log_read(&reader, 0), LOG_READ_WHOLE);
    close(reader.fd);
    ck_assert_uint_eq(counts, 101030102); /* SELECT; SET; RPUSH, SELECT, SET; SELECT; SET, SET */
    ck_assert_int_gt(reader.timestamp_s, 1700000000);
}
END_TEST

/* ---- what is written here ---- */

static void append_record(struct log_file *file, struct log_position *position, unsigned count, int db,
                          const struct bytes *words, unsigned word_count)
{
    struct text record_text = TEXT_EMPTY, lead = TEXT_EMPTY;
    struct log_record record;
    log_record_begin(&record, &record_text, count);
    for (unsigned i = 0; i < count; i++)
        log_record_add(&record, db + (int)i, word_count, words);
    log_record_end(&record);
    log_record_lead(position, &lead, &record, 1700000000000);
    ck_assert_int_eq(log_file_append(file, lead.data, lead.len), 0);
    ck_assert_int_eq(log_file_append(file, record_text.data, record_text.len), 0);
    text_deinit(&record_text);
    text_deinit(&lead);
}

static void write_increment(struct log_folder *folder, struct log_position *position)
{
    struct log_file file;
    const char *name = log_manifest_add_increment(&folder->manifest)->name;
    position->db = -1;
    ck_assert_int_eq(log_file_create(&file, folder->fd, name), 0);
    append_record(&file, position, 1, 0, (const struct bytes[]){WORD("APPEND"), WORD("k"), WORD("\0\r\n")}, 3);
    append_record(&file, position, 3, 0, (const struct bytes[]){WORD("INCR"), WORD("n")}, 2);
    append_record(&file, position, 1, 2, (const struct bytes[]){WORD("INCR"), WORD("n")}, 2);
    append_record(&file, position, 1, 0, (const struct bytes[]){WORD("APPEND"), WORD("k"), WORD("")}, 3);
    ck_assert_int_eq(log_file_sync(&file), 0);
    log_file_close(&file);
}

static void expect_loaded(const char *n0, const char *n2, const char *k)
{
    start_redis("--aof-timestamp-enabled", "yes");
    expect_reply("STRLEN k", k);
    expect_reply("GET n", n0);
    expect_reply("SELECT 2", "+OK");
    expect_reply("GET n", n2);
}

START_TEST(redis_loads_what_is_written_here)
{
    struct log_folder folder;
    struct log_position position = {.annotates = _i == 1};
    struct text mistake = TEXT_EMPTY;
    if (!has_redis()) {
        test_skip("redis-server isn't installed");
        return;
    }
    ck_assert_int_eq(log_folder_open(&folder, dir, "appendonlydir", STEM, true, &mistake), 0);
    write_increment(&folder, &position);
    ck_assert_int_eq(log_manifest_write(&folder.manifest, folder.fd), 0);
    write_increment(&folder, &position);
    ck_assert_int_eq(log_manifest_write(&folder.manifest, folder.fd), 0);
    log_folder_close(&folder);
    text_deinit(&mistake);
    expect_good("appendonlydir", 2);
    expect_loaded("2", "4", ":6");

    rewrite(1); /* and goes on with it */
    expect_reply("INCR n", ":5");
    stop_redis();
    expect_good("appendonlydir", 2);
    expect_same_manifest(1);
    expect_loaded("2", "5", ":6");
}
END_TEST

/* The log of Redis 6 is taken over here, and then loaded by Redis 7. */
START_TEST(redis_loads_what_was_taken_over_here)
{
    struct log_folder folder;
    struct text mistake = TEXT_EMPTY;
    if (!has_redis()) {
        test_skip("redis-server isn't installed");
        return;
    }
    scratch_write(scratch_path(path, STEM), "*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n");
    ck_assert_int_eq(log_folder_open(&folder, dir, "appendonlydir", STEM, false, &mistake), 0);
    ck_assert(folder.was_single);
    log_folder_close(&folder);
    text_deinit(&mistake);
    expect_loaded("$-1", "1", ":0");
    stop_redis();
    expect_good("appendonlydir", 2);
    expect_same_manifest(1);
}
END_TEST

/* And what Redis 7 took over itself reads as what is made here. */
START_TEST(redis_takes_a_log_over_in_the_same_way)
{
    if (!has_redis()) {
        test_skip("redis-server isn't installed");
        return;
    }
    scratch_write(scratch_path(path, STEM), "*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n");
    expect_loaded("$-1", "1", ":0");
    stop_redis();
    expect_good("appendonlydir", 2);
    expect_same_manifest(1);
    char *content = scratch_read(scratch_path(path, "appendonlydir/" STEM ".manifest"));
    ck_assert_ptr_eq(strstr(content, "file appendonly.aof seq 1 type b\n"), content);
    free(content);
}
END_TEST

Suite *suite_log_exchange(void);
Suite *suite_log_exchange(void)
{
    Suite *suite = suite_create("log_exchange");
    TCase *tcase = tcase_create("log_exchange");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, what_redis_has_written_is_good, 0, 3);
    tcase_add_loop_test(tcase, what_redis_has_rewritten_is_good, 0, 3);
    tcase_add_test(tcase, groups_of_redis_are_read_as_groups);
    tcase_add_loop_test(tcase, redis_loads_what_is_written_here, 0, 2);
    tcase_add_test(tcase, redis_loads_what_was_taken_over_here);
    tcase_add_test(tcase, redis_takes_a_log_over_in_the_same_way);
    suite_add_tcase(suite, tcase);
    return suite;
}
