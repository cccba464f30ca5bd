#include "handlers/field_list.h"

#include "base/memory.h"
#include "base/number.h"
#include "engine/effect.h"

#define FIELD_TIME_MAX ((INT64_C(1) << 46) - 1) /* ms: the latest that Redis takes for a field */

bool field_list_read(struct call *call, int at, const char *message, struct field_list *list_out)
{
    int64_t count;
    if (!arg_is(&call->argv[at], "fields")) {
        reply_error(call->reply, "ERR Mandatory argument FIELDS is missing or not at the right position");
        return false;
    }
    const struct arg *number = &call->argv[at + 1];
    if (at + 1 >= call->argc || !number_parse_i64(number->data, number->len, &count) || count < 1) {
        reply_error(call->reply, message);
        return false;
    }
    if (count != call->argc - at - 2) {
        reply_error(call->reply, "ERR The `numfields` parameter must match the number of arguments");
        return false;
    }
    *list_out = (struct field_list){number + 1, (int)count, 1};
    return true;
}

bool field_time_read(struct call *call, const struct arg *arg, enum time_unit unit, enum time_origin origin,
                     int64_t *wall_ms_out)
{
    int64_t at, base_ms = origin == TIME_FROM_NOW ? call->view.now_ms : 0;
    if (!argument_i64(call, arg, &at))
        return false;
    if (at < 0) {
        reply_error(call->reply, "ERR invalid expire time, must be >= 0");
        return false;
    }
    if (at > FIELD_TIME_MAX / (int64_t)unit || at * (int64_t)unit > FIELD_TIME_MAX - base_ms) {
        error_expire_time(call);
        return false;
    }
    *wall_ms_out = at * (int64_t)unit + base_ms;
    return true;
}

/* ---- effects ---- */

#define HEAD 5 /* words in front of the fields, at most */

void field_effect_begin(struct field_effect *effect, int fields)
{
    effect->words = effect_is_wanted() ? mem_alloc((HEAD + (size_t)fields) * sizeof *effect->words) : NULL;
    effect->count = 0;
}

void field_effect_add(struct field_effect *effect, struct bytes word)
{
    if (effect->words)
        effect->words[HEAD + effect->count++] = word;
}

/* Says the fields behind so many words, and frees them. */
static void say(struct field_effect *effect, struct call *call, const struct bytes *head, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        effect->words[HEAD - len + i] = head[i];
    if (effect->count > 0)
        effect_say(call, len + effect->count, effect->words + HEAD - len);
    call->effect_said = true; /* also if that was nothing */
    mem_free(effect->words);
}

void field_effect_say_time(struct field_effect *effect, struct call *call, int64_t expire_ms)
{
    char time[NUMBER_I64_MAX_LEN], count[NUMBER_I64_MAX_LEN];
    struct bytes head[HEAD] = {
        EFFECT_WORD("HPEXPIREAT"), call->keys[0].name, {time, 0}, EFFECT_WORD("FIELDS"), {count, 0}};
    if (!effect->words)
        return;
    head[4].len = number_format_u64(count, effect->count);
    head[2].len = number_format_i64(time, expire_ms);
    if (expire_ms != ENTRY_NO_EXPIRY) {
        say(effect, call, head, HEAD);
        return;
    }
    head[1] = (struct bytes)EFFECT_WORD("HPERSIST");
    head[2] = call->keys[0].name;
    say(effect, call, head + 1, HEAD - 1);
}

void field_effect_say_deletion(struct field_effect *effect, struct call *call)
{
    if (effect->words)
        say(effect, call, (struct bytes[]){EFFECT_WORD("HDEL"), call->keys[0].name}, 2);
}
