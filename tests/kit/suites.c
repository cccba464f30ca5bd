#include "kit/suites.h"

#include "kit/scratch.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

static atomic_int *skipped; /* shared with the processes in which tests run */

void test_skip_as(const char *name, const char *why)
{
    size_t len = strlen(name); /* Check puts _fn after a test's name */
    if (len > 3 && strcmp(name + len - 3, "_fn") == 0)
        len -= 3;
    printf("skipped: %.*s: %s\n", (int)len, name, why);
    fflush(stdout);
    atomic_fetch_add(skipped, 1);
}

bool test_is_root_as(const char *name)
{
    if (geteuid() == 0)
        return true;
    test_skip_as(name, "only root can be somebody else");
    return false;
}

static bool suite_is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc <= 1;
}

static bool names_are_known(int argc, char **argv, const struct suite_maker *suites, size_t count)
{
    for (int i = 1; i < argc; i++) {
        size_t at = 0;
        while (at < count && strcmp(suites[at].name, argv[i]) != 0)
            at++;
        if (at < count)
            continue;
        fprintf(stderr, "no suite is named %s; there are:", argv[i]);
        for (size_t k = 0; k < count; k++)
            fprintf(stderr, " %s", suites[k].name);
        fprintf(stderr, "\n");
        return false;
    }
    return true;
}

static void list_names(const struct suite_maker *suites, size_t count)
{
    for (size_t i = 0; i < count; i++)
        puts(suites[i].name);
}

static void prepare_environment(char *folder)
{
    if (!getenv("KVS_SEED")) {
        uint32_t seed = 1;
        char text[16];
        if (getrandom(&seed, sizeof seed, 0) < 0)
            perror("getrandom");
        snprintf(text, sizeof text, "%u", seed);
        setenv("KVS_SEED", text, 1);
    }
    if (!mkdtemp(folder)) {
        perror(folder);
        exit(2);
    }
    setenv("KVS_TEST_FOLDER", folder, 1);
    printf("seed: KVS_SEED=%s\n", getenv("KVS_SEED"));
}

int suites_run(int argc, char **argv, const struct suite_maker *suites, size_t count)
{
    char folder[] = "/tmp/kvs-test-XXXXXX";
    int run = 0, failed = 0;
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        list_names(suites, count);
        return 0;
    }
    if (!names_are_known(argc, argv, suites, count))
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN); /* tests write to peers that have gone */
    prepare_environment(folder);
    skipped = mmap(NULL, sizeof *skipped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (skipped == MAP_FAILED) {
        perror("mmap");
        return 2;
    }
    for (size_t i = 0; i < count; i++) {
        if (!suite_is_wanted(suites[i].name, argc, argv))
            continue;
        SRunner *runner = srunner_create(suites[i].make());
        srunner_run_all(runner, CK_ENV);
        run += srunner_ntests_run(runner);
        failed += srunner_ntests_failed(runner);
        srunner_free(runner);
    }
    if (failed)
        printf("what failed tests left behind (logs): %s\n", folder);
    else
        scratch_remove(strdup(folder));
    int aside = atomic_load(skipped);
    printf("%d passed, %d failed", run - failed - aside, failed);
    if (aside > 0)
        printf(", %d skipped", aside);
    putchar('\n');
    return failed ? 1 : 0;
}
