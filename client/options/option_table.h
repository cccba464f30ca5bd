/*
 * The options of kvs-cli as a table: options.c parses by it, option_document.c draws --help, the man page and the
 * shells' completions from it.
 */
#ifndef KVS_CLIENT_OPTIONS_OPTION_TABLE_H
#define KVS_CLIENT_OPTIONS_OPTION_TABLE_H

#include "options/options.h"

#include <stdbool.h>
#include <stddef.h>

enum option_id {
    OPTION_SOCKET,
    OPTION_URL,
    OPTION_DATABASE,
    OPTION_TIMEOUT,
    OPTION_USER,
    OPTION_PASSWORD,
    OPTION_ASK_PASSWORD,
    OPTION_NO_AUTH_WARNING,
    OPTION_RESP2,
    OPTION_RESP3,
    OPTION_REPEAT,
    OPTION_INTERVAL,
    OPTION_FILE,
    OPTION_LAST_FROM_STDIN,
    OPTION_STDIN_TAG,
    OPTION_QUOTED_INPUT,
    OPTION_ERROR_EXIT,
    OPTION_NO_QUESTIONS,
    OPTION_FORMAT, /* `choice` is an enum format */
    OPTION_ELEMENT_DELIMITER,
    OPTION_REPLY_DELIMITER,
    OPTION_COLOR,
    OPTION_PAGER, /* `choice`: 1 or 0 */
    OPTION_SHOW_PUSHES,
    OPTION_MODE, /* `choice` is an enum mode */
    OPTION_EVAL,
    OPTION_INTRINSIC_LATENCY,
    OPTION_COPY_FROM,
    OPTION_PATTERN,
    OPTION_QUOTED_PATTERN,
    OPTION_TYPE,
    OPTION_COUNT,
    OPTION_MEMORY_SAMPLES,
    OPTION_PIPE_TIMEOUT,
    OPTION_REPLACE,
    OPTION_REFUSED, /* redis-cli has it; `help` says why it isn't here */
    OPTION_IGNORED, /* redis-cli has it; there is nothing to do */
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_DOCUMENT, /* `choice` is an enum document; for the Makefile */
    OPTION_ID_COUNT,
};

enum option_section {
    SECTION_SERVER,
    SECTION_COMMANDS,
    SECTION_OUTPUT,
    SECTION_MODES,
    SECTION_OTHER,
    SECTION_HIDDEN,
    SECTION_COUNT,
};

/* What option_document_print() can draw. */
enum document {
    DOCUMENT_HELP,
    DOCUMENT_MAN,
    DOCUMENT_BASH,
    DOCUMENT_ZSH,
    DOCUMENT_FISH,
};

struct option_entry {
    const char *name;
    const char *value; /* what follows the name, or NULL; "one|two" lists all there are, PATH and FILE are files */
    const char *help;
    enum option_id id;
    enum option_section section;
    int choice;
};

extern const struct option_entry option_table[];
extern const size_t option_table_count;

/* Whether its value is the path of a file or socket file. */
bool option_value_is_file(const struct option_entry *entry);

extern const char *const option_section_titles[SECTION_COUNT];

/* Prints to standard output. */
void option_document_print(enum document document);

#endif
