#include "persist/log_manifest.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "persist/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MANIFEST_MODE = 0600 };
#define MANIFEST_MAX ((uint64_t)8 << 20) /* bytes: many thousand increments */

void log_manifest_init(struct log_manifest *manifest, const char *stem)
{
    *manifest = (struct log_manifest){.stem = mem_strdup(stem)};
}

static void forget_parts(struct log_manifest *manifest)
{
    for (size_t i = 0; i < manifest->count; i++)
        mem_free(manifest->parts[i].name);
    mem_free(manifest->parts);
    *manifest = (struct log_manifest){.stem = manifest->stem};
}

void log_manifest_deinit(struct log_manifest *manifest)
{
    forget_parts(manifest);
    mem_free(manifest->stem);
    *manifest = (struct log_manifest){0};
}

/* ---- its parts ---- */

static int order_of(enum log_role role)
{
    return role == LOG_BASE ? 0 : role == LOG_HISTORY ? 1 : 2;
}

/* Where the parts begin that come no earlier than those of the role. */
static size_t place_of(const struct log_manifest *manifest, int order)
{
    size_t i = 0;
    while (i < manifest->count && order_of(manifest->parts[i].role) < order)
        i++;
    return i;
}

static struct log_part *insert(struct log_manifest *manifest, size_t place, struct log_part part)
{
    manifest->parts = mem_realloc(manifest->parts, (manifest->count + 1) * sizeof part);
    struct log_part *at = manifest->parts + place;
    memmove(at + 1, at, (manifest->count - place) * sizeof part);
    *at = part;
    manifest->count++;
    return at;
}

/* Takes the part out; its name is the caller's. */
static struct log_part take_out(struct log_manifest *manifest, size_t place)
{
    struct log_part part = manifest->parts[place], *at = manifest->parts + place;
    manifest->count--;
    memmove(at, at + 1, (manifest->count - place) * sizeof part);
    return part;
}

/* The latest history comes first, as Redis has it. */
static void make_history(struct log_manifest *manifest, size_t place)
{
    struct log_part part = take_out(manifest, place);
    part.role = LOG_HISTORY;
    insert(manifest, place_of(manifest, order_of(LOG_HISTORY)), part);
}

void log_manifest_copy(struct log_manifest *copy_out, const struct log_manifest *manifest)
{
    *copy_out = *manifest;
    copy_out->stem = mem_strdup(manifest->stem);
    copy_out->parts = manifest->count > 0 ? mem_alloc(manifest->count * sizeof *manifest->parts) : NULL;
    for (size_t i = 0; i < manifest->count; i++) {
        copy_out->parts[i] = manifest->parts[i];
        copy_out->parts[i].name = mem_strdup(manifest->parts[i].name);
    }
}

const struct log_part *log_manifest_base(const struct log_manifest *manifest)
{
    return manifest->count > 0 && manifest->parts[0].role == LOG_BASE ? manifest->parts : NULL;
}

const struct log_part *log_manifest_last_increment(const struct log_manifest *manifest)
{
    const struct log_part *last = manifest->count > 0 ? &manifest->parts[manifest->count - 1] : NULL;
    return last && last->role == LOG_INCREMENT ? last : NULL;
}

static const struct log_part *set_base(struct log_manifest *manifest, char *name)
{
    if (log_manifest_base(manifest))
        make_history(manifest, 0);
    return insert(manifest, 0, (struct log_part){name, ++manifest->base_seq, LOG_BASE});
}

const struct log_part *log_manifest_add_base(struct log_manifest *manifest, bool is_rdb)
{
    return set_base(manifest, text_format("%s.%lld.base.%s", manifest->stem, (long long)manifest->base_seq + 1,
                                          is_rdb ? "rdb" : "aof"));
}

const struct log_part *log_manifest_adopt_base(struct log_manifest *manifest, const char *name)
{
    return set_base(manifest, mem_strdup(name));
}

const struct log_part *log_manifest_add_increment(struct log_manifest *manifest)
{
    char *name = text_format("%s.%lld.incr.aof", manifest->stem, (long long)++manifest->increment_seq);
    return insert(manifest, manifest->count, (struct log_part){name, manifest->increment_seq, LOG_INCREMENT});
}

/* From the last one to the first, so that they stand in ascending order before older history. */
void log_manifest_retire_increments(struct log_manifest *manifest)
{
    size_t first = place_of(manifest, order_of(LOG_INCREMENT));
    for (size_t left = manifest->count - first; left > 1; left--)
        make_history(manifest, manifest->count - 2);
}

int log_manifest_drop_history(struct log_manifest *manifest, int folder)
{
    int result = 0;
    for (size_t i = place_of(manifest, order_of(LOG_HISTORY)); i < place_of(manifest, order_of(LOG_INCREMENT));) {
        int failed = disk_remove(folder, manifest->parts[i].name);
        if (failed == 0)
            mem_free(take_out(manifest, i).name);
        else
            i++;
        if (result == 0)
            result = failed;
    }
    return result;
}

/* ---- the file ---- */

static void add_name(struct text *out, const char *name)
{
    bool plain = *name != '\0';
    for (const char *at = name; *at != '\0'; at++)
        plain = plain && (unsigned char)*at > ' ' && (unsigned char)*at < 0x7f && !strchr("\"'\\", *at);
    if (plain)
        text_add(out, name);
    else
        text_add_quoted(out, name, strlen(name));
}

void log_manifest_format(const struct log_manifest *manifest, struct text *out)
{
    text_add(out, "");
    for (size_t i = 0; i < manifest->count; i++) {
        const struct log_part *part = &manifest->parts[i];
        text_add(out, "file ");
        add_name(out, part->name);
        text_addf(out, " seq %lld type %c\n", (long long)part->seq, part->role);
    }
}

/* Writes the temporary file and syncs it. */
static int write_temporary(int folder, const char *name, const struct text *content)
{
    size_t written;
    int fd = disk_open(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, MANIFEST_MODE);
    if (fd < 0)
        return fd;
    int result = disk_write(fd, content->data, content->len, &written);
    if (result == 0)
        result = disk_sync(fd);
    close(fd);
    return result;
}

int log_manifest_write(const struct log_manifest *manifest, int folder)
{
    struct text content = TEXT_EMPTY;
    char *name = text_format("%s.manifest", manifest->stem);
    char *temporary = text_format("temp-%s", name);
    log_manifest_format(manifest, &content);
    int result = write_temporary(folder, temporary, &content);
    if (result == 0)
        result = disk_rename(folder, temporary, folder, name);
    if (result != 0)
        disk_remove(folder, temporary);
    else
        result = disk_sync(folder);
    text_deinit(&content);
    mem_free(temporary);
    mem_free(name);
    return result;
}

int log_manifest_read(struct log_manifest *manifest, int folder, struct text *mistake)
{
    struct text content = TEXT_EMPTY, wrong = TEXT_EMPTY;
    char *name = text_format("%s.manifest", manifest->stem);
    int result = disk_read(folder, name, MANIFEST_MAX, &content);
    if (result != 0)
        text_addf(mistake, "%s can't be read: %s", name, strerror(-result));
    else if (!log_manifest_parse(manifest, (struct bytes){content.data, content.len}, &wrong)) {
        text_addf(mistake, "%s, %s", name, wrong.data);
        result = -EINVAL;
    }
    text_deinit(&wrong);
    text_deinit(&content);
    mem_free(name);
    return result;
}
