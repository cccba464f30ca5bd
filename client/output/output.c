#include "output/output.h"

#include "core/exit_codes.h"
#include "core/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void output_flush(void)
{
    static int interrupts;
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    int error = errno;
    bool was_interrupted = interrupt_count() != interrupts;
    interrupts = interrupt_count();
    if (failed && !was_interrupted)
        output_fail(error);
    clearerr(stdout);
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
