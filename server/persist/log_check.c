#include "persist/log_check.h"

#include "base/memory.h"
#include "base/text.h"
#include "persist/disk.h"
#include "persist/log_manifest.h"
#include "persist/log_read.h"

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
 * A file, or the beginning of one, in RDB. How far it goes only a reader of RDB knows; until then its first words are
 * all that is looked at.
 */
static bool check_front(const struct log_check *check, int fd, const char *name, uint64_t size)
{
    char head[9];
    ssize_t len = pread(fd, head, sizeof head, 0);
    bool good = len == sizeof head && memcmp(head, "REDIS", 5) == 0;
    for (size_t i = 5; good && i < sizeof head; i++)
        good = head[i] >= '0' && head[i] <= '9';
    return good ? tell(check, true, "%s: %" PRIu64 " bytes, begins with RDB, which was not looked into", name, size)
                : tell(check, false, "%s: %" PRIu64 " bytes, bad at byte 0: no RDB begins there", name, size);
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

static bool check_commands(const struct log_check *check, int fd, const char *name, uint64_t size, uint64_t *end_out)
{
    struct log_reader reader = {.fd = fd};
    enum log_read_outcome outcome = log_read(&reader, 0);
    char *what = text_format("%s: %" PRIu64 " bytes, %" PRIu64 " command%s, %" PRIu64 " group%s", name, size,
                             reader.commands, text_plural(reader.commands), reader.groups, text_plural(reader.groups));
    bool good = outcome == LOG_READ_WHOLE;
    *end_out = size;
    if (outcome == LOG_READ_RDB) {
        good = check_front(check, fd, name, size);
    } else if (outcome == LOG_READ_FAILED) {
        tell(check, false, "%s: can't be read: %s", name, strerror(reader.error));
    } else if (outcome == LOG_READ_NO_MEMORY) {
        tell(check, false, "%s, no memory for what begins at byte %" PRIu64, what, reader.stopped_at);
    } else if (good) {
        tell(check, true, "%s: good", what);
    } else {
        tell(check, false, "%s: bad at byte %" PRIu64 ": %s", what, reader.stopped_at, reader.why);
        *end_out = reader.group_end;
    }
    mem_free(what);
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
        size_t len = strlen(name);
        if (len >= 4 && strcmp(name + len - 4, ".rdb") == 0) /* also where it doesn't begin as it should */
            good = check_front(check, fd, name, size);
        else if (!(good = check_commands(check, fd, name, size, &end)) && end < size)
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
