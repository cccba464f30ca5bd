#include "persist/check_rdb.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "persist/rdb_read.h"
#include "store/value_type.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_MAX 64 /* bytes of what a file says of itself */
#define AUX_MAX 100  /* lines for that; the rest is left out */

struct database_found {
    uint64_t number, keys, expiring, expired;
};

struct check {
    struct text *found;
    int64_t now_ms;
    struct text about; /* what the file says of itself */
    unsigned aux;
    uint64_t libraries;
    struct database_found *databases; /* in the order in which they first began */
    size_t count, current;            /* of databases; the one that has begun */
    uint64_t by_type[VALUE_TYPES];
};

/* ---- what is found ---- */

/* As it is, or in quotes where that could be misread. */
static void add_shown(struct text *out, struct bytes shown)
{
    bool is_cut = shown.len > SHOWN_MAX;
    size_t len = is_cut ? SHOWN_MAX : shown.len, plain = 0;
    while (plain < len && shown.data[plain] > ' ' && shown.data[plain] <= '~' && shown.data[plain] != '"')
        plain++;
    if (plain == len && len > 0)
        text_add_bytes(out, shown.data, len);
    else
        text_add_quoted(out, shown.data, len);
    text_add(out, is_cut ? "..." : "");
}

static void add_time(struct text *out, int64_t seconds)
{
    char shown[64];
    struct tm parts;
    time_t time = (time_t)seconds;
    if (gmtime_r(&time, &parts) && strftime(shown, sizeof shown, " (%Y-%m-%d %H:%M:%S UTC)", &parts) > 0)
        text_add(out, shown);
}

static bool note_aux(void *context, struct bytes name, struct bytes value, struct text *why)
{
    struct check *check = context;
    int64_t seconds;
    (void)why;
    if (++check->aux > AUX_MAX)
        return true;
    add_shown(&check->about, name);
    text_add(&check->about, ": ");
    add_shown(&check->about, value);
    if (bytes_equal(name.data, name.len, "ctime", 5) && number_parse_i64(value.data, value.len, &seconds))
        add_time(&check->about, seconds);
    text_add_char(&check->about, '\n');
    return true;
}

static bool note_library(void *context, struct bytes code, struct text *why)
{
    struct check *check = context;
    (void)code, (void)why;
    check->libraries++;
    return true;
}

static bool note_database(void *context, uint64_t number, struct text *why)
{
    struct check *check = context;
    (void)why;
    for (check->current = 0; check->current < check->count; check->current++)
        if (check->databases[check->current].number == number)
            return true;
    struct database_found *more = mem_try_realloc(check->databases, (check->count + 1) * sizeof *check->databases);
    if (!more)
        return false;
    check->databases = more;
    check->databases[check->count++] = (struct database_found){.number = number};
    return true;
}

static bool note_entry(void *context, const struct rdb_found *found, struct text *why)
{
    struct check *check = context;
    struct entry *entry = found->entry;
    bool is_there = check->count > 0 || note_database(check, found->database, why); /* 0, if none has begun */
    if (is_there) {
        struct database_found *database = &check->databases[check->current];
        database->keys++;
        database->expiring += entry_expiry(entry) != ENTRY_NO_EXPIRY;
        database->expired += entry_is_due(entry, check->now_ms);
        check->by_type[entry->type]++;
    }
    entry_free(entry);
    return is_there;
}

/* ---- what is told ---- */

static void tell_databases(const struct check *check)
{
    struct text *out = check->found;
    for (size_t i = 0; i < check->count; i++) {
        const struct database_found *database = &check->databases[i];
        text_addf(out, "database %" PRIu64 ": %" PRIu64 " key%s", database->number, database->keys,
                  text_plural(database->keys));
        if (database->expiring > 0)
            text_addf(out, ", %" PRIu64 " with a time to live", database->expiring);
        if (database->expired > 0)
            text_addf(out, ", of which %" PRIu64 " %s expired", database->expired,
                      database->expired == 1 ? "has" : "have");
        text_add_char(out, '\n');
    }
}

static void tell_types(const struct check *check)
{
    const char *before = "types: ";
    for (unsigned type = 0; type < VALUE_TYPES; type++) {
        if (check->by_type[type] == 0)
            continue;
        text_addf(check->found, "%s%s %" PRIu64, before, value_types[type]->name, check->by_type[type]);
        before = ", ";
    }
    if (*before == ',')
        text_add_char(check->found, '\n');
}

static void tell_left_out(const struct check *check, const struct rdb_result *result)
{
    if (check->aux > AUX_MAX)
        text_addf(check->found, "%u more lines of what the file says of itself are left out\n", check->aux - AUX_MAX);
    if (check->libraries > 0)
        text_addf(check->found, "functions: %" PRIu64 " librar%s\n", check->libraries,
                  check->libraries == 1 ? "y" : "ies");
    if (result->empty > 0)
        text_addf(check->found, "values without members, which are left out: %" PRIu64 "\n", result->empty);
    if (result->expired > 0)
        text_addf(check->found, "hashes whose fields all have expired, which are left out: %" PRIu64 "\n",
                  result->expired);
}

static void tell_good(const struct check *check, const char *path, const struct rdb_result *result, uint64_t total,
                      int64_t took_ms)
{
    text_addf(check->found, "%s is good: %" PRIu64 " key%s in %" PRIu64 " bytes, %s, read in %.3f s\n", path,
              result->entries, text_plural(result->entries), result->offset,
              result->was_summed ? "the checksum is right" : "without a checksum", (double)took_ms / 1000);
    if (total > result->offset)
        text_addf(check->found,
                  "behind its end stand %" PRIu64 " bytes more, as in an append-only file that begins with "
                  "RDB; they aren't looked at\n",
                  total - result->offset);
}

/* ---- reading ---- */

struct rdb_terms check_rdb_terms(int64_t now_ms)
{
    return (struct rdb_terms){
        .now_ms = now_ms,
        .set = {512, 128, 64},
        .zset = {128, 64},
        .hash_entries = 128,
        .hash_value = 64,
        .list_max_listpack_size = -2,
        .stream = {4096, 100},
    };
}

static bool read_file(struct rdb_reader *reader, const char *path, struct text *found, struct text *trouble)
{
    struct check check = {.found = found, .now_ms = clock_wall_ms()};
    struct rdb_terms terms = check_rdb_terms(check.now_ms);
    struct rdb_visitor visitor = {&check, note_aux, note_library, note_database, NULL, note_entry};
    struct rdb_result result;
    int64_t began_ms = clock_monotonic_ms();
    bool is_good = rdb_read(reader, &terms, &visitor, &result);
    if (result.version > 0)
        text_addf(found, "RDB version %u of %s\n", result.version, result.is_valkey ? "Valkey" : "Redis");
    text_add_bytes(found, check.about.data, check.about.len);
    tell_databases(&check);
    tell_types(&check);
    tell_left_out(&check, &result);
    if (is_good)
        tell_good(&check, path, &result, reader->total, clock_monotonic_ms() - began_ms);
    else
        text_addf(trouble, "%s: %s", path, result.words);
    mem_free(check.databases);
    text_deinit(&check.about);
    return is_good;
}

bool check_rdb(const char *path, struct text *found, struct text *trouble)
{
    struct stat status;
    struct rdb_reader reader;
    bool is_good = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &status) != 0)
        text_addf(trouble, "%s: can't open it: %s", path, strerror(errno));
    else if (S_ISDIR(status.st_mode))
        text_addf(trouble, "%s: it is a folder; name the RDB file in it", path);
    else if (!S_ISREG(status.st_mode))
        text_addf(trouble, "%s: it is no ordinary file", path);
    else if (!rdb_reader_init(&reader, fd, true))
        text_addf(trouble, "%s: there is no memory to read it", path);
    else {
        is_good = read_file(&reader, path, found, trouble);
        rdb_reader_deinit(&reader);
    }
    if (fd >= 0)
        close(fd);
    return is_good;
}
