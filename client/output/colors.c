#include "output/colors.h"

static const char *const codes[] = {
    [ROLE_PLAIN] = NULL,       [ROLE_STRING] = "\033[32m", [ROLE_NUMBER] = "\033[33m", [ROLE_KEY] = "\033[36m",
    [ROLE_ERROR] = "\033[31m", [ROLE_HEADING] = "\033[1m", [ROLE_FAINT] = "\033[2m",
};

void color_begin(FILE *out, enum color_role role, bool color)
{
    if (color && codes[role])
        fputs_unlocked(codes[role], out);
}

void color_end(FILE *out, enum color_role role, bool color)
{
    if (color && codes[role])
        fputs_unlocked("\033[0m", out);
}
