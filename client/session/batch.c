#include "session/batch.h"

#include "session/line.h"
#include "session/runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum exit_code batch_read_lines(struct runner *runner)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    enum exit_code code = EXIT_CODE_OK;
    enum line_result result = LINE_DONE;
    while (result == LINE_DONE && (length = getline(&line, &capacity, stdin)) > 0) {
        if (line[length - 1] == '\n')
            length--;
        result = line_run(runner, line, (size_t)length, &code);
    }
    if (result == LINE_DONE && ferror(stdin)) {
        fprintf(stderr, "kvs-cli: cannot read standard input: %s\n", strerror(errno));
        code = EXIT_CODE_LOCAL;
    }
    free(line);
    return code;
}

enum exit_code batch_run(const struct options *options)
{
    struct session *session = session_create(options, SESSION_BATCH);
    struct runner *runner = runner_create(session);
    enum exit_code code = session_connect(session);
    if (code == EXIT_CODE_OK)
        code = batch_read_lines(runner);
    if (code == EXIT_CODE_OK && options->error_exit)
        code = runner_first_error(runner);
    runner_destroy(runner);
    session_destroy(session);
    return code;
}
