/*
 * For commands that answer when a snapshot has been made. Others go on meanwhile, and so does the command's worker.
 */
#ifndef KVS_HANDLERS_SAVE_WAIT_H
#define KVS_HANDLERS_SAVE_WAIT_H

struct call;

enum save_wait {
    SAVE_WAITS, /* the call is to end without a reply, and is called again */
    SAVE_BUSY,  /* another one is being made */
    SAVE_DONE,
    SAVE_FAILED,
};

/* Begins a snapshot, or asks what has become of it. A call that isn't inside another. */
enum save_wait save_wait(struct call *call);

#endif
