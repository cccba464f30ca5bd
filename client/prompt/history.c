#include "prompt/history.h"

#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct history {
    char *path; /* NULL: no file */
    char *last; /* the newest line, or NULL */
};

static char *history_find_path(void)
{
    const char *given = getenv("KVSCLI_HISTFILE");
    if (given && *given != '\0') {
        return strcmp(given, "/dev/null") == 0 ? NULL : memory_copy_text(given, strlen(given));
    }
    const char *home = getenv("HOME");
    char *path;
    if (!home || *home == '\0')
        return NULL;
    if (asprintf(&path, "%s/.kvscli_history", home) < 0)
        memory_fail();
    return path;
}

struct history *history_create(void)
{
    struct history *history = memory_alloc_zeroed(sizeof *history);
    history->path = history_find_path();
    return history;
}

void history_destroy(struct history *history)
{
    free(history->path);
    free(history->last);
    free(history);
}

static void history_set_last(struct history *history, const char *line)
{
    free(history->last);
    history->last = memory_copy_text(line, strlen(line));
}

/* Opens with mode 0600 and nothing wider, also when the file was there before. Nobody waits for a named pipe's other
 * end. */
static FILE *history_open(const char *path, int flags, const char *mode)
{
    int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
        return NULL;
    struct stat status;
    bool usable = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    if (usable && (status.st_mode & 077) != 0)
        usable = fchmod(fd, 0600) == 0;
    FILE *file = usable ? fdopen(fd, mode) : NULL;
    if (!file)
        close(fd);
    return file;
}

/* ---- loading ---- */

/* The newest lines, in a ring. */
struct tail {
    char *lines[HISTORY_MAX_LINES];
    size_t total;
};

static void tail_read(struct tail *tail, FILE *file)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, file)) > 0) {
        if (line[length - 1] == '\n')
            line[--length] = '\0';
        if (length == 0)
            continue;
        char **place = &tail->lines[tail->total++ % HISTORY_MAX_LINES];
        free(*place);
        *place = memory_copy_text(line, strlen(line));
    }
    free(line);
}

static size_t tail_first(const struct tail *tail)
{
    return tail->total > HISTORY_MAX_LINES ? tail->total - HISTORY_MAX_LINES : 0;
}

/* Writes the tail beside the file and renames it over it: a crash leaves the one or the other. */
static void history_shorten(const char *path, const struct tail *tail)
{
    char *temporary;
    if (asprintf(&temporary, "%s.%ld", path, (long)getpid()) < 0)
        memory_fail();
    FILE *file = history_open(temporary, O_WRONLY | O_CREAT | O_EXCL, "w");
    if (file) {
        for (size_t i = tail_first(tail); i < tail->total; i++) {
            fprintf(file, "%s\n", tail->lines[i % HISTORY_MAX_LINES]);
        }
        bool written = !ferror(file);
        written = fclose(file) == 0 && written;
        if (!written || rename(temporary, path) < 0)
            unlink(temporary);
    }
    free(temporary);
}

void history_load(struct history *history, history_visit *visit, void *context)
{
    FILE *file = history->path ? history_open(history->path, O_RDONLY, "r") : NULL;
    if (!file)
        return;
    struct tail *tail = memory_alloc_zeroed(sizeof *tail);
    tail_read(tail, file);
    fclose(file);
    for (size_t i = tail_first(tail); i < tail->total; i++) {
        visit(context, tail->lines[i % HISTORY_MAX_LINES]);
        if (i + 1 == tail->total)
            history_set_last(history, tail->lines[i % HISTORY_MAX_LINES]);
    }
    if (tail->total >= 2 * HISTORY_MAX_LINES)
        history_shorten(history->path, tail);
    for (size_t i = 0; i < HISTORY_MAX_LINES; i++)
        free(tail->lines[i]);
    free(tail);
}

bool history_append(struct history *history, const char *line)
{
    if (history->last && strcmp(history->last, line) == 0)
        return false;
    history_set_last(history, line);
    FILE *file = history->path ? history_open(history->path, O_WRONLY | O_CREAT | O_APPEND, "a") : NULL;
    if (file) {
        fprintf(file, "%s\n", line);
        fclose(file);
    }
    return true;
}
