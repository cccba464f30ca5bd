/* Transactions aren't there yet: MULTI begins one that can only fail, so that nothing is done by half. */
#include "kit/served.h"

#include <hiredis/hiredis.h>
#include <unistd.h>

#define NOT_RUN "-ERR not run: this server has no transactions yet"

START_TEST(what_follows_multi_in_its_pipeline_is_not_run)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "SET before 1\r\nMULTI\r\nSET within 1\r\nINCR within\r\nDEL before\r\nEXEC\r\n"
                     "SET after 1\r\nEXISTS before within after\r\n");
    kit_raw_expect(fd, "+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n" NOT_RUN "\r\n" NOT_RUN "\r\n" NOT_RUN
                       "\r\n+OK\r\n:2\r\n");
    close(fd);
    kit_expect(c, ":0", "EXISTS", "within");
}
END_TEST

START_TEST(nor_is_what_follows_it_one_by_one)
{
    kit_expect(c, "+OK", "multi");
    kit_expect(c, "+QUEUED", "SET", "key", "value");
    kit_expect(c, "+QUEUED", "FLUSHALL");
    kit_expect(c, "+QUEUED", "AUTH", "default", "any");
    kit_expect(c, "+QUEUED", "SELECT", "1");
    kit_expect(c, "[" NOT_RUN " " NOT_RUN " " NOT_RUN " " NOT_RUN "]", "exec");
    kit_expect(c, "nil", "GET", "key");
    kit_expect(c, "-ERR unknown command 'EXEC', with args beginning with: ", "EXEC");
    kit_expect(c, "-ERR unknown command 'DISCARD', with args beginning with: ", "DISCARD");
}
END_TEST

START_TEST(what_could_not_be_queued_is_refused_at_once)
{
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "-ERR MULTI calls can not be nested", "MULTI");
    kit_expect(c, "-ERR wrong number of arguments for 'get' command", "GET");
    kit_expect(c, "-ERR unknown command 'HGOT', with args beginning with: 'key' ", "HGOT", "key");
    kit_expect(c, "[]", "EXEC");
}
END_TEST

START_TEST(discard_and_reset_end_it)
{
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "SET", "key", "value");
    kit_expect(c, "+OK", "DISCARD");
    kit_expect(c, "+OK", "SET", "key", "value");
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+RESET", "RESET");
    kit_expect(c, "$value", "GET", "key");
}
END_TEST

START_TEST(quit_leaves_it)
{
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+OK", "QUIT");
    ck_assert_ptr_null(redisCommand(c, "PING"));
}
END_TEST

START_TEST(it_concerns_no_other_client)
{
    redisContext *other = kit_connect(server);
    kit_expect(c, "+OK", "MULTI");
    kit_expect(other, "+OK", "SET", "key", "value");
    kit_expect(c, "+QUEUED", "GET", "key");
    redisFree(other);
}
END_TEST

START_TEST(a_client_without_replies_is_stopped_as_well)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "CLIENT REPLY OFF\r\nMULTI\r\nSET key value\r\nCLIENT REPLY ON\r\nEXEC\r\nCLIENT REPLY ON\r\n"
                     "GET key\r\n");
    kit_raw_expect(fd, "+OK\r\n$-1\r\n");
    close(fd);
}
END_TEST

START_TEST(nobody_begins_one_before_logging_in)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "requirepass", "secret");
    redisContext *stranger = kit_connect(server);
    kit_expect(stranger, "-ERR unknown command 'MULTI', with args beginning with: ", "MULTI");
    kit_expect(stranger, "-NOAUTH Authentication required.", "GET", "key");
    redisFree(stranger);
}
END_TEST

Suite *suite_transaction(void);
Suite *suite_transaction(void)
{
    Suite *suite = suite_create("transaction");
    TCase *tcase = served_tcase("begun");
    tcase_add_test(tcase, what_follows_multi_in_its_pipeline_is_not_run);
    tcase_add_test(tcase, nor_is_what_follows_it_one_by_one);
    tcase_add_test(tcase, what_could_not_be_queued_is_refused_at_once);
    tcase_add_test(tcase, discard_and_reset_end_it);
    tcase_add_test(tcase, quit_leaves_it);
    tcase_add_test(tcase, it_concerns_no_other_client);
    tcase_add_test(tcase, a_client_without_replies_is_stopped_as_well);
    tcase_add_test(tcase, nobody_begins_one_before_logging_in);
    suite_add_tcase(suite, tcase);
    return suite;
}
