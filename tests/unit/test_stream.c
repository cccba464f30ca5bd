/*
 * Streams: against a model, with memory that runs out at any allocation; entries with the same fields and with others,
 * short and large texts, IDs of one millisecond and of many, blocks of any limit.
 */
#include "base/blob.h"
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "store/reaper.h"
#include "types/stream.h"
#include "types/type_number.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 4000
#define PAIRS_MAX 6
#define TEXT_MAX 9000

static struct dice dice;
static bool memory_may_fail;

static void tempt_memory(void)
{
    mem_fail_after(memory_may_fail && dice_chance(&dice, 20) ? 1 + (unsigned)dice_below(&dice, 6) : 0);
}

/* ---- entries, which follow from a number ---- */

static char texts[2 * PAIRS_MAX][TEXT_MAX];
static struct arg args[2 * PAIRS_MAX];

/* Of the entry's position at. Names depend on its schema, of which there are few or as many as entries. */
static void make_text(unsigned number, unsigned at, unsigned schema)
{
    char *out = texts[at];
    bool is_name = at % 2 == 0;
    unsigned what = is_name ? schema * 31 + at : number * 7 + at;
    size_t len, wanted = 0;
    if (what % 5 == 0)
        len = (size_t)sprintf(out, "%d", (int)(what * 2654435761u) >> (what % 29));
    else
        len = (size_t)sprintf(out, is_name ? "name%u" : "v%u", what);
    if (what % 211 == 1)
        wanted = 4001 + what % 3000;
    else if (what % 97 == 1)
        wanted = 241 + what % 3700;
    else if (what % 17 == 1)
        wanted = 20 + what % 200;
    else if (what % 23 == 1)
        len = 0;
    for (; len > 0 && len < wanted; len++)
        out[len] = (char)(what + len);
    args[at] = (struct arg){.data = out, .len = len};
}

static unsigned schemas; /* how many there are */

static uint32_t make_entry(unsigned number)
{
    unsigned schema = number / 3 % schemas;
    uint32_t pairs = 1 + schema % PAIRS_MAX;
    for (unsigned at = 0; at < 2 * pairs; at++)
        make_text(number, at, schema);
    return pairs;
}

static bool is_text(const struct element_view *view, const struct arg *arg)
{
    return bytes_equal(view->text.data, view->text.len, arg->data, arg->len);
}

/* ---- the model ---- */

static struct stream_id ids[MOST];
static unsigned numbers[MOST];
static unsigned count, next_number;
static struct stream_id last_id, max_deleted;
static uint64_t added;

static void model_remove(unsigned from, unsigned removed)
{
    memmove(&ids[from], &ids[from + removed], (count - from - removed) * sizeof ids[0]);
    memmove(&numbers[from], &numbers[from + removed], (count - from - removed) * sizeof numbers[0]);
    count -= removed;
}

static unsigned model_rank(struct stream_id id)
{
    unsigned rank = 0;
    while (rank < count && stream_id_compare(ids[rank], id) < 0)
        rank++;
    return rank;
}

static void check_entry(struct stream_walk *walk, unsigned rank)
{
    struct element_view field, value;
    must(rank < count && stream_id_compare(walk->id, ids[rank]) == 0);
    uint32_t pairs = make_entry(numbers[rank]);
    must(walk->pairs == pairs);
    for (uint32_t i = 0; i < pairs; i++) {
        stream_walk_pair(walk, &field, &value);
        must(is_text(&field, &args[2 * i]) && is_text(&value, &args[2 * i + 1]));
    }
}

static void check_range(const struct stream *stream, struct stream_id from, struct stream_id to)
{
    struct stream_walk walk;
    unsigned low = model_rank(from), high = model_rank(to);
    high += high < count && stream_id_compare(ids[high], to) == 0;
    unsigned rank = low;
    stream_walk_begin(&walk, stream, from, to, false);
    for (; stream_walk_next(&walk); rank++)
        check_entry(&walk, rank);
    must(rank == (high > low ? high : low) && !stream_walk_next(&walk));
    rank = high;
    stream_walk_begin(&walk, stream, from, to, true);
    while (stream_walk_next(&walk))
        check_entry(&walk, --rank);
    must(rank == (high > low ? low : high) && !stream_walk_next(&walk));
}

static void check_all(const struct stream *stream)
{
    struct stream_id none = STREAM_ID_MIN;
    stream_check(stream);
    must(stream->length == count && stream->entries_added == added);
    must(stream_id_compare(stream->last_id, last_id) == 0);
    must(stream_id_compare(stream->max_deleted_id, max_deleted) == 0);
    must(stream_id_compare(stream_first_id(stream), count ? ids[0] : none) == 0);
    must(stream_id_compare(stream_last_entry_id(stream), count ? ids[count - 1] : none) == 0);
    check_range(stream, STREAM_ID_MIN, STREAM_ID_MAX);
}

static struct stream_id some_id(void)
{
    struct stream_id id = count ? ids[dice_below(&dice, count)] : last_id;
    if (dice_chance(&dice, 20))
        stream_id_increment(&id);
    else if (dice_chance(&dice, 20))
        stream_id_decrement(&id);
    return id;
}

static struct stream_limits limits;

static void append(struct stream *stream)
{
    struct stream_id id = last_id;
    unsigned kind = (unsigned)dice_below(&dice, 10);
    if (kind < 4 || id.seq > UINT64_MAX / 2)
        id = (struct stream_id){id.ms + 1 + dice_below(&dice, kind == 0 ? 1000000 : 3), 0};
    else if (kind < 8)
        id.seq++;
    else
        id = (struct stream_id){id.ms + dice_below(&dice, 2),
                                id.seq + 1 + dice_below(&dice, kind == 8 ? 300 : 1u << 30)};
    uint32_t pairs = make_entry(next_number);
    tempt_memory();
    int error = stream_append(stream, id, args, pairs, &limits);
    mem_fail_after(0);
    must(error == 0 || (memory_may_fail && error == -ENOMEM));
    if (error)
        return;
    ids[count] = last_id = id;
    numbers[count++] = next_number++;
    added++;
}

static void delete (struct stream *stream)
{
    struct stream_id id = some_id();
    unsigned rank = model_rank(id);
    bool has = rank < count && stream_id_compare(ids[rank], id) == 0;
    must(stream_has(stream, id) == has);
    tempt_memory();
    must(stream_delete(stream, id) == has);
    mem_fail_after(0);
    if (!has)
        return;
    model_remove(rank, 1);
    if (stream_id_compare(id, max_deleted) > 0)
        max_deleted = id;
}

/* Of whole blocks it is enough that no more goes than may, and that nothing is left that would go at once. */
static void trim(struct stream *stream)
{
    struct tree cut;
    struct stream_trim how = {.by_id = dice_chance(&dice, 50), .whole_blocks = dice_chance(&dice, 50)};
    how.first = some_id();
    how.most = count - dice_below(&dice, 1 + (dice_chance(&dice, 50) ? count / 10 : count));
    how.limit = dice_chance(&dice, 30) ? 1 + dice_below(&dice, 300) : 0;
    unsigned goes = how.by_id ? model_rank(how.first) : count - (unsigned)how.most;
    tempt_memory();
    uint64_t gone = stream_trim(stream, &how, &cut);
    mem_fail_after(0);
    must(how.whole_blocks ? gone <= goes && (how.limit == 0 || gone <= how.limit) : gone == goes);
    stream_discard(&cut);
    model_remove(0, (unsigned)gone);
    if (!how.whole_blocks || how.limit > 0 || goes - gone < 2000)
        return;
    must(limits.entries == 0 || goes - gone < limits.entries);
}

static struct entry *create(void)
{
    struct entry *entry = stream_create((struct bytes){"key", 3});
    must(entry && entry->type == TYPE_STREAM);
    count = next_number = 0;
    last_id = max_deleted = STREAM_ID_MIN;
    added = 0;
    return entry;
}

START_TEST(streams_hold)
{
    static const struct stream_limits variety[] = {{4096, 100}, {4096, 0}, {0, 3}, {0, 0}, {100, 100}, {4096, 1}};
    static const unsigned many[] = {1, 5, 40, 100000};
    dice = dice_create(80 + (uint64_t)_i);
    memory_may_fail = _i & 1;
    limits = variety[_i % 6];
    schemas = many[_i / 2 % 4];
    struct entry *entry = create();
    struct stream *stream = stream_of(entry);
    unsigned steps = scratch_rounds(20000);
    for (unsigned step = 0; step < steps; step++) {
        unsigned growth = step / 3000 % 2 ? 40 : 75;
        if (count < MOST && dice_chance(&dice, growth))
            append(stream);
        else
            delete (stream);
        if (dice_below(&dice, 400) == 0)
            trim(stream);
        if (step % 40 == 0) {
            struct stream_id from = some_id(), to = some_id();
            check_range(stream, from, to);
        }
        if (step % 500 == 0)
            check_all(stream);
    }
    check_all(stream);
    struct entry *copy = entry_copy(entry, (struct bytes){"copy", 4}, ENTRY_NO_EXPIRY);
    must(copy);
    entry_free(entry);
    check_all(stream_of(copy));
    entry_free(copy);
    reaper_stop();
}
END_TEST

static void fill(struct stream *stream, unsigned entries)
{
    memory_may_fail = false;
    while (count < entries)
        append(stream);
}

/* Each allocation fails once: of an append in each state of a block, and of a copy. */
START_TEST(without_memory_nothing_has_changed)
{
    dice = dice_create(100);
    limits = (struct stream_limits){1000, 10};
    schemas = 7;
    struct entry *entry = create();
    struct stream *stream = stream_of(entry);
    while (count < 500) {
        unsigned before = count;
        memory_may_fail = false;
        for (unsigned countdown = 1; count == before; countdown++) {
            struct stream_id id = {last_id.ms + 1, 0};
            uint32_t pairs = make_entry(next_number);
            mem_fail_after(countdown);
            int error = stream_append(stream, id, args, pairs, &limits);
            mem_fail_after(0);
            must(error == 0 || error == -ENOMEM);
            if (error == 0) {
                ids[count] = last_id = id;
                numbers[count++] = next_number++;
                added++;
            }
            check_all(stream);
        }
    }
    for (unsigned countdown = 1;; countdown++) {
        mem_fail_after(countdown);
        struct entry *copy = entry_copy(entry, (struct bytes){"copy", 4}, ENTRY_NO_EXPIRY);
        mem_fail_after(0);
        check_all(stream);
        if (!copy)
            continue;
        check_all(stream_of(copy));
        entry_free(copy);
        break;
    }
    entry_free(entry);
}
END_TEST

static void expect_trim(struct stream *stream, const struct stream_trim *how, uint64_t gone)
{
    struct tree cut;
    uint64_t trimmed = stream_trim(stream, how, &cut);
    ck_assert_uint_eq(trimmed, gone);
    stream_discard(&cut);
    model_remove(0, (unsigned)gone);
    check_all(stream);
}

/* As Redis, whose nodes are such blocks. */
START_TEST(whole_blocks_are_trimmed_as_in_redis)
{
    dice = dice_create(101);
    limits = (struct stream_limits){0, 100};
    schemas = 1;
    struct entry *entry = create();
    struct stream *stream = stream_of(entry);
    fill(stream, 1050);
    must(stream_blocks(stream) == 11);
    expect_trim(stream, &(struct stream_trim){.whole_blocks = true, .most = 951}, 0);
    expect_trim(stream, &(struct stream_trim){.whole_blocks = true, .most = 950}, 100);
    expect_trim(stream, &(struct stream_trim){.whole_blocks = true, .most = 0, .limit = 99}, 0);
    expect_trim(stream, &(struct stream_trim){.whole_blocks = true, .most = 0, .limit = 250}, 200);
    expect_trim(stream, &(struct stream_trim){.whole_blocks = true, .by_id = true, .first = ids[199]}, 100);
    expect_trim(stream, &(struct stream_trim){.whole_blocks = true, .by_id = true, .first = ids[100]}, 100);
    must(stream_delete(stream, ids[0]));
    max_deleted = ids[0];
    model_remove(0, 1);
    expect_trim(stream, &(struct stream_trim){.whole_blocks = true, .most = 450}, 99);
    expect_trim(stream, &(struct stream_trim){.whole_blocks = true, .most = 50}, 400);
    expect_trim(stream, &(struct stream_trim){.whole_blocks = true, .most = 1}, 0);
    expect_trim(stream, &(struct stream_trim){.whole_blocks = true, .most = 0}, 50);
    must(stream->length == 0 && stream_blocks(stream) == 0);
    entry_free(entry);
}
END_TEST

/* Bytes for each of so many entries of the kind. */
static double bytes_for_each(unsigned entries, const char *const *names, unsigned pairs, bool other_names)
{
    struct entry *entry = create();
    struct stream *stream = stream_of(entry);
    limits = (struct stream_limits){4096, 100};
    for (unsigned i = 0; i < entries; i++) {
        struct arg some[4];
        char value[4][100];
        for (unsigned j = 0; j < pairs; j++) {
            some[2 * j] = (struct arg){.data = names[j], .len = strlen(names[j])};
            if (other_names)
                some[2 * j] = (struct arg){.data = value[j], .len = (size_t)sprintf(value[j], "field%u", i)};
            some[2 * j + 1] = (struct arg){.data = value[2 + j], .len = (size_t)sprintf(value[2 + j], "%u", i % 100)};
        }
        must(stream_append(stream, (struct stream_id){1000 + i / 50, i % 50}, some, pairs, &limits) == 0);
    }
    double bytes = (double)entry_memory(entry, 0) / entries, sampled = (double)entry_memory(entry, 5) / entries;
    ck_assert_msg(sampled > bytes * 0.8 && sampled < bytes * 1.2, "%f %f", bytes, sampled);
    entry_free(entry);
    return bytes;
}

START_TEST(entries_take_few_bytes)
{
    double same = bytes_for_each(100000, (const char *const[]){"temp", "hum"}, 2, false);
    double other = bytes_for_each(100000, (const char *const[]){"temp"}, 1, true);
    ck_assert_msg(same < 7, "%f", same);
    ck_assert_msg(other < 19, "%f", other);
}
END_TEST

/* Blobs that requests were received into are kept, and none is left when the stream is gone. */
START_TEST(large_texts_are_kept_where_they_are)
{
    struct blob *blob = blob_create(100000);
    memset(blob->data, 'x', 100000);
    blob->len = 100000;
    struct arg pair[2] = {{blob->data, blob->len, blob}, {blob->data, blob->len, blob}};
    limits = (struct stream_limits){4096, 100};
    struct entry *entry = create();
    struct stream *stream = stream_of(entry);
    for (unsigned i = 1; i <= 250; i++)
        must(stream_append(stream, (struct stream_id){i, 0}, pair, 1, &limits) == 0);
    must(!blob_is_exclusive(blob));
    struct stream_walk walk;
    struct element_view field, value;
    stream_walk_begin(&walk, stream, STREAM_ID_MIN, STREAM_ID_MAX, false);
    must(stream_walk_next(&walk));
    stream_walk_pair(&walk, &field, &value);
    must(field.blob == blob && value.blob == blob && value.text.len == 100000);
    struct entry *copy = entry_copy(entry, (struct bytes){"copy", 4}, ENTRY_NO_EXPIRY);
    must(stream_delete(stream, (struct stream_id){17, 0}) && stream_delete(stream, (struct stream_id){250, 0}));
    struct tree cut;
    must(stream_trim(stream, &(struct stream_trim){.most = 101}, &cut) == 147);
    stream_discard(&cut);
    stream_check(stream);
    entry_free(entry);
    stream_check(stream_of(copy));
    must(!blob_is_exclusive(blob));
    entry_free(copy);
    must(blob_is_exclusive(blob));
    blob_release(blob);
}
END_TEST

START_TEST(much_is_trimmed_and_freed_in_the_background)
{
    limits = (struct stream_limits){4096, 100};
    struct entry *entry = create();
    struct stream *stream = stream_of(entry);
    struct arg pair[2] = {{"field", 5, NULL}, {"value", 5, NULL}};
    unsigned many = 1000000;
    for (unsigned i = 1; i <= many; i++)
        must(stream_append(stream, (struct stream_id){i / 1000, i % 1000}, pair, 1, &limits) == 0);
    must(stream_type.is_slow_to_release(entry));
    struct tree cut;
    must(stream_trim(stream, &(struct stream_trim){.by_id = true, .first = {500, 50}}, &cut) == 500049);
    stream_discard(&cut);
    must(stream_trim(stream, &(struct stream_trim){.most = 10}, &cut) == many - 500049 - 10);
    stream_discard(&cut);
    must(stream->length == 10 && !stream_type.is_slow_to_release(entry));
    reaper_stop();
    stream_check(stream);
    entry_free(entry);
}
END_TEST

Suite *suite_stream(void);
Suite *suite_stream(void)
{
    Suite *suite = suite_create("stream");
    TCase *tcase = tcase_create("stream");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 240 : 60);
    tcase_add_loop_test(tcase, streams_hold, 0, 24);
    tcase_add_test(tcase, without_memory_nothing_has_changed);
    tcase_add_test(tcase, whole_blocks_are_trimmed_as_in_redis);
    tcase_add_test(tcase, entries_take_few_bytes);
    tcase_add_test(tcase, large_texts_are_kept_where_they_are);
    tcase_add_test(tcase, much_is_trimmed_and_freed_in_the_background);
    suite_add_tcase(suite, tcase);
    return suite;
}
