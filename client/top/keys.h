/*
 * The keys: one table, from which the help and the hints at the foot of the screen are drawn.
 */
#ifndef KVS_CLIENT_TOP_KEYS_H
#define KVS_CLIENT_TOP_KEYS_H

#include <stddef.h>

enum action {
    ACTION_NONE,
    ACTION_VIEW, /* and those after it: one for each enum view */
    ACTION_VIEW_LAST = ACTION_VIEW + 4,
    ACTION_NEXT_VIEW,
    ACTION_PREVIOUS_VIEW,
    ACTION_UP,
    ACTION_DOWN,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_FIRST,
    ACTION_LAST,
    ACTION_SORT,
    ACTION_SORT_BACK,
    ACTION_REVERSE,
    ACTION_FILTER,
    ACTION_KILL,
    ACTION_PAUSE,
    ACTION_SLOWER,
    ACTION_FASTER,
    ACTION_ZOOM,
    ACTION_PLAIN,
    ACTION_REDRAW,
    ACTION_HELP,
    ACTION_ESCAPE,
    ACTION_LEAVE,
};

struct key {
    int code; /* a byte, or a KEY_... of ncurses */
    enum action action;
    const char *name; /* NULL: another key for what stands above */
    const char *help;
    const char *hint; /* a word for the foot of the screen; NULL: not there */
};

extern const struct key key_table[];
extern const size_t key_count;

enum action key_action(int code);

#endif
