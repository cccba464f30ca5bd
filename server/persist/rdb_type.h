/*
 * The numbers with which values begin in RDB: their type and form. Beside each, the version of RDB that brought it, as
 * far as that is above 9; a reader knows all of its version and below.
 */
#ifndef KVS_PERSIST_RDB_TYPE_H
#define KVS_PERSIST_RDB_TYPE_H

enum rdb_type {
    RDB_STRING = 0,
    RDB_LIST = 1,
    RDB_SET = 2,
    RDB_ZSET_TEXT = 3, /* scores are text */
    RDB_HASH = 4,
    RDB_ZSET = 5,
    RDB_HASH_ZIPMAP = 9,
    RDB_LIST_ZIPLIST = 10,
    RDB_SET_INTSET = 11,
    RDB_ZSET_ZIPLIST = 12,
    RDB_HASH_ZIPLIST = 13,
    RDB_LIST_ZIPLISTS = 14, /* a list of ziplists */
    RDB_STREAM_1 = 15,
    RDB_HASH_LISTPACK = 16,       /* 10 */
    RDB_ZSET_LISTPACK = 17,       /* 10 */
    RDB_LIST_LISTPACKS = 18,      /* 10: a list of listpacks and of single elements */
    RDB_STREAM_2 = 19,            /* 10 */
    RDB_SET_LISTPACK = 20,        /* 11 */
    RDB_STREAM_3 = 21,            /* 11 */
    RDB_HASH_TIMED_EARLY = 22,    /* 12, of Redis 7.4 before its release */
    RDB_HASH_TIMED_VALKEY = 22,   /* the same number in Valkey's versions */
    RDB_HASH_LISTPACK_EARLY = 23, /* 12, likewise */
    RDB_HASH_TIMED = 24,          /* 12 */
    RDB_HASH_LISTPACK_TIMED = 25, /* 12 */
};

#define RDB_VERSION 10        /* as written: Redis 7.0 reads it */
#define RDB_VERSION_TIMED 12  /* the same of hashes with fields that expire: Redis 7.4 */
#define RDB_VERSION_READ 12   /* up to which Redis's are read */
#define RDB_VERSION_VALKEY 80 /* Valkey's, which is read as well */

/* The containers in a list of listpacks. */
enum { RDB_CONTAINER_PLAIN = 1, RDB_CONTAINER_PACKED = 2 };

#endif
