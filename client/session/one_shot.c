#include "session/one_shot.h"

#include "core/memory.h"
#include "core/quoting.h"
#include "session/runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One argument of the command line as a quoted string: exactly one word. */
static bool append_unquoted(struct arguments *arguments, const char *text)
{
    struct arguments words;
    if (!quoting_split(text, strlen(text), &words))
        return false;
    bool single = words.count == 1;
    if (single)
        arguments_append(arguments, words.values[0], words.lengths[0]);
    arguments_deinit(&words);
    return single;
}

static enum exit_code collect_arguments(const struct options *options, struct arguments *arguments)
{
    for (int i = 0; i < options->argc; i++) {
        const char *text = options->argv[i];
        if (!options->quoted_input) {
            arguments_append(arguments, text, strlen(text));
        } else if (!append_unquoted(arguments, text)) {
            fprintf(stderr, "kvs-cli: --quoted-input: '%s' is not one word with balanced quotes\n", text);
            return EXIT_CODE_USAGE;
        }
    }
    return EXIT_CODE_OK;
}

/* All of standard input. */
static enum exit_code read_stdin(char **bytes_out, size_t *length_out)
{
    size_t capacity = 64 * 1024, length = 0;
    char *bytes = memory_alloc(capacity);
    for (;;) {
        ssize_t size = read(STDIN_FILENO, bytes + length, capacity - length);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0) {
            fprintf(stderr, "kvs-cli: cannot read standard input: %s\n", strerror(errno));
            free(bytes);
            return EXIT_CODE_LOCAL;
        }
        if (size == 0)
            break;
        length += (size_t)size;
        if (length == capacity)
            bytes = memory_resize(bytes, capacity *= 2);
    }
    *bytes_out = bytes;
    *length_out = length;
    return EXIT_CODE_OK;
}

/* The place of the argument that is the tag of -X; the number of arguments when there is none. */
static size_t find_tag(const struct arguments *arguments, const char *tag)
{
    size_t index = 0;
    while (index < arguments->count && strcmp(arguments->values[index], tag) != 0)
        index++;
    return index;
}

static enum exit_code fill_from_stdin(const struct options *options, struct arguments *arguments)
{
    char *bytes;
    size_t length, index = arguments->count;
    if (options->stdin_tag != NULL) {
        index = find_tag(arguments, options->stdin_tag);
        if (index == arguments->count) {
            fprintf(stderr, "kvs-cli: option -X: no argument of the command is '%s'\n", options->stdin_tag);
            return EXIT_CODE_USAGE;
        }
    }
    enum exit_code code = read_stdin(&bytes, &length);
    if (code != EXIT_CODE_OK)
        return code;
    if (index == arguments->count)
        arguments_append(arguments, bytes, length);
    else
        arguments_replace(arguments, index, bytes, length);
    free(bytes);
    return EXIT_CODE_OK;
}

enum exit_code one_shot_run(const struct options *options)
{
    struct arguments arguments = {0};
    enum exit_code code = collect_arguments(options, &arguments);
    if (code == EXIT_CODE_OK && (options->last_from_stdin || options->stdin_tag != NULL)) {
        code = fill_from_stdin(options, &arguments);
    }
    if (code == EXIT_CODE_OK) {
        struct session *session = session_create(options, SESSION_ONE_SHOT);
        struct runner *runner = runner_create(session);
        code = runner_run(runner, &arguments, options->repeat);
        runner_destroy(runner);
        session_destroy(session);
    }
    arguments_deinit(&arguments);
    return code;
}
