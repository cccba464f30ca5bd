#include "top/amount.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#define MINUTE 60.0
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static struct amount amount_unknown(void)
{
    return (struct amount){"-"};
}

/* Three digits that count, and the unit. What is beyond the last unit keeps it. */
static struct amount amount_scaled(double value, double base, const char *const units[], size_t unit_count)
{
    struct amount amount;
    size_t unit = 0;
    if (!isfinite(value))
        return amount_unknown();
    for (; fabs(value) >= (base > 1000 ? base : 999.5) && unit + 1 < unit_count; unit++)
        value /= base;
    if (fabs(value) >= 1e6)
        snprintf(amount.text, sizeof amount.text, "%.0e%s", value, units[unit]);
    else if (unit == 0 && value == floor(value))
        snprintf(amount.text, sizeof amount.text, "%.0f%s", value, units[unit]);
    else
        snprintf(amount.text, sizeof amount.text, "%.*f%s",
                 fabs(value) < 9.995   ? 2
                 : fabs(value) < 99.95 ? 1
                                       : 0,
                 value, units[unit]);
    return amount;
}

struct amount amount_count(double value)
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    return amount_scaled(value, 1000, units, sizeof units / sizeof units[0]);
}

struct amount amount_bytes(double bytes)
{
    static const char *const units[] = {"B", "K", "M", "G", "T", "P"};
    return amount_scaled(bytes, 1024, units, sizeof units / sizeof units[0]);
}

struct amount amount_microseconds(double microseconds)
{
    static const char *const units[] = {"us", "ms", "s"};
    return amount_scaled(microseconds, 1000, units, sizeof units / sizeof units[0]);
}

struct amount amount_percent(double percent)
{
    struct amount amount;
    if (!isfinite(percent) || fabs(percent) > 1e6)
        return amount_unknown();
    snprintf(amount.text, sizeof amount.text, "%.*f%%", percent < 99.95 ? 1 : 0, percent);
    return amount;
}

struct amount amount_duration(double seconds)
{
    struct amount amount;
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e6 * DAY)
        return amount_unknown();
    int days = (int)(seconds / DAY);
    int hours = (int)(fmod(seconds, DAY) / HOUR);
    int minutes = (int)(fmod(seconds, HOUR) / MINUTE);
    if (seconds < MINUTE)
        snprintf(amount.text, sizeof amount.text, "%ds", (int)seconds);
    else if (seconds < HOUR)
        snprintf(amount.text, sizeof amount.text, "%dm%02ds", minutes, (int)fmod(seconds, MINUTE));
    else if (seconds < DAY)
        snprintf(amount.text, sizeof amount.text, "%dh%02dm", hours, minutes);
    else if (days < 1000)
        snprintf(amount.text, sizeof amount.text, "%dd%02dh", days, hours);
    else
        snprintf(amount.text, sizeof amount.text, "%dd", days);
    return amount;
}
