#include "session/one_shot.h"

#include "session/command_words.h"
#include "session/runner.h"
#include "session/session.h"

enum exit_code one_shot_run_command(const struct options *options, const struct arguments *command)
{
    struct session *session = session_create(options, SESSION_ONE_SHOT);
    struct runner *runner = runner_create(session);
    enum exit_code code = runner_run(runner, command, options->repeat);
    runner_destroy(runner);
    session_destroy(session);
    return code;
}

enum exit_code one_shot_run(const struct options *options)
{
    struct arguments command = {0};
    enum exit_code code = command_words_append(options, &command);
    if (code == EXIT_CODE_OK)
        code = one_shot_run_command(options, &command);
    arguments_deinit(&command);
    return code;
}
