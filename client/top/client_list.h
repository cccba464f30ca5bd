/*
 * The server's clients (CLIENT LIST). kvs says which process each is; then the program's name is looked up in /proc
 * when it is first needed. All strings are printable.
 */
#ifndef KVS_CLIENT_TOP_CLIENT_LIST_H
#define KVS_CLIENT_TOP_CLIENT_LIST_H

#include "top/table.h"

#include <stdbool.h>
#include <stddef.h>

#define CLIENTS_MOST 50000 /* what is beyond is left out */

struct client_row {
    long long id;
    double pid, uid, database, age, idle, memory;                            /* seconds, bytes; NAN: unknown */
    bool has_program;                                                        /* looked up */
    char program[16], name[32], user[24], command[24], access[8], place[64]; /* "" for what is unknown */
};

struct client_list {
    size_t count;
    struct client_row *rows; /* by id */
    bool has_processes;      /* pid and uid are known */
};

extern const struct column client_columns[];
extern const int client_column_count;
#define CLIENT_COLUMN_IDLE 7 /* what they are sorted by at first */

void client_list_deinit(struct client_list *list);
void client_list_update(struct client_list *list, const char *text, size_t length);
struct table_rows client_list_rows(struct client_list *list);

/* Columns that this server has nothing for, as in struct table. */
unsigned client_list_hidden(const struct client_list *list);

/* One line about a client, for a question. */
void client_list_describe(struct client_list *list, size_t row, char *text, size_t size);

#endif
