#include "core/age.h"

#include "core/quantity.h"

#include <stddef.h>

void age_print(FILE *out, time_t when)
{
    static const struct {
        const char *one, *many;
        long long seconds;
    } units[] = {
        {"day", "days", 24 * 60 * 60}, {"hour", "hours", 60 * 60}, {"minute", "minutes", 60}, {"second", "seconds", 1}};
    long long passed = (long long)(time(NULL) - when);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        long long count = passed / units[i].seconds;
        if (count > 0) {
            fprintf(out, "%lld %s ago", count, quantity_noun((uint64_t)count, units[i].one, units[i].many));
            return;
        }
    }
    fputs("just now", out);
}
