#include "kit/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void scratch_die(const char *what, const char *path)
{
    fprintf(stderr, "test kit: can't %s %s: %s\n", what, path, strerror(errno));
    abort();
}

char *scratch_create(void)
{
    const char *parent = getenv("KVS_TEST_FOLDER");
    char *folder;
    if (asprintf(&folder, "%s/t-XXXXXX", parent ? parent : "/tmp") < 0 || !mkdtemp(folder))
        scratch_die("make a folder in", parent ? parent : "/tmp");
    return folder;
}

static int scratch_unlink(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

void scratch_remove(char *folder)
{
    if (folder)
        nftw(folder, scratch_unlink, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

const char *scratch_path(const char *folder, const char *name)
{
    static __thread char paths[8][512];
    static __thread unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

char *scratch_read(const char *path)
{
    char *text = NULL;
    size_t len = 0, capacity = 0;
    FILE *file = fopen(path, "re");
    do {
        if (len + 1 >= capacity)
            text = realloc(text, capacity = capacity ? capacity * 2 : 4096);
        if (file)
            len += fread(text + len, 1, capacity - len - 1, file);
    } while (file && !feof(file) && !ferror(file));
    if (file)
        fclose(file);
    text[len] = '\0';
    return text;
}

void scratch_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    if (!file || fputs(text, file) < 0 || fclose(file))
        scratch_die("write", path);
}

uint64_t scratch_seed(void)
{
    const char *seed = getenv("KVS_SEED");
    return seed ? strtoull(seed, NULL, 10) : 1;
}

struct dice dice_create(uint64_t stream)
{
    struct dice dice = {scratch_seed() * UINT64_C(0xd1342543de82ef95) + stream};
    dice_next(&dice);
    return dice;
}

/* SplitMix64 (Steele, Lea and Flood, 2014). */
uint64_t dice_next(struct dice *dice)
{
    uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t dice_below(struct dice *dice, uint64_t limit)
{
    return dice_next(dice) % limit;
}

bool dice_chance(struct dice *dice, unsigned percent)
{
    return dice_below(dice, 100) < percent;
}

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

bool scratch_is_sanitized(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) ||               \
    __has_feature(thread_sanitizer)
    return true;
#else
    return getenv("KVS_SANITIZED");
#endif
}

unsigned scratch_rounds(unsigned full)
{
    return scratch_is_sanitized() && full >= 10 ? full / 10 : full;
}
