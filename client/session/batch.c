#include "session/batch.h"

#include "core/quoting.h"
#include "output/output.h"
#include "session/line.h"
#include "session/runner.h"
#include "session/session.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_BUFFER (64 * 1024) /* bytes; what comes in a stream is run as it comes all the same */

struct batch {
    const struct options *options;
    struct runner *runner;
    FILE *input;
    const char *name; /* of the input, in messages */
    bool is_file;     /* from -f */
    size_t line;      /* counted from 1 */

    char *text; /* of the line */
    size_t capacity;

    enum exit_code first_error; /* of a line that is no command or whose command failed */
};

/* Trouble with a line; `code` is what -e makes of it. */
static void batch_note_error(struct batch *batch, enum exit_code code, const char *message)
{
    fprintf(stderr, "kvs-cli: %s, line %zu: %s\n", batch->name, batch->line, message);
    if (batch->first_error == EXIT_CODE_OK)
        batch->first_error = code;
}

static void batch_refuse_line(struct batch *batch)
{
    static const char reason[] = "a quote is not closed, or not followed by a blank";
    if (!batch->is_file) {
        puts("Invalid argument(s)");
        output_flush();
    }
    if (batch->is_file || batch->options->error_exit)
        batch_note_error(batch, EXIT_CODE_USAGE, reason);
}

static bool is_comment(const char *line, size_t length)
{
    size_t blanks = 0;
    while (blanks < length && (line[blanks] == ' ' || line[blanks] == '\t'))
        blanks++;
    return blanks < length && line[blanks] == '#';
}

static enum line_result batch_run_line(struct batch *batch, size_t length, enum exit_code *code_out)
{
    struct arguments words;
    if (batch->is_file && is_comment(batch->text, length))
        return LINE_DONE;
    if (!quoting_split(batch->text, length, &words)) {
        batch_refuse_line(batch);
        return LINE_DONE;
    }
    enum line_result result = LINE_DONE;
    unsigned long long errors = runner_error_count(batch->runner);
    if (words.count > 0)
        result = line_run_words(batch->runner, &words, code_out);
    arguments_deinit(&words);
    if (batch->options->error_exit && runner_error_count(batch->runner) > errors)
        batch_note_error(batch, runner_last_error_code(batch->runner), runner_last_error(batch->runner));
    return result;
}

/* False: the rest is not to be run, for the reason in `*code_out`. */
static bool batch_run_lines(struct batch *batch, enum exit_code *code_out)
{
    ssize_t length;
    batch->line = 0;
    while ((length = getline(&batch->text, &batch->capacity, batch->input)) > 0) {
        batch->line++;
        if (batch->text[length - 1] == '\n')
            length--;
        enum line_result result = batch_run_line(batch, (size_t)length, code_out);
        if (result == LINE_LOST && (batch->is_file || batch->options->error_exit))
            fprintf(stderr, "kvs-cli: %s: stopped at line %zu\n", batch->name, batch->line);
        if (result != LINE_DONE)
            return false;
    }
    if (!ferror(batch->input))
        return true;
    fprintf(stderr, "kvs-cli: cannot read %s: %s\n", batch->name, strerror(errno));
    *code_out = EXIT_CODE_LOCAL;
    return false;
}

static enum exit_code batch_open(struct batch *batch)
{
    const struct options *options = batch->options;
    batch->is_file = options->command_file;
    if (!batch->is_file || strcmp(options->command_file, "-") == 0) {
        batch->input = stdin;
        batch->name = "standard input";
    } else {
        batch->input = fopen(options->command_file, "re");
        batch->name = options->command_file;
    }
    if (!batch->input) {
        fprintf(stderr, "kvs-cli: cannot open %s: %s\n", batch->name, strerror(errno));
        return EXIT_CODE_LOCAL;
    }
    setvbuf(batch->input, NULL, _IOFBF, INPUT_BUFFER);
    if (batch->is_file && options->repeat != 1 && fseek(batch->input, 0, SEEK_SET) < 0) {
        fprintf(stderr, "kvs-cli: option -r: %s can be read only once\n", batch->name);
        return EXIT_CODE_USAGE;
    }
    return EXIT_CODE_OK;
}

static void batch_close(struct batch *batch)
{
    free(batch->text);
    if (batch->input && batch->input != stdin)
        fclose(batch->input);
}

static enum exit_code batch_run_all(struct batch *batch)
{
    enum exit_code code = session_connect(runner_session(batch->runner));
    long long repeat = batch->is_file ? batch->options->repeat : 1;
    bool goes_on = code == EXIT_CODE_OK;
    while (goes_on && repeat != 0) {
        goes_on = batch_run_lines(batch, &code);
        repeat -= repeat > 0;
        if (goes_on && repeat != 0)
            rewind(batch->input);
    }
    if (code == EXIT_CODE_OK)
        code = session_end_silence(runner_session(batch->runner));
    if (code == EXIT_CODE_OK && batch->options->error_exit)
        code = batch->first_error;
    return code;
}

enum exit_code batch_run(const struct options *options)
{
    struct batch batch = {.options = options};
    enum exit_code code = batch_open(&batch);
    if (code == EXIT_CODE_OK) {
        struct session *session = session_create(options, SESSION_BATCH);
        batch.runner = runner_create(session);
        code = batch_run_all(&batch);
        runner_destroy(batch.runner);
        session_destroy(session);
    }
    batch_close(&batch);
    return code;
}
