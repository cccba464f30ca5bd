#include "prompt/help.h"

void help_print(FILE *out, const struct documentation *documentation, const struct arguments *arguments, bool color)
{
    (void)out, (void)documentation, (void)arguments, (void)color;
}
