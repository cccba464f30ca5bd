/*
 * Sorted sets: collections of members with scores, in the order of scores and, among equal ones, of texts.
 *
 * OBJECT ENCODING tells Redis 7.2's names: "listpack" while the set is small, "skiplist" from then on. Which of both it
 * is stands in the entry. A listpack has no -0 among its scores: it becomes 0, as in Redis, whose listpacks store it as
 * an integer.
 */
#ifndef KVS_TYPES_ZSET_H
#define KVS_TYPES_ZSET_H

#include "base/bytes.h"
#include "types/collection.h"

extern const struct value_type zset_type;
extern const struct collection_kind zset_kind;

/* Up to where it is called a listpack: members, and bytes of each. */
struct zset_limits {
    uint64_t entries, value;
};

/* The place of a member; false if it isn't there. */
bool zset_find(const struct collection *zset, const struct element *member, struct collection_place *place_out);

/* The score and the stored member of a record of the set. */
double zset_score(const char *record);
const char *zset_member(const char *record);

/*
 * Adds a member that isn't there, which shares arg's blob if that has one (arg may be NULL), with a score that is not
 * NaN. 0 or -ENOMEM.
 */
int zset_add(struct collection *zset, const struct element *member, const struct arg *arg, double score,
             const struct zset_limits *limits);

/* Gives a member that is there another score, not NaN. 0 or -ENOMEM. */
int zset_rescore(struct collection *zset, struct collection_place *place, double score);

/*
 * A set that is made as a whole is a skiplist from zset_begin() on, and at the end is named by what has become of it.
 */
void zset_begin(struct collection *zset);
void zset_settle(struct collection *zset, const struct zset_limits *limits);

/* A score as a set has it that is called a skiplist, or a listpack. */
double zset_score_kept(double score, bool is_skiplist);

/* Whether it is called a listpack. */
bool zset_is_listpack(const struct entry *entry);

/* 1, or 0 if it isn't there, or -ENOMEM. */
int zset_remove(struct collection *zset, const struct element *member);

#endif
