/*
 * Ranges of sorted sets, as commands name them: by two ranks, two scores ("(1", "-inf") or two members ("[a", "(a",
 * "-", "+"), and where such a range lies in a set.
 */
#ifndef KVS_HANDLERS_ZSET_BOUNDS_H
#define KVS_HANDLERS_ZSET_BOUNDS_H

#include "command/call.h"
#include "types/collection.h"

enum zset_by { ZSET_BY_RANK, ZSET_BY_SCORE, ZSET_BY_LEX };

/* An end of a range of members. */
struct zset_lex_end {
    int infinity;      /* -1: before all, 1: behind all, 0: at the text */
    bool excluded;     /* the text itself isn't in the range */
    struct bytes text; /* borrowed from the argument */
};

struct zset_range {
    enum zset_by by;
    int64_t start, stop;              /* by rank, from the end where negative */
    struct record_bound from, behind; /* by score: before the first member, and behind the last */
    struct zset_lex_end min, max;
};

/* Reads both ends. False, after the answer with Redis's error. */
bool zset_range_read(struct call *call, enum zset_by by, const struct arg *min, const struct arg *max,
                     struct zset_range *range_out);

/* A run of members. Indexes count from the lowest score. */
struct zset_span {
    uint64_t index, count;
};

/*
 * The members in the range, without so many of the first. Down: the first is the one with the highest score, and ranks
 * count from there; and where members of different scores are sought by text, which has no order there, it is looked
 * for from the end.
 */
struct zset_span zset_range_find(const struct zset_range *range, const struct collection *zset, bool down,
                                 uint64_t skipped);

#endif
