#include "base/panic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_LEN 1024 /* bytes, on the stack: the process may be out of memory */

static void write_to_stderr(const char *line)
{
    fprintf(stderr, "%s\n", line);
}

static panic_writer *write_line = write_to_stderr;

void panic_set_writer(panic_writer *writer)
{
    write_line = writer;
}

void panic(const char *format, ...)
{
    char line[LINE_MAX_LEN];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    write_line(line);
    abort();
}
