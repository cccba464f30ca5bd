/*
 * Peer rules of one user: accounts of this machine that are this user without a password. A rule names an
 * account ("www-data", "1000") or a group ("@adm", "@4"); the name is looked up when the rule is made, and shown
 * as it was given.
 */
#ifndef KVS_ACL_PEER_RULES_H
#define KVS_ACL_PEER_RULES_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct peer_rule {
    char *text;
    bool is_group;
    id_t id; /* uid or gid */
};

struct peer_rules {
    struct peer_rule *items;
    size_t count;
};

void peer_rules_clear(struct peer_rules *rules);
void peer_rules_copy(struct peer_rules *to, const struct peer_rules *from); /* to is empty */

/* Each account and group is kept once. False: there is no such account. */
bool peer_rules_add(struct peer_rules *rules, struct bytes text);

/* By its text, or under another name of the same account. False: there is no such rule. */
bool peer_rules_remove(struct peer_rules *rules, struct bytes text);

bool peer_rules_match(const struct peer_rules *rules, uid_t uid, gid_t gid, const gid_t *groups, size_t group_count);
bool peer_rules_have_groups(const struct peer_rules *rules);

#endif
