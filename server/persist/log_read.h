/*
 * Reading a file of the append-only log: what has to be done again, each command or group as a whole.
 *
 *     *N CRLF, then N times $LENGTH CRLF BYTES CRLF       a command
 *     MULTI, commands, EXEC                               a group: all of it is done, or nothing
 *     #TS:1700000000 CRLF                                 an annotation; others with # are skipped
 *
 * A server that crashed may have left the last of it unwritten: the file is cut off in the middle of a command or group,
 * and can be cut back to the end of the whole ones before. Whatever else is wrong, no crash did, and the reader says
 * where it is.
 *
 * The buffer grows as far as bytes come, so a length that was made up takes no memory. A command's arguments are read
 * into the place from which they are handed out; growing by doubling, a large one is copied once on average.
 *
 * It isn't the parser of resp/: that also takes requests in lines and in blobs, counts them as memory of connections,
 * hands out batches of arguments without telling where they stood in the stream, and knows neither annotations nor
 * groups; and what a log must not contain would have to be kept out of it.
 *
 * A reader belongs to one thread; others may read how far it is.
 */
#ifndef KVS_PERSIST_LOG_READ_H
#define KVS_PERSIST_LOG_READ_H

#include "base/bytes.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_READ_MAX_BULK ((uint64_t)512 << 20) /* proto-max-bulk-len's default, bytes */

struct log_command {
    const struct bytes *words;
    uint32_t count;  /* 1 or more */
    uint64_t offset; /* of its first byte in the file */
};

enum log_read_outcome {
    LOG_READ_WHOLE,     /* up to its end, and nothing is missing there */
    LOG_READ_CUT,       /* it ends in the middle of a command or group */
    LOG_READ_BAD,       /* it is malformed */
    LOG_READ_RDB,       /* it begins with RDB: nothing was read */
    LOG_READ_STOPPED,   /* the taker didn't want to go on */
    LOG_READ_NO_MEMORY, /* for what stands at stopped_at */
    LOG_READ_FAILED,    /* the system couldn't read it: `error` */
};

struct log_reader {
    /* From the caller. */
    int fd;            /* of a regular file; its position plays no part */
    uint64_t max_bulk; /* of an argument, bytes; 0: LOG_READ_MAX_BULK */

    /*
     * Takes commands that are to be done together: one, or those of a group without MULTI and EXEC. They are borrowed
     * until it returns. False: stop. NULL: nobody takes them.
     */
    bool (*take)(void *context, uint32_t count, const struct log_command *commands);
    void *context;

    /* While it reads, for any thread. */
    _Atomic(uint64_t) done; /* bytes from the beginning of the file */

    /* Afterwards. */
    uint64_t commands;    /* that were handed out */
    uint64_t groups;      /* between MULTI and EXEC, of these */
    uint64_t command_end; /* of the last whole command, bytes from the beginning; also in a group that isn't whole */
    uint64_t group_end;   /* of the last whole command or group: the file can be cut off there */
    int64_t timestamp_s;  /* the last one before group_end; 0: none */
    uint64_t stopped_at;  /* where what was bad, or too much, stands; where what is cut off begins */
    const char *why;      /* what is wrong there, in words, of static text; NULL where nothing is */
    int error;            /* errno of LOG_READ_FAILED */
};

/*
 * Reads the file from the offset on: 0, or where the commands go on behind an RDB preamble. The caller has set its own
 * fields of the reader; the others are set here.
 */
enum log_read_outcome log_read(struct log_reader *reader, uint64_t offset);

#endif
