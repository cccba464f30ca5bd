/*
 * Keyspace notifications. What each command tells is a fact of Redis: the table below is what redis-server 7.0.15
 * publishes for the same commands in the same order, with notify-keyspace-events KEAmn.
 */
#include "kit/served.h"
#include "kit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Events as "event:key", with "@db" unless that is 0. */
static const struct {
    const char *command, *events;
} told[] = {
    {"SET a 1", "new:a set:a"},
    {"SET a 2 EX 100", "set:a expire:a"},
    {"SET a 3 PX 100000 KEEPTTL", ""},
    {"SET a 3 KEEPTTL", "set:a"},
    {"SET a 4 NX", ""},
    {"SET a 4 XX GET", "set:a"},
    {"SET a 5 PXAT 99999999999999", "set:a expire:a"},
    {"SETNX b 1", "new:b set:b"},
    {"SETNX b 1", ""},
    {"SETEX c 100 1", "new:c set:c expire:c"},
    {"PSETEX c 100000 1", "set:c expire:c"},
    {"GETSET a 1", "set:a"},
    {"GETSET newg 1", "keymiss:newg new:newg set:newg"},
    {"GET a", ""},
    {"GET nosuch", "keymiss:nosuch"},
    {"MGET a nosuch b", "keymiss:nosuch"},
    {"GETEX a EX 100", "expire:a"},
    {"GETEX a PERSIST", "persist:a"},
    {"GETEX a PERSIST", ""},
    {"GETEX a", ""},
    {"GETEX a PXAT 1", "del:a"},
    {"GETEX nosuch", "keymiss:nosuch"},
    {"GETDEL b", "del:b"},
    {"GETDEL b", "keymiss:b"},
    {"MSET m1 1 m2 2 m1 3", "new:m1 set:m1 new:m2 set:m2 set:m1"},
    {"MSETNX m1 1 m3 1", ""},
    {"MSETNX m4 1 m5 1", "new:m4 set:m4 new:m5 set:m5"},
    {"APPEND m1 x", "append:m1"},
    {"APPEND m6 x", "new:m6 append:m6"},
    {"SETRANGE m1 5 x", "setrange:m1"},
    {"SETRANGE m7 2 x", "new:m7 setrange:m7"},
    {"SETRANGE m8 0", ""},
    {"STRLEN nosuch", "keymiss:nosuch"},
    {"GETRANGE nosuch 0 1", "keymiss:nosuch"},
    {"SET n 1", "new:n set:n"},
    {"INCR n", "incrby:n"},
    {"DECR n", "incrby:n"},
    {"INCRBY n 5", "incrby:n"},
    {"DECRBY n 5", "incrby:n"},
    {"INCRBYFLOAT n 1.5", "incrbyfloat:n"},
    {"INCR n2", "new:n2 incrby:n2"},
    {"INCRBYFLOAT n3 1", "new:n3 incrbyfloat:n3"},
    {"SETBIT bit 5 1", "new:bit setbit:bit"},
    {"SETBIT bit 5 1", ""},
    {"BITOP NOT bit2 bit", "new:bit2 set:bit2"},
    {"BITOP AND bit2 nosuch", "keymiss:nosuch del:bit2"},
    {"BITFIELD bit SET u8 0 5", "setbit:bit"},
    {"BITFIELD bit GET u8 0", ""},
    {"BITFIELD bit INCRBY u8 0 5", "setbit:bit"},
    {"BITCOUNT nosuch", "keymiss:nosuch"},
    {"PFADD hll a b", "new:hll pfadd:hll"},
    {"PFADD hll a", ""},
    {"PFADD hllnew", "new:hllnew pfadd:hllnew"},
    {"PFMERGE hll2 hll", "keymiss:hll2 new:hll2 pfadd:hll2"},
    {"PFCOUNT hll", ""},
    {"PFCOUNT nosuch", "keymiss:nosuch"},
    {"EXPIRE a 100", ""},
    {"EXPIRE a 50 GT", ""},
    {"EXPIRE nosuch 50", ""},
    {"PEXPIREAT a 99999999999999", ""},
    {"PERSIST a", ""},
    {"PERSIST a", ""},
    {"EXPIRE a -1", ""},
    {"TTL nosuch", "keymiss:nosuch"},
    {"TYPE nosuch", "keymiss:nosuch"},
    {"EXISTS nosuch", "keymiss:nosuch"},
    {"TOUCH nosuch", "keymiss:nosuch"},
    {"OBJECT ENCODING nosuch", ""},
    {"RENAME m1 r1", "new:r1 rename_from:m1 rename_to:r1"},
    {"RENAME r1 r1", ""},
    {"RENAME r1 m2", "new:m2 rename_from:r1 rename_to:m2"},
    {"RENAMENX m2 m4", ""},
    {"RENAMENX m2 r2", "new:r2 rename_from:m2 rename_to:r2"},
    {"COPY r2 r3", "new:r3 copy_to:r3"},
    {"COPY r2 r3", ""},
    {"COPY r2 r3 REPLACE", "new:r3 copy_to:r3"},
    {"COPY r2 r3 DB 1", "new:r3@1 copy_to:r3@1"},
    {"MOVE r2 1", "new:r2@1 move_from:r2 move_to:r2@1"},
    {"MOVE r2 1", ""},
    {"SELECT 1", ""},
    {"DEL r2 r3", "del:r2@1 del:r3@1"},
    {"SELECT 0", ""},
    {"LPUSH l 1 2 3", "new:l lpush:l"},
    {"RPUSH l 4 5 6", "rpush:l"},
    {"LPUSHX l 0", "lpush:l"},
    {"RPUSHX nosuch 0", ""},
    {"LINSERT l BEFORE 1 x", "linsert:l"},
    {"LINSERT l BEFORE nosuch x", ""},
    {"LSET l 0 y", "lset:l"},
    {"LREM l 0 y", "lrem:l"},
    {"LREM l 0 nosuch", ""},
    {"LTRIM l 0 4", "ltrim:l"},
    {"LPOP l", "lpop:l"},
    {"RPOP l 2", "rpop:l"},
    {"LPOP nosuch", ""},
    {"RPUSH l2 1", "new:l2 rpush:l2"},
    {"LMOVE l l2 LEFT RIGHT", "rpush:l2 lpop:l"},
    {"LMOVE l2 l2 LEFT RIGHT", "rpush:l2 lpop:l2"},
    {"RPOPLPUSH l l2", "lpush:l2 rpop:l del:l"},
    {"RPOPLPUSH l nl3", ""},
    {"LMPOP 2 nosuch l2 LEFT COUNT 10", "lpop:l2 del:l2"},
    {"RPUSH l4 1 2", "new:l4 rpush:l4"},
    {"RPOPLPUSH l4 l5", "new:l5 lpush:l5 rpop:l4"},
    {"LMOVE l4 l5 RIGHT LEFT", "lpush:l5 rpop:l4 del:l4"},
    {"LTRIM l5 5 10", "ltrim:l5 del:l5"},
    {"RPUSH l6 1 1", "new:l6 rpush:l6"},
    {"LREM l6 0 1", "lrem:l6 del:l6"},
    {"LRANGE nosuch 0 1", "keymiss:nosuch"},
    {"LLEN nosuch", "keymiss:nosuch"},
    {"LINDEX nosuch 0", "keymiss:nosuch"},
    {"LPOS nosuch 1", "keymiss:nosuch"},
    {"SADD s 1 2 3", "new:s sadd:s"},
    {"SADD s 1", ""},
    {"SADD s2 3 4 5", "new:s2 sadd:s2"},
    {"SREM s 1", "srem:s"},
    {"SREM s nosuch", ""},
    {"SMOVE s s2 2", "srem:s sadd:s2"},
    {"SMOVE s s2 nosuch", ""},
    {"SMOVE s s3 3", "srem:s del:s new:s3 sadd:s3"},
    {"SPOP s2", "spop:s2"},
    {"SPOP s2 2", "spop:s2"},
    {"SPOP s2 10", "spop:s2 del:s2"},
    {"SADD s 1 2 3", "new:s sadd:s"},
    {"SADD t 2 3 4", "new:t sadd:t"},
    {"SINTERSTORE d s t", "new:d sinterstore:d"},
    {"SINTERSTORE d s nosuch", "keymiss:nosuch del:d"},
    {"SUNIONSTORE d s t", "new:d sunionstore:d"},
    {"SDIFFSTORE d s t", "sdiffstore:d"},
    {"SDIFFSTORE d s s", "del:d"},
    {"SINTER s nosuch", "keymiss:nosuch"},
    {"SINTERCARD 2 s nosuch", "keymiss:nosuch"},
    {"SREM s 1 2 3", "srem:s del:s"},
    {"SCARD nosuch", "keymiss:nosuch"},
    {"SISMEMBER nosuch 1", "keymiss:nosuch"},
    {"SMEMBERS nosuch", "keymiss:nosuch"},
    {"SRANDMEMBER nosuch", "keymiss:nosuch"},
    {"SSCAN nosuch 0", "keymiss:nosuch"},
    {"SPOP nosuch", ""},
    {"HSET h a 1 b 2", "new:h hset:h"},
    {"HSET h a 2", "hset:h"},
    {"HSETNX h a 1", ""},
    {"HSETNX h c 1", "hset:h"},
    {"HMSET h d 1", "hset:h"},
    {"HINCRBY h n 1", "hincrby:h"},
    {"HINCRBYFLOAT h n 1.5", "hincrbyfloat:h"},
    {"HDEL h a b", "hdel:h"},
    {"HDEL h nosuch", ""},
    {"HGET h nosuch", ""},
    {"HGET nosuch a", "keymiss:nosuch"},
    {"HMGET nosuch a", "keymiss:nosuch"},
    {"HGETALL nosuch", "keymiss:nosuch"},
    {"HEXISTS nosuch a", "keymiss:nosuch"},
    {"HRANDFIELD nosuch", "keymiss:nosuch"},
    {"HDEL h c d n", "hdel:h del:h"},
    {"ZADD z 1 a 2 b 3 c", "new:z zadd:z"},
    {"ZADD z 1 a", ""},
    {"ZADD z XX CH 5 a", "zadd:z"},
    {"ZADD z INCR 1 a", "zincr:z"},
    {"ZADD z NX INCR 1 a", ""},
    {"ZINCRBY z 1 a", "zincr:z"},
    {"ZINCRBY z 1 d", "zincr:z"},
    {"ZADD z 7 d", "zadd:z"},
    {"ZREM z d", "zrem:z"},
    {"ZREM z nosuch", ""},
    {"ZPOPMIN z", "zpopmin:z"},
    {"ZPOPMAX z 1", "zpopmax:z"},
    {"ZPOPMIN nosuch", ""},
    {"ZADD z 1 a 2 b 3 c 4 d", "zadd:z"},
    {"ZMPOP 1 z MIN", "zpopmin:z"},
    {"ZMPOP 1 z MAX COUNT 2", "zpopmax:z"},
    {"ZADD z 1 a 2 b 3 c 4 d", "zadd:z"},
    {"ZREMRANGEBYRANK z 0 0", "zremrangebyrank:z"},
    {"ZREMRANGEBYSCORE z 2 2", "zremrangebyscore:z"},
    {"ZREMRANGEBYLEX z [c [c", "zremrangebylex:z"},
    {"ZREMRANGEBYSCORE z 100 200", ""},
    {"ZADD z2 1 a 4 d", "new:z2 zadd:z2"},
    {"ZUNIONSTORE zd 2 z z2", "new:zd zunionstore:zd"},
    {"ZINTERSTORE zd 2 z z2", "zinterstore:zd"},
    {"ZDIFFSTORE zd 2 z2 z", "zdiffstore:zd"},
    {"ZINTERSTORE zd 2 z nosuch", "keymiss:nosuch del:zd"},
    {"ZDIFFSTORE zd 2 z z", ""},
    {"ZRANGESTORE zd z2 0 -1", "new:zd zrangestore:zd"},
    {"ZRANGESTORE zd z2 5 10", "del:zd"},
    {"ZRANGESTORE zd2 z2 5 10", ""},
    {"ZREMRANGEBYRANK z2 0 -1", "zremrangebyrank:z2 del:z2"},
    {"ZUNION 1 nosuch", "keymiss:nosuch"},
    {"ZSCORE nosuch a", "keymiss:nosuch"},
    {"ZRANGE nosuch 0 1", "keymiss:nosuch"},
    {"ZCARD nosuch", "keymiss:nosuch"},
    {"GEOADD geo 1 1 a 2 2 b", "new:geo zadd:geo"},
    {"GEOADD geo 1 1 a", ""},
    {"GEOSEARCHSTORE gs geo FROMLONLAT 1 1 BYRADIUS 1000 km", "new:gs geosearchstore:gs"},
    {"GEOSEARCHSTORE gs geo FROMLONLAT 50 50 BYRADIUS 1 km", "del:gs"},
    {"GEORADIUS geo 1 1 1000 km STORE gs", "new:gs georadiusstore:gs"},
    {"GEOPOS nosuch a", "keymiss:nosuch"},
    {"GEODIST nosuch a b", "keymiss:nosuch"},
    {"RPUSH sl 3 1 2", "new:sl rpush:sl"},
    {"SORT sl STORE so", "new:so sortstore:so"},
    {"SORT nosuch STORE so", "keymiss:nosuch del:so"},
    {"SORT nosuch", "keymiss:nosuch"},
    {"SORT sl BY nosort GET w_* STORE so", "keymiss:w_3 keymiss:w_1 keymiss:w_2 new:so sortstore:so"},
    {"DEL l z nosuch", "del:z"},
    {"UNLINK geo sl", "del:geo del:sl"},
    {"SET swp 1", "new:swp set:swp"},
    {"SWAPDB 0 1", ""},
    {"SWAPDB 0 1", ""},
    {"FLUSHDB", ""},
    {"SET k v", "new:k set:k"},
    {"SET k v EX 10 GET", "set:k expire:k"},
    {"SETEX k 5 v", "set:k expire:k"},
    {"SET k v", "set:k"},
    {"DEL k k", "del:k"},
    {"SETRANGE e 0 abc", "new:e setrange:e"},
    {"SUBSTR nosuch 0 1", "keymiss:nosuch"},
    {"LCS nosuch nosuch2", "keymiss:nosuch keymiss:nosuch2"},
    {"SMISMEMBER nosuch 1", "keymiss:nosuch"},
    {"BITPOS nosuch 1", "keymiss:nosuch"},
    {"GETBIT nosuch 1", "keymiss:nosuch"},
    {"ZADD zz 1 a", "new:zz zadd:zz"},
    {"ZADD zz GT 0 a", ""},
    {"ZADD zz GT CH 5 a", "zadd:zz"},
    {"ZADD zz LT INCR 10 a", ""},
    {"ZRANDMEMBER nosuch", "keymiss:nosuch"},
    {"ZRANGESTORE zz zz 0 -1", "zrangestore:zz"},
    {"SUNIONSTORE su nosuch", "keymiss:nosuch"},
    {"SUNIONSTORE su nosuch nosuch", "keymiss:nosuch keymiss:nosuch"},
    {"HSET hh a 1", "new:hh hset:hh"},
    {"HSET hh a 1", "hset:hh"},
    {"MULTI", ""},
    {"SET tx 1", ""},
    {"INCR tx", ""},
    {"EXEC", "new:tx set:tx incrby:tx"},
    {"OBJECT REFCOUNT nosuch", ""},
    {"MEMORY USAGE nosuch", ""},
    {"EXPIRETIME nosuch", "keymiss:nosuch"},
    {"FLUSHALL", ""},
    {"XADD xs 1-1 a b", "new:xs xadd:xs"},
    {"XADD xs NOMKSTREAM 2-1 a b", "xadd:xs"},
    {"XADD nosuch NOMKSTREAM 2-1 a b", ""},
    {"XADD xs MAXLEN 2 3-1 a b", "xadd:xs xtrim:xs"},
    {"XADD xs MAXLEN 5 4-1 a b", "xadd:xs"},
    {"XADD xs 1-1 a b", ""},
    {"XGROUP CREATE xs g 0", "xgroup-create:xs"},
    {"XGROUP CREATE xm g 0 MKSTREAM", "new:xm xgroup-create:xm"},
    {"XREADGROUP GROUP g c STREAMS xs >", "xgroup-createconsumer:xs"},
    {"XACK xs g 4-1", ""},
    {"XCLAIM xs g d 0 3-1", "xgroup-createconsumer:xs"},
    {"XNACK xs g FAIL IDS 1 3-1", ""},
    {"XGROUP SETID xs g 0", "xgroup-setid:xs"},
    {"XGROUP CREATECONSUMER xs g d", ""},
    {"XGROUP DELCONSUMER xs g d", "xgroup-delconsumer:xs"},
    {"XADD xm 1-1 a b", "xadd:xm"},
    {"XDELEX xm IDS 1 1-1", "xdel:xm"},
    {"XDELEX xm IDS 1 1-1", ""},
    {"XGROUP DESTROY xs g", "xgroup-destroy:xs"},
    {"XDEL xs 3-1 9-9", "xdel:xs"},
    {"XDEL xs 9-9", ""},
    {"XDEL nosuch 1", ""},
    {"XTRIM xs MAXLEN 1", "xtrim:xs"},
    {"XTRIM xs MAXLEN 1", ""},
    {"XTRIM nosuch MAXLEN 1", ""},
    {"XSETID xs 9", "xsetid:xs"},
    {"XSETID nosuch 9", ""},
    {"XLEN xs", ""},
    {"XLEN nosuch", "keymiss:nosuch"},
    {"XRANGE nosuch - +", "keymiss:nosuch"},
    {"XREVRANGE nosuch + -", "keymiss:nosuch"},
    {"XREAD STREAMS xs nosuch 0 0", "keymiss:nosuch keymiss:nosuch"},
    {"XREAD STREAMS nosuch 0", "keymiss:nosuch keymiss:nosuch"},
    {"XINFO STREAM nosuch", "keymiss:nosuch"},
    {"XTRIM xs MAXLEN 0", "xtrim:xs"},
};

static redisContext *listener;

static void listen_to(const char *letters, const char *pattern)
{
    served_begin(kit_start("--notify-keyspace-events", letters, "--maxmemory-samples", "10"));
    listener = kit_connect(server);
    redisReply *reply = kit_command(listener, "PSUBSCRIBE", pattern);
    freeReplyObject(reply);
}

static void stop_listening(void)
{
    redisFree(listener);
    served_end();
}

static redisReply *next_message(void)
{
    redisReply *reply;
    ck_assert_int_eq(redisGetReply(listener, (void **)&reply), REDIS_OK);
    ck_assert_uint_eq(reply->elements, 4);
    return reply;
}

static void run_line(redisContext *context, const char *line)
{
    const char *argv[32];
    int argc = 0;
    char *copy = strdup(line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    redisReply *reply = redisCommandArgv(context, argc, argv, NULL);
    ck_assert_ptr_nonnull(reply);
    freeReplyObject(reply);
    free(copy);
}

/* Both channels tell the same, the key's first. Ends with a marker that is published behind. */
static void take_events(redisContext *publisher, char *text, size_t size)
{
    size_t len = 0;
    text[0] = '\0';
    freeReplyObject(kit_command(publisher, "PUBLISH", "__key_marker", "end"));
    for (;;) {
        redisReply *first = next_message();
        if (strcmp(first->element[2]->str, "__key_marker") == 0) {
            freeReplyObject(first);
            return;
        }
        redisReply *second = next_message();
        char expected[256];
        int db = atoi(first->element[2]->str + strlen("__keyspace@"));
        const char *key = strchr(first->element[2]->str, ':') + 1, *event = first->element[3]->str;
        snprintf(expected, sizeof expected, "__keyevent@%d__:%s", db, event);
        ck_assert_str_eq(second->element[2]->str, expected);
        ck_assert_str_eq(second->element[3]->str, key);
        len += (size_t)snprintf(text + len, size - len, "%s%s:%s", len > 0 ? " " : "", event, key);
        if (db != 0)
            len += (size_t)snprintf(text + len, size - len, "@%d", db);
        freeReplyObject(first);
        freeReplyObject(second);
    }
}

START_TEST(commands_tell_what_they_tell_in_redis)
{
    char events[1024];
    listen_to("KEAmn", "__key*");
    redisContext *publisher = kit_connect(server);
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        run_line(c, told[i].command);
        take_events(publisher, events, sizeof events);
        ck_assert_msg(strcmp(events, told[i].events) == 0, "%s tells \"%s\", not \"%s\"", told[i].command, events,
                      told[i].events);
    }
    redisFree(publisher);
    stop_listening();
}
END_TEST

/* What Redis 8 has beyond that, by its documentation. */
START_TEST(newer_commands_tell_their_events)
{
    static const struct {
        const char *command, *events;
    } newer[] = {
        {"HSETEX h EX 100 FIELDS 1 a 1", "new:h hset:h hexpire:h"},
        {"HSETEX h FIELDS 1 b 1", "hset:h"},
        {"HEXPIRE h 100 FIELDS 1 b", "hexpire:h"},
        {"HPERSIST h FIELDS 1 b", "hpersist:h"},
        {"HGETEX h EX 50 FIELDS 1 b", "hexpire:h"},
        {"HGETEX h PERSIST FIELDS 1 b", "hpersist:h"},
        {"HGETEX h FIELDS 1 b", ""},
        {"HGETDEL h FIELDS 1 a", "hdel:h"},
        {"HGETDEL h FIELDS 1 b", "hdel:h del:h"},
        {"MSETEX 1 k v EX 100", "new:k set:k expire:k"},
        {"DELEX k", "del:k"},
    };
    char events[1024];
    listen_to("KEAmn", "__key*");
    redisContext *publisher = kit_connect(server);
    for (size_t i = 0; i < sizeof newer / sizeof newer[0]; i++) {
        run_line(c, newer[i].command);
        take_events(publisher, events, sizeof events);
        ck_assert_msg(strcmp(events, newer[i].events) == 0, "%s tells \"%s\", not \"%s\"", newer[i].command, events,
                      newer[i].events);
    }
    redisFree(publisher);
    stop_listening();
}
END_TEST

static void expect_message(const char *channel, const char *text)
{
    redisReply *reply = next_message();
    ck_assert_str_eq(reply->element[2]->str, channel);
    ck_assert_str_eq(reply->element[3]->str, text);
    freeReplyObject(reply);
}

START_TEST(keys_and_fields_that_expire_are_told_of)
{
    listen_to("Exh", "__keyevent@0__:*");
    kit_expect(c, "+OK", "SET", "k", "v", "PX", "5");
    expect_message("__keyevent@0__:expired", "k");
    kit_expect(c, ":2", "HSET", "h", "a", "1", "b", "2");
    expect_message("__keyevent@0__:hset", "h");
    kit_expect(c, "[:1]", "HPEXPIRE", "h", "5", "FIELDS", "1", "a");
    expect_message("__keyevent@0__:hexpire", "h");
    expect_message("__keyevent@0__:hexpired", "h");
    stop_listening();
}
END_TEST

START_TEST(evicted_keys_are_told_of)
{
    char key[32], *value = malloc(100001);
    memset(value, 'v', 100000);
    value[100000] = '\0';
    listen_to("Ee", "__keyevent@0__:evicted");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", "20mb", "maxmemory-policy", "allkeys-random");
    for (int i = 0; i < 400; i++) {
        snprintf(key, sizeof key, "key%d", i);
        kit_expect(c, "+OK", "SET", key, value);
    }
    redisReply *reply = next_message();
    ck_assert_int_eq(strncmp(reply->element[3]->str, "key", 3), 0);
    freeReplyObject(reply);
    free(value);
    stop_listening();
}
END_TEST

START_TEST(the_setting_says_what_is_told)
{
    listen_to("", "__key*");
    redisContext *publisher = kit_connect(server);
    char events[256];
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, "+OK", "CONFIG", "SET", "notify-keyspace-events", "KEl");
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, ":1", "RPUSH", "l", "v");
    take_events(publisher, events, sizeof events);
    ck_assert_str_eq(events, "rpush:l");
    kit_expect(c, "+OK", "CONFIG", "SET", "notify-keyspace-events", "E$");
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, ":2", "RPUSH", "l", "v");
    expect_message("__keyevent@0__:set", "k");
    kit_expect(c, "+OK", "CONFIG", "SET", "notify-keyspace-events", "K");
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, "+OK", "CONFIG", "SET", "notify-keyspace-events", "");
    kit_expect(c, "+OK", "SET", "k", "v");
    take_events(publisher, events, sizeof events);
    ck_assert_str_eq(events, "");
    kit_expect(c,
               "-ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid event "
               "class character. Use 'Ag$lshzxeKEtmdn'.",
               "CONFIG", "SET", "notify-keyspace-events", "KEq");
    redisFree(publisher);
    stop_listening();
}
END_TEST

Suite *suite_key_events(void);
Suite *suite_key_events(void)
{
    Suite *suite = suite_create("key_events");
    TCase *tcase = kit_tcase("key events");
    tcase_add_test(tcase, commands_tell_what_they_tell_in_redis);
    tcase_add_test(tcase, newer_commands_tell_their_events);
    tcase_add_test(tcase, keys_and_fields_that_expire_are_told_of);
    tcase_add_test(tcase, evicted_keys_are_told_of);
    tcase_add_test(tcase, the_setting_says_what_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
