/*
 * HyperLogLogs: about how many different elements were added, in a string of 12 KiB at most.
 *
 * The hash of an element picks one of 16384 registers and gives a rank, 1 to 51, each half as likely as the one
 * before. A register keeps the highest rank it has seen, and the number of elements is estimated from all of them,
 * with a standard error of 0.81 %. The strings are Redis's, byte for byte, and so is the hash: a value may come from a
 * Redis server, go back to it, and be merged with what was counted there.
 *
 * A value is dense, with six bits for each register, or sparse, a sequence of runs of equal registers. It is what a
 * client may have written with SET, so each function says what it takes for granted; none reads or writes beyond the
 * bytes it is given. This module knows bytes alone: no entries, no replies, no settings. It keeps nothing; any thread.
 */
#ifndef KVS_TYPES_HYPERLOGLOG_H
#define KVS_TYPES_HYPERLOGLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HYPERLOGLOG_REGISTERS 16384
#define HYPERLOGLOG_HEADER_LEN 16
#define HYPERLOGLOG_DENSE_LEN (HYPERLOGLOG_HEADER_LEN + HYPERLOGLOG_REGISTERS / 8 * 6)
#define HYPERLOGLOG_MAX_LEN (HYPERLOGLOG_HEADER_LEN + 2 * HYPERLOGLOG_REGISTERS) /* a sparse one that is intact */

/* The place of the count in the header: eight bytes, least significant first; its highest bit says that it is old. */
#define HYPERLOGLOG_COUNT_OFFSET 8
#define HYPERLOGLOG_COUNT_LEN 8

enum hyperloglog_form {
    HYPERLOGLOG_DENSE,
    HYPERLOGLOG_SPARSE,
    HYPERLOGLOG_NONE, /* the string is no HyperLogLog */
};

/* ---- reading ---- */

/* What the header says. A dense value also has the right length; the runs of a sparse one aren't looked at. */
enum hyperloglog_form hyperloglog_form(const char *data, size_t len);

/*
 * Raises each of HYPERLOGLOG_REGISTERS registers to that of the value, which has a form. False if it isn't intact: then
 * its runs don't cover all registers just once, and those that were read have been raised.
 */
bool hyperloglog_merge(const char *data, size_t len, uint8_t *registers);

/* The estimate from so many registers. */
uint64_t hyperloglog_estimate(const uint8_t *registers);

/* The count that is kept in a value that has a form; false if there was a change since. And its bytes. */
bool hyperloglog_kept_count(const char *data, uint64_t *count_out);
void hyperloglog_count_bytes(uint64_t count, char bytes_out[HYPERLOGLOG_COUNT_LEN]);

/* The rank that an element gives to the register *index_out. */
unsigned hyperloglog_rank(const char *element, size_t len, unsigned *index_out);

/* Some registers in a row with the same value. */
struct hyperloglog_run {
    unsigned value, length; /* of each register; how many there are */
    unsigned bytes;         /* that it takes: 1, or 2 for a long run of zeros */
};

/* The run that begins at offset in a sparse value, the first one at HYPERLOGLOG_HEADER_LEN. False at the end. */
bool hyperloglog_run_at(const char *data, size_t len, size_t offset, struct hyperloglog_run *run_out);

/* ---- changing ---- */

/* A value that is being changed, in memory of the caller's. It is intact before and after each change. */
struct hyperloglog {
    char *data; /* unless it is dense, there is room for HYPERLOGLOG_MAX_LEN bytes */
    size_t len;
    /* private: a run before the one that was changed last, 0: none, and its first register */
    size_t near_offset;
    unsigned near_index;
};

/* A new value without elements, sparse, in a buffer of HYPERLOGLOG_MAX_LEN bytes. */
void hyperloglog_init(struct hyperloglog *hll, char *buffer);

/* A copy, in such a buffer, of a value that is intact; and a dense value itself, to be changed where it is. */
void hyperloglog_copy(struct hyperloglog *hll, char *buffer, const char *data, size_t len);
void hyperloglog_open_dense(struct hyperloglog *hll, char *data);

/* Of a dense value. */
unsigned hyperloglog_register(const struct hyperloglog *hll, unsigned index);

/*
 * Raises a register to rank; false if it is no lower. The count is old then. A sparse value that would grow over
 * sparse_max bytes, or can't hold the rank, becomes dense.
 */
bool hyperloglog_raise(struct hyperloglog *hll, unsigned index, unsigned rank, size_t sparse_max);

void hyperloglog_make_dense(struct hyperloglog *hll);

/* Makes the count old. */
void hyperloglog_outdate(struct hyperloglog *hll);

#endif
