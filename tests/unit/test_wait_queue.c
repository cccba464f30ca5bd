/* Queues of waiters: their order, which keys become ready, and what serving them would touch. */
#include "base/memory.h"
#include "clients/wait_queue.h"
#include "kit/suites.h"
#include "store/keyspace.h"
#include "store/reaper.h"
#include "types/string.h"
#include "types/type_number.h"

#include <check.h>
#include <string.h>

static struct keyspace *keyspace;
static struct view view;
static struct shard_set all;

static const struct wait_kind takes = {.type = TYPE_STRING}, takes_lists = {.type = TYPE_LIST},
                              moves = {.type = TYPE_STRING, .moves = true},
                              minds = {.type = TYPE_STRING, .minds_loss = true};

static void setup(void)
{
    keyspace = keyspace_create(2);
    view = (struct view){.keyspace = keyspace, .now_ms = 1000};
    wait_queue_init(keyspace);
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++)
        shard_set_add(&all, (uint64_t)shard << 15);
    keyspace_lock(keyspace, &all);
}

static void teardown(void)
{
    keyspace_unlock(keyspace, &all);
    keyspace_destroy(keyspace);
    reaper_stop();
}

static struct key key_named(const char *name)
{
    return key_make(name, strlen(name));
}

/* A waiter for one key or two; one that moves stands in the queue of the first alone. */
static struct waiter *wait_for(const struct wait_kind *kind, const char *first, const char *second)
{
    struct waiter *waiter = mem_calloc(sizeof *waiter + 2 * sizeof waiter->links[0]);
    waiter->kind = kind;
    waiter->key_count = second ? 2 : 1;
    waiter->links[0] = (struct wait_link){.waiter = waiter, .key = key_named(first)};
    if (second)
        waiter->links[1] = (struct wait_link){.waiter = waiter, .key = key_named(second)};
    wait_queue_add(waiter, 0);
    if (second && !kind->moves)
        wait_queue_add(waiter, 1);
    return waiter;
}

static void leave(struct waiter *waiter)
{
    for (unsigned i = 0; i < waiter->key_count; i++)
        wait_queue_remove(&waiter->links[i]);
    ck_assert_uint_eq(atomic_load(&waiter->links_left), 0);
    mem_free(waiter);
}

static void put(const char *name)
{
    struct key key = key_named(name);
    keyspace_put(&view, &key, string_create_int(key.name, 1, ENTRY_NO_EXPIRY), &string_event_set);
}

/* The names of the keys that are ready, in order, each behind a blank; the list is empty afterwards. */
static const char *ready(void)
{
    static char names[64];
    names[0] = '\0';
    for (struct wait_node *node = wait_queue_next(); node; node = wait_queue_next()) {
        strcat(names, " ");
        strncat(names, node->key_node.key.name.data, node->key_node.key.name.len);
        wait_queue_done(node);
    }
    return names;
}

START_TEST(a_queue_keeps_the_order_and_each_waiter_once)
{
    struct waiter *a = wait_for(&takes, "k", "k"), *b = wait_for(&takes, "k", "j"), *c = wait_for(&takes, "j", "k");
    const struct wait_node *node = a->links[0].node;
    ck_assert_ptr_null(a->links[1].node);
    ck_assert_uint_eq(atomic_load(&b->links_left), 2);
    ck_assert_ptr_eq(node->first->waiter, a);
    ck_assert_ptr_eq(node->first->next->waiter, b);
    ck_assert_ptr_eq(node->last->waiter, c);
    ck_assert_uint_eq(wait_queue_keys(), 2);
    leave(b);
    ck_assert_ptr_eq(node->first->next, node->last);
    leave(a);
    leave(c);
    ck_assert_uint_eq(wait_queue_keys(), 0);
}
END_TEST

START_TEST(keys_become_ready_once_and_in_their_order)
{
    struct waiter *a = wait_for(&takes, "a", NULL), *b = wait_for(&takes, "b", "c");
    put("b");
    put("other");
    put("a");
    put("b");
    ck_assert(wait_queue_has_ready());
    ck_assert_str_eq(ready(), " b a");
    ck_assert(!wait_queue_has_ready());
    put("b");
    ck_assert_str_eq(ready(), " b");
    leave(a);
    leave(b);
    put("a");
    ck_assert(!wait_queue_has_ready());
}
END_TEST

START_TEST(only_what_is_there_and_of_the_type_is_ready)
{
    struct waiter *a = wait_for(&takes_lists, "a", NULL), *b = wait_for(&takes, "b", NULL);
    struct key key = key_named("b");
    put("a");
    put("b");
    ck_assert_str_eq(ready(), " b");
    keyspace_delete(&view, &key);
    ck_assert(!wait_queue_has_ready());
    view.db = 1;
    put("b");
    ck_assert(!wait_queue_has_ready());
    view.db = 0;
    leave(a);
    leave(b);
}
END_TEST

/* A key that goes, or becomes another thing, is ready for those alone who mind. */
START_TEST(a_key_that_is_lost_is_ready_for_who_minds)
{
    struct waiter *a = wait_for(&minds, "a", NULL), *other = wait_for(&takes, "a", NULL),
                  *b = wait_for(&takes, "b", NULL);
    struct key first = key_named("a"), second = key_named("b");
    put("a");
    put("b");
    ck_assert_str_eq(ready(), " a b");
    ck_assert_uint_eq(wait_queue_minded_keys(), 1);
    keyspace_delete(&view, &second);
    keyspace_delete(&view, &first);
    ck_assert_str_eq(ready(), " a");
    leave(a);
    put("a");
    ck_assert_str_eq(ready(), " a");
    keyspace_delete(&view, &first);
    ck_assert(!wait_queue_has_ready());
    ck_assert_uint_eq(wait_queue_minded_keys(), 0);
    leave(other);
    leave(b);
}
END_TEST

START_TEST(who_has_read_what_makes_nothing_ready)
{
    static const struct key_event read = {"read", EVENT_READERS, 1};
    struct waiter *a = wait_for(&minds, "a", NULL);
    struct key key = key_named("a");
    put("a");
    ck_assert_str_eq(ready(), " a");
    const struct entry *found = keyspace_find_for_write(&view, &key);
    struct entry *entry = keyspace_edit(&view, &key, found);
    keyspace_edited(&view, &key, found, entry, &read);
    ck_assert(!wait_queue_has_ready());
    leave(a);
}
END_TEST

START_TEST(a_queue_that_is_left_while_it_is_served_stays_until_then)
{
    struct waiter *a = wait_for(&takes, "a", NULL);
    put("a");
    struct wait_node *node = wait_queue_next();
    wait_queue_remove(&a->links[0]);
    put("a");
    ck_assert(!wait_queue_has_ready());
    ck_assert_uint_eq(wait_queue_keys(), 1);
    wait_queue_done(node);
    ck_assert_uint_eq(wait_queue_keys(), 0);
    mem_free(a);
}
END_TEST

static bool reaches(const struct shard_set *held, const char *from, struct shard_set *wanted_out)
{
    struct key key = key_named(from);
    return wait_queue_reach(&key, 1, held, wanted_out);
}

START_TEST(what_moves_on_is_reached_to_the_end)
{
    struct waiter *a = wait_for(&moves, "a", "b"), *b = wait_for(&moves, "b", "c"), *d = wait_for(&moves, "c", "a");
    struct shard_set held = {0}, wanted;
    const char *const names[] = {"a", "b", "c"};
    ck_assert(wait_queue_has_moves());
    shard_set_add(&held, key_named("a").hash);
    for (unsigned looks = 0; reaches(&held, "a", &wanted); looks++) {
        must(looks < 3);
        held = wanted;
    }
    for (int i = 0; i < 3; i++)
        ck_assert(shard_set_has(&held, key_named(names[i]).hash));
    ck_assert(!reaches(&all, "a", &wanted));
    ck_assert(!wait_queue_reach(NULL, 0, &all, &wanted));
    leave(b);
    held = (struct shard_set){0};
    shard_set_add(&held, key_named("a").hash);
    ck_assert_int_eq(wait_queue_reach(NULL, 0, &held, &wanted), !shard_set_has(&held, key_named("b").hash));
    leave(a);
    ck_assert(!reaches(&held, "a", &wanted));
    leave(d);
    ck_assert(!wait_queue_has_moves());
}
END_TEST

START_TEST(one_whose_wait_is_over_reaches_nothing)
{
    struct waiter *a = wait_for(&moves, "a", "b");
    struct shard_set held = {0}, wanted;
    shard_set_add(&held, key_named("a").hash);
    ck_assert(waiter_claim(a, WAIT_DROPPED));
    ck_assert(!waiter_claim(a, WAIT_ANSWERED));
    ck_assert(!waiter_waits(a));
    ck_assert(!reaches(&held, "a", &wanted));
    leave(a);
}
END_TEST

Suite *suite_wait_queue(void);
Suite *suite_wait_queue(void)
{
    Suite *suite = suite_create("wait queue");
    TCase *tcase = tcase_create("wait queue");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_queue_keeps_the_order_and_each_waiter_once);
    tcase_add_test(tcase, keys_become_ready_once_and_in_their_order);
    tcase_add_test(tcase, only_what_is_there_and_of_the_type_is_ready);
    tcase_add_test(tcase, a_key_that_is_lost_is_ready_for_who_minds);
    tcase_add_test(tcase, who_has_read_what_makes_nothing_ready);
    tcase_add_test(tcase, a_queue_that_is_left_while_it_is_served_stays_until_then);
    tcase_add_test(tcase, what_moves_on_is_reached_to_the_end);
    tcase_add_test(tcase, one_whose_wait_is_over_reaches_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
