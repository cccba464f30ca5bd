/*
 * What the server's memory is spent on, for INFO and the MEMORY commands.
 */
#ifndef KVS_RECORD_MEMORY_REPORT_H
#define KVS_RECORD_MEMORY_REPORT_H

#include <stddef.h>
#include <stdint.h>

struct keyspace;

/* In bytes, unless a comment says otherwise. */
struct memory_report {
    size_t allocated;                 /* in live allocations: used_memory */
    size_t active;                    /* pages that hold them */
    size_t resident;                  /* pages of the allocator that are in physical memory */
    size_t rss;                       /* of the process */
    size_t peak;                      /* the largest value of allocated so far */
    size_t startup;                   /* allocated when the server was ready and empty */
    size_t clients;                   /* buffers and structs of all clients */
    size_t tables;                    /* tables of all databases, without entries */
    size_t slowlog, acl_log, latency; /* what is recorded of requests */
    size_t records;                   /* these three */
    size_t overhead;                  /* startup, clients, tables and records */
    size_t dataset;                   /* allocated less overhead */
    size_t keys;                      /* number of keys */
    double dataset_percent;           /* dataset, in percent of what was allocated since start */
    double peak_percent;              /* allocated, in percent of peak */
};

/* Takes what is allocated at this moment as memory_report.startup. Once, when the server is ready to serve. */
void memory_note_startup(void);

/* Raises the peak to allocated bytes if it is lower. Any thread. */
void memory_note_allocated(size_t allocated);

/* clients: bytes of memory that clients use. Takes the shards' locks one by one: the caller holds none. */
void memory_report_read(struct keyspace *keyspace, size_t clients, struct memory_report *report_out);

/* a / b; 0 if b is 0. */
double memory_ratio(size_t a, size_t b);

#endif
