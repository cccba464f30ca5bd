/*
 * kvs-cli: reads the command line and chooses how commands come in: one from the command line (one_shot.h),
 * many from standard input (batch.h), or from a person at a terminal (prompt.h). --who has no command (who.h).
 */
#include "session/batch.h"
#include "session/one_shot.h"
#include "options.h"
#include "prompt/prompt.h"
#include "modes/who.h"

#include <signal.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct options options;
    options_parse(&options, argc, argv);
    signal(SIGPIPE, SIG_IGN); /* a server that went away is an error to report, not a death */
    if (options.who)
        return who_run(&options);
    if (options.argc > 0)
        return one_shot_run(&options);
    return isatty(STDIN_FILENO) ? prompt_run(&options) : batch_run(&options);
}
