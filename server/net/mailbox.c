#include "net/mailbox.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int mailbox_init(struct mailbox *mailbox)
{
    atomic_init(&mailbox->newest, NULL);
    mailbox->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return mailbox->event_fd < 0 ? -errno : 0;
}

void mailbox_deinit(struct mailbox *mailbox)
{
    close(mailbox->event_fd);
}

void mailbox_wake(struct mailbox *mailbox)
{
    uint64_t one = 1;
    while (write(mailbox->event_fd, &one, sizeof one) < 0 && errno == EINTR) {
    } /* EAGAIN: the counter is full, and so readable already */
}

void mailbox_post(struct mailbox *mailbox, struct message *message)
{
    struct message *top = atomic_load_explicit(&mailbox->newest, memory_order_relaxed);
    do
        message->next = top;
    while (!atomic_compare_exchange_weak_explicit(&mailbox->newest, &top, message,
                                                  memory_order_release, /* pairs with the exchange in mailbox_take */
                                                  memory_order_relaxed));
    if (!top)
        mailbox_wake(mailbox);
}

struct message *mailbox_take(struct mailbox *mailbox)
{
    if (!mailbox_has_messages(mailbox))
        return NULL;
    uint64_t count;
    while (read(mailbox->event_fd, &count, sizeof count) < 0 && errno == EINTR) {
    }
    struct message *message = atomic_exchange_explicit(&mailbox->newest, NULL, memory_order_acquire);
    struct message *oldest = NULL;
    while (message) {
        struct message *next = message->next;
        message->next = oldest;
        oldest = message;
        message = next;
    }
    return oldest;
}
