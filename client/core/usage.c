#include "core/usage.h"

#include "core/exit_codes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void usage_fail(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fputs("kvs-cli: ", stderr);
    vfprintf(stderr, format, values);
    fputs(" (kvs-cli --help lists the options)\n", stderr);
    va_end(values);
    exit(EXIT_CODE_USAGE);
}
