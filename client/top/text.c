#include "top/text.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#define MINUTE 60.0
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static struct text text_unknown(void)
{
    return (struct text){"-"};
}

/* Three digits that count, and the unit. What is beyond the last unit keeps it. */
static struct text text_scaled(double value, double base, const char *const units[], size_t unit_count)
{
    struct text text;
    size_t unit = 0;
    if (!isfinite(value))
        return text_unknown();
    for (; fabs(value) >= (base > 1000 ? base : 999.5) && unit + 1 < unit_count; unit++)
        value /= base;
    if (fabs(value) >= 1e6)
        snprintf(text.text, sizeof text.text, "%.0e%s", value, units[unit]);
    else if (unit == 0 && value == floor(value))
        snprintf(text.text, sizeof text.text, "%.0f%s", value, units[unit]);
    else
        snprintf(text.text, sizeof text.text, "%.*f%s",
                 fabs(value) < 9.995   ? 2
                 : fabs(value) < 99.95 ? 1
                                       : 0,
                 value, units[unit]);
    return text;
}

struct text text_count(double value)
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    return text_scaled(value, 1000, units, sizeof units / sizeof units[0]);
}

struct text text_bytes(double bytes)
{
    static const char *const units[] = {"B", "K", "M", "G", "T", "P"};
    return text_scaled(bytes, 1024, units, sizeof units / sizeof units[0]);
}

struct text text_microseconds(double microseconds)
{
    static const char *const units[] = {"us", "ms", "s"};
    return text_scaled(microseconds, 1000, units, sizeof units / sizeof units[0]);
}

struct text text_percent(double percent)
{
    struct text text;
    if (!isfinite(percent) || fabs(percent) > 1e6)
        return text_unknown();
    snprintf(text.text, sizeof text.text, "%.*f%%", percent < 99.95 ? 1 : 0, percent);
    return text;
}

struct text text_duration(double seconds)
{
    struct text text;
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e6 * DAY)
        return text_unknown();
    int days = (int)(seconds / DAY);
    int hours = (int)(fmod(seconds, DAY) / HOUR);
    int minutes = (int)(fmod(seconds, HOUR) / MINUTE);
    if (seconds < MINUTE)
        snprintf(text.text, sizeof text.text, "%ds", (int)seconds);
    else if (seconds < HOUR)
        snprintf(text.text, sizeof text.text, "%dm%02ds", minutes, (int)fmod(seconds, MINUTE));
    else if (seconds < DAY)
        snprintf(text.text, sizeof text.text, "%dh%02dm", hours, minutes);
    else if (days < 1000)
        snprintf(text.text, sizeof text.text, "%dd%02dh", days, hours);
    else
        snprintf(text.text, sizeof text.text, "%dd", days);
    return text;
}
