#include "core/progress.h"

#include "core/monotonic.h"
#include "core/terminal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_FIRST 0.5 /* seconds: what is over sooner needs no progress */
#define PROGRESS_EVERY 0.2 /* seconds */
#define BAR_WIDTH 20       /* columns */

struct progress progress_begin(void)
{
    return (struct progress){.enabled = isatty(STDERR_FILENO), .next = monotonic_seconds() + PROGRESS_FIRST};
}

bool progress_is_due(struct progress *progress)
{
    if (!progress->enabled)
        return false;
    double now = monotonic_seconds();
    if (now < progress->next)
        return false;
    progress->next = now + PROGRESS_EVERY;
    return true;
}

static int write_bar(char *text, size_t size, double fraction)
{
    char bar[BAR_WIDTH + 1];
    fraction = fmin(fraction, 1);
    int full = (int)(fraction * BAR_WIDTH);
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)full);
    bar[BAR_WIDTH] = '\0';
    return snprintf(text, size, "[%s] %3.0f%%  ", bar, floor(fraction * 100));
}

void progress_show(struct progress *progress, double fraction, const char *format, ...)
{
    char line[256];
    int columns, used = 0;
    if (!progress->enabled)
        return;
    if (fraction >= 0)
        used = write_bar(line, sizeof line, fraction);
    va_list values;
    va_start(values, format);
    vsnprintf(line + used, sizeof line - (size_t)used, format, values);
    va_end(values);
    terminal_size(&columns, NULL);
    fprintf(stderr, "\r%.*s\033[K", columns - 1, line); /* the last column is left, where some terminals wrap */
    fflush(stderr);
    progress->is_shown = true;
}

void progress_clear(struct progress *progress)
{
    if (progress->is_shown)
        fputs("\r\033[K", stderr);
    progress->is_shown = false;
}
