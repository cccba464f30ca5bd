#include "modes/scan.h"

#include <stdio.h>

enum exit_code scan_run(const struct options *options)
{
    fprintf(stderr, "kvs-cli: %s is being built\n", options->mode_option);
    return EXIT_CODE_LOCAL;
}
