/*
 * Commands on keys whatever they hold: DEL UNLINK EXISTS TOUCH TYPE RENAME RENAMENX COPY MOVE.
 *
 * A key lies in the same shard in every database, so the locks that the executor has taken on the keys of
 * the arguments are enough for MOVE and COPY ... DB too.
 */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/lookup.h"
#include "server.h"

static void delete_keys(struct call *call, bool lazily)
{
    int deleted = 0;
    for (int i = 0; i < call->key_count; i++)
        deleted += keyspace_delete(call->db, &call->keys[i], lazily);
    reply_int(call->reply, deleted);
}

void cmd_del(struct call *call)
{
    delete_keys(call, call->server->config.lazyfree_lazy_user_del);
}

void cmd_unlink(struct call *call)
{
    delete_keys(call, true);
}

static void count_keys(struct call *call, enum lookup how)
{
    int present = 0;
    for (int i = 0; i < call->key_count; i++)
        present += keyspace_find(call->db, &call->keys[i], how) != NULL;
    reply_int(call->reply, present);
}

void cmd_exists(struct call *call)
{
    count_keys(call, LOOKUP_NO_TOUCH);
}

/* Renews the access clock even for a client that said CLIENT NO-TOUCH: that is what it is for. */
void cmd_touch(struct call *call)
{
    count_keys(call, LOOKUP_TOUCH);
}

void cmd_type(struct call *call)
{
    static const char *const names[] = {
        [ENTRY_STRING] = "string", [ENTRY_LIST] = "list", [ENTRY_SET] = "set",
        [ENTRY_ZSET] = "zset",     [ENTRY_HASH] = "hash", [ENTRY_STREAM] = "stream",
    };
    const struct entry *entry = keyspace_find(call->db, &call->keys[0], LOOKUP_NO_TOUCH);
    reply_simple(call->reply, entry ? names[entry->type] : "none");
}

static bool is_same_name(const struct key *a, const struct key *b)
{
    return bytes_equal(a->name.data, a->name.len, b->name.data, b->name.len);
}

/* Puts a copy of entry, with its TTL, under key in place of what may be there. False without memory. */
static bool put_copy(struct call *call, struct db db, const struct key *key, const struct entry *entry)
{
    struct entry *copy = entry_copy(entry, key->name, entry_expiry(entry));
    if (!copy)
        return false;
    if (call->server->config.lazyfree_lazy_server_del)
        keyspace_delete(db, key, true);
    keyspace_put(db, key, copy);
    return true;
}

/* RENAME and RENAMENX. Whether there is nothing left to answer but the outcome, told in *renamed_out. */
static bool rename_key(struct call *call, bool only_absent, bool *renamed_out)
{
    const struct key *from = &call->keys[0], *to = &call->keys[1];
    const struct entry *entry = keyspace_find_for_write(call->db, from);
    if (!entry) {
        error_no_such_key(call);
        return false;
    }
    *renamed_out = false;
    if (is_same_name(from, to))
        return true;
    if (only_absent && keyspace_find_for_write(call->db, to))
        return true;
    if (!put_copy(call, call->db, to, entry)) {
        error_no_memory(call);
        return false;
    }
    /* Cheap even for a large value, which the copy shares. */
    keyspace_delete(call->db, from, false);
    *renamed_out = true;
    return true;
}

void cmd_rename(struct call *call)
{
    bool renamed;
    if (rename_key(call, false, &renamed))
        reply_ok(call->reply);
}

void cmd_renamenx(struct call *call)
{
    bool renamed;
    if (rename_key(call, true, &renamed))
        reply_int(call->reply, renamed);
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

void cmd_copy(struct call *call)
{
    const struct key *from = &call->keys[0], *to = &call->keys[1];
    struct db target = call->db;
    bool replace = false;
    if (!parse_copy_options(call, &target.index, &replace))
        return;
    if (target.index == call->db.index && is_same_name(from, to)) {
        error_same_object(call);
        return;
    }
    const struct entry *entry = lookup_read(call, from);
    if (!entry || (keyspace_find_for_write(target, to) && !replace))
        reply_int(call->reply, 0);
    else if (put_copy(call, target, to, entry))
        reply_int(call->reply, 1);
    else
        error_no_memory(call);
}

void cmd_move(struct call *call)
{
    const struct key *key = &call->keys[0];
    struct db target = call->db;
    if (!argument_db(call, &call->argv[2], &target.index))
        return;
    if (target.index == call->db.index) {
        error_same_object(call);
        return;
    }
    if (!keyspace_find_for_write(call->db, key) || keyspace_find_for_write(target, key)) {
        reply_int(call->reply, 0);
        return;
    }
    keyspace_put(target, key, keyspace_take(call->db, key));
    reply_int(call->reply, 1);
}
