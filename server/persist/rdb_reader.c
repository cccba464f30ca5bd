#include "persist/rdb_reader.h"

#include "base/memory.h"
#include "persist/crc64.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USUAL_ROOM ((size_t)256 << 10)

/* All that was taken is summed up before it gives way, so in large pieces. */
static void sum_up(struct rdb_reader *reader)
{
    const char *at = reader->source.at;
    if (reader->sums)
        reader->sum = crc64_add(reader->sum, reader->summed, (size_t)(at - reader->summed));
    reader->summed = at;
}

/* What wasn't taken moves to the buffer's front, and the buffer becomes as large as is usual if it is larger. */
static void close_up(struct rdb_reader *reader, size_t have, size_t needed)
{
    reader->base += (uint64_t)(reader->source.at - reader->buffer);
    memmove(reader->buffer, reader->source.at, have);
    if (reader->room > USUAL_ROOM && needed <= USUAL_ROOM) {
        char *smaller = mem_try_realloc(reader->buffer, USUAL_ROOM);
        reader->buffer = smaller ? smaller : reader->buffer;
        reader->room = smaller ? USUAL_ROOM : reader->room;
    }
}

static bool grow(struct rdb_reader *reader)
{
    char *larger = mem_try_realloc(reader->buffer, 2 * reader->room);
    if (!larger) {
        reader->is_out_of_memory = true;
        return false;
    }
    reader->buffer = larger;
    reader->room *= 2;
    return true;
}

/* Reads once. False: nothing more comes. */
static bool receive(struct rdb_reader *reader, size_t *have)
{
    ssize_t got;
    if (*have == reader->room && !grow(reader))
        return false;
    do
        got = read(reader->fd, reader->buffer + *have, reader->room - *have);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        reader->error = errno;
    reader->has_ended = got == 0;
    if (got <= 0)
        return false;
    *have += (size_t)got;
    return true;
}

static bool refill(struct rdb_source *source, size_t len)
{
    struct rdb_reader *reader = (struct rdb_reader *)(void *)source;
    size_t have = (size_t)(source->end - source->at);
    bool comes = reader->error == 0;
    sum_up(reader);
    close_up(reader, have, len);
    if (len > USUAL_ROOM && reader->total > 0 && len > reader->total - reader->base) { /* it was made up */
        reader->has_ended = true;
        comes = false;
    }
    while (comes && have < len)
        comes = receive(reader, &have);
    source->at = reader->buffer;
    source->end = reader->buffer + have;
    reader->summed = source->at;
    atomic_store_explicit(&reader->received, reader->base + have, memory_order_relaxed);
    return have >= len;
}

/* Of a pipe nobody knows how much will come. */
static uint64_t total_of(int fd)
{
    struct stat status;
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= at)
        return 0;
    return (uint64_t)(status.st_size - at);
}

bool rdb_reader_init(struct rdb_reader *reader, int fd, bool sums)
{
    char *buffer = mem_try_alloc(USUAL_ROOM);
    if (!buffer)
        return false;
    *reader = (struct rdb_reader){
        .source = {buffer, buffer, refill, INT64_MAX},
        .total = total_of(fd),
        .fd = fd,
        .buffer = buffer,
        .room = USUAL_ROOM,
        .sums = sums,
        .summed = buffer,
    };
    return true;
}

void rdb_reader_deinit(struct rdb_reader *reader)
{
    mem_free(reader->buffer);
}

uint64_t rdb_reader_sum(struct rdb_reader *reader)
{
    sum_up(reader);
    return reader->sum;
}
