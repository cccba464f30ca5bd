/*
 * Gatherings: members, as other collections have them stored, that are to become a collection of their own at once.
 *
 * Members that come from several sources may be the same. They are joined then: sorted by their hashes, so that equal
 * ones stand beside one another, in the order of their sources. Which of them stay, and with which score, a function
 * says.
 *
 * The collections that they are borrowed from must not change meanwhile. A gathering takes 24 bytes for each member.
 */
#ifndef KVS_TYPES_GATHERING_H
#define KVS_TYPES_GATHERING_H

#include "shape/record_sort.h"
#include "types/collection.h"

#include <stdbool.h>

struct gathering;

/*
 * The same member of one or more sources: whether it stays, as the first of them, whose score may be changed. It is
 * asked of what has been gathered so far, and again of what stays and what comes after it.
 */
typedef bool gathering_rule(void *context, const struct gathering *gathering, struct record_ref *same, size_t count);

struct gathering {
    struct record_ref *members;
    size_t count, room;
    /* private, of one with a rule */
    gathering_rule *rule;
    void *context;
    uint64_t source_mask; /* bits of the keys that tell the source; the others are the hash's */
    bool is_joined;       /* since the last member was added */
};

/* Of one source, or whatever else has no member twice. Room for most members. 0 or -ENOMEM. */
int gathering_begin(struct gathering *gathering, size_t most);

/* Of so many sources, which is below 2^24, and whose members are joined by the rule. Room for some. 0 or -ENOMEM. */
int gathering_begin_joined(struct gathering *gathering, size_t room, uint64_t sources, gathering_rule *rule,
                           void *context);

void gathering_deinit(struct gathering *gathering);

/* With a rule: makes room for count more members, by joining those that are there if need be. 0 or -ENOMEM. */
int gathering_reserve(struct gathering *gathering, size_t count);

/* Adds a member; there is room. With a rule: the second, of the source of that number, sources in ascending order. */
static inline void gathering_add(struct gathering *gathering, const char *stored, double score)
{
    gathering->members[gathering->count++] = (struct record_ref){.stored = stored, .score = score};
}
void gathering_add_of(struct gathering *gathering, uint64_t source, const char *stored, double score);

/* The number of the source that a member has come from. */
static inline uint64_t gathering_source(const struct gathering *gathering, const struct record_ref *member)
{
    return member->key & gathering->source_mask;
}

/* What has been added becomes what stays of it; without a rule that is all. */
void gathering_join(struct gathering *gathering);

/* An empty collection gets the members, joined if there is a rule. 0 or -ENOMEM. */
int gathering_build(struct gathering *gathering, struct collection *collection);

#endif
