#include "modes/latency_spectrum.h"

#include "core/terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS 10

/* From no sample at all to all of them. */
static const char level_characters[LEVELS + 1] = " .:-=+*#%@";
static const int level_colors[LEVELS] = {235, 18, 20, 26, 38, 43, 112, 220, 208, 196};

void spectrum_add(struct spectrum *spectrum, uint64_t nanoseconds)
{
    double place = nanoseconds <= 1000 ? 0 : ceil(log10((double)nanoseconds / 1000) * SPECTRUM_DECADE);
    size_t cell = place < SPECTRUM_CELLS - 1 ? (size_t)place : SPECTRUM_CELLS - 1;
    spectrum->cells[cell]++;
    spectrum->count++;
}

bool spectrum_has_color(const struct options *options)
{
    const char *kind = getenv("TERM"), *more = getenv("COLORTERM");
    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    bool has_256 = (kind && strstr(kind, "256")) || (more && *more != '\0');
    return has_256 && terminal_has_color();
}

static void print_level(size_t level, bool color)
{
    if (color)
        printf("\x1b[48;5;%dm ", level_colors[level]);
    else
        putchar(level_characters[level]);
}

static void end_levels(bool color)
{
    if (color)
        fputs("\x1b[0m", stdout);
}

/* A cell with one sample looks different from one with none. */
static size_t level_of(uint64_t samples, uint64_t all)
{
    return samples == 0 ? 0 : (size_t)ceil((double)samples / (double)all * (LEVELS - 1));
}

void spectrum_print_legend(int margin, bool color, const char *micro)
{
    static const char *const marks[] = {"1", "10", "100", "1 ms", "10 ms", "100 ms", "1 s"};
    printf("%*sshare of the samples, from none to all: ", margin, "");
    for (size_t level = 0; level < LEVELS; level++)
        print_level(level, color);
    end_levels(color);
    printf("\n%*s", margin, "");
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        int width = printf("|%s", marks[i]);
        if (i < 3) {
            printf(" %s", micro);
            width += 3;
        }
        printf("%*s", SPECTRUM_DECADE - width, "");
    }
    fputs("|10 s", stdout);
}

void spectrum_print(const struct spectrum *spectrum, bool color)
{
    for (size_t i = 0; i < SPECTRUM_CELLS; i++)
        print_level(level_of(spectrum->cells[i], spectrum->count), color);
    end_levels(color);
}
