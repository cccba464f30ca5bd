/* Effects: the words in which writes are told. That they do the same again is shown by tests/differential. */
#include "kit/served.h"

static void begin(void)
{
    served_begin(kit_start());
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    kit_expect(c, "+OK", "DEBUG", "EFFECTS", "START");
}

static void end(void)
{
    served_end();
}

static void forget_effects(void)
{
    freeReplyObject(kit_command(c, "DEBUG", "EFFECTS", "TAKE"));
}

START_TEST(a_pop_of_several_lists_is_told_as_that_of_one)
{
    kit_expect(c, ":6", "RPUSH", "l", "a", "b", "c", "d", "e", "f");
    kit_expect(c, ":2", "RPUSH", "m", "1", "2");
    forget_effects();
    kit_expect(c, "[$l [$a]]", "LMPOP", "1", "l", "left");
    kit_expect(c, "[$l [$f $e]]", "LMPOP", "2", "none", "l", "RIGHT", "COUNT", "2");
    kit_expect(c, "[$l [$b $c $d]]", "LMPOP", "2", "l", "m", "left", "count", "10");
    kit_expect(c, "[$m [$1]]", "LMPOP", "2", "l", "m", "left", "count", "1");
    kit_expect(c, "nil", "LMPOP", "1", "l", "left");
    kit_expect(c, "[[:0 $LPOP $l $1] [:0 $RPOP $l $2] [:0 $LPOP $l $3] [:0 $LPOP $m $1]]", "DEBUG", "EFFECTS", "TAKE");
}
END_TEST

START_TEST(a_pop_of_several_sorted_sets_is_told_as_that_of_one)
{
    kit_expect(c, ":4", "ZADD", "z", "1", "a", "2", "b", "3", "c", "4", "d");
    forget_effects();
    kit_expect(c, "[$z [[$a $1]]]", "ZMPOP", "1", "z", "min");
    kit_expect(c, "[$z [[$d $4]]]", "ZMPOP", "2", "none", "z", "MAX", "COUNT", "1");
    kit_expect(c, "[$z [[$b $2] [$c $3]]]", "ZMPOP", "2", "z", "none", "min", "count", "10");
    kit_expect(c, "nil", "ZMPOP", "1", "z", "min");
    kit_expect(c, "[[:0 $ZPOPMIN $z $1] [:0 $ZPOPMAX $z $1] [:0 $ZPOPMIN $z $2]]", "DEBUG", "EFFECTS", "TAKE");
}
END_TEST

START_TEST(keys_that_a_read_finds_expired_are_told_as_deleted)
{
    static const char *const reads[][4] = {{"GET", "k"}, {"SCAN", "0"}, {"RANDOMKEY"}};
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        kit_expect(c, "+OK", "SET", "k", "v", "PXAT", "1");
        forget_effects();
        freeReplyObject(kit_command_args(c, reads[i]));
        kit_expect(c, "[[:0 $DEL $k]]", "DEBUG", "EFFECTS", "TAKE");
    }
}
END_TEST

Suite *suite_effects(void);
Suite *suite_effects(void)
{
    Suite *suite = suite_create("effects");
    TCase *tcase = kit_tcase("words");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, a_pop_of_several_lists_is_told_as_that_of_one);
    tcase_add_test(tcase, a_pop_of_several_sorted_sets_is_told_as_that_of_one);
    tcase_add_test(tcase, keys_that_a_read_finds_expired_are_told_as_deleted);
    suite_add_tcase(suite, tcase);
    return suite;
}
