/*
 * Numbers and their text, as the protocol has them. Any thread.
 *
 * Parsing is strict: no blanks, no plus sign, no leading zeros, nothing after the number, because a
 * value counts as an integer only if printing it gives the same bytes again. On failure (false) outputs
 * are left alone.
 */
#ifndef KVS_BASE_NUMBER_H
#define KVS_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_I64_MAX_LEN 20    /* bytes of the longest int64_t in text, without NUL */
#define NUMBER_DOUBLE_MAX_LEN 40 /* with NUL, like the next */
#define NUMBER_LONG_DOUBLE_MAX_LEN 5120

/* The whole of data must be one canonical decimal integer. */
bool number_parse_i64(const char *data, size_t len, int64_t *value_out);
bool number_parse_u64(const char *data, size_t len, uint64_t *value_out);

/* Floating point as Redis takes it from clients: no blanks, no NaN; "inf" and exponents allowed. */
bool number_parse_double(const char *data, size_t len, double *value_out);
bool number_parse_long_double(const char *data, size_t len, long double *value_out);

/* A memory size with Redis's units: "1024", "64kb", "1gb", "10k" (10,000); false if malformed or over 64 bits. */
bool number_parse_memory(const char *data, size_t len, uint64_t *bytes_out);

/* Writes the decimal text, no NUL; returns its length. out holds NUMBER_I64_MAX_LEN bytes. */
size_t number_format_i64(char *out, int64_t value);
size_t number_format_u64(char *out, uint64_t value);

/* The number of value's decimal digits. */
unsigned number_digits_u64(uint64_t value);

/*
 * The shortest text that reads back as the same double, as in replies of Redis 7.2: whole numbers as
 * integers, "inf", "-inf", "nan", "-0", otherwise decimals or an exponent ("1e-7", "1.5e+300");
 * NUL-terminated. Returns its length.
 */
size_t number_format_double(char out[NUMBER_DOUBLE_MAX_LEN], double value);

/*
 * INCRBYFLOAT's form: fixed notation, at most 17 decimals, no trailing zeros, never "-0"; NUL-terminated.
 * Returns its length.
 */
size_t number_format_long_double(char out[NUMBER_LONG_DOUBLE_MAX_LEN], long double value);

/* INFO's human-readable form: "1.50M", in powers of 1024. */
void number_format_human(char out[64], uint64_t bytes);

#endif
