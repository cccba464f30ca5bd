/*
 * A model of a file of RDB, the file, and reading it: for tests of whole files.
 */
#ifndef KVS_UNIT_RDB_FIXTURE_H
#define KVS_UNIT_RDB_FIXTURE_H

#include "base/text.h"
#include "persist/rdb_read.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RDB_NOW 1700000000000
#define RDB_ITEMS_MAX 64

extern const struct rdb_terms rdb_usual_terms;

/* ---- what is written, and has to come back ---- */

struct rdb_item {
    uint64_t database;
    struct rdb_use use;
    struct entry *entry;
};

struct rdb_model {
    struct rdb_item items[RDB_ITEMS_MAX];
    unsigned count;
    unsigned version; /* that they need, when they have been written */
};
extern struct rdb_model rdb_model;

/*
 * One value of each type, small ones; a hash with times makes the version 12. The second adds large ones. Some expire
 * about RDB_NOW.
 */
void rdb_model_fill_small(bool with_times);
void rdb_model_fill(void);
void rdb_model_fill_for_redis(void); /* nothing that 7.0 doesn't know or finds expired */
void rdb_model_clear(void);

/* All records. */
void rdb_model_add_records(struct text *out, bool compresses);

/* A whole file as bytes: records between its first bytes and its end. */
void rdb_file_add(struct text *out, const char *head, const struct text *records, bool sums);
void rdb_model_add_file(struct text *out, bool sums);

/* ---- what is read ---- */

struct rdb_seen {
    unsigned aux, libraries, databases, sizes, entries;
    bool compares;       /* with the model */
    const char *refused; /* what isn't taken */
};

/* A descriptor of a file of these bytes. */
int rdb_file_of(const char *data, size_t len);

/* The whole of what fd has, from where it stands; what is behind it is appended to rest unless that is NULL. */
bool rdb_read_fd(int fd, bool sums, struct rdb_seen *seen, struct rdb_result *result, struct text *rest);

/* The same of bytes, and of records between a head and a right end. The test fails if memory is left of it. */
bool rdb_read_bytes(const char *data, size_t len, bool sums, struct rdb_result *result);
bool rdb_read_records(const char *head, const char *data, size_t len, struct rdb_result *result);

/* A thread that writes a file into a pipe, in pieces of all sizes, all of which have to be read. */
struct rdb_pouring {
    int fd;
    const struct text *file;
    pthread_t thread;
};
int rdb_pour_begin(struct rdb_pouring *pouring, const struct text *file); /* the descriptor to read from */
void rdb_pour_end(struct rdb_pouring *pouring, int fd);

#endif
