#include "kit/suites.h"

#include "kit/scratch.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

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
    if (!names_are_known(argc, argv, suites, count))
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN); /* tests write to peers that have gone */
    prepare_environment(folder);
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
    printf("%d passed, %d failed\n", run - failed, failed);
    return failed ? 1 : 0;
}
