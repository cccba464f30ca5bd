#include "core/quantity.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is shown with one decimal and would be rounded up to `base` belongs to the next unit. */
static int scale(double *value, double base, int units)
{
    int unit = 0;
    while (unit + 1 < units && *value >= base - 0.05) {
        *value /= base;
        unit++;
    }
    return unit;
}

const char *quantity_write_count(char *text, double count)
{
    static const char letters[] = "kMGTPE";
    if (count < 9999.5) {
        snprintf(text, QUANTITY_SIZE, "%.*f", count < 99.95 && count != floor(count), count);
        return text;
    }
    double value = count / 1000;
    int unit = scale(&value, 1000, (int)strlen(letters));
    snprintf(text, QUANTITY_SIZE, "%.1f%c", value, letters[unit]);
    return text;
}

const char *quantity_write_bytes(char *text, double bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1023.5) {
        snprintf(text, QUANTITY_SIZE, "%.0f B", bytes);
        return text;
    }
    double value = bytes / 1024;
    int unit = scale(&value, 1024, sizeof units / sizeof units[0]);
    snprintf(text, QUANTITY_SIZE, "%.1f %s", value, units[unit]);
    return text;
}

const char *quantity_noun(uint64_t number, const char *one, const char *many)
{
    return number == 1 ? one : many;
}

const char *quantity_write_thousands(char *text, uint64_t number)
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number);
    char *out = text;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return text;
}

const char *quantity_write_size(char *text, double bytes)
{
    static const char units[] = "BKMGTPE";
    size_t unit = 0;
    while (bytes >= 1024 && unit < sizeof units - 2) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, QUANTITY_SIZE, "%.*f%c", unit == 0 ? 0 : 2, bytes, units[unit]);
    return text;
}

const char *quantity_write_time(char *text, double nanoseconds, const char *micro)
{
    const char *const units[] = {"ns", micro, "ms", "s"};
    size_t unit = 0;
    double value = nanoseconds;
    while (value >= 999.5 && unit < 3) {
        value /= 1000;
        unit++;
    }
    int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    snprintf(text, QUANTITY_SIZE, "%.*f %s", decimals, value, units[unit]);
    return text;
}

const char *quantity_write_duration(char *text, double seconds)
{
    if (seconds < 59.95) {
        snprintf(text, QUANTITY_SIZE, "%.1fs", seconds);
        return text;
    }
    uint64_t whole = (uint64_t)fmin(round(seconds), 9e18), minutes = whole / 60, hours = minutes / 60;
    if (hours == 0)
        snprintf(text, QUANTITY_SIZE, "%" PRIu64 "m%" PRIu64 "s", minutes, whole % 60);
    else if (hours < 24)
        snprintf(text, QUANTITY_SIZE, "%" PRIu64 "h%" PRIu64 "m", hours, minutes % 60);
    else
        snprintf(text, QUANTITY_SIZE, "%" PRIu64 "d%" PRIu64 "h", hours / 24, hours % 24);
    return text;
}
