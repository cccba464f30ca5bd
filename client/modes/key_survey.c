#include "modes/key_survey.h"

#include <stdio.h>

enum exit_code key_survey_run(const struct options *options)
{
    fprintf(stderr, "kvs-cli: %s is being built\n", options->mode_option);
    return EXIT_CODE_LOCAL;
}
