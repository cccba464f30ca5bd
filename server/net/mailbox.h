/*
 * Mailboxes: how any thread hands a message to a worker.
 *
 * A mailbox is a lock-free stack of messages, which its owner takes as a whole and reverses, so that each
 * sender's messages arrive in order; and an eventfd, written only when the stack was empty.
 */
#ifndef KVS_NET_MAILBOX_H
#define KVS_NET_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct worker;

/* A message to a worker, embedded in the struct that it carries. run is called on the worker's thread, and owns it. */
struct message {
    struct message *next;
    void (*run)(struct worker *worker, struct message *message);
};

struct mailbox {
    _Atomic(struct message *) newest; /* released by senders, acquired by the owner */
    int event_fd;                     /* readable when there may be messages */
};

/* 0 or a negative errno. */
int mailbox_init(struct mailbox *mailbox);
void mailbox_deinit(struct mailbox *mailbox); /* it is empty */

/* Any thread. Post takes the message and wakes the owner; wake has it run a round without a message. */
void mailbox_post(struct mailbox *mailbox, struct message *message);
void mailbox_wake(struct mailbox *mailbox);

/* Owner: whether there are any. */
static inline bool mailbox_has_messages(const struct mailbox *mailbox)
{
    return atomic_load_explicit(&mailbox->newest, memory_order_relaxed) != NULL;
}

/* Owner: all messages so far, oldest first, linked by next; NULL when there are none. */
struct message *mailbox_take(struct mailbox *mailbox);

#endif
