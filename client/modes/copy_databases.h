/*
 * The databases of a source that have keys, and whether both servers can be asked for them.
 */
#ifndef KVS_CLIENT_MODES_COPY_DATABASES_H
#define KVS_CLIENT_MODES_COPY_DATABASES_H

#include "core/exit_codes.h"
#include "modes/copy_side.h"

#include <stddef.h>
#include <stdint.h>

struct copy_database {
    int number;
    uint64_t keys; /* as the source says; 0: it doesn't */
};

struct copy_databases {
    struct copy_database *list; /* by number, each once */
    size_t count;
};

/*
 * Finds those with keys: INFO tells; where it is refused, each is tried with SELECT and DBSIZE. Who may do neither has
 * database 0, of which a line is said. Everything else but EXIT_CODE_OK was told, and nothing is written.
 */
enum exit_code copy_databases_find(struct copy_side *source, struct copy_databases *databases_out);

/* Goes to one of them on a side. A refusal is told. */
enum exit_code copy_databases_enter(struct copy_side *side, int number);

/* The same for the highest, lest a copy end in the middle for a server that has fewer. */
enum exit_code copy_databases_check(const struct copy_databases *databases, struct copy_side *side);

void copy_databases_deinit(struct copy_databases *databases);

#endif
