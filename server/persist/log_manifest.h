/*
 * The manifest of the append-only log: which files it consists of, in which order. The format is Redis 7's.
 *
 *     file appendonly.aof.2.base.rdb seq 2 type b       the base: what the data was when it was written; one at most
 *     file appendonly.aof.1.incr.aof seq 1 type h       history: no longer needed, and to be deleted
 *     file appendonly.aof.4.incr.aof seq 4 type i       increments: what was done since then, in ascending order
 *
 * A name stands in quotes where it needs them; lines with # at their beginning are comments, and keys that aren't known
 * are skipped. A rewrite passes through here twice: when it begins, log_manifest_add_increment(); when its base is
 * written, on a copy, log_manifest_add_base() and log_manifest_retire_increments(). Each time the manifest is written
 * before anything follows from it. At last log_manifest_drop_history(), and it is written once more.
 *
 * A manifest belongs to its owner; one thread at a time uses it.
 */
#ifndef KVS_PERSIST_LOG_MANIFEST_H
#define KVS_PERSIST_LOG_MANIFEST_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

enum log_role { LOG_BASE = 'b', LOG_HISTORY = 'h', LOG_INCREMENT = 'i' };

/* One file. */
struct log_part {
    char *name; /* in the manifest's folder */
    int64_t seq;
    enum log_role role;
};

struct log_manifest {
    char *stem;             /* appendfilename: names begin with it */
    struct log_part *parts; /* the base, history, increments: as they are written */
    size_t count;
    int64_t base_seq; /* of the latest base, and of the latest increment; 0: there was none */
    int64_t increment_seq;
};

/* Empty, for the log whose appendfilename that is. */
void log_manifest_init(struct log_manifest *manifest, const char *stem);
void log_manifest_copy(struct log_manifest *copy_out, const struct log_manifest *manifest);
void log_manifest_deinit(struct log_manifest *manifest);

/* ---- the file ---- */

/*
 * Reads a manifest's content into an empty one. False: it is malformed; one line, which says where and what is wrong,
 * is appended to *mistake, and the manifest stays empty.
 */
bool log_manifest_parse(struct log_manifest *manifest, struct bytes content, struct text *mistake);

/* Appends the content of its file. */
void log_manifest_format(const struct log_manifest *manifest, struct text *out);

/*
 * Reads STEM.manifest in the folder into an empty one. 0, or a negative errno with a line appended to *mistake: -ENOENT
 * if there is none, -EINVAL if it is malformed.
 */
int log_manifest_read(struct log_manifest *manifest, int folder, struct text *mistake);

/*
 * Replaces STEM.manifest in the folder by way of temp-STEM.manifest; file and folder are synced, so that the names of
 * all files in it are safe as well. 0 or a negative errno: then it is as it was, unless only the folder's sync failed.
 */
int log_manifest_write(const struct log_manifest *manifest, int folder);

/* ---- its parts ---- */

/* NULL: there is none. */
const struct log_part *log_manifest_base(const struct log_manifest *manifest);
const struct log_part *log_manifest_last_increment(const struct log_manifest *manifest);

/* Adds the next base, with what its name should be, and makes history of the former one. It lives in the manifest. */
const struct log_part *log_manifest_add_base(struct log_manifest *manifest, bool is_rdb);

/* The base is this file, whatever its name, as in a log that was a single file. For an empty manifest. */
const struct log_part *log_manifest_adopt_base(struct log_manifest *manifest, const char *name);

/* Adds the next increment, the last one from now on. */
const struct log_part *log_manifest_add_increment(struct log_manifest *manifest);

/* Makes history of all increments but the last one: they are in the new base. */
void log_manifest_retire_increments(struct log_manifest *manifest);

/*
 * Deletes the files of history in the folder, and what could be deleted leaves the manifest. 0, or the first negative
 * errno. The manifest has to be written before, with these as history, and after.
 */
int log_manifest_drop_history(struct log_manifest *manifest, int folder);

#endif
