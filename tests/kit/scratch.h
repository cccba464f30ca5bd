/*
 * What every test may need: a folder of its own, and random numbers that can be repeated.
 *
 * The runner (suites.h) makes one folder for a whole run and one seed, both handed on through the environment
 * (KVS_TEST_FOLDER, KVS_SEED), so that tests in forked processes share them. A test that passes removes its folder;
 * what a failed test leaves stays for the reader, and the runner says where.
 */
#ifndef KVS_KIT_SCRATCH_H
#define KVS_KIT_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A new empty folder; the path is the caller's to free(). Paths are short enough for socket files in them. */
char *scratch_create(void);

/* Removes the folder with all that is in it, and frees the path. NULL is nothing. */
void scratch_remove(char *folder);

/* folder/name, in one of a few static buffers of the calling thread: good until eight calls later. */
const char *scratch_path(const char *folder, const char *name);

/* The whole file, NUL-terminated, to be free()d; "" when it isn't there. */
char *scratch_read(const char *path);

/* Makes or replaces a file. */
void scratch_write(const char *path, const char *text);

/* Random numbers from the seed of the run and the caller's own stream number. */
struct dice {
    uint64_t state;
};

uint64_t scratch_seed(void);
struct dice dice_create(uint64_t stream);
uint64_t dice_next(struct dice *dice);
uint64_t dice_below(struct dice *dice, uint64_t limit); /* limit > 0 */
bool dice_chance(struct dice *dice, unsigned percent);

/* A factor for numbers of rounds and for patience: sanitizer builds take fewer rounds and more time. */
unsigned scratch_rounds(unsigned full);
bool scratch_is_sanitized(void);

#endif
