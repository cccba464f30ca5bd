#include "engine/loading.h"

#include "base/clock.h"
#include "base/gate.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "clients/attention.h"
#include "engine/load_batch.h"
#include "engine/load_functions.h"
#include "engine/value_terms.h"
#include "host/log.h"
#include "persist/rdb_read.h"
#include "script/function_load.h"
#include "script/function_set.h"
#include "server.h"
#include "store/keyspace.h"
#include "store/recency.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TELL_MS 5000 /* between two lines about how far it is */
#define UNKNOWN_S INT64_C(1)

static struct {
    struct server *server;
    struct rdb_reader reader;
    char name[PATH_MAX]; /* of the file, with its folder */
    int fd, open_error;
    int wake_fd;
    pthread_t thread;
    struct gate_member *member;
    struct load_batch *batch;
    int64_t now_ms; /* wall: what expires before is left out */
    int64_t told_ms;
} load;

static struct {
    atomic_bool runs, reads, gives_up, failed;
    _Atomic int64_t began_s, began_ms;
    atomic_uint_least64_t keys, expired, memory_then;
} known;

/* ---- what is in the file ---- */

static bool take_aux(void *context, struct bytes name, struct bytes value, struct text *why)
{
    uint64_t memory;
    (void)context, (void)why;
    if (bytes_equal(name.data, name.len, "used-mem", 8) && number_parse_u64(value.data, value.len, &memory))
        atomic_store(&known.memory_then, memory);
    return true;
}

static bool take_library(void *context, struct bytes code, struct text *why)
{
    (void)context;
    struct function_library *library = function_load_read(code.data, code.len, why);
    if (!library)
        return false;
    if (!load_functions_at_start(library, why)) {
        function_library_release(library);
        return false;
    }
    return function_set_add(&library, 1, false, false, why);
}

static bool take_database(void *context, uint64_t database, struct text *why)
{
    (void)context;
    int databases = keyspace_databases(load.server->keyspace);
    if (database < (uint64_t)databases)
        return true;
    text_addf(why, "it has keys of database %" PRIu64 ", and there are %d; set databases to more", database, databases);
    return false;
}

static bool take_entry(void *context, const struct rdb_found *found, struct text *why)
{
    (void)context;
    if (atomic_load_explicit(&known.gives_up, memory_order_relaxed)) {
        entry_free(found->entry);
        text_add(why, "the server ends");
        return false;
    }
    if (entry_is_due(found->entry, load.now_ms)) {
        entry_free(found->entry);
        atomic_fetch_add(&known.expired, 1);
        return true;
    }
    recency_set(found->entry, found->use.idle_s, found->use.frequency, clock_monotonic_s());
    load_batch_add(load.batch, (int)found->database, found->entry);
    atomic_fetch_add_explicit(&known.keys, 1, memory_order_relaxed);
    return true;
}

/* ---- the thread ---- */

static void tell_end(bool loaded, const struct rdb_result *result)
{
    double seconds = (double)(clock_monotonic_ms() - atomic_load(&known.began_ms)) / 1000;
    uint64_t keys = atomic_load(&known.keys), expired = atomic_load(&known.expired);
    if (loaded && expired > 0)
        log_notice("loaded %" PRIu64 " keys from %s in %.3f s; %" PRIu64 " others had expired", keys, load.name,
                   seconds, expired);
    else if (loaded)
        log_notice("loaded %" PRIu64 " keys from %s in %.3f s", keys, load.name, seconds);
    else if (!atomic_load(&known.gives_up))
        log_warning("can't load %s: %s; see kvs-server --check-rdb, and move the file away to start without it",
                    load.name, result->words);
}

static bool read_file(void)
{
    struct rdb_result result = {0};
    struct rdb_visitor visitor = {
        .aux = take_aux, .library = take_library, .database = take_database, .entry = take_entry};
    gate_enter(load.member);
    struct rdb_terms terms = value_terms(&load.server->config, 0, load.now_ms);
    bool sums = load.server->config.rdbchecksum;
    gate_leave(load.member);
    if (!rdb_reader_init(&load.reader, load.fd, sums)) {
        log_warning("can't load %s: there is no memory for it", load.name);
        return false;
    }
    load.batch = load_batch_create(load.server->keyspace, load.server->gate, load.now_ms);
    atomic_store(&known.reads, true);
    bool loaded = rdb_read(&load.reader, &terms, &visitor, &result);
    if (loaded)
        load_batch_put(load.batch);
    load_batch_destroy(load.batch);
    tell_end(loaded, &result);
    return loaded;
}

static void *loading_main(void *context)
{
    uint64_t one = 1;
    (void)context;
    pthread_setname_np(pthread_self(), "loading");
    bool loaded = load.open_error == 0 && read_file();
    if (load.open_error)
        log_warning("can't open %s: %s; make it readable for this server, or move it away to start without it",
                    load.name, strerror(load.open_error));
    load_functions_end_start();
    gate_part(load.member);
    atomic_store(&known.failed, !loaded);
    atomic_store(&known.runs, false);
    if (loaded)
        attention_set(ATTENTION_LOADING, false);
    ssize_t ignored = write(load.wake_fd, &one, sizeof one);
    (void)ignored;
    return NULL;
}

/* ---- the main thread ---- */

bool loading_prepare(struct server *server)
{
    char folder[PATH_MAX];
    load.server = server;
    load.fd = open(server->config.dbfilename, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* it may be a pipe */
    if (load.fd < 0 && errno == ENOENT)
        return false;
    load.open_error = load.fd < 0 ? errno : 0;
    if (load.fd >= 0)
        fcntl(load.fd, F_SETFL, 0);
    if (!getcwd(folder, sizeof folder) ||
        (size_t)snprintf(load.name, sizeof load.name, "%s/%s", folder, server->config.dbfilename) >= sizeof load.name)
        snprintf(load.name, sizeof load.name, "%s", server->config.dbfilename);
    load.now_ms = load.told_ms = clock_wall_ms();
    atomic_store(&known.began_s, load.now_ms / 1000);
    atomic_store(&known.began_ms, clock_monotonic_ms());
    atomic_store(&known.runs, true);
    attention_set(ATTENTION_LOADING, true);
    return true;
}

int loading_begin(int wake_fd)
{
    load.wake_fd = wake_fd;
    load.member = gate_join(load.server->gate);
    return -pthread_create(&load.thread, NULL, loading_main, NULL);
}

bool loading_end(void)
{
    pthread_join(load.thread, NULL);
    if (atomic_load(&known.reads)) {
        atomic_store(&known.reads, false);
        rdb_reader_deinit(&load.reader);
    }
    if (load.fd >= 0)
        close(load.fd);
    return !atomic_load(&known.failed);
}

void loading_give_up(void)
{
    atomic_store(&known.gives_up, true);
    loading_end();
}

/* ---- how far it is ---- */

bool loading_runs(void)
{
    return atomic_load_explicit(&known.runs, memory_order_relaxed);
}

struct loading_report loading_report(void)
{
    struct loading_report report = {
        .began_s = atomic_load(&known.began_s),
        .keys = atomic_load(&known.keys),
        .expired = atomic_load(&known.expired),
        .memory_then = atomic_load(&known.memory_then),
        .eta_s = UNKNOWN_S,
    };
    if (!loading_runs() || !atomic_load(&known.reads))
        return report;
    report.total = load.reader.total;
    report.loaded = rdb_reader_received(&load.reader);
    if (report.loaded > 0 && report.total > report.loaded) {
        double took_s = (double)(clock_monotonic_ms() - atomic_load(&known.began_ms)) / 1000;
        report.eta_s = (int64_t)(took_s * (double)(report.total - report.loaded) / (double)report.loaded);
    }
    return report;
}

void loading_tell(void)
{
    int64_t now_ms = clock_wall_ms();
    if (!loading_runs() || (now_ms >= load.told_ms && now_ms - load.told_ms < TELL_MS))
        return;
    struct loading_report report = loading_report();
    load.told_ms = now_ms;
    if (report.total > 0)
        log_notice("loading %s: %.0f %%, %" PRIu64 " keys", load.name,
                   100.0 * (double)report.loaded / (double)report.total, report.keys);
}
