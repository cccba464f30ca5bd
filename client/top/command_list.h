/*
 * What the server says about each command (INFO, sections Commandstats and Latencystats), and what two rounds say about
 * the time between them. Names are printable.
 */
#ifndef KVS_CLIENT_TOP_COMMAND_LIST_H
#define KVS_CLIENT_TOP_COMMAND_LIST_H

#include "session/info.h"
#include "top/table.h"

#include <stddef.h>

#define COMMANDS_MOST 5000 /* what is beyond is left out */

struct command_row {
    char name[48];
    double calls, microseconds, failures; /* in all; of failures also those that were refused before they ran */
    double p50, p99;                      /* microseconds, since the server's start or the last reset; NAN: unknown */

    /* since the round before; NAN: unknown */
    double call_rate, failure_rate; /* a second */
    double per_call;                /* microseconds */
    double share;                   /* percent of the time of all commands */
};

struct command_list {
    size_t count;
    struct command_row *rows; /* by name */
    double time;              /* of the round; 0: none yet */
};

/* Commands that this program sent since the round before, which are not counted. */
struct own_commands {
    double ping, info, client_list;
};

extern const struct column command_columns[];
extern const int command_column_count;
#define COMMAND_COLUMN_RATE 1 /* what they are sorted by at first */

void command_list_deinit(struct command_list *list);
void command_list_update(struct command_list *list, const struct info *info, double time,
                         const struct own_commands *own);

/* No rates across what comes between two rounds: another connection, a pause. */
void command_list_forget_time(struct command_list *list);

struct table_rows command_list_rows(struct command_list *list);

#endif
