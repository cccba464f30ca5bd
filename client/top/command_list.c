#include "top/command_list.h"

#include "core/memory.h"
#include "top/amount.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATS "cmdstat_"
#define PERCENTILES "latency_percentiles_usec_"

enum command_column {
    COLUMN_NAME,
    COLUMN_RATE = COMMAND_COLUMN_RATE,
    COLUMN_SHARE,
    COLUMN_PER_CALL,
    COLUMN_P50,
    COLUMN_P99,
    COLUMN_FAILURES,
    COLUMN_CALLS,
};

/* A column is there from the width on that leaves 17 for the name: "latency|histogram". */
const struct column command_columns[] = {
    [COLUMN_NAME] = {"COMMAND", 0, 0, false, false, false},
    [COLUMN_RATE] = {"CALLS/S", 8, 0, true, true, false},
    [COLUMN_SHARE] = {"TIME", 7, 0, true, true, false},
    [COLUMN_PER_CALL] = {"PER CALL", 9, 0, true, true, false},
    [COLUMN_P50] = {"P50", 7, 70, true, true, false},
    [COLUMN_P99] = {"P99", 7, 70, true, true, false},
    [COLUMN_FAILURES] = {"FAILED/S", 9, 80, true, true, false},
    [COLUMN_CALLS] = {"CALLS", 7, 54, true, true, false},
};
const int command_column_count = sizeof command_columns / sizeof command_columns[0];

void command_list_deinit(struct command_list *list)
{
    free(list->rows);
}

void command_list_forget_time(struct command_list *list)
{
    list->time = 0;
}

/* ---- what INFO says ---- */

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct command_row *)left)->name, ((const struct command_row *)right)->name);
}

static struct command_row *find_row(const struct command_list *list, const char *name)
{
    struct command_row wanted = {0};
    snprintf(wanted.name, sizeof wanted.name, "%s", name);
    return list->count > 0 ? bsearch(&wanted, list->rows, list->count, sizeof wanted, by_name) : NULL;
}

static double subfield_of(const char *value, const char *name, double otherwise)
{
    double number;
    return info_subfield(value, name, &number) ? number : otherwise;
}

static void read_rows(struct command_list *list, const struct info *info)
{
    size_t count = info_count(info), room = 0;
    list->count = 0;
    list->rows = NULL;
    for (size_t i = 0; i < count && list->count < COMMANDS_MOST; i++) {
        const struct info_field *field = info_field(info, i);
        if (!has_prefix(field->name, STATS))
            continue;
        if (list->count == room) {
            room = room > 0 ? room * 2 : 64;
            list->rows = memory_resize(list->rows, room * sizeof list->rows[0]);
        }
        struct command_row *row = &list->rows[list->count++];
        *row = (struct command_row){
            .calls = subfield_of(field->value, "calls", 0),
            .microseconds = subfield_of(field->value, "usec", NAN),
            .failures = subfield_of(field->value, "failed_calls", 0) + subfield_of(field->value, "rejected_calls", 0),
            .p50 = NAN,
            .p99 = NAN,
            .call_rate = NAN,
            .failure_rate = NAN,
            .per_call = NAN,
            .share = NAN,
        };
        snprintf(row->name, sizeof row->name, "%s", field->name + strlen(STATS));
    }
    if (list->count > 0)
        qsort(list->rows, list->count, sizeof list->rows[0], by_name);
}

static void read_percentiles(struct command_list *list, const struct info *info)
{
    for (size_t i = 0; i < info_count(info); i++) {
        const struct info_field *field = info_field(info, i);
        struct command_row *row =
            has_prefix(field->name, PERCENTILES) ? find_row(list, field->name + strlen(PERCENTILES)) : NULL;
        if (row) {
            row->p50 = subfield_of(field->value, "p50", NAN);
            row->p99 = subfield_of(field->value, "p99", NAN);
        }
    }
}

/* ---- what two rounds say ---- */

static double own_calls(const struct own_commands *own, const char *name)
{
    if (strcmp(name, "ping") == 0)
        return own->ping;
    if (strcmp(name, "info") == 0)
        return own->info;
    if (strcmp(name, "client|list") == 0 || strcmp(name, "client") == 0)
        return own->client_list;
    return 0;
}

static void compare_row(struct command_row *row, const struct command_row *former, double own, double elapsed)
{
    static const struct command_row none;
    const struct command_row *older = former ? former : &none;
    double calls = row->calls - older->calls, microseconds = row->microseconds - older->microseconds;
    if (calls < 0 || microseconds < 0)
        return; /* CONFIG RESETSTAT */
    double others = fmax(0, calls - own);
    row->per_call = calls > 0 ? microseconds / calls : NAN;
    row->share = calls > 0 ? microseconds * others / calls : 0; /* becomes a share when the sum is known */
    row->call_rate = others / elapsed;
    row->failure_rate = fmax(0, row->failures - older->failures) / elapsed;
}

static void compare_rows(struct command_list *list, const struct command_list *former, double elapsed,
                         const struct own_commands *own)
{
    double sum = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct command_row *row = &list->rows[i];
        compare_row(row, find_row(former, row->name), own_calls(own, row->name), elapsed);
        sum += isnan(row->share) ? 0 : row->share;
    }
    for (size_t i = 0; i < list->count; i++)
        list->rows[i].share = sum > 0 ? list->rows[i].share / sum * 100 : NAN;
}

void command_list_update(struct command_list *list, const struct info *info, double time,
                         const struct own_commands *own)
{
    struct command_list former = *list;
    read_rows(list, info);
    read_percentiles(list, info);
    list->time = time;
    if (former.time > 0 && time > former.time)
        compare_rows(list, &former, time - former.time, own);
    free(former.rows);
}

/* ---- as a table ---- */

static double command_number(void *data, size_t index, int column)
{
    const struct command_row *row = &((struct command_list *)data)->rows[index];
    switch (column) {
    case COLUMN_RATE:
        return row->call_rate;
    case COLUMN_SHARE:
        return row->share;
    case COLUMN_PER_CALL:
        return row->per_call;
    case COLUMN_P50:
        return row->p50;
    case COLUMN_P99:
        return row->p99;
    case COLUMN_FAILURES:
        return row->failure_rate;
    case COLUMN_CALLS:
        return row->calls;
    default:
        return NAN;
    }
}

static void command_write(void *data, size_t index, int column, char *text, size_t size)
{
    double number = command_number(data, index, column);
    switch (column) {
    case COLUMN_NAME:
        snprintf(text, size, "%s", ((struct command_list *)data)->rows[index].name);
        break;
    case COLUMN_SHARE:
        snprintf(text, size, "%s", amount_percent(number).text);
        break;
    case COLUMN_PER_CALL:
    case COLUMN_P50:
    case COLUMN_P99:
        snprintf(text, size, "%s", amount_microseconds(number).text);
        break;
    default:
        snprintf(text, size, "%s", amount_count(number).text);
    }
}

static bool command_is_text(int column)
{
    return column == COLUMN_NAME;
}

/* FNV-1a of the name. */
static long long command_identity(void *data, size_t index)
{
    unsigned long long hash = 0xcbf29ce484222325;
    for (const char *name = ((struct command_list *)data)->rows[index].name; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
    return (long long)hash;
}

struct table_rows command_list_rows(struct command_list *list)
{
    return (struct table_rows){list, list->count, command_write, command_number, command_is_text, command_identity};
}
