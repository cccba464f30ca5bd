/*
 * Amounts as short text for people: sizes, counts and times.
 *
 * Each function writes to `text`, which has room for QUANTITY_SIZE bytes, and returns it.
 */
#ifndef KVS_CLIENT_CORE_QUANTITY_H
#define KVS_CLIENT_CORE_QUANTITY_H

#include <stdint.h>

#define QUANTITY_SIZE 32

/* Whole below 10,000 (but 10.5 stays that), then with one decimal and k, M, G, T, P or E: powers of 1000. */
const char *quantity_write_count(char *text, double count);

/* In B, KiB, MiB, GiB, TiB, PiB or EiB: powers of 1024. */
const char *quantity_write_bytes(char *text, double bytes);

/* "900B", "4.00K", "1.25M": how redis-cli writes bytes. */
const char *quantity_write_size(char *text, double bytes);

/* The form of a noun that goes with a number: quantity_noun(1, "key", "keys") is "key". Returns one of the two. */
const char *quantity_noun(uint64_t number, const char *one, const char *many);

/* All digits, in groups of three. */
const char *quantity_write_thousands(char *text, uint64_t number);

/* Three digits with the unit that suits: "850 ns", "12.3 us", "1.20 ms", "15.0 s". `micro` is how the terminal writes
 * the unit of microseconds, "us" or "µs". */
const char *quantity_write_time(char *text, double nanoseconds, const char *micro);

/* Long times, in the two units that say most: "0.5s", "2m5s", "3h20m", "12d4h". */
const char *quantity_write_duration(char *text, double seconds);

#endif
