/*
 * The server's sockets with their rights (INFO of kvs, section Sockets); Redis says nothing of the kind.
 */
#ifndef KVS_CLIENT_TOP_SOCKET_LIST_H
#define KVS_CLIENT_TOP_SOCKET_LIST_H

#include "session/info.h"
#include "top/table.h"

#include <stddef.h>

#define SOCKETS_MOST 1000 /* what is beyond is left out */

struct socket_row {
    char path[TABLE_CELL], access[8], mode[8], owner[24], group[24], user[24], state[16];
    double clients, accepted, refused, denied; /* NAN: unknown */
};

struct socket_list {
    size_t count;
    struct socket_row *rows;
};

extern const struct column socket_columns[];
extern const int socket_column_count;

void socket_list_deinit(struct socket_list *list);
void socket_list_update(struct socket_list *list, const struct info *info);
struct table_rows socket_list_rows(struct socket_list *list);

#endif
