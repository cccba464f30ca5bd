/*
 * HSCAN, SSCAN and ZSCAN: key cursor [MATCH pattern] [COUNT count], a walk in parts over one collection.
 *
 * COUNT is how many members are looked at, about, and MATCH says which of them are in the reply. A collection that its
 * type calls compact is looked at as a whole, whatever COUNT says, as clients of Redis expect.
 *
 * What takes longer is done in turns (clients/turn.h), under the lock of the key's shard: the collection may change
 * between them, as between two commands of a scan.
 */
#ifndef KVS_HANDLERS_MEMBER_SCAN_H
#define KVS_HANDLERS_MEMBER_SCAN_H

#include "command/call.h"
#include "types/collection.h"

struct member_scan {
    const struct collection_kind *kind;
    bool (*is_compact)(const struct entry *entry);
    unsigned replies; /* that answer_member writes */
    void (*answer_member)(struct reply *reply, const char *record);
    void (*answer_bare)(struct reply *reply, const char *record); /* one reply, for NOVALUES; NULL: no such option */
};

/* Runs the command, whose row has CMD_TURNS; the scan is borrowed for ever. */
void member_scan(struct call *call, const struct member_scan *scan);

#endif
