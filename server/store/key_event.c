#include "store/key_event.h"

const struct key_event event_del = {"del", EVENT_GENERIC, 1}, event_emptied = {"del", EVENT_GENERIC, 0},
                       event_expire = {"expire", EVENT_GENERIC, 1}, event_persist = {"persist", EVENT_GENERIC, 1},
                       event_rename_from = {"rename_from", EVENT_GENERIC, 0},
                       event_rename_to = {"rename_to", EVENT_GENERIC, 1},
                       event_move_from = {"move_from", EVENT_GENERIC, 0}, event_move_to = {"move_to", EVENT_GENERIC, 1},
                       event_copy_to = {"copy_to", EVENT_GENERIC, 1}, event_expired = {"expired", EVENT_EXPIRED, 0},
                       event_evicted = {"evicted", EVENT_EVICTED, 0}, event_flush = {"flush", EVENT_WHOLE, 0},
                       event_swap = {"swap", EVENT_WHOLE, 0}, event_swap_same = {"swap", EVENT_WHOLE, 0},
                       event_part_expired = {"hexpired", EVENT_HASH, 0}, /* hashes alone have such parts */
    event_miss = {"keymiss", EVENT_MISS, 0}, event_new = {"new", EVENT_NEW, 0};
