/* Runs the unit tests. unit_suites.h is made by the Makefile: a line SUITE(name) for every test_name.c. */
#include "kit/suites.h"
#include "types/types.h"

#define SUITE(name) Suite *suite_##name(void);
#include "unit_suites.h"
#undef SUITE

static const struct suite_maker suites[] = {
#define SUITE(name) {#name, suite_##name},
#include "unit_suites.h"
#undef SUITE
};

int main(int argc, char **argv)
{
    types_register();
    return suites_run(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
