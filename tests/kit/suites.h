/*
 * The runner of test suites, for unit and integration tests alike.
 *
 * Arguments name the suites to run (all without any), or --list prints those there are; KVS_SEED gives the seed of
 * random tests. Check's own variables work as ever: CK_FORK=no for a debugger, CK_RUN_CASE, CK_VERBOSITY.
 *
 * A test that can't run here calls test_skip() and returns. It then counts as skipped, not as passed.
 */
#ifndef KVS_KIT_SUITES_H
#define KVS_KIT_SUITES_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

/* Like ck_assert(), but without a system call where the condition holds: for what is checked a million times. */
#define must(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            ck_abort_msg("not so: %s", #condition);                                                                    \
    } while (0)

/* Prints "skipped: TEST: why" and counts the running test as skipped. It must not have started anything. */
#define test_skip(why) test_skip_as(__func__, why)
void test_skip_as(const char *name, const char *why);

/* For tests that give files away or become somebody else: false, and skipped, unless root runs them. */
#define test_is_root() test_is_root_as(__func__)
bool test_is_root_as(const char *name);

struct suite_maker {
    const char *name;
    Suite *(*make)(void);
};

/*
 * Runs them one after the other, ends with the line "N passed, N failed" (and ", N skipped" where any were), and
 * returns main's result.
 */
int suites_run(int argc, char **argv, const struct suite_maker *suites, size_t count);

#endif
