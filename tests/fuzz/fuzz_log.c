/*
 * The append-only log with any bytes: a manifest is refused or written so that it reads the same; a file is read whole,
 * or there is a place where it can be cut off, up to which it is whole; and what was handed out reads the same when it
 * is written again. The first byte says which: 'm' a manifest, else a file.
 */
#include "base/memory.h"
#include "base/panic.h"
#include "base/text.h"
#include "base/usage.h"
#include "persist/log_manifest.h"
#include "persist/log_read.h"
#include "persist/log_record.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_BULK ((uint64_t)1 << 20)

/* What was handed out, in records. */
struct copy {
    struct text out;
    uint64_t commands, groups;
};

static bool take(void *context, uint32_t count, const struct log_command *commands)
{
    struct copy *copy = context;
    struct log_record record;
    log_record_begin(&record, &copy->out, count);
    for (uint32_t i = 0; i < count; i++)
        log_record_add(&record, 0, commands[i].count, commands[i].words);
    log_record_end(&record);
    copy->commands += count;
    copy->groups += count > 1;
    return true;
}

static enum log_read_outcome read_bytes(const char *data, size_t len, struct copy *copy, struct log_reader *reader)
{
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("log", MFD_CLOEXEC);
    panic_unless(ftruncate(fd, 0) == 0 && pwrite(fd, data, len, 0) == (ssize_t)len);
    *copy = (struct copy){.out = TEXT_EMPTY};
    text_add(&copy->out, "");
    *reader = (struct log_reader){.fd = fd, .max_bulk = MAX_BULK, .take = take, .context = copy};
    return log_read(reader, 0);
}

static bool same(const struct copy *left, const struct copy *right)
{
    return left->commands == right->commands && left->out.len == right->out.len &&
           memcmp(left->out.data, right->out.data, left->out.len) == 0;
}

static void try_file(const char *data, size_t len)
{
    struct log_reader reader, again;
    struct copy copy, cut, written;
    enum log_read_outcome outcome = read_bytes(data, len, &copy, &reader);
    panic_unless(outcome == LOG_READ_WHOLE || outcome == LOG_READ_CUT || outcome == LOG_READ_BAD ||
                 outcome == LOG_READ_RDB);
    panic_unless(reader.group_end <= len && reader.command_end <= len);
    panic_unless((outcome == LOG_READ_WHOLE) == (outcome != LOG_READ_RDB && reader.group_end == len));
    panic_unless(reader.commands == copy.commands);

    panic_unless(read_bytes(data, (size_t)reader.group_end, &cut, &again) == LOG_READ_WHOLE);
    panic_unless(same(&copy, &cut) && again.commands == reader.commands && again.groups == reader.groups);

    panic_unless(read_bytes(copy.out.data, copy.out.len, &written, &again) == LOG_READ_WHOLE);
    panic_unless(same(&copy, &written) && again.groups == copy.groups);
    text_deinit(&copy.out);
    text_deinit(&cut.out);
    text_deinit(&written.out);
}

static void try_manifest(const char *data, size_t len)
{
    struct log_manifest manifest, again;
    struct text mistake = TEXT_EMPTY, first = TEXT_EMPTY, second = TEXT_EMPTY;
    log_manifest_init(&manifest, "a");
    log_manifest_init(&again, "a");
    if (log_manifest_parse(&manifest, (struct bytes){data, len}, &mistake)) {
        log_manifest_format(&manifest, &first);
        panic_unless(log_manifest_parse(&again, (struct bytes){first.data, first.len}, &mistake));
        log_manifest_format(&again, &second);
        panic_unless(strcmp(first.data, second.data) == 0 && mistake.len == 0);
        log_manifest_add_increment(&manifest);
        log_manifest_add_base(&manifest, true);
        log_manifest_retire_increments(&manifest);
        panic_unless(log_manifest_base(&manifest)->seq == again.base_seq + 1);
        panic_unless(log_manifest_last_increment(&manifest)->seq == again.increment_seq + 1);
    } else {
        panic_unless(mistake.len > 0 && manifest.count == 0 && !strchr(mistake.data, '\n'));
    }
    text_deinit(&mistake);
    text_deinit(&first);
    text_deinit(&second);
    log_manifest_deinit(&manifest);
    log_manifest_deinit(&again);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    usage_join();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data + 1;
    if (size < 1)
        return 0;
    if (data[0] == 'm')
        try_manifest(bytes, size - 1);
    else
        try_file(bytes, size - 1);
    return 0;
}
