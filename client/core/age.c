#include "core/age.h"

#include <stddef.h>

void age_print(FILE *out, time_t when)
{
    static const struct {
        const char *name;
        long long seconds;
    } units[] = {{"day", 24 * 60 * 60}, {"hour", 60 * 60}, {"minute", 60}, {"second", 1}};
    long long passed = (long long)(time(NULL) - when);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        long long count = passed / units[i].seconds;
        if (count > 0) {
            fprintf(out, "%lld %s%s ago", count, units[i].name, count > 1 ? "s" : "");
            return;
        }
    }
    fputs("just now", out);
}
