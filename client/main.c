/*
 * kvs-cli: reads the command line and chooses what to do: send commands (one from the command line, or many from a
 * file, standard input or a person at a terminal), or one of the modes that have no command.
 */
#include "core/standard_files.h"
#include "modes/copy.h"
#include "modes/intrinsic_latency.h"
#include "modes/latency.h"
#include "modes/pipe.h"
#include "modes/scan.h"
#include "modes/stat.h"
#include "modes/who.h"
#include "options/options.h"
#include "output/output.h"
#include "prompt/help.h"
#include "prompt/prompt.h"
#include "session/batch.h"
#include "session/eval.h"
#include "session/one_shot.h"
#include "survey/key_survey.h"
#include "top/top.h"

#include <signal.h>
#include <strings.h>
#include <unistd.h>

static enum exit_code run_commands(const struct options *options)
{
    if (options->argc > 0)
        return strcasecmp(options->argv[0], "help") == 0 ? help_run(options) : one_shot_run(options);
    bool has_person = !options->command_file && isatty(STDIN_FILENO);
    return has_person ? prompt_run(options) : batch_run(options);
}

static enum exit_code run(const struct options *options)
{
    switch (options->mode) {
    case MODE_COMMANDS:
        return run_commands(options);
    case MODE_EVAL:
        return eval_run(options);
    case MODE_WHO:
        return who_run(options);
    case MODE_TOP:
        return top_run(options);
    case MODE_PIPE:
        return pipe_run(options);
    case MODE_SCAN:
        return scan_run(options);
    case MODE_BIGKEYS:
    case MODE_MEMKEYS:
    case MODE_KEYSTATS:
    case MODE_HOTKEYS:
        return key_survey_run(options);
    case MODE_LATENCY:
    case MODE_LATENCY_HISTORY:
    case MODE_LATENCY_DIST:
        return latency_run(options);
    case MODE_INTRINSIC_LATENCY:
        return intrinsic_latency_run(options);
    case MODE_STAT:
        return stat_run(options);
    case MODE_COPY:
        return copy_run(options);
    }
    return EXIT_CODE_USAGE;
}

int main(int argc, char **argv)
{
    struct options options;
    standard_files_open();
    options_parse(&options, argc, argv);
    signal(SIGPIPE, SIG_IGN); /* a server that went away is an error to report, not a death */
    signal(SIGXFSZ, SIG_IGN); /* a file that may grow no more is, too */
    enum exit_code code = run(&options);
    output_flush(); /* what can't be printed is an error in every mode */
    return code;
}
