/*
 * Runs the unit tests of the client. client_unit_suites.h is made by the Makefile: a line SUITE(name) for every
 * test_name.c.
 */
#include "kit/suites.h"

#define SUITE(name) Suite *suite_##name(void);
#include "client_unit_suites.h"
#undef SUITE

static const struct suite_maker suites[] = {
#define SUITE(name) {#name, suite_##name},
#include "client_unit_suites.h"
#undef SUITE
};

int main(int argc, char **argv)
{
    return suites_run(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
