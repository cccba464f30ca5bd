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

/* What a record of a file begins with unless it is a value, whose type then is the first byte. */
enum rdb_opcode {
    RDB_OPCODE_SLOT_INFO = 244,     /* 12, of a cluster's slot: how many keys there are, and how many expire */
    RDB_OPCODE_LIBRARY = 245,       /* 10: the code of a library of functions */
    RDB_OPCODE_LIBRARY_EARLY = 246, /* the same of Redis 7.0 before its release */
    RDB_OPCODE_MODULE = 247,        /* what a module keeps beside the keys */
    RDB_OPCODE_IDLE = 248,          /* of the next value: seconds since it was used */
    RDB_OPCODE_FREQUENCY = 249,     /* of the next value: how often it was used, one byte */
    RDB_OPCODE_AUX = 250,           /* a name and a value that tell of the file */
    RDB_OPCODE_SIZES = 251,         /* of the database: how many keys there are, and how many expire */
    RDB_OPCODE_EXPIRE_MS = 252,     /* of the next value: when it expires, eight bytes, low one first */
    RDB_OPCODE_EXPIRE_S = 253,      /* the same in seconds, four bytes */
    RDB_OPCODE_DATABASE = 254,      /* that the next values are in */
    RDB_OPCODE_END = 255,           /* eight bytes of checksum follow, or from before version 5 nothing */
};

#define RDB_HEAD_LEN 9      /* "REDIS0010": bytes before the first record */
#define RDB_CHECKSUM_FROM 5 /* version */

/* The containers in a list of listpacks. */
enum { RDB_CONTAINER_PLAIN = 1, RDB_CONTAINER_PACKED = 2 };

#endif
