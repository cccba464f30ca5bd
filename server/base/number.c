/*
 * Numbers and their text.
 *
 * Integers: a decimal text is canonical if its first digit is not 0 (or it is "0"). Up to 19 digits can't
 * overflow a uint64_t, so the length alone tells when the loop needs no checks.
 *
 * Doubles are printed with the fewest digits that read back as the same value. There are three ways, from cheap
 * to expensive: whole numbers as integers; values with up to six decimals by scaling (a quotient of two exactly
 * represented numbers is rounded as a reader would round it, so equality proves the digits); all others
 * by asking printf for 15, 16, then 17 digits.
 */
#include "base/number.h"

#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { U64_MAX_DIGITS = 20, U64_SAFE_DIGITS = 19 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool number_parse_u64(const char *data, size_t len, uint64_t *value_out)
{
    if (len == 0 || len > U64_MAX_DIGITS || (data[0] == '0' && len > 1))
        return false;
    size_t safe_len = len > U64_SAFE_DIGITS ? U64_SAFE_DIGITS : len;
    uint64_t value = 0;
    for (size_t i = 0; i < safe_len; i++) {
        if (!is_digit(data[i]))
            return false;
        value = value * 10 + (uint64_t)(data[i] - '0');
    }
    if (len > safe_len) {
        if (!is_digit(data[safe_len]) || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(data[safe_len] - '0'), &value))
            return false;
    }
    *value_out = value;
    return true;
}

bool number_parse_i64(const char *data, size_t len, int64_t *value_out)
{
    uint64_t magnitude;
    if (len > 0 && data[0] == '-') {
        /* "-0" is refused: 0 isn't printed that way. */
        if (!number_parse_u64(data + 1, len - 1, &magnitude) || magnitude == 0 || magnitude > (uint64_t)INT64_MAX + 1)
            return false;
        *value_out = (int64_t)(0 - magnitude);
        return true;
    }
    if (!number_parse_u64(data, len, &magnitude) || magnitude > INT64_MAX)
        return false;
    *value_out = (int64_t)magnitude;
    return true;
}

/*
 * The common form of a score, [-]digits[.digits] of at most 15 digits: both the digits and the power of ten
 * are exact doubles, so one division rounds correctly (Clinger, "How to read floating point numbers
 * accurately", 1990).
 */
static bool parse_short_decimal(const char *data, size_t len, double *value_out)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
    bool is_negative = len > 0 && data[0] == '-';
    size_t start = is_negative ? 1 : 0;
    if (len <= start || len - start > 16 || !is_digit(data[start]))
        return false;
    uint64_t digits = 0;
    size_t digit_count = 0, point = len;
    for (size_t i = start; i < len; i++) {
        if (data[i] == '.' && point == len) {
            point = i;
        } else if (is_digit(data[i])) {
            digits = digits * 10 + (uint64_t)(data[i] - '0');
            digit_count++;
        } else {
            return false;
        }
    }
    size_t decimals = point < len ? len - point - 1 : 0;
    if (digit_count > 15 || decimals >= sizeof powers / sizeof powers[0])
        return false;
    double value = (double)digits / powers[decimals];
    *value_out = is_negative ? -value : value;
    return true;
}

/* strtod() wants a NUL after the number and skips blanks before it. */
static bool parse_any_double(const char *data, size_t len, double *value_out)
{
    char on_stack[512];
    char *text = len < sizeof on_stack ? on_stack : mem_try_alloc(len + 1);
    if (!text)
        return false;
    memcpy(text, data, len);
    text[len] = '\0';
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    bool is_whole = end == text + len;
    bool is_out_of_range = errno == ERANGE && (isinf(value) || fpclassify(value) == FP_ZERO);
    if (text != on_stack)
        mem_free(text);
    if (!is_whole || is_out_of_range || isnan(value))
        return false;
    *value_out = value;
    return true;
}

bool number_parse_double(const char *data, size_t len, double *value_out)
{
    if (len == 0 || isspace((unsigned char)data[0]))
        return false;
    return parse_short_decimal(data, len, value_out) || parse_any_double(data, len, value_out);
}

bool number_parse_long_double(const char *data, size_t len, long double *value_out)
{
    char text[NUMBER_LONG_DOUBLE_MAX_LEN];
    if (len == 0 || len >= sizeof text || isspace((unsigned char)data[0]))
        return false;
    memcpy(text, data, len);
    text[len] = '\0';
    char *end;
    errno = 0;
    long double value = strtold(text, &end);
    /* Redis compares with the infinity of a double, which equals that of a long double. */
    bool is_out_of_range = errno == ERANGE && (isinf(value) || fpclassify(value) == FP_ZERO);
    if (end != text + len || is_out_of_range || isnan(value))
        return false;
    *value_out = value;
    return true;
}

static const struct {
    const char *name;
    uint64_t bytes;
} memory_units[] = {
    {"", 1},
    {"b", 1},
    {"k", 1000},
    {"kb", 1024},
    {"m", 1000 * 1000},
    {"mb", 1024 * 1024},
    {"g", 1000 * 1000 * 1000},
    {"gb", 1024 * 1024 * 1024},
};

bool number_parse_memory(const char *data, size_t len, uint64_t *bytes_out)
{
    uint64_t count = 0;
    size_t digits = 0;
    for (; digits < len && is_digit(data[digits]); digits++) {
        if (__builtin_mul_overflow(count, (uint64_t)10, &count) ||
            __builtin_add_overflow(count, (uint64_t)(data[digits] - '0'), &count))
            return false;
    }
    if (digits == 0)
        return false;
    for (size_t i = 0; i < sizeof memory_units / sizeof memory_units[0]; i++) {
        size_t name_len = strlen(memory_units[i].name);
        if (len - digits == name_len && strncasecmp(data + digits, memory_units[i].name, name_len) == 0)
            return !__builtin_mul_overflow(count, memory_units[i].bytes, bytes_out);
    }
    return false;
}

unsigned number_digits_u64(uint64_t value)
{
    /* The first is 0 rather than 1, so that the value 0 has one digit. */
    static const uint64_t powers[] = {
        0,
        UINT64_C(10),
        UINT64_C(100),
        UINT64_C(1000),
        UINT64_C(10000),
        UINT64_C(100000),
        UINT64_C(1000000),
        UINT64_C(10000000),
        UINT64_C(100000000),
        UINT64_C(1000000000),
        UINT64_C(10000000000),
        UINT64_C(100000000000),
        UINT64_C(1000000000000),
        UINT64_C(10000000000000),
        UINT64_C(100000000000000),
        UINT64_C(1000000000000000),
        UINT64_C(10000000000000000),
        UINT64_C(100000000000000000),
        UINT64_C(1000000000000000000),
        UINT64_C(10000000000000000000),
    };
    /* 1233 / 4096 is slightly more than log10(2), precise enough for 64 bits; the table decides the rest. */
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    unsigned guess = bits * 1233 >> 12;
    return guess + (value >= powers[guess]);
}

size_t number_format_u64(char *out, uint64_t value)
{
    static const char pairs[] = "00010203040506070809"
                                "10111213141516171819"
                                "20212223242526272829"
                                "30313233343536373839"
                                "40414243444546474849"
                                "50515253545556575859"
                                "60616263646566676869"
                                "70717273747576777879"
                                "80818283848586878889"
                                "90919293949596979899";
    size_t len = number_digits_u64(value);
    char *end = out + len;
    while (value >= 100) {
        end -= 2;
        memcpy(end, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10)
        memcpy(out, pairs + 2 * value, 2);
    else
        out[0] = (char)('0' + value);
    return len;
}

size_t number_format_i64(char *out, int64_t value)
{
    if (value >= 0)
        return number_format_u64(out, (uint64_t)value);
    *out = '-';
    return 1 + number_format_u64(out + 1, 0 - (uint64_t)value);
}

/* A positive number: digits, read as an integer, times ten to the power of exponent. */
struct decimal {
    char digits[18];
    int count;
    int exponent;
};

/* Fewest digits that read back as value, which is positive and finite. */
static void decimal_shortest(double value, struct decimal *decimal_out)
{
    char text[32];
    /* Any text of up to 15 digits survives the conversion to a normal double and back; a subnormal keeps fewer. */
    int count = isnormal(value) ? 15 : 1;
    for (; count < 17; count++) {
        snprintf(text, sizeof text, "%.*e", count - 1, value);
        if (strtod(text, NULL) == value)
            break;
    }
    if (count == 17)
        snprintf(text, sizeof text, "%.16e", value);
    int exponent = atoi(strchr(text, 'e') + 1) - (count - 1);
    decimal_out->digits[0] = text[0];
    if (count > 1)
        memcpy(decimal_out->digits + 1, text + 2, (size_t)count - 1);
    while (count > 1 && decimal_out->digits[count - 1] == '0') {
        count--;
        exponent++;
    }
    decimal_out->count = count;
    decimal_out->exponent = exponent;
}

/* Zeros are written out up to a limit; beyond it the form is d.ddde+x, with an unpadded exponent. */
static size_t decimal_format(char *out, const struct decimal *decimal)
{
    int count = decimal->count, exponent = decimal->exponent;
    int magnitude = exponent + count - 1; /* of the first digit */
    if (exponent >= 0 && exponent < 8)
        return (size_t)sprintf(out, "%.*s%.*s", count, decimal->digits, exponent, "00000000");
    if (exponent < 0 && (exponent > -7 || abs(magnitude) < 4)) {
        if (magnitude < 0)
            return (size_t)sprintf(out, "0.%.*s%.*s", -magnitude - 1, "00000000", count, decimal->digits);
        return (size_t)sprintf(out, "%.*s.%.*s", magnitude + 1, decimal->digits, -exponent,
                               decimal->digits + magnitude + 1);
    }
    return (size_t)sprintf(out, "%c%s%.*se%+d", decimal->digits[0], count > 1 ? "." : "", count - 1,
                           decimal->digits + 1, magnitude);
}

/* Prints a positive value that has one to six decimals and at most 15 digits; returns 0 for any other. */
static size_t format_few_decimals(char *out, double value)
{
    uint64_t scale = 10;
    for (int decimals = 1; decimals <= 6; decimals++, scale *= 10) {
        double scaled = value * (double)scale;
        if (scaled >= 1e15)
            return 0;
        uint64_t digits = (uint64_t)(scaled + 0.5);
        if ((double)digits / (double)scale != value)
            continue;
        size_t len = number_format_u64(out, digits / scale);
        out[len++] = '.';
        uint64_t fraction = digits % scale;
        size_t zeros = (size_t)decimals - number_digits_u64(fraction);
        memset(out + len, '0', zeros);
        len += zeros;
        len += number_format_u64(out + len, fraction);
        out[len] = '\0';
        return len;
    }
    return 0;
}

size_t number_format_double(char out[NUMBER_DOUBLE_MAX_LEN], double value)
{
    if (isnan(value) || isinf(value)) {
        strcpy(out, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return strlen(out);
    }
    if (value == 0) {
        strcpy(out, signbit(value) ? "-0" : "0");
        return strlen(out);
    }
    /* Up to this limit every whole double fits an int64_t with room to spare. */
    if (fabs(value) <= (double)(INT64_MAX / 2) && (double)(int64_t)value == value) {
        size_t len = number_format_i64(out, (int64_t)value);
        out[len] = '\0';
        return len;
    }
    size_t sign_len = value < 0;
    out[0] = '-';
    size_t len = format_few_decimals(out + sign_len, fabs(value));
    if (len == 0) {
        struct decimal decimal;
        decimal_shortest(fabs(value), &decimal);
        len = decimal_format(out + sign_len, &decimal);
    }
    return sign_len + len;
}

size_t number_format_long_double(char out[NUMBER_LONG_DOUBLE_MAX_LEN], long double value)
{
    if (isnan(value) || isinf(value)) {
        strcpy(out, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return strlen(out);
    }
    /* 17 decimals: most short decimal fractions come back as they were typed. */
    size_t len = (size_t)snprintf(out, NUMBER_LONG_DOUBLE_MAX_LEN, "%.17Lf", value);
    while (out[len - 1] == '0')
        len--;
    if (out[len - 1] == '.')
        len--;
    out[len] = '\0';
    if (strcmp(out, "-0") == 0) {
        strcpy(out, "0");
        len = 1;
    }
    return len;
}

void number_format_human(char out[64], uint64_t bytes)
{
    static const char units[] = "KMGTP";
    unsigned steps = (63 - (unsigned)__builtin_clzll(bytes | 1)) / 10; /* whole powers of 1024 */
    if (steps == 0 || steps >= sizeof units)
        snprintf(out, 64, "%lluB", (unsigned long long)bytes);
    else
        snprintf(out, 64, "%.2f%c", (double)bytes / (double)(UINT64_C(1) << 10 * steps), units[steps - 1]);
}
