/*
 * Scripts that begin again with the world stopped, because they call what runs only so: they are the same then.
 */
#include "kit/kit.h"
#include "kit/served.h"

#include <check.h>
#include <hiredis/hiredis.h>

#define SAYS_ALL "return KEYS[1] .. KEYS[2] .. ARGV[1] .. #KEYS .. #ARGV"

START_TEST(a_script_that_stops_the_world_has_its_keys_and_arguments)
{
    kit_expect(c, "$abx21", "EVAL", "redis.call('KEYS', '*') " SAYS_ALL, "2", "a", "b", "x");
    kit_expect(c, "$abx21", "EVAL", "redis.call('DBSIZE') redis.call('FLUSHDB') " SAYS_ALL, "2", "a", "b", "x");
    kit_expect(c, "$2", "EVAL", "redis.call('SWAPDB', '8', '9') return tostring(#ARGV)", "0", "a", "b");
    kit_expect(c, "$99", "EVAL", "redis.call('KEYS', '*') return tostring(#KEYS)", "99", "1", "2", "3", "4", "5", "6",
               "7", "8", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9",
               "1", "2", "3", "4", "5", "6", "7", "8", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9", "1", "2", "3",
               "4", "5", "6", "7", "8", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9", "1", "2", "3", "4", "5", "6",
               "7", "8", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9", "1", "2", "3", "4", "5", "6", "7", "8", "9",
               "1", "2", "3", "4", "5", "6", "7", "8", "9");
}
END_TEST

START_TEST(a_function_that_stops_the_world_has_its_keys_and_arguments)
{
    kit_expect(c, "$l", "FUNCTION", "LOAD",
               "#!lua name=l\nredis.register_function('f', function(keys, args)\n"
               "  redis.call('KEYS', '*') return keys[1] .. keys[2] .. args[1] .. #keys .. #args end)");
    kit_expect(c, "$abx21", "FCALL", "f", "2", "a", "b", "x");
}
END_TEST

START_TEST(it_is_the_same_in_a_transaction)
{
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "EVAL", "redis.call('KEYS', '*') " SAYS_ALL, "2", "a", "b", "x");
    kit_expect(c, "[$abx21]", "EXEC");
}
END_TEST

Suite *suite_script_world(void);
Suite *suite_script_world(void)
{
    Suite *suite = suite_create("script_world");
    TCase *tcase = served_tcase("script_world");
    tcase_add_test(tcase, a_script_that_stops_the_world_has_its_keys_and_arguments);
    tcase_add_test(tcase, a_function_that_stops_the_world_has_its_keys_and_arguments);
    tcase_add_test(tcase, it_is_the_same_in_a_transaction);
    suite_add_tcase(suite, tcase);
    return suite;
}
