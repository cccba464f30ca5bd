#include "session/eval.h"

#include "core/quoting.h"
#include "session/command_words.h"
#include "session/one_shot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum exit_code read_script(const char *file, char **script_out, size_t *length_out)
{
    if (strcmp(file, "-") == 0)
        return command_words_read_all(STDIN_FILENO, "standard input", script_out, length_out);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "kvs-cli: cannot open %s: %s\n", file, strerror(errno));
        return EXIT_CODE_LOCAL;
    }
    enum exit_code code = command_words_read_all(fd, file, script_out, length_out);
    close(fd);
    return code;
}

/* The place of the word that ends the keys; the number of words when there is none. What comes from standard input, or
 * from a quoted comma, is no such word. */
static size_t find_comma(const struct options *options, size_t word_count)
{
    for (int i = 0; i < options->argc; i++) {
        if (strcmp(options->argv[i], ",") == 0)
            return (size_t)i;
    }
    return word_count;
}

static void build_command(struct arguments *command, const char *script, size_t length, const struct arguments *words,
                          size_t comma)
{
    char number[24];
    int digits = snprintf(number, sizeof number, "%zu", comma);
    arguments_append(command, "EVAL", strlen("EVAL"));
    arguments_append(command, script, length);
    arguments_append(command, number, (size_t)digits);
    for (size_t i = 0; i < words->count; i++) {
        if (i != comma)
            arguments_append(command, words->values[i], words->lengths[i]);
    }
}

enum exit_code eval_run(const struct options *options)
{
    struct arguments command = {0}, words = {0};
    char *script = NULL;
    size_t length = 0;
    enum exit_code code = read_script(options->eval_file, &script, &length);
    if (code == EXIT_CODE_OK)
        code = command_words_append(options, &words);
    if (code == EXIT_CODE_OK) {
        build_command(&command, script, length, &words, find_comma(options, words.count));
        code = one_shot_run_command(options, &command);
    }
    arguments_deinit(&words);
    arguments_deinit(&command);
    free(script);
    return code;
}
