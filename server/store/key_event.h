/*
 * Events: what has happened to a key, in the words of Redis's keyspace notifications.
 *
 * The function that changes a key names the event. Events of a single type are defined with it or its commands.
 */
#ifndef KVS_STORE_KEY_EVENT_H
#define KVS_STORE_KEY_EVENT_H

#include <stdint.h>

/* The classes of notify-keyspace-events, by their letters there. */
enum event_class {
    EVENT_GENERIC = 'g',
    EVENT_STRING = '$',
    EVENT_LIST = 'l',
    EVENT_SET = 's',
    EVENT_HASH = 'h',
    EVENT_ZSET = 'z',
    EVENT_STREAM = 't',
    EVENT_EXPIRED = 'x',
    EVENT_EVICTED = 'e',
    EVENT_MISS = 'm',  /* a key that was to be read isn't there; not a change */
    EVENT_NEW = 'n',   /* a key that wasn't there is; told before what made it */
    EVENT_WHOLE = 0,   /* concerns a whole database, DEBUG, or how a value is kept: no notification */
    EVENT_READERS = 1, /* who has read what of a stream: no notification, and nothing for those who wait for the key */
};

struct key_event {
    const char *name;
    uint8_t event_class;
    uint32_t changes; /* what it adds to the changes since the last save: 0, 1, or as many as one command has made */
};

/* ---- what happens to keys of every type ---- */
extern const struct key_event event_del, event_emptied, event_expire, event_persist, event_rename_from, event_rename_to,
    event_move_from, event_move_to, event_copy_to, event_expired, event_evicted, event_flush, event_swap,
    event_swap_same, event_part_expired, event_miss, event_new;

#endif
