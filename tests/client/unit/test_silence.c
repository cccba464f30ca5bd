/* Which commands a server answers, as Redis and kvs were seen to do it. */
#include "connection/silence.h"
#include "kit/suites.h"

#include <string.h>

/* Words are cut at blanks; a + before a command: it is answered, a - that it isn't. */
static const char *const conversations[] = {
    "+ping;-client reply off;-ping;-client reply skip;-ping;+client reply on;+ping",
    "-client reply skip;-ping;+ping",
    "-client reply skip;-client reply skip;-ping;+ping",
    "-client reply skip;+client reply on;+ping",
    "-client reply skip;-client reply bad;+ping",
    "-client reply skip;-client reply off;-ping;+reset;+ping",
    "-client reply skip;-reset;+ping",
    "-CLIENT Reply OFF;-client reply;-client reply on x;-reset x;+Client Reply ON",
    "+client reply;+client list;+client reply of;+ping",
};

static struct arguments cut(const char *text, size_t length)
{
    struct arguments words;
    ck_assert(quoting_split(text, length, &words));
    return words;
}

START_TEST(a_reply_is_expected_where_one_comes)
{
    for (size_t i = 0; i < sizeof conversations / sizeof conversations[0]; i++) {
        struct silence silence = {0};
        for (const char *at = conversations[i]; *at != '\0';) {
            size_t length = strcspn(at, ";");
            struct arguments words = cut(at + 1, length - 1);
            ck_assert_msg(silence_pass(&silence, &words) == (*at == '+'), "%s: at %s", conversations[i], at);
            arguments_deinit(&words);
            at += length + (at[length] == ';');
        }
    }
}
END_TEST

START_TEST(commands_that_begin_a_silence_are_told_from_the_one_that_ends_it)
{
    static const struct {
        const char *text;
        bool chooses, begins;
    } rows[] = {{"client reply off", true, true}, {"client reply SKIP", true, true},
                {"client reply on", true, false}, {"client reply", false, false},
                {"reset", false, false},          {"client reply off x", false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arguments words = cut(rows[i].text, strlen(rows[i].text));
        ck_assert_int_eq(silence_chooses(&words), rows[i].chooses);
        ck_assert_int_eq(silence_begins(&words), rows[i].begins);
        arguments_deinit(&words);
    }
}
END_TEST

Suite *suite_silence(void);
Suite *suite_silence(void)
{
    Suite *suite = suite_create("silence");
    TCase *tcase = tcase_create("silence");
    tcase_add_test(tcase, a_reply_is_expected_where_one_comes);
    tcase_add_test(tcase, commands_that_begin_a_silence_are_told_from_the_one_that_ends_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
