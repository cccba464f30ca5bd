#include "clients/transaction.h"

#include "base/blob.h"
#include "base/connection_memory.h"
#include "base/memory.h"
#include "clients/client_extra.h"
#include "command/command_table.h"

#include <string.h>

#define BLOCK_FIRST ((size_t)2048) /* bytes; most transactions fit */
#define BLOCK_MAX ((size_t)64 << 10)
#define REQUESTS_FIRST 16

/* A piece of memory from which arguments and keys are taken, and which never moves. */
struct block {
    struct block *next;
    size_t size, used; /* of data, bytes */
    _Alignas(8) char data[];
};

struct transaction {
    struct queued *requests;
    unsigned count, capacity;
    bool spoilt;
    struct block *blocks; /* newest first */
    struct transaction_needs needs;
    size_t memory; /* bytes, as connection_memory_add() was told */
};

static struct transaction *transaction_of(const struct client *client)
{
    return client->extra ? client->extra->transaction : NULL;
}

static void grow_by(struct transaction *transaction, size_t bytes)
{
    transaction->memory += bytes;
    connection_memory_add(bytes);
}

void transaction_begin(struct client *client)
{
    struct transaction *transaction = mem_calloc(sizeof *transaction);
    client_extra(client)->transaction = transaction;
    client->flags |= CLIENT_MULTI;
    grow_by(transaction, mem_usable(transaction));
}

/* ---- copies ---- */

static void *take_bytes(struct transaction *transaction, size_t size)
{
    struct block *block = transaction->blocks;
    size = (size + 7) & ~(size_t)7;
    if (!block || block->size - block->used < size) {
        size_t wanted = block ? block->size * 2 : BLOCK_FIRST;
        wanted = wanted > BLOCK_MAX ? BLOCK_MAX : wanted;
        wanted = wanted < size ? size : wanted;
        block = mem_alloc(sizeof *block + wanted);
        *block = (struct block){.next = transaction->blocks, .size = wanted};
        transaction->blocks = block;
        grow_by(transaction, mem_usable(block));
    }
    block->used += size;
    return block->data + block->used - size;
}

/* The bytes behind one another, except those that lie in blobs, of which one more reference is taken. */
static struct arg *copy_arguments(struct transaction *transaction, const struct request *request)
{
    size_t bytes = 0;
    for (int i = 0; i < request->argc; i++)
        bytes += request->argv[i].blob ? 0 : request->argv[i].len;
    struct arg *copies = take_bytes(transaction, (size_t)request->argc * sizeof *copies + bytes);
    char *at = (char *)(copies + request->argc);
    for (int i = 0; i < request->argc; i++) {
        const struct arg *arg = &request->argv[i];
        copies[i] = *arg;
        if (arg->blob) {
            blob_retain(arg->blob);
            grow_by(transaction, blob_memory(arg->blob));
            continue;
        }
        copies[i].data = at;
        memcpy(at, arg->data, arg->len);
        at += arg->len;
    }
    return copies;
}

/* Names are those of the copied arguments. */
static struct key *add_key(struct transaction *transaction, struct key *key, const struct arg *arg)
{
    *key = key_make(arg->data, arg->len);
    shard_set_add(&transaction->needs.shards, key->hash);
    return key;
}

static void find_keys(struct transaction *transaction, struct queued *queued)
{
    struct key_ref few[8], *refs = few;
    const struct request *request = &queued->request;
    int single = queued->command->single_key;
    if (single) {
        queued->keys = add_key(transaction, take_bytes(transaction, sizeof(struct key)), &request->argv[single]);
        queued->key_count = 1;
        return;
    }
    int count = command_keys(queued->command, request->argv, request->argc, refs, 8);
    if (count <= 0)
        return;
    if (count > 8) {
        refs = mem_alloc((size_t)count * sizeof *refs);
        command_keys(queued->command, request->argv, request->argc, refs, count);
    }
    struct key *keys = take_bytes(transaction, (size_t)count * sizeof *keys);
    for (int i = 0; i < count; i++)
        add_key(transaction, &keys[i], &request->argv[refs[i].position]);
    queued->keys = keys;
    queued->key_count = count;
    if (refs != few)
        mem_free(refs);
}

/* ---- queueing ---- */

static struct queued *add_request(struct transaction *transaction)
{
    if (transaction->count == transaction->capacity) {
        unsigned capacity = transaction->capacity ? transaction->capacity * 2 : REQUESTS_FIRST;
        transaction->requests = mem_realloc(transaction->requests, capacity * sizeof *transaction->requests);
        grow_by(transaction, (capacity - transaction->capacity) * sizeof *transaction->requests);
        transaction->capacity = capacity;
    }
    return &transaction->requests[transaction->count++];
}

static void note_needs(struct transaction_needs *needs, const struct queued *queued, size_t room)
{
    uint32_t flags = queued->command->flags;
    if (flags & CMD_SCRIPT) {
        shard_set_fill(&needs->shards);
        needs->runs_script = true;
    } else if (flags & (CMD_EXCLUSIVE | CMD_UNLOCKED)) {
        needs->stopped_world = true;
    }
    needs->writes |= (flags & (CMD_WRITE | CMD_MAY_REPLICATE)) != 0;
    needs->changes_keys |= (flags & CMD_WRITE) != 0;
    if (queued->key_count == 0 && strcmp(command_full_name(queued->command), "client|reply") == 0)
        needs->may_silence = true;
    needs->room += room;
    for (int i = 0; i < queued->request.argc && room > 0; i++)
        if (queued->request.argv[i].len > needs->largest)
            needs->largest = queued->request.argv[i].len;
}

void transaction_queue(struct client *client, const struct command *command, const struct request *request, size_t room)
{
    struct transaction *transaction = transaction_of(client);
    if (transaction->spoilt)
        return; /* it won't run */
    struct queued *queued = add_request(transaction);
    *queued = (struct queued){.command = command, .request = *request};
    queued->request.argv = copy_arguments(transaction, request);
    find_keys(transaction, queued);
    note_needs(&transaction->needs, queued, room);
}

void transaction_spoil(struct client *client)
{
    transaction_of(client)->spoilt = true;
}

bool transaction_is_spoilt(const struct client *client)
{
    return transaction_of(client)->spoilt;
}

const struct queued *transaction_requests(const struct client *client, unsigned *count_out)
{
    const struct transaction *transaction = transaction_of(client);
    *count_out = transaction->count;
    return transaction->requests;
}

const struct transaction_needs *transaction_needs(const struct client *client)
{
    return &transaction_of(client)->needs;
}

/* ---- the end ---- */

static void release_blobs(const struct request *request)
{
    for (int i = 0; i < request->argc; i++)
        blob_release(request->argv[i].blob);
}

void transaction_end(struct client *client)
{
    struct transaction *transaction = transaction_of(client);
    if (!transaction)
        return;
    for (unsigned i = 0; i < transaction->count; i++)
        release_blobs(&transaction->requests[i].request);
    mem_free(transaction->requests);
    while (transaction->blocks) {
        struct block *block = transaction->blocks;
        transaction->blocks = block->next;
        mem_free_sized(block, sizeof *block + block->size);
    }
    connection_memory_subtract(transaction->memory);
    mem_free_sized(transaction, sizeof *transaction);
    client->extra->transaction = NULL;
    client->flags &= ~(uint32_t)CLIENT_MULTI;
    client_extra_settle(client);
}

int transaction_length(const struct client *client)
{
    const struct transaction *transaction = transaction_of(client);
    return transaction ? (int)transaction->count : -1;
}

size_t transaction_memory(const struct client *client)
{
    const struct transaction *transaction = transaction_of(client);
    return transaction ? transaction->memory : 0;
}
