#include "top/socket_list.h"

#include "core/memory.h"
#include "top/amount.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum socket_column {
    COLUMN_PATH,
    COLUMN_ACCESS,
    COLUMN_MODE,
    COLUMN_OWNER,
    COLUMN_GROUP,
    COLUMN_USER,
    COLUMN_CLIENTS,
    COLUMN_ACCEPTED,
    COLUMN_REFUSED,
    COLUMN_DENIED,
    COLUMN_STATE,
};

const struct column socket_columns[] = {
    [COLUMN_PATH] = {"SOCKET", 0, 0, false, false, true},
    [COLUMN_ACCESS] = {"ACCESS", 7, 0, false, false, false},
    [COLUMN_MODE] = {"MODE", 5, 0, false, false, false},
    [COLUMN_OWNER] = {"OWNER", 9, 0, false, false, false},
    [COLUMN_GROUP] = {"GROUP", 9, 0, false, false, false},
    [COLUMN_USER] = {"USER", 10, 100, false, false, false},
    [COLUMN_CLIENTS] = {"CLIENTS", 8, 0, true, true, false},
    [COLUMN_ACCEPTED] = {"ACCEPTED", 9, 80, true, true, false},
    [COLUMN_REFUSED] = {"REFUSED", 8, 130, true, true, false},
    [COLUMN_DENIED] = {"DENIED", 7, 90, true, true, false},
    [COLUMN_STATE] = {"STATE", 10, 140, false, false, false},
};
const int socket_column_count = sizeof socket_columns / sizeof socket_columns[0];

void socket_list_deinit(struct socket_list *list)
{
    free(list->rows);
}

/* The value of `name` in "path=...,kind=own,mode=0600,...": up to the comma that begins the next field. The path comes
 * first and may hold commas. */
static void copy_subfield(char *text, size_t size, const char *value, const char *name, const char *next)
{
    char start_text[24];
    snprintf(start_text, sizeof start_text, "%s=", name);
    const char *start = strstr(value, start_text);
    *text = '\0';
    while (start && start != value && start[-1] != ',')
        start = strstr(start + 1, start_text);
    if (!start)
        return;
    start += strlen(start_text);
    const char *stop = strstr(start, next);
    snprintf(text, size, "%.*s", (int)(stop ? (size_t)(stop - start) : strnlen(start, size)), start);
}

static double number_of(const char *value, const char *name)
{
    double number;
    return info_subfield(value, name, &number) ? number : NAN;
}

static void read_socket(struct socket_row *row, const char *value)
{
    copy_subfield(row->path, sizeof row->path, value, "path", ",kind=");
    const char *rest = strstr(value, ",kind=");
    if (rest)
        value = rest;
    copy_subfield(row->access, sizeof row->access, value, "access", ",");
    copy_subfield(row->mode, sizeof row->mode, value, "mode", ",");
    copy_subfield(row->owner, sizeof row->owner, value, "owner", ",");
    copy_subfield(row->group, sizeof row->group, value, "group", ",");
    copy_subfield(row->user, sizeof row->user, value, "user", ",");
    copy_subfield(row->state, sizeof row->state, value, "state", ",");
    row->clients = number_of(value, "clients");
    row->accepted = number_of(value, "accepted");
    row->refused = number_of(value, "refused");
    row->denied = number_of(value, "denied");
}

void socket_list_update(struct socket_list *list, const struct info *info)
{
    size_t room = 0;
    list->count = 0;
    free(list->rows);
    list->rows = NULL;
    for (size_t i = 0; i < info_count(info) && list->count < SOCKETS_MOST; i++) {
        const struct info_field *field = info_field(info, i);
        if (strcmp(field->section, "Sockets") != 0)
            continue;
        if (list->count == room) {
            room = room > 0 ? room * 2 : 8;
            list->rows = memory_resize(list->rows, room * sizeof list->rows[0]);
        }
        read_socket(&list->rows[list->count++], field->value);
    }
}

/* ---- as a table ---- */

static const char *socket_text(const struct socket_row *row, int column)
{
    switch (column) {
    case COLUMN_PATH:
        return row->path;
    case COLUMN_ACCESS:
        return row->access;
    case COLUMN_MODE:
        return row->mode;
    case COLUMN_OWNER:
        return row->owner;
    case COLUMN_GROUP:
        return row->group;
    case COLUMN_USER:
        return row->user;
    case COLUMN_STATE:
        return row->state;
    default:
        return NULL;
    }
}

static double socket_number(void *data, size_t index, int column)
{
    const struct socket_row *row = &((struct socket_list *)data)->rows[index];
    switch (column) {
    case COLUMN_CLIENTS:
        return row->clients;
    case COLUMN_ACCEPTED:
        return row->accepted;
    case COLUMN_REFUSED:
        return row->refused;
    case COLUMN_DENIED:
        return row->denied;
    default:
        return NAN;
    }
}

static void socket_write(void *data, size_t index, int column, char *text, size_t size)
{
    const char *words = socket_text(&((struct socket_list *)data)->rows[index], column);
    snprintf(text, size, "%s", words ? words : amount_count(socket_number(data, index, column)).text);
}

static bool socket_is_text(int column)
{
    return column < COLUMN_CLIENTS || column == COLUMN_STATE;
}

static long long socket_identity(void *data, size_t index)
{
    (void)data;
    return (long long)index + 1;
}

struct table_rows socket_list_rows(struct socket_list *list)
{
    return (struct table_rows){list, list->count, socket_write, socket_number, socket_is_text, socket_identity};
}
