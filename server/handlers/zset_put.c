#include "handlers/zset_put.h"

enum zset_put zset_put(struct collection *zset, const struct arg *member, double score, enum zset_put_if condition,
                       const struct zset_limits *limits)
{
    struct element element;
    struct collection_place place;
    element_init(&element, member->data, member->len);
    if (zset_find(zset, &element, &place)) {
        if (condition == ZSET_PUT_IF_NEW || zset_score(place.record) == score)
            return ZSET_PUT_NOTHING;
        return zset_rescore(zset, &place, score) == 0 ? ZSET_PUT_CHANGED : ZSET_PUT_NO_MEMORY;
    }
    if (condition == ZSET_PUT_IF_PRESENT)
        return ZSET_PUT_NOTHING;
    return zset_add(zset, &element, member, score, limits) == 0 ? ZSET_PUT_ADDED : ZSET_PUT_NO_MEMORY;
}
