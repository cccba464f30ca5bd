#include "session/line.h"

#include "output/output.h"
#include "session/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOW_SECONDS 0.5 /* a command that took longer has its time printed */

static void print_line(const char *text)
{
    puts(text);
    output_flush();
}

static void print_help(void)
{
    print_line("kvs-cli " KVS_VERSION "\n"
               "  COMMAND [ARGUMENT ...]     send a command; \"double\" and 'single' quotes as in a shell,\n"
               "                             with \\n \\r \\t \\b \\a \\xHH between double quotes\n"
               "  COUNT COMMAND ...          send it COUNT times\n"
               "  Ctrl-C                     end MONITOR, SUBSCRIBE or a wait\n"
               "  clear                      clear the screen\n"
               "  quit, exit                 leave\n"
               "  command docs COMMAND       what a command does\n"
               "Options of the program: kvs-cli --help");
}

/* The word comes from a file, which others may have written. */
static void print_unknown(const char *word)
{
    char *shown = quoting_copy_printable(word, strlen(word));
    printf("unknown kvs-cli internal command '%s'\n", shown);
    output_flush();
    free(shown);
}

/* ---- repetition ---- */

bool line_take_repeat(struct arguments *arguments, long *repeat_out)
{
    char *end;
    *repeat_out = 1;
    if (arguments->count < 2)
        return true;
    errno = 0;
    long repeat = strtol(arguments->values[0], &end, 10);
    if (*end != '\0')
        return true;
    if (errno != 0 || repeat <= 0)
        return false;
    arguments_shift(arguments);
    *repeat_out = repeat;
    return true;
}

/* ---- running ---- */

enum line_result line_run_command(struct runner *runner, const struct arguments *arguments, long repeat,
                                  enum exit_code *code_out)
{
    enum exit_code code = runner_run(runner, arguments, repeat);
    double elapsed = runner_seconds(runner);
    if (elapsed >= SLOW_SECONDS && session_options(runner_session(runner))->style.format <= FORMAT_HUMAN) {
        printf("(%.2fs)\n", elapsed);
        output_flush();
    }
    if (code == EXIT_CODE_OK)
        return LINE_DONE;
    *code_out = code;
    return LINE_LOST;
}

enum line_result line_run_words(struct runner *runner, struct arguments *arguments, enum exit_code *code_out)
{
    long repeat;
    if (arguments_is(arguments, 0, "quit") || arguments_is(arguments, 0, "exit"))
        return LINE_QUIT;
    if (!line_take_repeat(arguments, &repeat)) {
        print_line("Invalid kvs-cli repeat command option value.");
    } else if (arguments_is(arguments, 0, "help") || arguments_is(arguments, 0, "?")) {
        print_help();
    } else if (arguments->values[0][0] == ':') {
        print_unknown(arguments->values[0]);
    } else if (arguments->count == 1 && arguments_is(arguments, 0, "clear")) {
        fputs("\033[H\033[2J", stdout);
        output_flush();
    } else {
        return line_run_command(runner, arguments, repeat, code_out);
    }
    return LINE_DONE;
}
