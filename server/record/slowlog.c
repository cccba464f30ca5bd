/*
 * An entry has one text, which holds all arguments, the client's address and its name one after the other; ends[] says
 * where each part ends.
 */
#include "record/slowlog.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "record/recent.h"
#include "record/redact.h"

#include <stddef.h>
#include <string.h>

struct slow_entry {
    struct recent_entry recent; /* first */
    int64_t time_s;
    int64_t duration_us;
    int argc; /* parts that are arguments; address and name follow */
    size_t ends[SLOWLOG_MAX_ARGS + 2];
    struct text text;
};

static void slow_entry_destroy(struct recent_entry *recent)
{
    struct slow_entry *entry = (struct slow_entry *)recent;
    text_deinit(&entry->text);
    mem_free(entry);
}

static size_t slow_entry_measure(const struct recent_entry *recent)
{
    const struct slow_entry *entry = (const struct slow_entry *)recent;
    return mem_usable(entry) + entry->text.capacity;
}

static struct recent slowlog = RECENT_INIT(slow_entry_destroy, slow_entry_measure);

/* ---- writing ---- */

static struct slow_entry *slow_entry_create(const struct slow_command *command)
{
    struct slow_entry *entry = mem_calloc(sizeof *entry);
    entry->time_s = clock_wall_ms() / 1000;
    entry->duration_us = command->duration_us;
    entry->argc = command->argc <= SLOWLOG_MAX_ARGS ? command->argc : SLOWLOG_MAX_ARGS;

    struct text *text = &entry->text;
    struct redaction arguments = redact_begin(command->argc, command->argv);
    int part = 0;
    for (; part < entry->argc; part++) {
        struct bytes shown = redact_next(&arguments);
        if (part == SLOWLOG_MAX_ARGS - 1 && command->argc > SLOWLOG_MAX_ARGS)
            text_addf(text, "... (%d more arguments)", command->argc - part);
        else
            text_add_excerpt(text, shown.data, shown.len, SLOWLOG_MAX_BYTES);
        entry->ends[part] = text->len;
    }
    const struct peer *peer = &command->peer;
    text_addf(text, "%s pid=%d uid=%u gid=%u", command->address, (int)peer->pid, (unsigned)peer->uid,
              (unsigned)peer->gid);
    entry->ends[part++] = text->len;
    text_add_excerpt(text, command->name, strlen(command->name), SLOWLOG_MAX_BYTES);
    entry->ends[part] = text->len;
    return entry;
}

void slowlog_add(const struct slow_command *command, int64_t max_len)
{
    recent_add(&slowlog, &slow_entry_create(command)->recent, NULL, max_len);
}

size_t slowlog_bytes(void)
{
    return recent_bytes(&slowlog);
}

int64_t slowlog_cut(int64_t max_len)
{
    return recent_cut(&slowlog, max_len);
}

/* ---- reading ---- */

static struct bytes entry_part(const struct slow_entry *entry, int part)
{
    size_t start = part > 0 ? entry->ends[part - 1] : 0;
    return (struct bytes){entry->text.data + start, entry->ends[part] - start};
}

struct visitor {
    slowlog_visit *visit;
    void *context;
};

static void show(void *context, const struct recent_entry *recent)
{
    const struct visitor *visitor = context;
    const struct slow_entry *entry = (const struct slow_entry *)recent;
    struct slowlog_entry shown = {
        .id = recent->id,
        .time_s = entry->time_s,
        .duration_us = entry->duration_us,
        .argc = entry->argc,
        .address = entry_part(entry, entry->argc),
        .name = entry_part(entry, entry->argc + 1),
    };
    for (int i = 0; i < entry->argc; i++)
        shown.argv[i] = entry_part(entry, i);
    visitor->visit(visitor->context, &shown);
}

int64_t slowlog_each(int64_t max, slowlog_visit *visit, void *context)
{
    return recent_each(&slowlog, max, show, &(struct visitor){visit, context});
}
