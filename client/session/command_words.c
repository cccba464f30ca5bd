#include "session/command_words.h"

#include "core/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A word as a quoted string: exactly one word. */
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

static enum exit_code append_words(const struct options *options, struct arguments *arguments)
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

enum exit_code command_words_read_all(int fd, const char *name, char **bytes_out, size_t *length_out)
{
    size_t capacity = 64 * 1024, length = 0;
    char *bytes = memory_alloc(capacity);
    for (;;) {
        ssize_t size = read(fd, bytes + length, capacity - length);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0) {
            fprintf(stderr, "kvs-cli: cannot read %s: %s\n", name, strerror(errno));
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

/* The place of the word that is the tag of -X, from `begin` on; the number of arguments when there is none. */
static size_t find_tag(const struct arguments *arguments, size_t begin, const char *tag)
{
    size_t index = begin;
    while (index < arguments->count && strcmp(arguments->values[index], tag) != 0)
        index++;
    return index;
}

/* The words are those from `begin` on. */
static enum exit_code fill_from_stdin(const struct options *options, struct arguments *arguments, size_t begin)
{
    char *bytes;
    size_t length, index = arguments->count;
    if (options->stdin_tag) {
        index = find_tag(arguments, begin, options->stdin_tag);
        if (index == arguments->count) {
            fprintf(stderr, "kvs-cli: option -X: no argument of the command is '%s'\n", options->stdin_tag);
            return EXIT_CODE_USAGE;
        }
    }
    enum exit_code code = command_words_read_all(STDIN_FILENO, "standard input", &bytes, &length);
    if (code != EXIT_CODE_OK)
        return code;
    if (index == arguments->count)
        arguments_append(arguments, bytes, length);
    else
        arguments_replace(arguments, index, bytes, length);
    free(bytes);
    return EXIT_CODE_OK;
}

enum exit_code command_words_append(const struct options *options, struct arguments *arguments)
{
    size_t begin = arguments->count;
    enum exit_code code = append_words(options, arguments);
    if (code == EXIT_CODE_OK && (options->last_from_stdin || options->stdin_tag))
        code = fill_from_stdin(options, arguments, begin);
    return code;
}
