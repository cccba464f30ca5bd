/* Who may come in when it gets crowded. */
#include "base/memory.h"
#include "config/config.h"
#include "kit/scratch.h"
#include "listen/admission.h"
#include "listen/listener.h"
#include "listen/sockets.h"
#include "net/peer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *folder;
static struct config config;
static struct listener *admin, *writer;

static struct listener *open_listener(const char *name, enum access_level access)
{
    char error[512];
    struct listener *listener;
    struct listener_rights rights = {0600, (uid_t)-1, (gid_t)-1, access, ""};
    ck_assert_int_eq(listener_open(scratch_path(folder, name), &rights, 16, 1000, &listener, error, sizeof error), 0);
    return listener;
}

static void begin(void)
{
    char error[512];
    umask(0);
    folder = scratch_create();
    config_init(&config);
    mem_free(config.unixsocket);
    config.unixsocket = mem_strdup(scratch_path(folder, "set"));
    config.maxclients = 100;
    ck_assert_int_eq(sockets_open(&config, error, sizeof error), 0); /* there is a socket for administration */
    admin = open_listener("admin", ACCESS_ADMIN);
    writer = open_listener("writer", ACCESS_WRITE);
}

static void end(void)
{
    listener_close(admin);
    listener_close(writer);
    sockets_close();
    config_deinit(&config);
    scratch_remove(folder);
}

static enum admission ask(struct listener *listener, uid_t uid, unsigned open_now)
{
    return admission_ask(&config, listener_origin(listener), &(struct peer){1, uid, 1}, open_now);
}

static void leave(uid_t uid)
{
    admission_release(&(struct peer){1, uid, 1});
}

START_TEST(some_of_maxclients_are_kept_for_administration)
{
    ck_assert_int_eq(ask(writer, 1, 95), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(writer, 1, 96), ADMISSION_FULL);
    ck_assert_int_eq(ask(admin, 1, 96), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(admin, 1, 99), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(admin, 1, 100), ADMISSION_FULL);
    config.maxclients = 8; /* a quarter at most */
    ck_assert_int_eq(ask(writer, 1, 5), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(writer, 1, 6), ADMISSION_FULL);
    config.maxclients = 1;
    ck_assert_int_eq(ask(writer, 1, 0), ADMISSION_GRANTED);
}
END_TEST

START_TEST(nothing_is_kept_where_no_socket_is_for_administration)
{
    sockets_close();
    ck_assert_int_eq(ask(writer, 1, 99), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(writer, 1, 100), ADMISSION_FULL);
}
END_TEST

START_TEST(a_uid_gets_no_more_than_its_limit)
{
    config.maxclients_per_uid = 2;
    ck_assert_int_eq(ask(writer, 1000, 0), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(writer, 1000, 1), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(writer, 1000, 2), ADMISSION_UID_FULL);
    ck_assert_int_eq(ask(writer, 999, 2), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(writer, 1001, 3), ADMISSION_GRANTED);
    leave(1000);
    ck_assert_int_eq(ask(writer, 1000, 3), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(writer, 1000, 4), ADMISSION_UID_FULL);
}
END_TEST

START_TEST(uids_over_their_limit_share_the_reserve_on_sockets_for_administration)
{
    config.maxclients_per_uid = 1;
    for (uid_t uid = 1; uid <= 6; uid++)
        ck_assert_int_eq(ask(writer, uid, 0), ADMISSION_GRANTED);
    for (uid_t uid = 1; uid <= 4; uid++)
        ck_assert_int_eq(ask(admin, uid, 0), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(admin, 5, 0), ADMISSION_UID_FULL);
    ck_assert_int_eq(ask(admin, 1, 0), ADMISSION_UID_FULL);
    leave(3);
    ck_assert_int_eq(ask(admin, 5, 0), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(admin, 7, 0), ADMISSION_GRANTED); /* which has none yet */
}
END_TEST

START_TEST(a_limit_that_comes_later_counts_who_is_there)
{
    ck_assert_int_eq(ask(writer, 1000, 0), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(writer, 1000, 0), ADMISSION_GRANTED);
    ck_assert_int_eq(ask(writer, 1000, 0), ADMISSION_GRANTED);
    config.maxclients_per_uid = 2;
    ck_assert_int_eq(ask(writer, 1000, 0), ADMISSION_UID_FULL);
    leave(1000);
    ck_assert_int_eq(ask(writer, 1000, 0), ADMISSION_UID_FULL);
    leave(1000);
    ck_assert_int_eq(ask(writer, 1000, 0), ADMISSION_GRANTED);
}
END_TEST

/* Against counts kept in the simplest way. */
START_TEST(counts_are_right_whoever_comes_and_goes)
{
    enum { UIDS = 50, LIMIT = 5 };
    unsigned counts[UIDS] = {0};
    struct dice dice = dice_create(1);
    config.maxclients = 1000000;
    config.maxclients_per_uid = LIMIT;
    for (unsigned i = 0; i < scratch_rounds(100000); i++) {
        uid_t uid = (uid_t)dice_below(&dice, UIDS);
        if (dice_chance(&dice, 50)) {
            bool granted = ask(writer, uid * 7919, 0) == ADMISSION_GRANTED;
            ck_assert_int_eq(granted, counts[uid] < LIMIT);
            counts[uid] += granted;
        } else if (counts[uid] > 0) {
            leave(uid * 7919);
            counts[uid]--;
        }
    }
}
END_TEST

Suite *suite_admission(void);
Suite *suite_admission(void)
{
    Suite *suite = suite_create("admission");
    TCase *tcase = tcase_create("admission");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, some_of_maxclients_are_kept_for_administration);
    tcase_add_test(tcase, nothing_is_kept_where_no_socket_is_for_administration);
    tcase_add_test(tcase, a_uid_gets_no_more_than_its_limit);
    tcase_add_test(tcase, uids_over_their_limit_share_the_reserve_on_sockets_for_administration);
    tcase_add_test(tcase, a_limit_that_comes_later_counts_who_is_there);
    tcase_add_test(tcase, counts_are_right_whoever_comes_and_goes);
    suite_add_tcase(suite, tcase);
    return suite;
}
