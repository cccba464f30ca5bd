#include "output/output.h"

#include "core/exit_codes.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void output_flush(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        output_fail(errno);
}

void output_fail(int error)
{
    if (error == EPIPE) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    fprintf(stderr, "kvs-cli: cannot write to standard output: %s\n", strerror(error));
    exit(EXIT_CODE_LOCAL);
}
