/*
 * Commands about the times to live of fields: HEXPIRE and its relatives set them, HTTL and its relatives show them,
 * HPERSIST takes them away.
 */
#include "base/memory.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/change.h"
#include "handlers/field_list.h"
#include "handlers/lookup.h"
#include "types/hash.h"

#include <string.h>

static const struct key_event event_hexpire = {"hexpire", EVENT_HASH, 1}, event_hpersist = {"hpersist", EVENT_HASH, 1},
                              event_hdel_due = {"hdel", EVENT_HASH, 1};

/* What these commands answer for a field. */
enum field_answer {
    FIELD_ABSENT = -2,
    FIELD_WITHOUT_TIME = -1,
    FIELD_CONDITION_FAILED = 0,
    FIELD_CHANGED = 1,
    FIELD_DELETED = 2,
};

#define ANSWER_NO_MEMORY INT8_MIN

static void answer_absent(struct call *call, const struct field_list *list)
{
    reply_array(call->reply, (size_t)list->count);
    for (int i = 0; i < list->count; i++)
        reply_int(call->reply, FIELD_ABSENT);
}

/* ---- changing ---- */

struct field_change {
    struct change change; /* of a hash that was found */
    struct field_list list;
    struct expire_condition condition;
    int64_t expire_ms; /* or ENTRY_NO_EXPIRY: the time is taken away */
    const struct key_event *event;
};

/* A field_answer, or ANSWER_NO_MEMORY. */
static int change_field(struct field_change *fields, const struct arg *field)
{
    struct element element;
    struct collection_place place;
    struct collection *hash = &fields->change.collection;
    int64_t now_ms = fields->change.call->view.now_ms;
    element_init(&element, field->data, field->len);
    if (!hash_find(hash, &element, now_ms, &place))
        return FIELD_ABSENT;
    int64_t current_ms = hash_expiry(place.record);
    if (fields->expire_ms == ENTRY_NO_EXPIRY && current_ms == ENTRY_NO_EXPIRY)
        return FIELD_WITHOUT_TIME;
    if (!expire_condition_holds(&fields->condition, current_ms, fields->expire_ms))
        return FIELD_CONDITION_FAILED;
    if (fields->event == &event_hdel_due)
        return collection_splice(hash, &place, 1, NULL, 0, false) == 0 ? FIELD_DELETED : ANSWER_NO_MEMORY;
    return hash_set_expiry(hash, &place, fields->expire_ms) == 0 ? FIELD_CHANGED : ANSWER_NO_MEMORY;
}

static void answer_fields(struct call *call, const int8_t *answers, int count)
{
    if (count > 0 && answers[count - 1] == ANSWER_NO_MEMORY) {
        error_no_memory(call);
        return;
    }
    reply_array(call->reply, (size_t)count);
    for (int i = 0; i < count; i++)
        reply_int(call->reply, answers[i]);
}

/* Without memory for the rest, the fields before are changed, and the answer is the error. */
static void change_fields(struct field_change *fields)
{
    struct call *call = fields->change.call;
    struct field_effect effect;
    int8_t *answers = mem_alloc((size_t)fields->list.count);
    int count = 0, changes = 0, answer = FIELD_ABSENT;
    field_effect_begin(&effect, fields->list.count);
    change_begin(&fields->change);
    while (count < fields->list.count && answer != ANSWER_NO_MEMORY) {
        const struct arg *field = field_list_at(&fields->list, count);
        answer = change_field(fields, field);
        answers[count++] = (int8_t)answer;
        if (answer == FIELD_CHANGED || answer == FIELD_DELETED) {
            field_effect_add(&effect, (struct bytes){field->data, field->len});
            changes++;
        }
    }
    answer_fields(call, answers, count);
    mem_free(answers);
    if (changes > 0)
        change_end(&fields->change, fields->event, (uint64_t)changes);
    if (fields->event == &event_hdel_due)
        field_effect_say_deletion(&effect, call);
    else
        field_effect_say_time(&effect, call, fields->expire_ms);
}

/* One condition at most, at argv[at]. */
static bool read_condition(const struct call *call, int at, struct expire_condition *condition)
{
    const struct arg *arg = &call->argv[at];
    condition->nx = arg_is(arg, "nx");
    condition->xx = arg_is(arg, "xx");
    condition->gt = arg_is(arg, "gt");
    condition->lt = arg_is(arg, "lt");
    return condition->nx || condition->xx || condition->gt || condition->lt;
}

static void expire_fields(struct call *call, enum time_unit unit, enum time_origin origin)
{
    struct field_change fields = {.event = &event_hexpire};
    if (!change_find(&fields.change, call, &call->keys[0], &hash_kind) ||
        !field_time_read(call, &call->argv[2], unit, origin, &fields.expire_ms))
        return;
    int at = read_condition(call, 3, &fields.condition) ? 4 : 3;
    if (!field_list_read(call, at, "ERR Parameter `numFields` should be greater than 0", &fields.list))
        return;
    if (fields.expire_ms <= call->view.now_ms)
        fields.event = &event_hdel_due;
    if (fields.change.found)
        change_fields(&fields);
    else
        answer_absent(call, &fields.list);
}

void cmd_hexpire(struct call *call)
{
    expire_fields(call, TIME_SECONDS, TIME_FROM_NOW);
}

void cmd_hpexpire(struct call *call)
{
    expire_fields(call, TIME_MILLISECONDS, TIME_FROM_NOW);
}

void cmd_hexpireat(struct call *call)
{
    expire_fields(call, TIME_SECONDS, TIME_SINCE_1970);
}

void cmd_hpexpireat(struct call *call)
{
    expire_fields(call, TIME_MILLISECONDS, TIME_SINCE_1970);
}

#define NO_NUMBER_OF_FIELDS "ERR Number of fields must be a positive integer"

void cmd_hpersist(struct call *call)
{
    struct field_change fields = {.expire_ms = ENTRY_NO_EXPIRY, .event = &event_hpersist};
    if (!change_find(&fields.change, call, &call->keys[0], &hash_kind) ||
        !field_list_read(call, 2, NO_NUMBER_OF_FIELDS, &fields.list))
        return;
    if (fields.change.found)
        change_fields(&fields);
    else
        answer_absent(call, &fields.list);
}

/* ---- showing ---- */

static int64_t rounded_up(int64_t ms, enum time_unit unit)
{
    return (ms + (int64_t)unit - 1) / (int64_t)unit;
}

static void show_times(struct call *call, enum time_unit unit, enum time_origin origin)
{
    struct field_list list;
    struct collection hash;
    int64_t now_ms = call->view.now_ms, base_ms = origin == TIME_FROM_NOW ? now_ms : 0;
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!lookup_is(call, entry, TYPE_HASH) || !field_list_read(call, 2, NO_NUMBER_OF_FIELDS, &list))
        return;
    if (!entry) {
        answer_absent(call, &list);
        return;
    }
    collection_open(&hash, &hash_kind, entry);
    reply_array(call->reply, (size_t)list.count);
    for (int i = 0; i < list.count; i++) {
        struct element element;
        struct collection_place place;
        element_init(&element, field_list_at(&list, i)->data, field_list_at(&list, i)->len);
        bool found = hash_find(&hash, &element, now_ms, &place);
        int64_t expire_ms = found ? hash_expiry(place.record) : ENTRY_NO_EXPIRY;
        if (!found || expire_ms == ENTRY_NO_EXPIRY)
            reply_int(call->reply, found ? FIELD_WITHOUT_TIME : FIELD_ABSENT);
        else
            reply_int(call->reply, rounded_up(expire_ms - base_ms, unit));
    }
}

void cmd_httl(struct call *call)
{
    show_times(call, TIME_SECONDS, TIME_FROM_NOW);
}

void cmd_hpttl(struct call *call)
{
    show_times(call, TIME_MILLISECONDS, TIME_FROM_NOW);
}

void cmd_hexpiretime(struct call *call)
{
    show_times(call, TIME_SECONDS, TIME_SINCE_1970);
}

void cmd_hpexpiretime(struct call *call)
{
    show_times(call, TIME_MILLISECONDS, TIME_SINCE_1970);
}
