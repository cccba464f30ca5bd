#include "persist/log_folder.h"

#include "base/text.h"
#include "persist/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700 };

static bool has_file(int folder, const char *name)
{
    struct stat status;
    return fstatat(folder, name, &status, 0) == 0 && S_ISREG(status.st_mode);
}

static int fail(struct text *mistake, const char *what, const char *name, int result)
{
    text_addf(mistake, "can't %s %s: %s", what, name, strerror(-result));
    return result;
}

static int make_folder(struct log_folder *folder, int dir, const char *name, struct text *mistake)
{
    if (folder->fd >= 0)
        return 0;
    int result = disk_make_folder(dir, name, FOLDER_MODE);
    if (result == 0)
        result = disk_sync(dir);
    if (result == 0)
        result = disk_open(dir, name, O_RDONLY | O_DIRECTORY, 0);
    if (result < 0)
        return fail(mistake, "make the folder", name, result);
    folder->fd = result;
    return 0;
}

/* Whether the log is a single file beside the folder: there is no manifest, or it is just about to be moved. */
static bool is_single(const struct log_folder *folder, int dir, const char *stem)
{
    const struct log_manifest *manifest = &folder->manifest;
    const struct log_part *base = log_manifest_base(manifest);
    if (!has_file(dir, stem))
        return false;
    return manifest->count == 0 ||
           (manifest->count == 1 && base && strcmp(base->name, stem) == 0 && !has_file(folder->fd, stem));
}

static int take_over(struct log_folder *folder, int dir, const char *stem, struct text *mistake)
{
    int result = 0;
    if (folder->manifest.count == 0) {
        log_manifest_adopt_base(&folder->manifest, stem);
        result = log_manifest_write(&folder->manifest, folder->fd);
    }
    if (result != 0)
        return fail(mistake, "write the manifest of", stem, result);
    result = disk_rename(dir, stem, folder->fd, stem);
    if (result == 0)
        result = disk_sync(folder->fd);
    if (result == 0)
        result = disk_sync(dir);
    if (result != 0)
        return fail(mistake, "move into the log's folder", stem, result);
    folder->was_single = true;
    return 0;
}

int log_folder_open(struct log_folder *folder, int dir, const char *name, const char *stem, bool makes,
                    struct text *mistake)
{
    struct text wrong = TEXT_EMPTY;
    int result = 0;
    *folder = (struct log_folder){.fd = disk_open(dir, name, O_RDONLY | O_DIRECTORY, 0)};
    log_manifest_init(&folder->manifest, stem);
    if (folder->fd < 0 && folder->fd != -ENOENT)
        return fail(mistake, "open the folder", name, folder->fd);
    if (folder->fd >= 0)
        result = log_manifest_read(&folder->manifest, folder->fd, &wrong);
    if (result == -ENOENT)
        result = 0;
    if (result != 0)
        text_addf(mistake, "%s/%s", name, wrong.data);
    text_deinit(&wrong);

    bool single = result == 0 && is_single(folder, dir, stem);
    if (result == 0 && (makes || single))
        result = make_folder(folder, dir, name, mistake);
    return result == 0 && single ? take_over(folder, dir, stem, mistake) : result;
}

void log_folder_close(struct log_folder *folder)
{
    if (folder->fd >= 0)
        close(folder->fd);
    folder->fd = -1;
    log_manifest_deinit(&folder->manifest);
}
