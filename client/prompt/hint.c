#include "prompt/hint.h"

void hint_write(const struct documentation *documentation, const char *line, size_t length, char *text, size_t size)
{
    (void)documentation, (void)line, (void)length;
    if (size > 0)
        *text = '\0';
}
