/*
 * Commands on keys, whatever they hold: DEL UNLINK EXISTS TOUCH TYPE RENAME RENAMENX COPY MOVE.
 *
 * A key lies in the same shard in every database, so the locks that the executor has taken on the keys of
 * the arguments are enough for MOVE and COPY ... DB too.
 */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/lookup.h"
#include "server.h"
#include "store/value_type.h"

/* UNLINK as well: what is slow to free never keeps the worker. */
void cmd_del(struct call *call)
{
    int deleted = 0;
    for (int i = 0; i < call->key_count; i++)
        deleted += keyspace_delete(&call->view, &call->keys[i]);
    reply_int(call->reply, deleted);
}

static void count_keys(struct call *call, enum lookup how)
{
    int present = 0;
    for (int i = 0; i < call->key_count; i++)
        present += keyspace_find(&call->view, &call->keys[i], how) != NULL;
    reply_int(call->reply, present);
}

void cmd_exists(struct call *call)
{
    count_keys(call, LOOKUP_NO_TOUCH);
}

/* Renews the access clock even for a client with CLIENT NO-TOUCH, since that is what TOUCH is for. */
void cmd_touch(struct call *call)
{
    count_keys(call, LOOKUP_TOUCH);
}

void cmd_type(struct call *call)
{
    const struct entry *entry = keyspace_find(&call->view, &call->keys[0], LOOKUP_NO_TOUCH);
    reply_simple(call->reply, entry ? entry_value_type(entry)->name : "none");
}

/* ---- from one key to another ---- */

void cmd_rename(struct call *call)
{
    switch (keyspace_rename(&call->view, &call->keys[0], &call->keys[1], true)) {
    case TRANSFER_NO_SOURCE:
        error_no_such_key(call);
        break;
    case TRANSFER_NO_MEMORY:
        error_no_memory(call);
        break;
    default:
        reply_ok(call->reply);
    }
}

/* Answers with 1, with 0 if there was a key already, or with the error. */
static void reply_transfer(struct call *call, enum transfer outcome)
{
    if (outcome == TRANSFER_NO_MEMORY)
        error_no_memory(call);
    else
        reply_int(call->reply, outcome == TRANSFER_DONE);
}

void cmd_renamenx(struct call *call)
{
    enum transfer outcome = keyspace_rename(&call->view, &call->keys[0], &call->keys[1], false);
    if (outcome == TRANSFER_NO_SOURCE)
        error_no_such_key(call);
    else
        reply_transfer(call, outcome);
}

/* Reads COPY's options from argv[3] on. False, with the error, if they are wrong. */
static bool parse_copy_options(struct call *call, int *db_out, bool *replace_out)
{
    for (int i = 3; i < call->argc; i++) {
        if (arg_is(&call->argv[i], "replace")) {
            *replace_out = true;
        } else if (arg_is(&call->argv[i], "db") && i + 1 < call->argc) {
            if (!argument_db(call, &call->argv[++i], db_out))
                return false;
        } else {
            error_syntax(call);
            return false;
        }
    }
    return true;
}

static bool is_same_name(const struct key *a, const struct key *b)
{
    return bytes_equal(a->name.data, a->name.len, b->name.data, b->name.len);
}

void cmd_copy(struct call *call)
{
    const struct key *from = &call->keys[0], *to = &call->keys[1];
    int db = call->view.db;
    bool replace = false;
    if (!parse_copy_options(call, &db, &replace))
        return;
    if (db == call->view.db && is_same_name(from, to))
        error_same_object(call);
    else
        reply_transfer(call, keyspace_copy(&call->view, from, db, to, replace));
}

void cmd_move(struct call *call)
{
    int db;
    if (!argument_db(call, &call->argv[2], &db))
        return;
    if (db == call->view.db)
        error_same_object(call);
    else
        reply_transfer(call, keyspace_move(&call->view, &call->keys[0], db));
}
