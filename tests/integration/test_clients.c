/* CLIENT: telling of clients, closing them, and the limits that they are held to. */
#include "kit/served.h"

#include <check.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MB (1024 * 1024)
#define UNREAD_LEN 16000000 /* far more than what the kernel keeps of a reply that isn't read */
#define UNREAD_END "15999999"

/* The line of CLIENT LIST with that name, to be free()d; NULL when there is no such client. */
static char *line_of(const char *name)
{
    char wanted[64], *line = NULL;
    snprintf(wanted, sizeof wanted, " name=%s ", name);
    redisReply *list = kit_command(c, "CLIENT", "LIST");
    char *found = strstr(list->str, wanted);
    if (found) {
        while (found > list->str && found[-1] != '\n')
            found--;
        line = strndup(found, strcspn(found, "\n"));
    }
    freeReplyObject(list);
    return line;
}

/* A number among the fields of that client's line; -1 when there is no such client. */
static long long field_of(const char *name, const char *field)
{
    char wanted[64], *line = line_of(name);
    if (!line)
        return -1;
    snprintf(wanted, sizeof wanted, " %s=", field);
    const char *found = strcmp(field, "id") == 0 ? line : strstr(line, wanted);
    ck_assert_msg(found != NULL, "no field %s in %s", field, line);
    long long value = atoll(strchr(found, '=') + 1);
    free(line);
    return value;
}

static int connect_named(const char *name)
{
    char command[64];
    int fd = kit_raw_connect(server);
    snprintf(command, sizeof command, "CLIENT SETNAME %s\r\n", name);
    kit_raw_text(fd, command);
    kit_raw_expect(fd, "+OK\r\n");
    return fd;
}

static bool is_gone(void *name)
{
    return field_of(name, "id") < 0;
}

static void await_gone(const char *name)
{
    kit_await(is_gone, (void *)name, name);
}

/* Begins a request of size bytes and doesn't end it; the server may close meanwhile. */
static void send_unfinished(int fd, size_t size)
{
    char header[64], *bytes = malloc(size);
    memset(bytes, 'x', size);
    snprintf(header, sizeof header, "*2\r\n$4\r\nECHO\r\n$%zu\r\n", size + 1);
    kit_raw_text(fd, header);
    ssize_t sent = 1;
    for (size_t at = 0; at < size && sent > 0; at += (size_t)sent)
        sent = send(fd, bytes + at, size - at, MSG_NOSIGNAL);
    free(bytes);
}

struct held {
    const char *name;
    long long bytes;
};

static bool holds_bytes(void *data)
{
    const struct held *held = data;
    return field_of(held->name, "tot-mem") >= held->bytes;
}

static void await_memory(const char *name, long long bytes)
{
    struct held held = {name, bytes};
    kit_await(holds_bytes, &held, name);
}

/* ---- names and lists ---- */

START_TEST(names_are_kept_and_checked)
{
    kit_expect(c, "nil", "CLIENT", "GETNAME");
    kit_expect(c, "+OK", "CLIENT", "SETNAME", "me");
    kit_expect(c, "$me", "CLIENT", "GETNAME");
    kit_expect(c, "-ERR Client names cannot contain spaces, newlines or special characters.", "CLIENT", "SETNAME",
               "a b");
    kit_expect(c, "$me", "CLIENT", "GETNAME");
    kit_expect(c, "+OK", "CLIENT", "SETINFO", "lib-name", "lib(x)");
    kit_expect(c, "+OK", "CLIENT", "SETINFO", "LIB-VER", "1.2");
    kit_expect(c, "-ERR Unrecognized option 'lib'", "CLIENT", "SETINFO", "lib", "1.2");
    kit_expect(c, "-ERR lib-ver cannot contain spaces, newlines or special characters.", "CLIENT", "SETINFO", "lib-ver",
               "1\n2");
    char *line = line_of("me");
    ck_assert_msg(strstr(line, " lib-name=lib(x) lib-ver=1.2") != NULL, "%s", line);
    free(line);
    kit_expect(c, "+OK", "CLIENT", "SETNAME", "");
    kit_expect(c, "nil", "CLIENT", "GETNAME");
}
END_TEST

START_TEST(list_has_the_fields_of_redis_in_their_order)
{
    static const char *const fields[] = {"id=",           " addr=",
                                         " laddr=",       " fd=",
                                         " name=me",      " age=",
                                         " idle=",        " flags=U",
                                         " db=2",         " sub=0",
                                         " psub=0",       " ssub=0",
                                         " multi=-1",     " watch=0",
                                         " qbuf=26",      " qbuf-free=",
                                         " argv-mem=10",  " multi-mem=0",
                                         " rbs=",         " rbp=",
                                         " obl=0",        " oll=0",
                                         " omem=0",       " tot-mem=",
                                         " events=r",     " cmd=client|list",
                                         " user=default", " redir=-1",
                                         " resp=2",       " lib-name=",
                                         " lib-ver=",     " pid=",
                                         " uid=",         " gid=",
                                         " access=admin", " socket="};
    kit_expect(c, "+OK", "CLIENT", "SETNAME", "me");
    kit_expect(c, "+OK", "SELECT", "2");
    char *line = line_of("me");
    const char *at = line;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        ck_assert_msg(strncmp(at, fields[i], strlen(fields[i])) == 0, "expected %s at %s", fields[i], at);
        at += 1 + strcspn(at + 1, " ");
    }
    ck_assert_str_eq(at, "");
    char address[256];
    snprintf(address, sizeof address, " addr=%s:0 laddr=%s:0 ", server->socket, server->socket);
    ck_assert_msg(strstr(line, address) != NULL, "%s", line);
    free(line);
}
END_TEST

START_TEST(list_is_in_the_order_of_ids_whichever_worker_has_a_client)
{
    int fds[12];
    long long last = 0, id;
    for (int i = 0; i < 12; i++)
        fds[i] = connect_named("one");
    redisReply *list = kit_command(c, "CLIENT", "LIST");
    for (const char *line = list->str; sscanf(line, "id=%lld ", &id) == 1; line = strchr(line, '\n') + 1) {
        ck_assert_int_gt(id, last);
        last = id;
    }
    freeReplyObject(list);
    for (int i = 0; i < 12; i++)
        close(fds[i]);
}
END_TEST

START_TEST(list_chooses_by_type_and_id)
{
    int first = connect_named("first"), second = connect_named("second");
    char one[32], two[32], expected[128];
    snprintf(one, sizeof one, "%lld", field_of("first", "id"));
    snprintf(two, sizeof two, "%lld", field_of("second", "id"));
    snprintf(expected, sizeof expected, "$id=%s ...", one);
    kit_expect(c, expected, "CLIENT", "LIST", "ID", one);
    snprintf(expected, sizeof expected, "$id=%s ...", two);
    kit_expect(c, expected, "CLIENT", "LIST", "ID", two, "999999", one);
    kit_expect(c, "$", "CLIENT", "LIST", "ID", "999999");
    kit_expect(c, "$", "CLIENT", "LIST", "TYPE", "pubsub");
    kit_expect(c, "$", "CLIENT", "LIST", "TYPE", "REPLICA");
    kit_expect(c, "-ERR Unknown client type 'odd'", "CLIENT", "LIST", "TYPE", "odd");
    kit_expect(c, "-ERR Invalid client ID", "CLIENT", "LIST", "ID", "1", "x");
    kit_expect(c, "-ERR syntax error", "CLIENT", "LIST", "ID");
    kit_expect(c, "-ERR syntax error", "CLIENT", "LIST", "odd");
    redisReply *list = kit_command(c, "CLIENT", "LIST", "TYPE", "normal");
    ck_assert(strstr(list->str, " name=first ") && strstr(list->str, " name=second "));
    freeReplyObject(list);
    close(first);
    close(second);
}
END_TEST

START_TEST(list_tells_of_unfinished_input_and_unread_output)
{
    int fd = connect_named("slow");
    send_unfinished(fd, 100000);
    await_memory("slow", 100000);
    ck_assert_int_ge(field_of("slow", "qbuf"), 100000);
    kit_raw_text(fd, "x\r\n");
    char *rest = malloc(100001 + 11);
    kit_raw_receive(fd, rest, 100001 + 11);
    free(rest);
    ck_assert_int_eq(field_of("slow", "qbuf"), 0);
    kit_expect(c, ":16000000", "SETRANGE", "big", UNREAD_END, "x");
    kit_raw_text(fd, "GET big\r\n");
    await_memory("slow", UNREAD_LEN / 2);
    ck_assert_int_ge(field_of("slow", "omem"), UNREAD_LEN / 2);
    close(fd);
}
END_TEST

/* ---- replies on and off ---- */

START_TEST(reply_off_and_skip_drop_replies)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "CLIENT REPLY OFF\r\nPING\r\nSET k v\r\nNOSUCH\r\nCLIENT REPLY ON\r\nGET k\r\n");
    kit_raw_expect(fd, "+OK\r\n$1\r\nv\r\n");
    kit_raw_text(fd, "CLIENT REPLY SKIP\r\nPING skipped\r\nPING told\r\n");
    kit_raw_expect(fd, "$4\r\ntold\r\n");
    kit_raw_text(fd, "CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nPING\r\n");
    kit_raw_expect(fd, "+OK\r\n+PONG\r\n");
    kit_raw_text(fd, "CLIENT REPLY odd\r\n");
    kit_raw_expect(fd, "-ERR syntax error\r\n");
    close(fd);
}
END_TEST

START_TEST(modes_take_on_and_off)
{
    kit_expect(c, "+OK", "CLIENT", "SETNAME", "me");
    kit_expect(c, "+OK", "CLIENT", "NO-EVICT", "on");
    kit_expect(c, "+OK", "CLIENT", "NO-TOUCH", "ON");
    char *line = line_of("me");
    ck_assert_msg(strstr(line, " flags=UeT ") != NULL, "%s", line);
    free(line);
    kit_expect(c, "+OK", "CLIENT", "NO-EVICT", "OFF");
    kit_expect(c, "+OK", "CLIENT", "NO-TOUCH", "off");
    kit_expect(c, "-ERR syntax error", "CLIENT", "NO-EVICT", "maybe");
    kit_expect(c, "-ERR syntax error", "CLIENT", "NO-TOUCH", "maybe");
}
END_TEST

START_TEST(no_touch_leaves_the_access_time_alone)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
    kit_expect(c, "+OK", "CONFIG", "SET", "lfu-log-factor", "0");
    kit_expect(c, "+OK", "SET", "k", "v");
    long long before = kit_integer(c, "OBJECT", "FREQ", "k");
    kit_expect(c, "+OK", "CLIENT", "NO-TOUCH", "ON");
    for (int i = 0; i < 10; i++)
        kit_expect(c, "$v", "GET", "k");
    ck_assert_int_eq(kit_integer(c, "OBJECT", "FREQ", "k"), before);
    kit_expect(c, "+OK", "CLIENT", "NO-TOUCH", "OFF");
    for (int i = 0; i < 10; i++)
        kit_expect(c, "$v", "GET", "k");
    ck_assert_int_gt(kit_integer(c, "OBJECT", "FREQ", "k"), before);
}
END_TEST

START_TEST(touch_counts_as_a_use_in_spite_of_no_touch)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
    kit_expect(c, "+OK", "CONFIG", "SET", "lfu-log-factor", "0");
    kit_expect(c, "+OK", "SET", "k", "v");
    long long before = kit_integer(c, "OBJECT", "FREQ", "k");
    kit_expect(c, "+OK", "CLIENT", "NO-TOUCH", "ON");
    for (int i = 0; i < 10; i++)
        kit_expect(c, ":1", "TOUCH", "k");
    ck_assert_int_gt(kit_integer(c, "OBJECT", "FREQ", "k"), before);
}
END_TEST

START_TEST(unblock_finds_nobody_and_checks_its_words)
{
    kit_expect(c, ":0", "CLIENT", "UNBLOCK", "1");
    kit_expect(c, ":0", "CLIENT", "UNBLOCK", "1", "TIMEOUT");
    kit_expect(c, ":0", "CLIENT", "UNBLOCK", "1", "error");
    kit_expect(c, "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR", "CLIENT", "UNBLOCK", "1", "odd");
    kit_expect(c, "-ERR value is not an integer or out of range", "CLIENT", "UNBLOCK", "x");
    kit_expect(c, "[+CLIENT <subcommand> ...", "CLIENT", "HELP");
}
END_TEST

/* Descriptors that an epoll instance of the server watches; 0: it is another kind of descriptor. */
static int count_watched(const char *fdinfo_path)
{
    char line[256];
    int watched = 0;
    FILE *file = fopen(fdinfo_path, "r");
    while (file && fgets(line, sizeof line, file))
        watched += strncmp(line, "tfd:", 4) == 0;
    if (file)
        fclose(file);
    return watched;
}

START_TEST(connections_go_to_the_worker_with_the_fewest)
{
    struct kit_server *two = kit_start("--threads", "2");
    redisContext *contexts[8];
    for (int i = 0; i < 8; i++) {
        contexts[i] = kit_connect(two);
        kit_expect(contexts[i], "+PONG", "PING");
    }
    int workers = 0;
    for (int fd = 0; fd < 256; fd++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)two->pid, fd);
        int watched = count_watched(path);
        workers += watched > 0;
        ck_assert(watched == 0 || watched == 1 + 8 / 2); /* its mailbox and half of them */
    }
    ck_assert_int_eq(workers, 2);
    for (int i = 0; i < 8; i++)
        redisFree(contexts[i]);
    kit_stop(two);
}
END_TEST

/* ---- KILL ---- */

START_TEST(kill_by_id_closes_a_client_of_any_worker)
{
    int fds[8];
    char id[32], name[16];
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "victim%d", i);
        fds[i] = connect_named(name);
    }
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "victim%d", i);
        snprintf(id, sizeof id, "%lld", field_of(name, "id"));
        kit_expect(c, ":1", "CLIENT", "KILL", "ID", id);
        kit_expect(c, ":0", "CLIENT", "KILL", "ID", id);
        ck_assert(!line_of(name));
        kit_raw_expect_end(fds[i]);
        close(fds[i]);
    }
    kit_expect(c, "+PONG", "PING");
}
END_TEST

START_TEST(kill_of_oneself_answers_first)
{
    int fd = connect_named("me");
    char command[80];
    snprintf(command, sizeof command, "CLIENT KILL SKIPME no ID %lld\r\nSET k v\r\n", field_of("me", "id"));
    kit_raw_text(fd, command);
    kit_raw_expect(fd, ":1\r\n");
    kit_raw_expect_end(fd);
    close(fd);
    kit_expect(c, ":0", "DBSIZE");
}
END_TEST

START_TEST(kill_takes_addresses_and_skips_me)
{
    char address[256];
    snprintf(address, sizeof address, "%s:0", server->socket);
    int other = connect_named("other");
    kit_expect(c, ":0", "CLIENT", "KILL", "ADDR", "/elsewhere:0");
    kit_expect(c, ":0", "CLIENT", "KILL", "ADDR", address, "TYPE", "pubsub");
    kit_expect(c, ":0", "CLIENT", "KILL", "LADDR", "/elsewhere:0");
    kit_expect(c, ":0", "CLIENT", "KILL", "ADDR", address, "LADDR", "/elsewhere:0");
    ck_assert_int_ge(kit_integer(c, "CLIENT", "KILL", "ADDR", address, "LADDR", address, "USER", "default"), 1);
    kit_raw_expect_end(other);
    close(other);
    kit_expect(c, "-ERR No such client", "CLIENT", "KILL", "/elsewhere:0");
    kit_expect(c, "+OK", "CLIENT", "KILL", address);
}
END_TEST

START_TEST(kill_refuses_bad_filters)
{
    kit_expect(c, "-ERR syntax error", "CLIENT", "KILL", "ID", "10", "odd");
    kit_expect(c, "-ERR syntax error", "CLIENT", "KILL", "odd", "10");
    kit_expect(c, "-ERR syntax error", "CLIENT", "KILL", "SKIPME", "maybe");
    kit_expect(c, "-ERR client-id should be greater than 0", "CLIENT", "KILL", "ID", "0");
    kit_expect(c, "-ERR client-id should be greater than 0", "CLIENT", "KILL", "ID", "x");
    kit_expect(c, "-ERR Unknown client type 'odd'", "CLIENT", "KILL", "TYPE", "odd");
    kit_expect(c, "-ERR No such user 'odd'", "CLIENT", "KILL", "USER", "odd");
    kit_expect(c, "-ERR wrong number of arguments for 'client|kill' command", "CLIENT", "KILL");
}
END_TEST

#define KILLERS 4

/* Each works on a connection that the others may kill, and kills those of the others. */
static void kill_or_work(redisContext *context, unsigned index, void *data)
{
    _Atomic long long *victims = data;
    struct dice dice = dice_create(index);
    redisContext *other = NULL;
    for (unsigned i = 0; i < scratch_rounds(300); i++) {
        if (!other || other->err != 0) {
            if (other)
                redisFree(other);
            other = kit_connect(server);
            redisReply *reply = redisCommand(other, "CLIENT ID");
            victims[index] = reply ? reply->integer : 0;
            freeReplyObject(reply);
        }
        for (int j = 0; j < 20; j++)
            redisAppendCommand(other, "INCR counter");
        if (dice_chance(&dice, 30)) {
            char id[32];
            snprintf(id, sizeof id, "%lld", victims[dice_below(&dice, KILLERS)]);
            freeReplyObject(kit_command(context, "CLIENT", "KILL", "ID", id, "SKIPME", "yes"));
        }
        if (dice_chance(&dice, 10))
            freeReplyObject(kit_command(context, "CLIENT", "LIST"));
        void *reply;
        for (int j = 0; j < 20 && redisGetReply(other, &reply) == REDIS_OK; j++)
            freeReplyObject(reply);
    }
    redisFree(other);
}

START_TEST(killing_clients_that_are_at_work_harms_nobody_else)
{
    _Atomic long long victims[KILLERS] = {0};
    signal(SIGPIPE, SIG_IGN); /* hiredis writes to sockets that the server has closed */
    kit_parallel(server, KILLERS, kill_or_work, victims);
    kit_expect(c, "+PONG", "PING");
}
END_TEST

/* ---- limits ---- */

START_TEST(timeout_closes_idle_clients_only)
{
    int idle = connect_named("idle"), monitor = connect_named("monitor");
    kit_raw_text(monitor, "MONITOR\r\n");
    kit_raw_expect(monitor, "+OK\r\n");
    kit_expect(c, "+OK", "CONFIG", "SET", "timeout", "1");
    await_gone("idle"); /* this connection is not idle meanwhile */
    kit_raw_expect_end(idle);
    ck_assert_int_gt(field_of("monitor", "id"), 0);
    close(idle);
    close(monitor);
}
END_TEST

START_TEST(hard_output_limit_closes_before_anything_is_sent)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "client-output-buffer-limit", "normal 100000 0 0");
    kit_expect(c, ":10000", "SETRANGE", "k", "9999", "x");
    int fd = connect_named("greedy");
    kit_raw_text(fd, "MGET k k k k k k k k k k k k k k k k k k k k\r\n"); /* nothing is sent in the middle of it */
    kit_raw_expect_end(fd);
    ck_assert(!line_of("greedy"));
    ck_assert_int_eq(kit_info(c, "client_output_buffer_limit_disconnections"), 1);
    kit_await_log(server, "client-output-buffer-limit");
    close(fd);
    fd = connect_named("modest");
    kit_raw_text(fd, "STRLEN k\r\n");
    kit_raw_expect(fd, ":10000\r\n");
    close(fd);
}
END_TEST

START_TEST(soft_output_limit_closes_after_its_seconds)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "client-output-buffer-limit", "normal 0 100000 1");
    kit_expect(c, ":16000000", "SETRANGE", "k", UNREAD_END, "x");
    int fd = connect_named("slow");
    kit_raw_text(fd, "GET k\r\n");
    await_memory("slow", UNREAD_LEN / 2);
    await_gone("slow");
    close(fd);
}
END_TEST

START_TEST(soft_output_limit_spares_those_who_read_in_time)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "client-output-buffer-limit", "normal 0 100000 60");
    kit_expect(c, ":16000000", "SETRANGE", "k", UNREAD_END, "x");
    int fd = connect_named("reader");
    kit_raw_text(fd, "GET k\r\n");
    await_memory("reader", UNREAD_LEN / 2);
    size_t size = UNREAD_LEN + strlen("$16000000\r\n\r\n");
    char *value = malloc(size);
    kit_raw_receive(fd, value, size);
    free(value);
    kit_raw_text(fd, "PING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    close(fd);
}
END_TEST

START_TEST(query_buffer_limit_closes_the_client)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "client-query-buffer-limit", "1mb");
    int fd = connect_named("endless");
    send_unfinished(fd, 2 * MB);
    kit_raw_expect_end(fd);
    close(fd);
    kit_expect(c, "+PONG", "PING");
}
END_TEST

START_TEST(maxmemory_clients_closes_the_largest_first)
{
    static const char *const names[] = {"small0", "large0", "small1", "large1", "small2"};
    int fds[5];
    for (int i = 0; i < 5; i++) {
        fds[i] = connect_named(names[i]);
        size_t size = strncmp(names[i], "large", 5) == 0 ? 2 * MB : MB / 4;
        send_unfinished(fds[i], size);
        await_memory(names[i], (long long)size);
    }
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-clients", "2mb");
    await_gone("large0");
    await_gone("large1");
    for (int i = 0; i < 5; i += 2)
        ck_assert_int_gt(field_of(names[i], "id"), 0);
    ck_assert_int_eq(kit_info(c, "evicted_clients"), 2);
    for (int i = 0; i < 5; i++)
        close(fds[i]);
}
END_TEST

START_TEST(maxmemory_clients_stops_a_client_on_its_way_to_the_limit)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-clients", "2mb");
    kit_expect(c, ":16000000", "SETRANGE", "k", UNREAD_END, "x");
    int fd = connect_named("hungry"), other = connect_named("other");
    send_unfinished(fd, 3 * MB);
    kit_raw_expect_end(fd);
    close(fd);
    kit_raw_text(other, "GET k\r\n"); /* unread replies count as well */
    await_gone("other");
    close(other);
    kit_expect(c, ":16000000", "STRLEN", "k");
}
END_TEST

START_TEST(no_evict_exempts_from_maxmemory_clients)
{
    int fd = connect_named("kept");
    kit_raw_text(fd, "CLIENT NO-EVICT ON\r\n");
    kit_raw_expect(fd, "+OK\r\n");
    kit_expect(c, "+OK", "CLIENT", "NO-EVICT", "ON");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", "100mb", "maxmemory-clients", "1%");
    send_unfinished(fd, 2 * MB);
    await_memory("kept", 2 * MB);
    kit_await_log(server, "may not be evicted");
    kit_raw_text(fd, "x\r\n");
    char head[16];
    kit_raw_receive_line(fd, head, sizeof head);
    ck_assert_str_eq(head, "$2097153");
    close(fd);
}
END_TEST

Suite *suite_clients(void);
Suite *suite_clients(void)
{
    Suite *suite = suite_create("clients");
    TCase *tcase = served_tcase("clients");
    tcase_add_test(tcase, names_are_kept_and_checked);
    tcase_add_test(tcase, list_has_the_fields_of_redis_in_their_order);
    tcase_add_test(tcase, list_is_in_the_order_of_ids_whichever_worker_has_a_client);
    tcase_add_test(tcase, list_chooses_by_type_and_id);
    tcase_add_test(tcase, list_tells_of_unfinished_input_and_unread_output);
    tcase_add_test(tcase, reply_off_and_skip_drop_replies);
    tcase_add_test(tcase, modes_take_on_and_off);
    tcase_add_test(tcase, no_touch_leaves_the_access_time_alone);
    tcase_add_test(tcase, touch_counts_as_a_use_in_spite_of_no_touch);
    tcase_add_test(tcase, unblock_finds_nobody_and_checks_its_words);
    tcase_add_test(tcase, connections_go_to_the_worker_with_the_fewest);
    tcase_add_test(tcase, kill_by_id_closes_a_client_of_any_worker);
    tcase_add_test(tcase, kill_of_oneself_answers_first);
    tcase_add_test(tcase, kill_takes_addresses_and_skips_me);
    tcase_add_test(tcase, kill_refuses_bad_filters);
    tcase_add_test(tcase, killing_clients_that_are_at_work_harms_nobody_else);
    tcase_add_test(tcase, timeout_closes_idle_clients_only);
    tcase_add_test(tcase, hard_output_limit_closes_before_anything_is_sent);
    tcase_add_test(tcase, soft_output_limit_closes_after_its_seconds);
    tcase_add_test(tcase, soft_output_limit_spares_those_who_read_in_time);
    tcase_add_test(tcase, query_buffer_limit_closes_the_client);
    tcase_add_test(tcase, maxmemory_clients_closes_the_largest_first);
    tcase_add_test(tcase, maxmemory_clients_stops_a_client_on_its_way_to_the_limit);
    tcase_add_test(tcase, no_evict_exempts_from_maxmemory_clients);
    suite_add_tcase(suite, tcase);
    return suite;
}
