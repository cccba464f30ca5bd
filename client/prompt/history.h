/*
 * The lines typed at the prompt, kept from one run to the next in $KVSCLI_HISTFILE, else ~/.kvscli_history. With
 * /dev/null, or without a home folder, they are not kept in a file.
 *
 * The file is readable by its owner alone (mode 0600), whatever the umask or its earlier mode. Lines are
 * appended one by one, so that several prompts can share it. Which lines may be kept is the caller's to say
 * (line.h).
 */
#ifndef KVS_CLIENT_PROMPT_HISTORY_H
#define KVS_CLIENT_PROMPT_HISTORY_H

#include <stdbool.h>

struct history;

typedef void history_visit(void *context, const char *line);

struct history *history_create(void);
void history_destroy(struct history *history);

/* Calls `visit` for the lines of the file, oldest first, the newest HISTORY_MAX_LINES at most; shortens a
 * file that has grown to twice that. Trouble with the file is ignored: a prompt without a past is still a
 * prompt. */
void history_load(struct history *history, history_visit *visit, void *context);

/* Appends a line, unless it repeats the last one. True when it did. */
bool history_append(struct history *history, const char *line);

#define HISTORY_MAX_LINES 1000

#endif
