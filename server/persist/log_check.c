#include "persist/log_check.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "persist/check_rdb.h"
#include "persist/disk.h"
#include "persist/log_manifest.h"
#include "persist/log_read.h"
#include "persist/rdb_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_SUFFIX ".manifest"

static bool tell(const struct log_check *check, bool good, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Tells a line, and returns what the second argument says. */
static bool tell(const struct log_check *check, bool good, const char *format, ...)
{
    struct text line = TEXT_EMPTY;
    va_list args;
    va_start(args, format);
    text_vaddf(&line, format, args);
    va_end(args);
    check->tell(check->context, line.data);
    text_deinit(&line);
    return good;
}

/* ---- one file ---- */

/*
 * Reads the RDB that a file begins with: all of a base, or the front of one that goes on with commands, from *end_out on.
 * What was found is added to a line about the file. False: it has been told what is wrong.
 */
static bool check_front(const struct log_check *check, int fd, struct text *what, uint64_t *end_out)
{
    struct rdb_reader reader;
    struct rdb_result result;
    struct rdb_visitor visitor = {.context = NULL}; /* it is only looked at */
    struct rdb_terms terms = check_rdb_terms(clock_wall_ms());
    if (!rdb_reader_init(&reader, fd, true))
        return tell(check, false, "%s, no memory to read it", what->data);
    bool good = rdb_read(&reader, &terms, &visitor, &result);
    rdb_reader_deinit(&reader);
    *end_out = result.offset;
    text_addf(what, ", %" PRIu64 " key%s in RDB", result.entries, text_plural(result.entries));
    return good || tell(check, false, "%s: bad at %s", what->data, result.words);
}

static bool consents(const struct log_check *check, const char *name, uint64_t lost, uint64_t size)
{
    if (!check->ask)
        return true;
    char *question = text_format("Cut off the last %" PRIu64 " byte%s of %s, which leaves %" PRIu64 "?", lost,
                                 text_plural(lost), name, size);
    bool answer = check->ask(check->context, question);
    mem_free(question);
    return answer;
}

/* Cuts the file off behind its last whole command or group. */
static bool mend(const struct log_check *check, int folder, const char *name, uint64_t end, uint64_t size)
{
    uint64_t lost = size - end;
    if (!check->mends)
        return tell(check, false, "%s: --fix would cut off its last %" PRIu64 " byte%s, and leave %" PRIu64, name, lost,
                    text_plural(lost), end);
    tell(check, true, "%s: its last %" PRIu64 " byte%s go%s, %" PRIu64 " stay", name, lost, text_plural(lost),
         lost == 1 ? "es" : "", end);
    if (!consents(check, name, lost, end))
        return tell(check, false, "%s: nothing was changed", name);
    int fd = disk_open(folder, name, O_WRONLY, 0);
    int result = fd < 0 ? fd : disk_truncate(fd, end);
    if (result == 0)
        result = disk_sync(fd);
    if (fd >= 0)
        close(fd);
    return result == 0 ? tell(check, true, "%s: mended", name)
                       : tell(check, false, "%s: can't be cut off: %s", name, strerror(-result));
}

/* Tells of what was read; *end_out is where the file can be cut off if it is bad. */
static bool tell_outcome(const struct log_check *check, const struct log_reader *reader, enum log_read_outcome outcome,
                         struct text *what, uint64_t *end_out)
{
    text_addf(what, ", %" PRIu64 " command%s, %" PRIu64 " group%s", reader->commands, text_plural(reader->commands),
              reader->groups, text_plural(reader->groups));
    if (outcome == LOG_READ_WHOLE)
        return tell(check, true, "%s: good", what->data);
    if (outcome == LOG_READ_FAILED)
        return tell(check, false, "%s: can't be read: %s", what->data, strerror(reader->error));
    if (outcome == LOG_READ_NO_MEMORY)
        return tell(check, false, "%s, no memory for what begins at byte %" PRIu64, what->data, reader->stopped_at);
    *end_out = reader->group_end;
    return tell(check, false, "%s: bad at byte %" PRIu64 ": %s", what->data, reader->stopped_at, reader->why);
}

static bool check_content(const struct log_check *check, int fd, const char *name, uint64_t size, uint64_t *end_out)
{
    struct log_reader reader = {.fd = fd};
    struct text what = TEXT_EMPTY;
    uint64_t front = 0;
    size_t len = strlen(name);
    enum log_read_outcome outcome = log_read(&reader, 0);
    bool is_rdb = outcome == LOG_READ_RDB;
    bool is_misnamed = !is_rdb && outcome != LOG_READ_FAILED && len > 4 && strcmp(name + len - 4, ".rdb") == 0;
    bool good = !is_misnamed; /* it is no log of commands that could be mended */
    *end_out = size;
    text_addf(&what, "%s: %" PRIu64 " bytes", name, size);
    if (!good)
        tell(check, false, "%s: bad at byte 0: no RDB begins there", what.data);
    else if (is_rdb)
        good = check_front(check, fd, &what, &front);
    if (good && is_rdb)
        outcome = log_read(&reader, front);
    if (good)
        good = tell_outcome(check, &reader, outcome, &what, end_out);
    text_deinit(&what);
    return good;
}

/* What keeps a file from being cut off, or NULL. */
static bool check_file(const struct log_check *check, int folder, const char *name, const char *obstacle)
{
    struct stat status;
    bool good = false;
    int fd = disk_open(folder, name, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0 || fstat(fd, &status) != 0) {
        tell(check, false, "%s: can't be read: %s", name, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        tell(check, false, "%s: it is no regular file", name);
    } else {
        uint64_t size = (uint64_t)status.st_size, end;
        good = check_content(check, fd, name, size, &end);
        if (!good && end < size)
            good = obstacle ? tell(check, false, "%s: it can't be cut off, since %s", name, obstacle)
                            : mend(check, folder, name, end, size);
    }
    if (fd >= 0)
        close(fd);
    return good;
}

/* ---- the whole ---- */

/* All that has to be loaded. A file that is bad doesn't keep from looking at the others, but from mending. */
static bool check_manifest(const struct log_check *check, int folder, const char *name)
{
    struct log_manifest manifest;
    struct text mistake = TEXT_EMPTY;
    char *stem = mem_dup(name, strlen(name) - strlen(MANIFEST_SUFFIX));
    log_manifest_init(&manifest, stem);
    bool good = log_manifest_read(&manifest, folder, &mistake) == 0;
    if (!good)
        tell(check, false, "%s", mistake.data);
    for (size_t i = 0; i < manifest.count; i++) {
        const struct log_part *part = &manifest.parts[i];
        if (part->role == LOG_HISTORY)
            continue;
        const char *obstacle = i + 1 < manifest.count ? "other files come after it"
                               : !good                ? "one before it is bad"
                                                      : NULL;
        good &= check_file(check, folder, part->name, obstacle);
    }
    log_manifest_deinit(&manifest);
    text_deinit(&mistake);
    mem_free(stem);
    return good;
}

static bool is_manifest(const char *name)
{
    size_t len = strlen(name), suffix = strlen(MANIFEST_SUFFIX);
    return len > suffix && strcmp(name + len - suffix, MANIFEST_SUFFIX) == 0;
}

/* The name of the one manifest in the folder, to be freed; NULL: there is none, or several, and it has been told. */
static char *find_manifest(const struct log_check *check, int folder, const char *path)
{
    char *found = NULL;
    bool several = false;
    int fd = disk_open(folder, ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *entry; list && (entry = readdir(list));) {
        if (!is_manifest(entry->d_name) || strncmp(entry->d_name, "temp-", 5) == 0)
            continue;
        several |= found != NULL;
        mem_free(found);
        found = mem_strdup(entry->d_name);
    }
    if (list)
        closedir(list);
    else if (fd >= 0)
        close(fd);
    if (several)
        tell(check, false, "%s: several manifests are in it; name one of them", path);
    else if (!found)
        tell(check, false, "%s: no manifest is in it; name the folder that appenddirname says, or a file", path);
    if (found && !several)
        return found;
    mem_free(found);
    return NULL;
}

static bool check_folder(const struct log_check *check, int folder, const char *path)
{
    char *name = find_manifest(check, folder, path);
    bool good = name && check_manifest(check, folder, name);
    mem_free(name);
    return good;
}

/* A file, by its folder and its name. */
static bool check_named(const struct log_check *check, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *place = slash ? mem_dup(path, (size_t)(slash + 1 - path)) : mem_strdup(".");
    int folder = disk_open(AT_FDCWD, place, O_RDONLY | O_DIRECTORY, 0);
    bool good;
    if (folder < 0)
        good = tell(check, false, "%s: can't be read: %s", path, strerror(-folder));
    else if (is_manifest(name))
        good = check_manifest(check, folder, name);
    else
        good = check_file(check, folder, name, NULL);
    if (folder >= 0)
        close(folder);
    mem_free(place);
    return good;
}

bool log_check_run(const struct log_check *check, const char *path)
{
    int folder = disk_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    bool good = folder >= 0 ? check_folder(check, folder, path) : check_named(check, path);
    if (folder >= 0)
        close(folder);
    return tell(check, good, good ? "the log is good" : "the log is bad");
}
