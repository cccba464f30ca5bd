/* What is said after a connection took the place of another. */
#include "session/reconnection.h"

#include <check.h>
#include <stdlib.h>

static void expect_said(struct connection_state before, struct connection_state now, bool is_loss, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    reconnection_tell(out, "/s", &before, &now, is_loss);
    fclose(out);
    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(what_is_as_it_was_is_said_only_where_it_is_not_the_usual)
{
    struct connection_state usual = {.pid = 1}, other = {.pid = 1, .database = 3, .user = "me"};
    expect_said(usual, usual, false, "");
    expect_said(usual, usual, true, "Reconnected to /s\n");
    expect_said(other, other, true, "Reconnected to /s; database 3 again; user me again\n");
    expect_said(other, usual, false, "Reconnected to /s; database 0, before 3; user default, before me\n");
}
END_TEST

Suite *suite_reconnection(void);
Suite *suite_reconnection(void)
{
    Suite *suite = suite_create("reconnection");
    TCase *tcase = tcase_create("reconnection");
    tcase_add_test(tcase, what_is_as_it_was_is_said_only_where_it_is_not_the_usual);
    suite_add_tcase(suite, tcase);
    return suite;
}
