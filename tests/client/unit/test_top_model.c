/* What is asked again and again is asked again after an error, but not after a refusal, which the server notes. */
#include "connection/reply.h"
#include "kit/suites.h"
#include "top/model.h"

#include <math.h>
#include <string.h>

static bool note(struct part *part, enum reply_type type, char *text, double now)
{
    struct reply reply = {.type = type, .text = text, .length = strlen(text)};
    return part_note(part, &reply, now);
}

START_TEST(what_a_user_may_not_ask_is_not_asked_again)
{
    struct part part = {0};
    char refusal[] = "NOPERM User a has no permissions to run the 'info' command\x1b[2J";
    ck_assert(!note(&part, REPLY_ERROR, refusal, 100));
    ck_assert(part.is_refused && isinf(part.retry));
    ck_assert_str_eq(part.refusal, "NOPERM User a has no permissions to run the 'info' command?[2J");
}
END_TEST

START_TEST(other_errors_may_pass)
{
    struct part part = {0};
    char loading[] = "LOADING x", busy[] = "BUSY x", stranger[] = "NOAUTH x", unknown[] = "ERR unknown command";
    ck_assert(!note(&part, REPLY_ERROR, loading, 100) && part.is_refused && part.retry == 100);
    ck_assert(!note(&part, REPLY_ERROR, busy, 100) && part.retry == 100);
    ck_assert(!note(&part, REPLY_ERROR, stranger, 100) && part.retry > 110 && part.retry < 200);
    ck_assert(!note(&part, REPLY_ERROR, unknown, 100) && part.retry > 110 && part.retry < 200);
}
END_TEST

START_TEST(an_answer_ends_a_refusal)
{
    struct part part = {.is_refused = true, .retry = INFINITY};
    char pong[] = "PONG";
    ck_assert(note(&part, REPLY_STATUS, pong, 100));
    ck_assert(!part.is_refused && part.retry == 0);
}
END_TEST

Suite *suite_top_model(void);
Suite *suite_top_model(void)
{
    Suite *suite = suite_create("top_model");
    TCase *tcase = tcase_create("top_model");
    tcase_add_test(tcase, what_a_user_may_not_ask_is_not_asked_again);
    tcase_add_test(tcase, other_errors_may_pass);
    tcase_add_test(tcase, an_answer_ends_a_refusal);
    suite_add_tcase(suite, tcase);
    return suite;
}
