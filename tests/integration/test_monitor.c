/* MONITOR: what monitors are told, and what they are not. */
#include "kit/served.h"

#include <check.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int monitor_connect(void)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "MONITOR\r\n");
    kit_raw_expect(fd, "+OK\r\n");
    return fd;
}

/* The next line is +SECONDS.MICROSECONDS [db unix:path] and then the command. */
static void expect_line(int fd, int db, const char *command)
{
    char line[4096], expected[4096];
    int used = 0;
    long seconds, microseconds;
    kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_msg(sscanf(line, "+%10ld.%6ld %n", &seconds, &microseconds, &used) == 2, "%s", line);
    ck_assert_int_eq(used, 19);
    snprintf(expected, sizeof expected, "[%d unix:%s] %s", db, server->socket, command);
    ck_assert_str_eq(line + used, expected);
}

START_TEST(monitor_sees_commands_with_database_and_quoted_arguments)
{
    int fd = monitor_connect();
    kit_expect(c, "+OK", "SET", "foo", "say \"hi\"\r\n\x01\xff\\");
    kit_expect(c, "+OK", "SELECT", "5");
    kit_expect(c, "nil", "get", "foo");
    expect_line(fd, 0, "\"SET\" \"foo\" \"say \\\"hi\\\"\\r\\n\\x01\\xff\\\\\"");
    char line[256];
    kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_msg(strstr(line, "\"SELECT\" \"5\"") != NULL, "%s", line);
    expect_line(fd, 5, "\"get\" \"foo\"");
    close(fd);
}
END_TEST

START_TEST(monitor_is_not_told_of_admin_commands_and_rejected_ones)
{
    int fd = monitor_connect();
    freeReplyObject(kit_command(c, "CONFIG", "GET", "hz"));
    freeReplyObject(kit_command(c, "CLIENT", "LIST"));
    kit_expect(c, "-ERR unknown command...", "NOSUCH");
    kit_expect(c, "-ERR wrong number of arguments...", "GET");
    kit_expect(c, "+PONG", "PING");
    expect_line(fd, 0, "\"PING\"");
    close(fd);
}
END_TEST

START_TEST(monitor_never_sees_passwords)
{
    int fd = monitor_connect();
    kit_expect(c, "-ERR AUTH <password>...", "AUTH", "secret");
    kit_expect(c, "-WRONGPASS...", "AUTH", "who", "secret");
    kit_expect(c, "-WRONGPASS...", "HELLO", "2", "AUTH", "who", "secret", "SETNAME", "me");
    expect_line(fd, 0, "\"AUTH\" \"(redacted)\"");
    expect_line(fd, 0, "\"AUTH\" \"(redacted)\" \"(redacted)\"");
    expect_line(fd, 0, "\"HELLO\" \"2\" \"AUTH\" \"(redacted)\" \"(redacted)\" \"SETNAME\" \"me\"");
    close(fd);
}
END_TEST

START_TEST(monitor_may_not_touch_keys_or_publish_and_reset_ends_it)
{
    int fd = monitor_connect();
    kit_raw_text(fd, "GET k\r\nSET k v\r\nPUBLISH ch m\r\n");
    kit_raw_expect(fd, "-ERR Replica can't interact with the keyspace\r\n"
                       "-ERR Replica can't interact with the keyspace\r\n"
                       "-ERR Replica can't interact with the keyspace\r\n");
    kit_raw_text(fd, "PING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    expect_line(fd, 0, "\"PING\""); /* its own commands too */
    kit_raw_text(fd, "RESET\r\n");
    kit_raw_expect(fd, "+RESET\r\n");
    kit_expect(c, "+OK", "SET", "k", "v");
    char line[256];
    kit_raw_text(fd, "GET k\r\n");
    kit_raw_receive_line(fd, line, sizeof line);
    if (line[0] == '+') /* the line of RESET itself, or none: it was a monitor when it asked */
        kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_str_eq(line, "$1");
    kit_raw_expect(fd, "v\r\n");
    close(fd);
}
END_TEST

START_TEST(monitors_of_all_workers_see_a_clients_commands_in_order)
{
    int fds[8];
    char command[64];
    for (int i = 0; i < 8; i++)
        fds[i] = monitor_connect();
    for (int i = 0; i < 500; i++)
        redisAppendCommand(c, "SET k %d", i);
    for (int i = 0; i < 500; i++) {
        void *reply;
        ck_assert_int_eq(redisGetReply(c, &reply), REDIS_OK);
        freeReplyObject(reply);
    }
    for (int j = 0; j < 8; j++) {
        for (int i = 0; i < 500; i++) {
            snprintf(command, sizeof command, "\"SET\" \"k\" \"%d\"", i);
            expect_line(fds[j], 0, command);
        }
        close(fds[j]);
    }
}
END_TEST

START_TEST(monitor_with_replies_off_is_told_nothing)
{
    int fd = monitor_connect();
    kit_raw_text(fd, "CLIENT REPLY OFF\r\n");
    kit_raw_text(fd, "SELECT 3\r\nCLIENT REPLY ON\r\n");
    char line[256];
    kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_str_eq(line, "+OK");
    close(fd);
}
END_TEST

enum { FLUSHES = 500 };

struct race {
    bool was_set[FLUSHES]; /* by each SETNX of the second client */
};

static void flush_or_set(redisContext *context, unsigned index, void *data)
{
    struct race *race = data;
    for (unsigned i = 0; i < FLUSHES; i++) {
        if (index == 0)
            kit_expect(context, "+OK", "FLUSHALL");
        else
            race->was_set[i] = kit_integer(context, "SETNX", "k", "v");
    }
}

/* So what the lines say happened is what did happen. */
START_TEST(a_command_that_stops_the_world_is_seen_before_what_comes_after_it)
{
    struct race race;
    char line[256];
    int fd = monitor_connect();
    kit_parallel(server, 2, flush_or_set, &race);
    bool is_there = false;
    for (unsigned flushes = 0, sets = 0; flushes < FLUSHES || sets < FLUSHES;) {
        kit_raw_receive_line(fd, line, sizeof line);
        if (strstr(line, "FLUSHALL")) {
            flushes++;
            is_there = false;
        } else {
            ck_assert_ptr_nonnull(strstr(line, "SETNX"));
            ck_assert_int_eq(race.was_set[sets++], !is_there);
            is_there = true;
        }
    }
    close(fd);
}
END_TEST

static void monitor_or_work(redisContext *context, unsigned index, void *data)
{
    atomic_bool *done = data;
    if (index > 0) {
        while (!atomic_load(done))
            kit_expect(context, "+OK", "SET", "k", "a value that is long enough to be worth sending around");
        return;
    }
    struct dice dice = dice_create(index);
    for (unsigned i = 0; i < scratch_rounds(400); i++) {
        int fd = kit_raw_connect(server);
        char bytes[64];
        kit_raw_text(fd, "MONITOR\r\n");
        kit_raw_receive(fd, bytes, dice_below(&dice, sizeof bytes) + 1);
        if (dice_chance(&dice, 30))
            kit_raw_text(fd, "RESET\r\nMONITOR\r\nQUIT\r\n");
        close(fd);
    }
    atomic_store(done, true);
}

START_TEST(monitors_that_come_and_go_under_load_are_survived)
{
    atomic_bool done = false;
    kit_parallel(server, 4, monitor_or_work, &done);
    kit_expect(c, "+PONG", "PING");
}
END_TEST

START_TEST(output_limit_closes_a_monitor_that_never_reads)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0");
    int fd = monitor_connect();
    char *value = malloc(100001);
    memset(value, 'v', 100000);
    value[100000] = '\0';
    for (int i = 0; i < 200 && kit_info(c, "client_output_buffer_limit_disconnections") == 0; i++)
        kit_expect(c, "+OK", "SET", "k", value);
    ck_assert_int_eq(kit_info(c, "client_output_buffer_limit_disconnections"), 1);
    free(value);
    close(fd);
}
END_TEST

/* ---- when rights change ---- */

static char *sockets; /* the folder of m.sock, through which the monitors come */

static const char *monitors_socket(void)
{
    return scratch_path(sockets, "m.sock");
}

/* eve may do everything, and comes through m.sock, which allows everything. */
static void begin_with_eve(const char *threads)
{
    sockets = scratch_create();
    served_begin(kit_start("--threads", threads, "--listen", monitors_socket(), "access=admin"));
    kit_expect(c, "+OK", "ACL", "SETUSER", "eve", "on", ">secret", "~*", "+@all");
}

static void end_with_eve(void)
{
    served_end();
    scratch_remove(sockets);
}

static int monitor_as_eve(void)
{
    struct kit_server through = {.socket = (char *)monitors_socket()};
    int fd = kit_raw_connect(&through);
    kit_raw_text(fd, "AUTH eve secret\r\nMONITOR\r\n");
    kit_raw_expect(fd, "+OK\r\n+OK\r\n");
    return fd;
}

/* One command, with "SOCKET..." standing for an entry of listen about m.sock. */
static void run(redisContext *context, const char *const *words)
{
    char entry[256];
    const char *args[16];
    int count = 0;
    for (; words[count]; count++) {
        args[count] = words[count];
        if (strncmp(words[count], "SOCKET", 6) == 0) {
            bool removes = strcmp(words[count], "SOCKET-") == 0;
            snprintf(entry, sizeof entry, "%s%s%s", removes ? "-" : "+", monitors_socket(),
                     removes ? "" : words[count] + 6);
            args[count] = entry;
        }
    }
    args[count] = NULL;
    redisReply *reply = kit_command_args(context, args);
    ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s: %s", words[0], reply->str);
    freeReplyObject(reply);
}

/* All that comes until the server closes, to be free()d. */
static char *receive_all(int fd)
{
    size_t len = 0, capacity = 1 << 20;
    char *all = malloc(capacity + 1);
    ssize_t n;
    while ((n = read(fd, all + len, capacity - len)) > 0) {
        len += (size_t)n;
        if (len == capacity)
            all = realloc(all, (capacity *= 2) + 1);
    }
    close(fd);
    all[len] = '\0';
    return all;
}

/* What takes the right away. */
static const char *const takings[][9] = {
    {"ACL", "SETUSER", "eve", "-@all"},
    {"ACL", "SETUSER", "eve", "-monitor"},
    {"ACL", "SETUSER", "eve", "-@dangerous"},
    {"ACL", "SETUSER", "eve", "nocommands", "+@read"},
    {"ACL", "SETUSER", "eve", "reset", "on", "nopass", "~*", "+get"},
    {"ACL", "DELUSER", "eve"},
    {"CONFIG", "SET", "listen", "SOCKET access=write"},
    {"CONFIG", "SET", "listen", "SOCKET access=read"},
};

struct taking {
    int fd; /* the monitor */
    const char *const *words;
    atomic_bool done;
};

static void take_from_a_busy_monitor(redisContext *context, unsigned index, void *data)
{
    struct taking *taking = data;
    char line[256];
    if (index > 0) {
        for (unsigned i = 0; !atomic_load(&taking->done); i++)
            kit_expect(context, "+OK", "SET", "k", "a value that is long enough to be worth sending around");
        return;
    }
    for (int i = 0; i < 100; i++)
        kit_raw_receive_line(taking->fd, line, sizeof line);
    run(context, taking->words);
    kit_expect(context, "+OK", "SET", "marker", "taken");
    char *rest = receive_all(taking->fd);
    atomic_store(&taking->done, true);
    ck_assert_ptr_null(strstr(rest, "marker"));
    free(rest);
}

START_TEST(a_monitor_that_loses_the_right_sees_nothing_more)
{
    const char *const threads[] = {"1", "2"};
    begin_with_eve(threads[_i % 2]);
    struct taking taking = {.fd = monitor_as_eve(), .words = takings[_i / 2]};
    kit_parallel(server, 3, take_from_a_busy_monitor, &taking);
    kit_await_log(server, "may not run MONITOR any more");
    end_with_eve();
}
END_TEST

/* What leaves it: a client whose password is changed or who is off stays what it is, as in Redis. */
START_TEST(a_monitor_that_keeps_the_right_goes_on)
{
    static const char *const harmless[][9] = {
        {"ACL", "SETUSER", "eve", "off"},
        {"ACL", "SETUSER", "eve", "resetpass", ">other"},
        {"ACL", "SETUSER", "eve", "resetkeys", "resetchannels"},
        {"ACL", "SETUSER", "eve", "-@all", "(+monitor)"},
        {"ACL", "DELUSER", "adam"},
        {"CONFIG", "SET", "listen", "SOCKET access=admin mode=0600 user=eve"},
        {"CONFIG", "SET", "listen", "SOCKET-"},
        {"CONFIG", "SET", "listen", "SOCKET access=admin"},
    };
    begin_with_eve("2");
    kit_expect(c, "+OK", "ACL", "SETUSER", "adam", "on");
    int fd = monitor_as_eve();
    char line[256], marker[16];
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        run(c, harmless[i]);
        snprintf(marker, sizeof marker, "marker%zu", i);
        kit_expect(c, "+OK", "SET", marker, "kept");
        kit_raw_receive_line(fd, line, sizeof line);
        ck_assert_msg(strstr(line, marker) != NULL, "%s", line);
    }
    run(c, (const char *const[]){"ACL", "SETUSER", "eve", "clearselectors", NULL});
    kit_expect(c, "+OK", "SET", "marker", "taken");
    kit_raw_expect_end(fd);
    close(fd);
    end_with_eve();
}
END_TEST

START_TEST(a_monitor_that_gives_the_right_away_itself_gets_its_reply)
{
    static const char *const ways[][2] = {
        {"ACL SETUSER eve -monitor\r\nPING\r\n", "+OK\r\n"},
        {"ACL DELUSER eve\r\nPING\r\n", ":1\r\n"},
        {"AUTH adam secret\r\nPING\r\n", "+OK\r\n"},
    };
    begin_with_eve("2");
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        kit_expect(c, "+OK", "ACL", "SETUSER", "eve", "on", ">secret", "~*", "+@all");
        kit_expect(c, "+OK", "ACL", "SETUSER", "adam", "on", ">secret", "~*", "+@read", "+@write", "+ping");
        int fd = monitor_as_eve();
        kit_raw_text(fd, ways[i][0]);
        char *rest = receive_all(fd);
        ck_assert_str_eq(rest, ways[i][1]);
        free(rest);
    }
    char command[256];
    int fd = monitor_connect();
    struct kit_server through = {.socket = (char *)monitors_socket()};
    int other = kit_raw_connect(&through);
    kit_raw_text(other, "MONITOR\r\n");
    kit_raw_expect(other, "+OK\r\n");
    snprintf(command, sizeof command, "CONFIG SET listen \"+%s access=write\"\r\nPING\r\n", monitors_socket());
    kit_raw_text(other, command);
    char *rest = receive_all(other);
    ck_assert_str_eq(rest, "+OK\r\n");
    free(rest);
    kit_raw_text(fd, "PING\r\n"); /* nobody else has lost anything */
    kit_raw_expect(fd, "+PONG\r\n");
    close(fd);
    end_with_eve();
}
END_TEST

/* SIGHUP reads the sockets of the configuration file and the users of the ACL file again. */
START_TEST(a_reload_takes_the_right_away_too)
{
    char text[512];
    sockets = scratch_create();
    char *file = strdup(scratch_path(sockets, "kvs.conf")), *users = strdup(scratch_path(sockets, "users.acl"));
    snprintf(text, sizeof text, "listen %s access=admin\naclfile %s\n", monitors_socket(), users);
    scratch_write(file, text);
    scratch_write(users, "user default on nopass ~* +@all\nuser eve on >secret +@all\n");
    served_begin(kit_start(file));
    int fd = monitor_as_eve(), other;
    struct kit_server through = {.socket = (char *)monitors_socket()};
    scratch_write(users, "user default on nopass ~* +@all\nuser eve on >secret +@read\n");
    kit_signal(server, SIGHUP);
    kit_raw_expect_end(fd);
    close(fd);
    other = kit_raw_connect(&through);
    kit_raw_text(other, "MONITOR\r\n");
    kit_raw_expect(other, "+OK\r\n");
    snprintf(text, sizeof text, "listen %s access=read\naclfile %s\n", monitors_socket(), users);
    scratch_write(file, text);
    kit_signal(server, SIGHUP);
    kit_raw_expect_end(other);
    close(other);
    fd = monitor_connect(); /* as the default user, whom the file keeps connected */
    scratch_write(users, "user default on nopass ~* +@all -monitor\nuser eve on >secret +@read\n");
    kit_expect(c, "+OK", "ACL", "LOAD");
    kit_expect(c, "+OK", "SET", "marker", "taken");
    kit_raw_expect_end(fd);
    close(fd);
    free(file);
    free(users);
    end_with_eve();
}
END_TEST

Suite *suite_monitor(void);
Suite *suite_monitor(void)
{
    Suite *suite = suite_create("monitor");
    TCase *tcase = served_tcase("monitor");
    tcase_add_test(tcase, monitor_sees_commands_with_database_and_quoted_arguments);
    tcase_add_test(tcase, monitor_is_not_told_of_admin_commands_and_rejected_ones);
    tcase_add_test(tcase, monitor_never_sees_passwords);
    tcase_add_test(tcase, monitor_may_not_touch_keys_or_publish_and_reset_ends_it);
    tcase_add_test(tcase, monitors_of_all_workers_see_a_clients_commands_in_order);
    tcase_add_test(tcase, monitor_with_replies_off_is_told_nothing);
    tcase_add_test(tcase, a_command_that_stops_the_world_is_seen_before_what_comes_after_it);
    tcase_add_test(tcase, monitors_that_come_and_go_under_load_are_survived);
    tcase_add_test(tcase, output_limit_closes_a_monitor_that_never_reads);
    suite_add_tcase(suite, tcase);
    tcase = kit_tcase("monitor's rights");
    tcase_add_loop_test(tcase, a_monitor_that_loses_the_right_sees_nothing_more, 0,
                        2 * (int)(sizeof takings / sizeof takings[0]));
    tcase_add_test(tcase, a_monitor_that_keeps_the_right_goes_on);
    tcase_add_test(tcase, a_monitor_that_gives_the_right_away_itself_gets_its_reply);
    tcase_add_test(tcase, a_reload_takes_the_right_away_too);
    suite_add_tcase(suite, tcase);
    return suite;
}
