/*
 * For commands that answer when a snapshot has been made. Others go on meanwhile, and so does the command's worker.
 */
#ifndef KVS_HANDLERS_SAVE_WAIT_H
#define KVS_HANDLERS_SAVE_WAIT_H

#include <stdbool.h>

struct call;

enum save_wait {
    SAVE_WAITS, /* the call is to end: it has been answered, or is called again */
    SAVE_BUSY,  /* another one is being made, and goes on */
    SAVE_DONE,
    SAVE_FAILED,
};

/*
 * Begins a snapshot, or asks what has become of it. takes_over: another one that is being made is given up for it. A call
 * that is inside another is refused.
 */
enum save_wait save_wait(struct call *call, bool takes_over);

#endif
