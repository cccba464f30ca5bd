/* Commands on keys whatever they hold, and on whole databases. */
#include "kit/served.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(del_unlink_exists_and_touch_count_keys)
{
    kit_expect(c, "+OK", "MSET", "a", "1", "b", "2", "c", "3");
    kit_expect(c, ":3", "EXISTS", "a", "b", "a", "missing");
    kit_expect(c, ":2", "TOUCH", "a", "b", "missing");
    kit_expect(c, ":1", "DEL", "a", "a", "missing");
    kit_expect(c, ":2", "UNLINK", "b", "c", "b");
    kit_expect(c, ":0", "DBSIZE");
}
END_TEST

START_TEST(type_tells_string_or_none)
{
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "+string", "TYPE", "a");
    kit_expect(c, "+none", "TYPE", "b");
}
END_TEST

START_TEST(rename_carries_value_encoding_and_ttl)
{
    kit_expect(c, "-ERR no such key", "RENAME", "a", "b");
    kit_expect(c, "+OK", "SET", "a", "value", "EX", "100");
    kit_expect(c, "+OK", "SET", "b", "other");
    kit_expect(c, "+OK", "RENAME", "a", "b");
    kit_expect(c, "[nil $value]", "MGET", "a", "b");
    kit_expect(c, ":100", "TTL", "b");
    kit_expect(c, ":6", "APPEND", "b", "s");
    kit_expect(c, "+OK", "RENAME", "b", "a");
    kit_expect(c, "$raw", "OBJECT", "ENCODING", "a");
    kit_expect(c, "+OK", "SET", "t", "x", "EX", "100");
    kit_expect(c, "+OK", "SET", "p", "y");
    kit_expect(c, "+OK", "RENAME", "p", "t");
    kit_expect(c, ":-1", "TTL", "t");
    kit_expect(c, ":2", "DBSIZE");
}
END_TEST

START_TEST(rename_of_a_key_to_itself_changes_nothing)
{
    kit_expect(c, "-ERR no such key", "RENAME", "a", "a");
    kit_expect(c, "-ERR no such key", "RENAMENX", "a", "a");
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "+OK", "RENAME", "a", "a");
    kit_expect(c, ":0", "RENAMENX", "a", "a");
    kit_expect(c, "$1", "GET", "a");
}
END_TEST

START_TEST(renamenx_spares_what_is_there)
{
    kit_expect(c, "+OK", "MSET", "a", "1", "b", "2");
    kit_expect(c, ":0", "RENAMENX", "a", "b");
    kit_expect(c, ":1", "RENAMENX", "a", "c");
    kit_expect(c, "[nil $2 $1]", "MGET", "a", "b", "c");
}
END_TEST

START_TEST(copy_leaves_two_independent_values)
{
    size_t len = 50000;
    char *large = malloc(len);
    memset(large, 'L', len);
    kit_expect(c, ":0", "COPY", "a", "b");
    freeReplyObject(redisCommand(c, "SET a %b EX 100", large, len));
    kit_expect(c, ":1", "COPY", "a", "b");
    kit_expect(c, ":100", "TTL", "b");
    kit_expect(c, ":50000", "SETRANGE", "b", "0", "x");
    kit_expect(c, ":50001", "APPEND", "a", "y");
    kit_expect(c, "$xLLL", "GETRANGE", "b", "0", "3");
    kit_expect(c, "$LLLL", "GETRANGE", "a", "0", "3");
    kit_expect(c, ":0", "COPY", "a", "b");
    kit_expect(c, ":1", "COPY", "a", "b", "REPLACE");
    kit_expect(c, ":50001", "STRLEN", "b");
    free(large);
}
END_TEST

START_TEST(copy_reaches_another_database)
{
    kit_expect(c, "+OK", "SET", "a", "1");
    kit_expect(c, "-ERR source and destination objects are the same", "COPY", "a", "a");
    kit_expect(c, "-ERR source and destination objects are the same", "COPY", "a", "a", "DB", "0");
    kit_expect(c, ":1", "COPY", "a", "a", "DB", "3");
    kit_expect(c, "-ERR DB index is out of range", "COPY", "a", "b", "DB", "16");
    kit_expect(c, "-ERR value is not an integer or out of range", "COPY", "a", "b", "DB", "x");
    kit_expect(c, "-ERR syntax error", "COPY", "a", "b", "DB");
    kit_expect(c, "+OK", "SELECT", "3");
    kit_expect(c, "$1", "GET", "a");
}
END_TEST

START_TEST(move_takes_the_key_with_its_ttl)
{
    kit_expect(c, ":0", "MOVE", "a", "1");
    kit_expect(c, "+OK", "SET", "a", "1", "EX", "100");
    kit_expect(c, ":1", "MOVE", "a", "1");
    kit_expect(c, "nil", "GET", "a");
    kit_expect(c, "+OK", "SET", "a", "2");
    kit_expect(c, ":0", "MOVE", "a", "1");
    kit_expect(c, "-ERR source and destination objects are the same", "MOVE", "a", "0");
    kit_expect(c, "-ERR DB index is out of range", "MOVE", "a", "16");
    kit_expect(c, "-ERR value is not an integer or out of range", "MOVE", "a", "x");
    kit_expect(c, "+OK", "SELECT", "1");
    kit_expect(c, "$1", "GET", "a");
    kit_expect(c, ":100", "TTL", "a");
}
END_TEST

START_TEST(swapdb_exchanges_databases_for_everybody)
{
    redisContext *other = kit_connect(server);
    kit_expect(other, "+OK", "SELECT", "1");
    kit_expect(c, "+OK", "SET", "k", "zero");
    kit_expect(other, "+OK", "SET", "k", "one");
    kit_expect(c, "+OK", "SWAPDB", "0", "1");
    kit_expect(c, "$one", "GET", "k");
    kit_expect(other, "$zero", "GET", "k");
    kit_expect(c, "+OK", "SWAPDB", "1", "1");
    kit_expect(c, "-ERR DB index is out of range", "SWAPDB", "0", "16");
    kit_expect(c, "-ERR invalid first DB index", "SWAPDB", "x", "1");
    kit_expect(c, "-ERR invalid second DB index", "SWAPDB", "0", "99999999999");
    redisFree(other);
}
END_TEST

START_TEST(flush_empties_one_database_or_all)
{
    static const char *const modes[][3] = {{"FLUSHDB"}, {"FLUSHDB", "ASYNC"}, {"FLUSHDB", "sync"}};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        kit_expect(c, "+OK", "MSET", "a", "1", "b", "2");
        kit_expect(c, ":1", "COPY", "a", "a", "DB", "1", "REPLACE");
        kit_expect_at(__FILE__, __LINE__, c, "+OK", modes[i]);
        kit_expect(c, ":0", "DBSIZE");
        kit_expect(c, "nil", "GET", "a");
    }
    kit_expect(c, "+OK", "SELECT", "1");
    kit_expect(c, ":1", "DBSIZE");
    kit_expect(c, "+OK", "FLUSHALL", "ASYNC");
    kit_expect(c, ":0", "DBSIZE");
    kit_expect(c, "-ERR syntax error", "FLUSHALL", "NOW");
    kit_expect(c, "-ERR syntax error", "FLUSHDB", "ASYNC", "SYNC");
}
END_TEST

START_TEST(object_tells_of_the_value_without_using_it)
{
    kit_expect(c, "nil", "OBJECT", "ENCODING", "k");
    kit_expect(c, "nil", "OBJECT", "IDLETIME", "k");
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, ":1", "OBJECT", "REFCOUNT", "k");
    kit_expect(c, ":0", "OBJECT", "IDLETIME", "k");
    kit_expect(c, "-ERR An LFU maxmemory policy is not selected...", "OBJECT", "FREQ", "k");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
    kit_expect(c, "+OK", "SET", "k", "v");
    ck_assert_int_ge(kit_integer(c, "OBJECT", "FREQ", "k"), 1);
    kit_expect(c, "-ERR An LFU maxmemory policy is selected...", "OBJECT", "IDLETIME", "k");
}
END_TEST

START_TEST(small_integers_alone_are_told_as_shared)
{
    static const struct {
        const char *value, *references;
    } cases[] = {{"-1", ":1"}, {"0", ":2147483647"}, {"9999", ":2147483647"}, {"10000", ":1"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kit_expect(c, "+OK", "SET", "k", cases[i].value);
        kit_expect(c, cases[i].references, "OBJECT", "REFCOUNT", "k");
    }
}
END_TEST

START_TEST(a_key_keeps_its_uses_under_another_name)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", "allkeys-lfu", "lfu-log-factor", "0");
    kit_expect(c, "+OK", "SET", "k", "v");
    for (int i = 0; i < 20; i++)
        kit_expect(c, "$v", "GET", "k");
    kit_expect(c, "+OK", "RENAME", "k", "renamed");
    ck_assert_int_gt(kit_integer(c, "OBJECT", "FREQ", "renamed"), 20);
    kit_expect(c, ":1", "MOVE", "renamed", "1");
    kit_expect(c, "+OK", "SELECT", "1");
    ck_assert_int_gt(kit_integer(c, "OBJECT", "FREQ", "renamed"), 20);
}
END_TEST

START_TEST(randomkey_comes_to_every_key)
{
    kit_expect(c, "nil", "RANDOMKEY");
    unsigned seen = 0;
    kit_expect(c, "+OK", "MSET", "0", "", "1", "", "2", "", "3", "", "4", "", "5", "", "6", "", "7", "");
    for (int i = 0; i < 2000 && seen != 255; i++) {
        redisReply *reply = kit_command(c, "RANDOMKEY");
        ck_assert_int_eq(reply->type, REDIS_REPLY_STRING);
        seen |= 1u << atoi(reply->str);
        freeReplyObject(reply);
    }
    ck_assert_uint_eq(seen, 255);
}
END_TEST

START_TEST(randomkey_deletes_what_has_expired)
{
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    for (int i = 0; i < 1000; i++)
        redisAppendCommand(c, "SET expired:%d v PXAT 1", i);
    for (int i = 0; i < 1000; i++)
        kit_expect_next(c, "+OK");
    kit_expect(c, "+OK", "SET", "stays", "v");
    kit_expect(c, "$stays", "RANDOMKEY");
    kit_expect(c, ":1", "DEL", "stays");
    kit_expect(c, "nil", "RANDOMKEY");
    kit_expect(c, ":0", "DBSIZE");
    ck_assert_int_eq(kit_info(c, "expired_keys"), 1000);
}
END_TEST

Suite *suite_keys(void);
Suite *suite_keys(void)
{
    Suite *suite = suite_create("keys");
    TCase *tcase = served_tcase("keys");
    tcase_add_test(tcase, del_unlink_exists_and_touch_count_keys);
    tcase_add_test(tcase, type_tells_string_or_none);
    tcase_add_test(tcase, rename_carries_value_encoding_and_ttl);
    tcase_add_test(tcase, rename_of_a_key_to_itself_changes_nothing);
    tcase_add_test(tcase, renamenx_spares_what_is_there);
    tcase_add_test(tcase, copy_leaves_two_independent_values);
    tcase_add_test(tcase, copy_reaches_another_database);
    tcase_add_test(tcase, move_takes_the_key_with_its_ttl);
    tcase_add_test(tcase, swapdb_exchanges_databases_for_everybody);
    tcase_add_test(tcase, flush_empties_one_database_or_all);
    tcase_add_test(tcase, object_tells_of_the_value_without_using_it);
    tcase_add_test(tcase, small_integers_alone_are_told_as_shared);
    tcase_add_test(tcase, a_key_keeps_its_uses_under_another_name);
    tcase_add_test(tcase, randomkey_comes_to_every_key);
    tcase_add_test(tcase, randomkey_deletes_what_has_expired);
    suite_add_tcase(suite, tcase);
    return suite;
}
