#include "survey/key_report.h"

#include "core/memory.h"
#include "core/quoting.h"

#include <inttypes.h>
#include <stdio.h>

#define LONGEST_NAME 512 /* bytes shown */

char *key_report_name(const char *name, size_t length)
{
    char *text;
    size_t size;
    FILE *out = memory_stream_open(&text, &size);
    quoting_write(out, name, length < LONGEST_NAME ? length : LONGEST_NAME);
    if (length > LONGEST_NAME)
        fputs("...", out);
    memory_stream_close(out);
    return text;
}

void key_report_fraction(double fraction)
{
    if (fraction >= 0)
        printf("[%05.2f%%] ", 100 * fraction);
}

bool key_report_begin_summary(const struct key_walk_result *result)
{
    if (result->code != EXIT_CODE_OK && result->walked == 0)
        return false;
    printf("\n-------- summary -------\n\n");
    if (!result->is_complete)
        key_report_fraction(result->fraction);
    printf("Sampled %" PRIu64 " keys in the keyspace!\n", result->walked);
    return true;
}

void key_report_name_bytes(const struct key_walk_result *result, uint64_t bytes)
{
    double average = result->walked > 0 ? (double)bytes / (double)result->walked : 0;
    printf("Total key length in bytes is %" PRIu64 " (avg len %.2f)\n\n", bytes, average);
}
