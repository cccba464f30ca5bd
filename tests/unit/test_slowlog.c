/* The slow log: what an entry holds at most. */
#include "base/memory.h"
#include "command/command_table.h"
#include "record/slowlog.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void take(void *context, const struct slowlog_entry *entry)
{
    *(struct slowlog_entry *)context = *entry;
}

START_TEST(an_entry_is_bounded_whatever_clients_send)
{
    enum { ARGUMENTS = 100 };
    size_t len = (size_t)1 << 20;
    struct arg argv[ARGUMENTS];
    char *much = mem_alloc(len + 1), address[128];
    memset(much, 'k', len);
    much[len] = '\0';
    memset(address, '/', sizeof address - 1);
    address[sizeof address - 1] = '\0';
    argv[0] = (struct arg){"DEL", 3, NULL};
    for (int i = 1; i < ARGUMENTS; i++)
        argv[i] = (struct arg){much, len, NULL};
    ck_assert_uint_eq(slowlog_bytes(), 0);
    for (int i = 0; i < 20; i++)
        slowlog_add(&(struct slow_command){ARGUMENTS, argv, 1, address, much, {.pid = 1}}, 10);
    ck_assert_uint_gt(slowlog_bytes(), 10 * SLOWLOG_MAX_ARGS * SLOWLOG_MAX_BYTES);
    ck_assert_uint_le(slowlog_bytes(), 10 * SLOWLOG_ENTRY_MAX);
    struct slowlog_entry newest;
    ck_assert_int_eq(slowlog_each(1, take, &newest), 1);
    char name[256];
    size_t name_len = (size_t)snprintf(name, sizeof name, "%.128s... (%zu more bytes)", much, len - SLOWLOG_MAX_BYTES);
    ck_assert(bytes_equal(newest.name.data, newest.name.len, name, name_len));
    slowlog_cut(0);
    ck_assert_uint_eq(slowlog_bytes(), 0);
    mem_free(much);
}
END_TEST

Suite *suite_slowlog(void);
Suite *suite_slowlog(void)
{
    Suite *suite = suite_create("slow log");
    TCase *tcase = tcase_create("slow log");
    tcase_add_checked_fixture(tcase, command_table_init, NULL);
    tcase_add_test(tcase, an_entry_is_bounded_whatever_clients_send);
    suite_add_tcase(suite, tcase);
    return suite;
}
