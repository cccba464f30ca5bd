/*
 * DUMP and RESTORE as commands: what their effects say, what they may take, and who may run them. That values are the
 * same on the other side is shown by tests/differential, and that nothing hostile is taken by the unit tests.
 */
#include "kit/served.h"

#include <stdlib.h>
#include <string.h>

/* A string "hello". */
#define HELLO "\0\5hello\x0a\0\x63\x72\xdf\x76\x65\x34\x20\x0a"
#define HELLO_LEN (sizeof HELLO - 1)

static redisReply *restore(const char *ttl, const char *option)
{
    const char *words[] = {"RESTORE", "k", ttl, HELLO, "REPLACE", option};
    size_t lens[] = {7, 1, strlen(ttl), HELLO_LEN, 7, option ? strlen(option) : 0};
    redisReply *reply = redisCommandArgv(c, option ? 6 : 5, words, lens);
    ck_assert_ptr_nonnull(reply);
    return reply;
}

static void expect_restored(const char *ttl, const char *option)
{
    redisReply *reply = restore(ttl, option);
    ck_assert_str_eq(reply->str, "OK");
    freeReplyObject(reply);
}

static void begin(void)
{
    served_begin(kit_start());
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
}

static void end(void)
{
    served_end();
}

/* The word at that index of the only effect since the last look. */
static char *effect_word(size_t index, size_t count)
{
    redisReply *effects = kit_command(c, "DEBUG", "EFFECTS", "TAKE");
    ck_assert_uint_eq(effects->elements, 1);
    ck_assert_uint_eq(effects->element[0]->elements, 1 + count); /* the database comes first */
    char *word = strdup(effects->element[0]->element[1 + index]->str);
    freeReplyObject(effects);
    return word;
}

START_TEST(a_time_to_live_is_told_as_the_time_at_which_it_ends)
{
    kit_expect(c, "+OK", "DEBUG", "EFFECTS", "START");
    expect_restored("100000", NULL);
    char *word = effect_word(5, 6);
    ck_assert_str_eq(word, "ABSTTL");
    free(word);
    redisReply *at = kit_command(c, "PEXPIRETIME", "k");
    expect_restored("100000", NULL);
    word = effect_word(2, 6);
    ck_assert_int_ge(strtoll(word, NULL, 10), at->integer);
    free(word);
    freeReplyObject(at);
    expect_restored("0", NULL);
    word = effect_word(2, 5);
    ck_assert_str_eq(word, "0");
    free(word);
    expect_restored("4102444800000", "ABSTTL");
    word = effect_word(2, 6);
    ck_assert_str_eq(word, "4102444800000");
    free(word);
    expect_restored("1", "ABSTTL");
    kit_expect(c, "[[:0 $DEL $k]]", "DEBUG", "EFFECTS", "TAKE");
    expect_restored("1", "ABSTTL"); /* there is nothing to be deleted any more */
    kit_expect(c, "[]", "DEBUG", "EFFECTS", "TAKE");
    kit_expect(c, ":0", "EXISTS", "k");
}
END_TEST

START_TEST(a_payload_that_becomes_too_large_is_refused)
{
    char *letters = malloc(64 << 20);
    memset(letters, 'z', 64 << 20);
    redisReply *reply = redisCommand(c, "SET big %b", letters, (size_t)64 << 20);
    ck_assert_str_eq(reply->str, "OK");
    freeReplyObject(reply);
    free(letters);
    redisReply *payload = kit_command(c, "DUMP", "big");
    ck_assert_uint_lt(payload->len, 1 << 20);
    kit_expect(c, ":1", "DEL", "big");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", "30mb");
    for (int tries = 0; tries < 2; tries++) {
        reply = redisCommand(c, "RESTORE big 0 %b", payload->str, payload->len);
        ck_assert_str_eq(reply->str, "OOM command not allowed when used memory > 'maxmemory'.");
        freeReplyObject(reply);
    }
    kit_expect(c, ":0", "EXISTS", "big");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", "1gb");
    reply = redisCommand(c, "RESTORE big 0 %b", payload->str, payload->len);
    ck_assert_str_eq(reply->str, "OK");
    freeReplyObject(reply);
    freeReplyObject(payload);
    kit_expect(c, ":67108864", "STRLEN", "big");
}
END_TEST

START_TEST(who_may_only_read_may_dump_and_not_restore)
{
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, "+OK", "ACL", "SETUSER", "reader", "on", "nopass", "%R~k", "+@all");
    kit_expect(c, "+OK", "AUTH", "reader", "x");
    redisReply *payload = kit_command(c, "DUMP", "k");
    ck_assert_int_eq(payload->type, REDIS_REPLY_STRING);
    freeReplyObject(payload);
    redisReply *reply = restore("0", NULL);
    ck_assert_int_eq(strncmp(reply->str, "NOPERM", 6), 0);
    freeReplyObject(reply);
    reply = kit_command(c, "DUMP", "other");
    ck_assert_int_eq(strncmp(reply->str, "NOPERM", 6), 0);
    freeReplyObject(reply);
}
END_TEST

START_TEST(a_field_keeps_its_time_and_asks_for_a_newer_version)
{
    kit_expect(c, ":2", "HSET", "h", "f", "v", "g", "w");
    redisReply *payload = kit_command(c, "DUMP", "h");
    ck_assert_int_eq(payload->str[payload->len - 10], 10);
    freeReplyObject(payload);
    kit_expect(c, "[:1]", "HPEXPIREAT", "h", "4102444800000", "FIELDS", "1", "f");
    payload = kit_command(c, "DUMP", "h");
    ck_assert_int_eq(payload->str[payload->len - 10], 12);
    redisReply *reply = redisCommand(c, "RESTORE again 0 %b", payload->str, payload->len);
    ck_assert_str_eq(reply->str, "OK");
    freeReplyObject(reply);
    freeReplyObject(payload);
    kit_expect(c, "[:4102444800000 :-1]", "HPEXPIRETIME", "again", "FIELDS", "2", "f", "g");
    kit_expect(c, "$listpackex", "OBJECT", "ENCODING", "again");
}
END_TEST

START_TEST(what_was_given_back_is_given_back_again)
{
    kit_expect(c, "$1-1", "XADD", "x", "1-1", "f", "v");
    kit_expect(c, "$2-1", "XADD", "x", "2-1", "f", "v");
    kit_expect(c, "+OK", "XGROUP", "CREATE", "x", "g", "0");
    freeReplyObject(kit_command(c, "XREADGROUP", "GROUP", "g", "c", "STREAMS", "x", ">"));
    freeReplyObject(kit_command(c, "XNACK", "x", "g", "FAIL", "IDS", "1", "2-1"));
    redisReply *payload = kit_command(c, "DUMP", "x");
    redisReply *reply = redisCommand(c, "RESTORE y 0 %b", payload->str, payload->len);
    ck_assert_str_eq(reply->str, "OK");
    freeReplyObject(reply);
    freeReplyObject(payload);
    redisReply *groups = kit_command(c, "XINFO", "STREAM", "x", "FULL"),
               *same = kit_command(c, "XINFO", "STREAM", "y", "FULL");
    ck_assert_uint_eq(groups->elements, same->elements);
    freeReplyObject(groups);
    freeReplyObject(same);
    kit_expect(c, "[:2 $1-1 $2-1 [[$c $1]]]", "XPENDING", "x", "g");
    kit_expect(c, "[:2 $1-1 $2-1 [[$c $1]]]", "XPENDING", "y", "g");
}
END_TEST

Suite *suite_dump(void);
Suite *suite_dump(void)
{
    Suite *suite = suite_create("dump");
    TCase *tcase = kit_tcase("dump");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, a_time_to_live_is_told_as_the_time_at_which_it_ends);
    tcase_add_test(tcase, a_payload_that_becomes_too_large_is_refused);
    tcase_add_test(tcase, who_may_only_read_may_dump_and_not_restore);
    tcase_add_test(tcase, a_field_keeps_its_time_and_asks_for_a_newer_version);
    tcase_add_test(tcase, what_was_given_back_is_given_back_again);
    suite_add_tcase(suite, tcase);
    return suite;
}
