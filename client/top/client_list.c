#include "top/client_list.h"

#include "core/memory.h"
#include "top/amount.h"
#include "top/owners.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum client_column {
    COLUMN_ID,
    COLUMN_PID,
    COLUMN_OWNER,
    COLUMN_PROGRAM,
    COLUMN_NAME,
    COLUMN_DATABASE,
    COLUMN_AGE,
    COLUMN_IDLE = CLIENT_COLUMN_IDLE,
    COLUMN_MEMORY,
    COLUMN_COMMAND,
    COLUMN_USER,
    COLUMN_ACCESS,
    COLUMN_PLACE,
    COLUMN_COUNT,
};

const struct column client_columns[] = {
    [COLUMN_ID] = {"ID", 7, 0, true, false, false},
    [COLUMN_PID] = {"PID", 7, 0, true, false, false},
    [COLUMN_OWNER] = {"OWNER", 9, 70, false, false, false},
    [COLUMN_PROGRAM] = {"PROGRAM", 15, 0, false, false, false},
    [COLUMN_NAME] = {"NAME", 12, 100, false, false, false},
    [COLUMN_DATABASE] = {"DB", 3, 76, true, false, false},
    [COLUMN_AGE] = {"AGE", 6, 0, true, true, false},
    [COLUMN_IDLE] = {"IDLE", 6, 0, true, false, false},
    [COLUMN_MEMORY] = {"MEM", 5, 0, true, true, false},
    [COLUMN_COMMAND] = {"COMMAND", 0, 0, false, false, false},
    [COLUMN_USER] = {"USER", 12, 110, false, false, false},
    [COLUMN_ACCESS] = {"ACCESS", 6, 130, false, false, false},
    [COLUMN_PLACE] = {"SOCKET", 24, 130, false, false, true},
};
const int client_column_count = COLUMN_COUNT;

void client_list_deinit(struct client_list *list)
{
    free(list->rows);
}

/* What CLIENT LIST says: a line a client, "id=3 addr=... name=... age=0 ...". */

static void copy_value(char *text, size_t size, const char *value, size_t length)
{
    if (length >= size)
        length = size - 1;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)(value[i] < ' ' || value[i] > '~' ? '?' : value[i]);
    text[length] = '\0';
}

static double parse_number(const char *value, size_t length)
{
    char text[32], *end;
    copy_value(text, sizeof text, value, length);
    double number = strtod(text, &end);
    return end != text && fabs(number) < 1e15 ? number : NAN;
}

struct client_field {
    const char *name;
    size_t offset, size; /* in struct client_row; a size of 0 is a number */
};

#define NUMBER(NAME, FIELD)                                                                                            \
    {                                                                                                                  \
        NAME, offsetof(struct client_row, FIELD), 0                                                                    \
    }
#define TEXT(NAME, FIELD)                                                                                              \
    {                                                                                                                  \
        NAME, offsetof(struct client_row, FIELD), sizeof(((struct client_row *)0)->FIELD)                              \
    }

static const struct client_field client_fields[] = {
    NUMBER("pid", pid),   NUMBER("uid", uid),        NUMBER("db", database), NUMBER("age", age),
    NUMBER("idle", idle), NUMBER("tot-mem", memory), TEXT("name", name),     TEXT("user", user),
    TEXT("cmd", command), TEXT("access", access),    TEXT("socket", place),
};

static void read_field(struct client_row *row, const char *name, size_t name_length, const char *value, size_t length)
{
    if (name_length == 2 && memcmp(name, "id", 2) == 0) {
        double id = parse_number(value, length);
        row->id = id > 0 && id < 1e15 ? (long long)id : 0;
        return;
    }
    for (size_t i = 0; i < sizeof client_fields / sizeof client_fields[0]; i++) {
        const struct client_field *field = &client_fields[i];
        char *place = (char *)row + field->offset;
        double number = parse_number(value, length);
        if (strlen(field->name) != name_length || memcmp(field->name, name, name_length) != 0)
            continue;
        if (field->size > 0)
            copy_value(place, field->size, value, length);
        else
            memcpy(place, &number, sizeof number);
    }
}

static void read_client(struct client_row *row, const char *line, size_t length)
{
    const char *end = line + length;
    *row = (struct client_row){.pid = NAN, .uid = NAN, .database = NAN, .age = NAN, .idle = NAN, .memory = NAN};
    while (line < end) {
        const char *blank = memchr(line, ' ', (size_t)(end - line));
        const char *stop = blank ? blank : end;
        const char *equals = memchr(line, '=', (size_t)(stop - line));
        if (equals)
            read_field(row, line, (size_t)(equals - line), equals + 1, (size_t)(stop - equals - 1));
        line = blank ? blank + 1 : end;
    }
}

static int by_id(const void *left, const void *right)
{
    long long a = ((const struct client_row *)left)->id, b = ((const struct client_row *)right)->id;
    return (a > b) - (a < b);
}

static void read_clients(struct client_list *list, const char *text, size_t length)
{
    size_t room = 0;
    const char *end = text + length;
    *list = (struct client_list){0};
    while (text < end && list->count < CLIENTS_MOST) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        if (list->count == room) {
            room = room > 0 ? room * 2 : 64;
            list->rows = memory_resize(list->rows, room * sizeof list->rows[0]);
        }
        struct client_row *row = &list->rows[list->count];
        read_client(row, text, (size_t)(stop - text));
        if (row->id > 0) {
            list->has_processes |= row->pid > 0;
            list->count++;
        }
        text = stop + 1;
    }
    if (list->count > 0)
        qsort(list->rows, list->count, sizeof list->rows[0], by_id);
}

void client_list_update(struct client_list *list, const char *text, size_t length)
{
    struct client_list former = *list;
    read_clients(list, text, length);
    size_t older = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct client_row *row = &list->rows[i];
        while (older < former.count && former.rows[older].id < row->id)
            older++;
        if (older < former.count && former.rows[older].id == row->id && former.rows[older].pid == row->pid) {
            row->has_program = former.rows[older].has_program;
            memcpy(row->program, former.rows[older].program, sizeof row->program);
        }
    }
    free(former.rows);
}

/* ---- as a table ---- */

unsigned client_list_hidden(const struct client_list *list)
{
    unsigned processes = 1u << COLUMN_PID | 1u << COLUMN_OWNER | 1u << COLUMN_PROGRAM;
    return list->has_processes ? 0 : processes | 1u << COLUMN_ACCESS | 1u << COLUMN_PLACE;
}

static const char *program_of(struct client_row *row)
{
    if (!row->has_program) {
        row->has_program = true;
        owners_program(row->pid > 0 && row->pid < 1e9 ? (long long)row->pid : 0, row->program, sizeof row->program);
    }
    return row->program;
}

static double client_number(void *data, size_t index, int column)
{
    const struct client_row *row = &((struct client_list *)data)->rows[index];
    switch (column) {
    case COLUMN_ID:
        return (double)row->id;
    case COLUMN_PID:
        return row->pid;
    case COLUMN_DATABASE:
        return row->database;
    case COLUMN_AGE:
        return row->age;
    case COLUMN_IDLE:
        return row->idle;
    case COLUMN_MEMORY:
        return row->memory;
    default:
        return NAN;
    }
}

static void write_number(double number, char *text, size_t size)
{
    if (isnan(number))
        snprintf(text, size, "-");
    else
        snprintf(text, size, "%.0f", number);
}

static void client_write(void *data, size_t index, int column, char *text, size_t size)
{
    struct client_row *row = &((struct client_list *)data)->rows[index];
    double number = client_number(data, index, column);
    switch (column) {
    case COLUMN_OWNER:
        if (isnan(row->uid))
            snprintf(text, size, "-");
        else
            owners_user((long long)row->uid, text, size);
        break;
    case COLUMN_PROGRAM:
        snprintf(text, size, "%s", program_of(row));
        break;
    case COLUMN_NAME:
        snprintf(text, size, "%s", row->name);
        break;
    case COLUMN_AGE:
    case COLUMN_IDLE:
        snprintf(text, size, "%s", amount_duration(number).text);
        break;
    case COLUMN_MEMORY:
        snprintf(text, size, "%s", amount_bytes(number).text);
        break;
    case COLUMN_COMMAND:
        snprintf(text, size, "%s", row->command);
        break;
    case COLUMN_USER:
        snprintf(text, size, "%s", row->user);
        break;
    case COLUMN_ACCESS:
        snprintf(text, size, "%s", row->access);
        break;
    case COLUMN_PLACE:
        snprintf(text, size, "%s", row->place);
        break;
    default:
        write_number(number, text, size);
    }
}

static bool client_is_text(int column)
{
    return column == COLUMN_OWNER || column == COLUMN_PROGRAM || column == COLUMN_NAME || column == COLUMN_COMMAND ||
           column == COLUMN_USER || column == COLUMN_ACCESS || column == COLUMN_PLACE;
}

static long long client_identity(void *data, size_t index)
{
    return ((struct client_list *)data)->rows[index].id;
}

struct table_rows client_list_rows(struct client_list *list)
{
    return (struct table_rows){list, list->count, client_write, client_number, client_is_text, client_identity};
}

void client_list_describe(struct client_list *list, size_t row, char *text, size_t size)
{
    struct client_row *client = &list->rows[row];
    if (client->pid > 0)
        snprintf(text, size, "client %lld (%s, pid %.0f)", client->id, program_of(client), client->pid);
    else
        snprintf(text, size, "client %lld%s%s", client->id, client->name[0] != '\0' ? ", named " : "", client->name);
}
