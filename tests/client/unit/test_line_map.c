/* The line of every command on its way is known, whatever blank lines stood between them. */
#include "kit/scratch.h"
#include "kit/suites.h"
#include "modes/line_map.h"

#include <stdlib.h>

START_TEST(nothing_is_known_of_what_was_not_added)
{
    struct line_map *map = line_map_create();
    ck_assert_uint_eq(line_map_find(map, 1), 0);
    line_map_add(map, 2, 7);
    ck_assert_uint_eq(line_map_find(map, 1), 0);
    ck_assert_uint_eq(line_map_find(map, 2), 7);
    ck_assert_uint_eq(line_map_find(map, 3), 0);
    line_map_destroy(map);
}
END_TEST

START_TEST(random_lines_are_found_while_commands_are_on_their_way)
{
    enum { COMMANDS = 20000 };
    static uint64_t lines[COMMANDS + 1];
    struct dice dice = dice_create(12);
    struct line_map *map = line_map_create();
    uint64_t line = 0, asked = 1;
    for (uint64_t command = 1; command <= COMMANDS; command++) {
        line += 1 + (dice_chance(&dice, 30) ? dice_below(&dice, 5) : 0);
        lines[command] = line;
        line_map_add(map, command, line);
        if (command - asked < 500 && !dice_chance(&dice, 10))
            continue;
        for (; asked <= command && !dice_chance(&dice, 2); asked++)
            must(line_map_find(map, asked) == lines[asked]);
    }
    line_map_destroy(map);
}
END_TEST

START_TEST(commands_in_step_with_lines_take_one_place_for_all)
{
    struct line_map *map = line_map_create();
    for (uint64_t command = 1; command <= 1000000; command++)
        line_map_add(map, command, command + 3);
    ck_assert_uint_eq(line_map_find(map, 1), 4);
    ck_assert_uint_eq(line_map_find(map, 1000000), 1000003);
    line_map_destroy(map);
}
END_TEST

START_TEST(with_too_many_on_their_way_the_oldest_are_unknown_and_never_wrong)
{
    struct line_map *map = line_map_create();
    uint64_t unknown = 0;
    for (uint64_t command = 1; command <= 10000; command++)
        line_map_add(map, command, 2 * command);
    for (uint64_t command = 1; command <= 10000; command++) {
        uint64_t line = line_map_find(map, command);
        unknown += line == 0;
        must(line == 0 || line == 2 * command);
    }
    ck_assert_uint_eq(unknown, 10000 - 8192);
    line_map_destroy(map);
}
END_TEST

Suite *suite_line_map(void);
Suite *suite_line_map(void)
{
    Suite *suite = suite_create("line_map");
    TCase *tcase = tcase_create("line_map");
    tcase_add_test(tcase, nothing_is_known_of_what_was_not_added);
    tcase_add_test(tcase, random_lines_are_found_while_commands_are_on_their_way);
    tcase_add_test(tcase, commands_in_step_with_lines_take_one_place_for_all);
    tcase_add_test(tcase, with_too_many_on_their_way_the_oldest_are_unknown_and_never_wrong);
    suite_add_tcase(suite, tcase);
    return suite;
}
