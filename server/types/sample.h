/*
 * Samples: distinct random records of a collection.
 *
 * Each record is as likely as any other. A sample takes no memory, and time for each record that it gives: a large part
 * of the collection is walked through, and of a small part the indexes are drawn from a random permutation of all of
 * them, so that none comes twice. Records of a part that is walked come in the collection's order.
 *
 * Records whose time is over are none of them (collection_due()). The collection must not change meanwhile.
 */
#ifndef KVS_TYPES_SAMPLE_H
#define KVS_TYPES_SAMPLE_H

#include "base/random.h"
#include "types/collection.h"

#include <stdbool.h>
#include <stdint.h>

#define SAMPLE_ROUNDS 6

struct sample {
    /* private */
    const struct collection *collection;
    int64_t now_ms;
    uint64_t live; /* records that may come */
    uint64_t left; /* records still to come */
    uint64_t at;   /* walking: how many of them were passed; otherwise: the next number to be permuted */
    bool walks;
    uint8_t half_bits; /* numbers that are permuted have twice so many bits */
    uint64_t keys[SAMPLE_ROUNDS];
    struct collection_place place;
};

/* Of so many records, which the collection has. */
void sample_begin(struct sample *sample, const struct collection *collection, uint64_t count, int64_t now_ms);

/* The next of them, borrowed; NULL behind the last. */
const char *sample_next(struct sample *sample);

/* One record, independently of any other; NULL: there is none. */
const char *sample_one(const struct collection *collection, int64_t now_ms);

/*
 * For a walk that takes a random part: whether it takes one of the records that are left, when it still wants so many
 * of them (Knuth, "The Art of Computer Programming", volume 2, 3.4.2, algorithm S).
 */
static inline bool sample_takes(uint64_t wanted, uint64_t left)
{
    return wanted > 0 && random_below(random_thread(), left) < wanted;
}

#endif
