/* The connection's own commands: greeting, logging in, choosing a protocol and a database, leaving. */
#include "kit/served.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

START_TEST(ping_and_echo_give_back_what_they_got)
{
    kit_expect(c, "+PONG", "PING");
    kit_expect(c, "$hello", "ping", "hello");
    kit_expect(c, "$", "PING", "");
    kit_expect(c, "-ERR wrong number of arguments for 'ping' command", "PING", "a", "b");
    kit_expect(c, "$hello", "ECHO", "hello");
    kit_expect(c, "-ERR wrong number of arguments for 'echo' command", "ECHO");
}
END_TEST

START_TEST(select_changes_the_database_of_this_connection_alone)
{
    redisContext *other = kit_connect(server);
    kit_expect(c, "+OK", "SELECT", "9");
    kit_expect(c, "+OK", "SET", "k", "nine");
    kit_expect(other, "nil", "GET", "k");
    kit_expect(other, "+OK", "SELECT", "9");
    kit_expect(other, "$nine", "GET", "k");
    kit_expect(c, "-ERR DB index is out of range", "SELECT", "16");
    kit_expect(c, "-ERR DB index is out of range", "SELECT", "-1");
    kit_expect(c, "-ERR value is not an integer or out of range", "SELECT", "one");
    kit_expect(c, "-ERR value is out of range, value must between -2147483648 and 2147483647", "SELECT", "2147483648");
    kit_expect(c, "$nine", "GET", "k");
    redisFree(other);
}
END_TEST

START_TEST(select_counts_for_what_follows_in_the_same_pipeline)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "SET k zero\r\nSELECT 1\r\nSET k one\r\nGET k\r\nSELECT 0\r\nGET k\r\n");
    kit_raw_expect(fd, "+OK\r\n+OK\r\n+OK\r\n$3\r\none\r\n+OK\r\n$4\r\nzero\r\n");
    close(fd);
}
END_TEST

START_TEST(auth_takes_any_password_of_the_default_user)
{
    kit_expect(c, "+OK", "AUTH", "default", "anything");
    kit_expect(c, "-WRONGPASS invalid username-password pair or user is disabled.", "AUTH", "someone", "anything");
    kit_expect(c, "-WRONGPASS invalid username-password pair or user is disabled.", "AUTH", "Default", "anything");
    kit_expect(c,
               "-ERR AUTH <password> called without any password configured for the default user. "
               "Are you sure your configuration is correct?",
               "AUTH", "anything");
    kit_expect(c, "-ERR syntax error", "AUTH", "a", "b", "c");
}
END_TEST

START_TEST(hello_describes_the_server_in_the_protocol_asked_for)
{
    char expected[512];
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "CLIENT ID\r\n");
    char id[32];
    kit_raw_receive_line(fd, id, sizeof id);
    static const char *const forms[][3] = {
        {"HELLO 3", "%7", ":3"}, {"HELLO", "%7", ":3"}, {"HELLO 2", "*14", ":2"}, {"HELLO", "*14", ":2"}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        snprintf(expected, sizeof expected,
                 "%s\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.5\r\n"
                 "$5\r\nproto\r\n%s\r\n$2\r\nid\r\n%s\r\n"
                 "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n",
                 forms[i][1], forms[i][2], id);
        kit_raw_text(fd, forms[i][0]);
        kit_raw_text(fd, "\r\n");
        kit_raw_expect_at(__FILE__, __LINE__, fd, expected, strlen(expected));
    }
    close(fd);
}
END_TEST

START_TEST(hello_3_makes_later_replies_resp3)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "HELLO 3 SETNAME me\r\n");
    char line[64];
    do
        kit_raw_receive_line(fd, line, sizeof line);
    while (strcmp(line, "*0") != 0);
    kit_raw_text(fd, "GET missing\r\nCLIENT GETNAME\r\nCONFIG GET hz\r\n");
    kit_raw_expect(fd, "_\r\n$2\r\nme\r\n%1\r\n$2\r\nhz\r\n$2\r\n10\r\n");
    kit_raw_text(fd, "RESET\r\nGET missing\r\n");
    kit_raw_expect(fd, "+RESET\r\n$-1\r\n");
    close(fd);
}
END_TEST

START_TEST(hello_changes_nothing_if_one_option_is_wrong)
{
    static const struct {
        const char *args[8], *reply;
    } cases[] = {
        {{"HELLO", "1"}, "-NOPROTO unsupported protocol version"},
        {{"HELLO", "4"}, "-NOPROTO unsupported protocol version"},
        {{"HELLO", "x"}, "-ERR Protocol version is not an integer or out of range"},
        {{"HELLO", "3", "SETNAME", "new", "FOO"}, "-ERR Syntax error in HELLO option 'FOO'"},
        {{"HELLO", "3", "SETNAME", "new", "AUTH", "default"}, "-ERR Syntax error in HELLO option 'AUTH'"},
        {{"HELLO", "3", "SETNAME", "new", "AUTH", "who", "x"},
         "-WRONGPASS invalid username-password pair or user is disabled."},
        {{"HELLO", "3", "SETNAME", "a b"}, "-ERR Client names cannot contain spaces, newlines or special characters."},
    };
    kit_expect(c, "+OK", "CLIENT", "SETNAME", "old");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kit_expect_at(__FILE__, __LINE__, c, cases[i].reply, cases[i].args);
        kit_expect(c, "$old", "CLIENT", "GETNAME");
        kit_expect(c, "nil", "GET", "missing"); /* hiredis knows no RESP3 nil */
    }
}
END_TEST

START_TEST(reset_brings_a_connection_back_to_its_beginning)
{
    kit_expect(c, "+OK", "SELECT", "3");
    kit_expect(c, "+OK", "SET", "k", "three");
    kit_expect(c, "+OK", "CLIENT", "SETNAME", "me");
    kit_expect(c, "+OK", "CLIENT", "NO-EVICT", "ON");
    kit_expect(c, "+RESET", "RESET");
    kit_expect(c, "nil", "GET", "k");
    kit_expect(c, "nil", "CLIENT", "GETNAME");
    redisReply *info = kit_command(c, "CLIENT", "INFO");
    ck_assert_msg(strstr(info->str, " flags=U db=0 ") != NULL, "%s", info->str);
    freeReplyObject(info);
}
END_TEST

START_TEST(reset_turns_replies_on_again)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "CLIENT REPLY OFF\r\nPING\r\nRESET\r\nPING\r\n");
    kit_raw_expect(fd, "+RESET\r\n+PONG\r\n");
    close(fd);
}
END_TEST

START_TEST(quit_answers_and_closes_and_ignores_what_follows)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "PING\r\nQUIT now\r\nSET k v\r\n");
    kit_raw_expect(fd, "+PONG\r\n+OK\r\n");
    kit_raw_expect_end(fd);
    close(fd);
    kit_expect(c, ":0", "DBSIZE");
}
END_TEST

Suite *suite_connection(void);
Suite *suite_connection(void)
{
    Suite *suite = suite_create("connection");
    TCase *tcase = served_tcase("connection");
    tcase_add_test(tcase, ping_and_echo_give_back_what_they_got);
    tcase_add_test(tcase, select_changes_the_database_of_this_connection_alone);
    tcase_add_test(tcase, select_counts_for_what_follows_in_the_same_pipeline);
    tcase_add_test(tcase, auth_takes_any_password_of_the_default_user);
    tcase_add_test(tcase, hello_describes_the_server_in_the_protocol_asked_for);
    tcase_add_test(tcase, hello_3_makes_later_replies_resp3);
    tcase_add_test(tcase, hello_changes_nothing_if_one_option_is_wrong);
    tcase_add_test(tcase, reset_brings_a_connection_back_to_its_beginning);
    tcase_add_test(tcase, reset_turns_replies_on_again);
    tcase_add_test(tcase, quit_answers_and_closes_and_ignores_what_follows);
    suite_add_tcase(suite, tcase);
    return suite;
}
