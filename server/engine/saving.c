/*
 * The thread that makes a snapshot takes part in the gate as workers do. What it reports stands in atomics. Everything
 * else about the one that is being made is its own until it has ended; then it belongs to whoever begins the next one, in
 * a stopped world.
 */
#include "engine/saving.h"

#include "base/clock.h"
#include "base/gate.h"
#include "base/usage.h"
#include "clients/attention.h"
#include "host/log.h"
#include "host/process.h"
#include "persist/rdb_records.h"
#include "persist/snapshot.h"
#include "script/function_set.h"
#include "server.h"
#include "store/keyspace.h"
#include "version.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SYNC_EVERY ((uint64_t)4 << 20) /* bytes: rdb-save-incremental-fsync */
#define QUEUE_LEAST ((size_t)16 << 20) /* bytes that may wait for the disk: */
#define QUEUE_SHARE 20                 /* or this part of the memory in use */
#define RETRY_MS 5000                  /* after a failure */
#define NO_TIME (-1)

/* The one that is being made. */
static struct {
    struct rdb_file file;
    struct snapshot *snapshot;
    struct gate_member *member;
    pthread_t thread;
    bool has_thread; /* which is to be joined; of the thread that begins one, in a stopped world, or the main thread */
    int folder;
    char folder_path[PATH_MAX]; /* for the log */
    int64_t began_ms;           /* monotonic */
    uint64_t changes;           /* that it has */
} made;

static struct {
    atomic_bool runs, failed, is_asked_for;
    _Atomic int64_t last_s, last_took_s, began_s, tried_ms;
    atomic_uint_least64_t saves, of;
    atomic_uint_least64_t number, last_done; /* of the latest that was begun, and of the latest that succeeded */
    atomic_uint_least64_t changes;           /* that the file has */
} known = {.last_took_s = NO_TIME, .began_s = NO_TIME};

/* ---- changes ---- */

static uint64_t count_changes(const struct server *server)
{
    struct keyspace_stats stats;
    keyspace_stats_read(server->keyspace, &stats);
    return stats.changes + function_set_generation();
}

uint64_t saving_changes(const struct server *server)
{
    return count_changes(server) - atomic_load(&known.changes);
}

void saving_init(const struct server *server)
{
    atomic_store(&known.last_s, clock_wall_ms() / 1000);
    atomic_store(&known.changes, count_changes(server));
}

/* ---- beginning ---- */

static void add_libraries(struct text *out, bool compresses)
{
    struct function_set *set = function_set_take();
    for (unsigned i = 0; i < set->library_count; i++) {
        const struct function_library *library = set->libraries[i];
        rdb_add_library(out, (struct bytes){library->code, library->code_len}, compresses);
    }
    function_set_release(set);
}

/* How many keys each database has, which makes room in the table of whoever loads it. */
static uint64_t add_sizes(struct text *out, struct keyspace *keyspace)
{
    uint64_t sum = 0;
    for (int db = keyspace_next_database(keyspace, 0); db >= 0; db = keyspace_next_database(keyspace, db + 1)) {
        size_t keys = keyspace_size(keyspace, db);
        sum += keys;
        if (keys > 0) {
            rdb_add_database(out, (uint64_t)db);
            rdb_add_sizes(out, keys, keyspace_expires(keyspace, db));
        }
    }
    return sum;
}

/* What stands before the entries. */
static bool begin_file(const struct server *server)
{
    const struct config *config = &server->config;
    struct rdb_file_terms terms = {
        .folder = made.folder,
        .name = config->dbfilename,
        .mode = process_file_mode(0644),
        .sums = config->rdbchecksum,
        .sync_every = config->rdb_save_incremental_fsync ? SYNC_EVERY : 0,
    };
    struct rdb_origin origin = {
        .redis_version = KVS_REDIS_VERSION,
        .made_s = clock_wall_ms() / 1000,
        .memory = (uint64_t)usage_total(),
    };
    struct text text = TEXT_EMPTY;
    rdb_add_origin(&text, &origin);
    add_libraries(&text, config->rdbcompression);
    atomic_store(&known.of, add_sizes(&text, server->keyspace));
    bool begun = rdb_file_begin(&made.file, &terms) && rdb_file_append(&made.file, text.data, text.len);
    text_deinit(&text);
    return begun;
}

static enum snapshot_use use_to_save(const struct config *config)
{
    switch (config->maxmemory_policy) {
    case POLICY_ALLKEYS_LRU:
    case POLICY_VOLATILE_LRU:
        return SNAPSHOT_USE_IDLE;
    case POLICY_ALLKEYS_LFU:
    case POLICY_VOLATILE_LFU:
        return SNAPSHOT_USE_FREQUENCY;
    default:
        return SNAPSHOT_USE_NONE;
    }
}

static void begin_snapshot(const struct server *server)
{
    size_t limit = (size_t)usage_total() / QUEUE_SHARE;
    struct snapshot_terms terms = {
        .keyspace = server->keyspace,
        .file = &made.file,
        .compresses = server->config.rdbcompression,
        .use = use_to_save(&server->config),
        .now_s = clock_monotonic_s(),
        .queue_limit = limit > QUEUE_LEAST ? limit : QUEUE_LEAST,
    };
    made.snapshot = snapshot_begin(&terms);
    made.changes = count_changes(server);
}

/* ---- ending ---- */

static void note_failure(void)
{
    rdb_file_abandon(&made.file);
    atomic_store(&known.failed, true);
    attention_set(ATTENTION_SAVING, true);
}

static void note_success(int64_t took_ms)
{
    log_notice("saved %" PRIu64 " keys, %" PRIu64 " bytes, to %s/%s in %.3f s", snapshot_entries(made.snapshot),
               made.file.len, made.folder_path, made.file.name, (double)took_ms / 1000);
    atomic_store(&known.last_s, clock_wall_ms() / 1000);
    atomic_store(&known.changes, made.changes);
    atomic_fetch_add(&known.saves, 1);
    atomic_store(&known.last_done, atomic_load(&known.number));
    atomic_store(&known.failed, false);
    attention_set(ATTENTION_SAVING, false);
}

static void tell_failure(void)
{
    struct text why = TEXT_EMPTY;
    rdb_file_explain(&made.file, made.folder_path, &why);
    log_warning("the snapshot has failed: %s", why.data);
    text_deinit(&why);
}

/* True: the file is in its place. */
static bool finish(bool whole)
{
    bool saved = whole && rdb_file_end(&made.file, snapshot_version(made.snapshot));
    int64_t took_ms = clock_monotonic_ms() - made.began_ms;
    if (saved) {
        note_success(took_ms);
    } else if (made.file.error) {
        tell_failure();
        note_failure();
    } else { /* given up */
        rdb_file_abandon(&made.file);
    }
    close(made.folder);
    atomic_store(&known.last_took_s, took_ms / 1000);
    atomic_store(&known.began_s, NO_TIME);
    atomic_store(&known.runs, false);
    return saved;
}

static void *saving_main(void *context)
{
    (void)context;
    pthread_setname_np(pthread_self(), "saving");
    bool whole = snapshot_write(made.snapshot, made.member);
    gate_part(made.member);
    finish(whole);
    return NULL;
}

/* ---- all of it ---- */

/* Waits for the end of the last one's thread, and forgets the last one. */
static void join(void)
{
    if (made.has_thread)
        pthread_join(made.thread, NULL);
    made.has_thread = false;
    if (made.snapshot)
        snapshot_end(made.snapshot);
    made.snapshot = NULL;
}

static bool open_folder(void)
{
    made.folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (made.folder < 0 || !getcwd(made.folder_path, sizeof made.folder_path)) {
        log_warning("the snapshot has failed: can't open the working directory: %s; set dir to one that is there",
                    strerror(errno));
        if (made.folder >= 0)
            close(made.folder);
        return false;
    }
    return true;
}

/* The file, and the moment that it shows. */
static bool begin(const struct server *server)
{
    atomic_store(&known.tried_ms, clock_monotonic_ms());
    atomic_store(&known.is_asked_for, false);
    join();
    made.file = (struct rdb_file){.fd = -1};
    if (!open_folder()) {
        note_failure();
        return false;
    }
    if (!begin_file(server)) {
        tell_failure();
        note_failure();
        close(made.folder);
        return false;
    }
    made.began_ms = clock_monotonic_ms();
    atomic_store(&known.began_s, clock_wall_ms() / 1000);
    begin_snapshot(server);
    atomic_fetch_add(&known.number, 1);
    atomic_store(&known.runs, true);
    return true;
}

bool saving_begin(struct server *server)
{
    if (atomic_load(&known.runs) || !begin(server))
        return false;
    made.member = gate_join(server->gate);
    int error = pthread_create(&made.thread, NULL, saving_main, NULL);
    made.has_thread = error == 0;
    if (error) {
        log_warning("can't start a thread that saves: %s; all clients wait", strerror(error));
        gate_part(made.member);
        finish(snapshot_write(made.snapshot, NULL));
    }
    return true;
}

void saving_ask(void)
{
    atomic_store(&known.is_asked_for, true);
}

void saving_cancel(void)
{
    if (atomic_load(&known.runs))
        snapshot_cancel(made.snapshot);
}

bool saving_runs(void)
{
    return atomic_load(&known.runs);
}

struct saving_report saving_report(void)
{
    bool runs = atomic_load(&known.runs);
    struct saving_report report = {
        .last_s = atomic_load(&known.last_s),
        .last_took_s = atomic_load(&known.last_took_s),
        .began_s = atomic_load(&known.began_s),
        .entries = runs && made.snapshot ? snapshot_entries(made.snapshot) : 0,
        .of = runs ? atomic_load(&known.of) : 0,
        .number = atomic_load(&known.number),
        .last_done = atomic_load(&known.last_done),
        .saves = atomic_load(&known.saves),
        .failed = atomic_load(&known.failed),
    };
    return report;
}

/* ---- by itself ---- */

/* Whether one was asked for, or one of the pairs of the directive save is reached. */
static bool is_due(const struct server *server)
{
    const char *at = server->config.save;
    int64_t seconds, changes, passed_s = clock_wall_ms() / 1000 - atomic_load(&known.last_s);
    int used;
    if (*at == '\0' && !atomic_load(&known.is_asked_for))
        return false;
    if (atomic_load(&known.failed) && clock_monotonic_ms() - atomic_load(&known.tried_ms) < RETRY_MS)
        return false;
    if (atomic_load(&known.is_asked_for))
        return true;
    uint64_t since = saving_changes(server);
    for (; sscanf(at, "%" SCNd64 " %" SCNd64 "%n", &seconds, &changes, &used) == 2; at += used)
        if (since >= (uint64_t)changes && passed_s > seconds)
            return true;
    return false;
}

bool saving_stops_writes(const struct server *server)
{
    return atomic_load(&known.failed) && server->config.stop_writes_on_bgsave_error && server->config.save[0] != '\0';
}

void saving_look(struct server *server, struct gate_member *gate)
{
    if (!gate_try_enter(gate))
        return;
    if (!atomic_load(&known.runs) && is_due(server) && gate_attempt_close(gate) == GATE_CLOSED) {
        saving_begin(server);
        gate_open(gate);
    }
    gate_leave(gate);
}

void saving_give_up(void)
{
    if (made.has_thread && made.snapshot)
        snapshot_cancel(made.snapshot);
    join();
}

bool saving_at_end(struct server *server)
{
    saving_give_up();
    return begin(server) && finish(snapshot_write(made.snapshot, NULL));
}
