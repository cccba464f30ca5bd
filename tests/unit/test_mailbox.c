/* Mailboxes: nothing is lost, each sender's order is kept, and whoever sleeps is woken. */
#include "kit/scratch.h"
#include "kit/suites.h"
#include "net/mailbox.h"
#include "net/worker.h"

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#define SENDERS 4

struct letter {
    struct message message;
    unsigned sender, number;
};

static struct mailbox mailbox;
static unsigned letters_each;

static void open_mailbox(void)
{
    ck_assert_int_eq(mailbox_init(&mailbox), 0);
    letters_each = scratch_rounds(50000);
}

static void close_mailbox(void)
{
    mailbox_deinit(&mailbox);
}

static bool is_readable(int milliseconds)
{
    struct pollfd polled = {.fd = mailbox.event_fd, .events = POLLIN};
    return poll(&polled, 1, milliseconds) > 0;
}

static void post(unsigned sender, unsigned number)
{
    struct letter *letter = malloc(sizeof *letter);
    *letter = (struct letter){{NULL, NULL}, sender, number};
    mailbox_post(&mailbox, &letter->message);
}

START_TEST(messages_come_oldest_first)
{
    ck_assert_ptr_null(mailbox_take(&mailbox));
    for (unsigned i = 0; i < 5; i++)
        post(0, i);
    struct message *message = mailbox_take(&mailbox);
    for (unsigned i = 0; i < 5; i++) {
        struct message *next = message->next;
        ck_assert_uint_eq(((struct letter *)message)->number, i);
        free(message);
        message = next;
    }
    ck_assert_ptr_null(message);
    ck_assert_ptr_null(mailbox_take(&mailbox));
}
END_TEST

START_TEST(posting_to_an_empty_mailbox_wakes_and_taking_calms)
{
    ck_assert(!is_readable(0));
    post(0, 0);
    post(0, 1);
    ck_assert(is_readable(0));
    struct message *message = mailbox_take(&mailbox);
    free(message->next);
    free(message);
    ck_assert(!is_readable(0));
    mailbox_wake(&mailbox); /* without a message */
    ck_assert(is_readable(0));
}
END_TEST

static void *send_letters(void *sender)
{
    for (unsigned i = 0; i < letters_each; i++)
        post((unsigned)(uintptr_t)sender, i);
    return NULL;
}

START_TEST(each_senders_order_is_kept_and_no_wake_up_is_lost)
{
    pthread_t threads[SENDERS];
    unsigned next[SENDERS] = {0}, received = 0;
    for (uintptr_t i = 0; i < SENDERS; i++)
        pthread_create(&threads[i], NULL, send_letters, (void *)i);
    while (received < SENDERS * letters_each) {
        ck_assert_msg(is_readable(20000), "a wake-up was lost after %u messages", received);
        for (struct message *message = mailbox_take(&mailbox); message;) {
            struct letter *letter = (struct letter *)message;
            must(letter->number == next[letter->sender]);
            next[letter->sender]++;
            received++;
            message = message->next;
            free(letter);
        }
    }
    for (int i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    must(!mailbox_take(&mailbox));
}
END_TEST

Suite *suite_mailbox(void);
Suite *suite_mailbox(void)
{
    Suite *suite = suite_create("mailbox");
    TCase *tcase = tcase_create("mailbox");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, open_mailbox, close_mailbox);
    tcase_add_test(tcase, messages_come_oldest_first);
    tcase_add_test(tcase, posting_to_an_empty_mailbox_wakes_and_taking_calms);
    tcase_add_test(tcase, each_senders_order_is_kept_and_no_wake_up_is_lost);
    suite_add_tcase(suite, tcase);
    return suite;
}
