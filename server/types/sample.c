/*
 * The permutation is a Feistel network with random keys over the numbers below the next power of four; what it gives
 * beyond the last index is passed over, which is less than four numbers for an index. It can't give all the orders that
 * there are, but no record is favoured. Of small collections it would give too few: they are walked.
 */
#include "types/sample.h"

#define WALK_PART 16 /* parts of this size and larger are walked: a step costs that much less than finding an index */
#define WALK_MAX 512 /* and so are collections up to this size */

void sample_begin(struct sample *sample, const struct collection *collection, uint64_t count, int64_t now_ms)
{
    uint64_t all = collection_count(collection);
    sample->collection = collection;
    sample->now_ms = now_ms;
    sample->live = all - collection_due(collection, now_ms);
    sample->left = count;
    sample->at = 0;
    sample->walks = all <= WALK_MAX || count > all / WALK_PART;
    sample->half_bits = 1;
    if (sample->walks) {
        collection_at(collection, 0, &sample->place);
        return;
    }
    while ((all - 1) >> (2 * sample->half_bits) != 0)
        sample->half_bits++;
    for (unsigned i = 0; i < SAMPLE_ROUNDS; i++)
        sample->keys[i] = random_next(random_thread());
}

/* Half of a number under a key: a mixing of all its bits, as in MurmurHash3's end (Appleby). */
static uint64_t mix(uint64_t half, uint64_t key)
{
    half ^= key;
    half = (half ^ half >> 33) * UINT64_C(0xff51afd7ed558ccd);
    half = (half ^ half >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return half ^ half >> 33;
}

static uint64_t permute(const struct sample *sample, uint64_t number)
{
    uint64_t mask = (UINT64_C(1) << sample->half_bits) - 1;
    uint64_t high = number >> sample->half_bits, low = number & mask;
    for (unsigned i = 0; i < SAMPLE_ROUNDS; i++) {
        uint64_t next = (high ^ mix(low, sample->keys[i])) & mask;
        high = low;
        low = next;
    }
    return high << sample->half_bits | low;
}

static const char *next_walked(struct sample *sample)
{
    for (;;) {
        const char *record = sample->place.record;
        bool is_live = collection_is_live(sample->collection, record, sample->now_ms);
        bool taken = is_live && sample_takes(sample->left, sample->live - sample->at++);
        collection_next(sample->collection, &sample->place);
        if (taken) {
            sample->left--;
            return record;
        }
    }
}

const char *sample_next(struct sample *sample)
{
    if (sample->left == 0)
        return NULL;
    if (sample->walks)
        return next_walked(sample);
    uint64_t index;
    do
        index = permute(sample, sample->at++);
    while (!collection_at(sample->collection, index, &sample->place) ||
           !collection_is_live(sample->collection, sample->place.record, sample->now_ms));
    sample->left--;
    return sample->place.record;
}

/* ---- one ---- */

#define TRIES 64 /* before the records that are live are counted out */

static const char *live_at(const struct collection *collection, uint64_t index, int64_t now_ms)
{
    struct collection_place place;
    for (bool more = collection_at(collection, 0, &place); more; more = collection_next(collection, &place))
        if (collection_is_live(collection, place.record, now_ms) && index-- == 0)
            return place.record;
    return NULL;
}

const char *sample_one(const struct collection *collection, int64_t now_ms)
{
    struct collection_place place;
    uint64_t all = collection_count(collection);
    for (unsigned i = 0; i < TRIES; i++) {
        collection_at(collection, random_below(random_thread(), all), &place);
        if (collection_is_live(collection, place.record, now_ms))
            return place.record;
    }
    uint64_t live = all - collection_due(collection, now_ms);
    return live > 0 ? live_at(collection, random_below(random_thread(), live), now_ms) : NULL;
}
