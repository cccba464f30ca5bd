/*
 * Configurations that exist: those of Redis, of a server that is reached through a socket file alone, are served as
 * they are.
 */
#include "kit/kit.h"
#include "kit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEBIANS_FILE "/etc/redis/redis.conf"

/* What a distribution's file sets, beside port and paths; there is no save line. */
#define PACKAGED                                                                                                       \
    "bind 127.0.0.1 -::1\nprotected-mode yes\nport 0\ntcp-backlog 511\ntimeout 0\ntcp-keepalive 300\n"                 \
    "loglevel notice\ndatabases 16\nalways-show-logo no\nset-proc-title yes\n"                                         \
    "proc-title-template \"{title} {listen-addr} {server-mode}\"\nstop-writes-on-bgsave-error yes\n"                   \
    "rdbcompression yes\nrdbchecksum yes\ndbfilename dump.rdb\nrdb-del-sync-files no\nreplica-serve-stale-data yes\n"  \
    "replica-read-only yes\nrepl-diskless-sync yes\nrepl-diskless-sync-delay 5\nrepl-diskless-sync-max-replicas 0\n"   \
    "repl-diskless-load disabled\nrepl-disable-tcp-nodelay no\nreplica-priority 100\nacllog-max-len 128\n"             \
    "lazyfree-lazy-eviction no\nlazyfree-lazy-expire no\nlazyfree-lazy-server-del no\nreplica-lazy-flush no\n"         \
    "lazyfree-lazy-user-del no\nlazyfree-lazy-user-flush no\noom-score-adj no\noom-score-adj-values 0 200 800\n"       \
    "disable-thp yes\nappendonly no\nappendfilename \"appendonly.aof\"\nappenddirname \"appendonlydir\"\n"             \
    "appendfsync everysec\nno-appendfsync-on-rewrite no\nauto-aof-rewrite-percentage 100\n"                            \
    "auto-aof-rewrite-min-size 64mb\naof-load-truncated yes\naof-use-rdb-preamble yes\naof-timestamp-enabled no\n"     \
    "slowlog-log-slower-than 10000\nslowlog-max-len 128\nlatency-monitor-threshold 0\nnotify-keyspace-events \"\"\n"   \
    "hash-max-listpack-entries 512\nhash-max-listpack-value 64\nlist-max-listpack-size -2\nlist-compress-depth 0\n"    \
    "set-max-intset-entries 512\nzset-max-listpack-entries 128\nzset-max-listpack-value 64\n"                          \
    "hll-sparse-max-bytes 3000\nstream-node-max-bytes 4096\nstream-node-max-entries 100\nactiverehashing yes\n"        \
    "client-output-buffer-limit normal 0 0 0\nclient-output-buffer-limit replica 256mb 64mb 60\n"                      \
    "client-output-buffer-limit pubsub 32mb 8mb 60\nhz 10\ndynamic-hz yes\naof-rewrite-incremental-fsync yes\n"        \
    "rdb-save-incremental-fsync yes\njemalloc-bg-thread yes\n"

/* What guides to a safe server add. */
#define HARDENED                                                                                                       \
    "rename-command CONFIG \"\"\nrename-command FLUSHALL \"\"\nrename-command FLUSHDB \"\"\nrename-command DEBUG "     \
    "\"\"\n"                                                                                                           \
    "rename-command BGSAVE \"\"\nrename-command BGREWRITEAOF \"\"\nrename-command SHUTDOWN \"end-it\"\n"               \
    "rename-command EVAL \"\"\nrename-command SCRIPT \"\"\nrename-command KEYS \"\"\nrename-command MIGRATE \"\"\n"    \
    "rename-command REPLICAOF \"\"\nrename-command SLAVEOF \"\"\nrename-command SYNC \"\"\nrename-command PSYNC "      \
    "\"\"\n"                                                                                                           \
    "rename-command MODULE \"\"\nrename-command ACL \"\"\nrename-command MONITOR \"\"\nrename-command CLUSTER \"\"\n"  \
    "rename-command SAVE \"\"\nrename-command SPOP \"\"\nrename-command SREM \"remove-it\"\nrename-command RENAME "    \
    "\"\"\n"                                                                                                           \
    "rename-command PEXPIRE \"\"\nuser default on nopass ~* &* +@all -@dangerous -@scripting -multi +config|get\n"     \
    "user app on >word ~app:* resetchannels -@all +@read +@hash +xadd +xgroup|create -script|load +select|0\n"

static char *folder; /* of the running test's files */

static void set_up(void)
{
    folder = scratch_create();
}

static void tear_down(void)
{
    scratch_remove(folder);
}

static const char *write_conf(const char *text)
{
    const char *path = scratch_path(folder, "redis.conf");
    scratch_write(path, text);
    return path;
}

/* The server keeps a value and finds it. */
static void expect_served(struct kit_server *server)
{
    redisContext *context = kit_connect(server);
    kit_expect(context, "+OK", "SET", "k", "v");
    kit_expect(context, "$v", "GET", "k");
    redisFree(context);
}

START_TEST(a_packaged_file_is_served_and_says_that_nothing_is_kept)
{
    struct kit_server *server = kit_start(write_conf(PACKAGED));
    expect_served(server);
    kit_await_log(server, "redis.conf: no save line, which in Redis means snapshots; kvs makes one only when asked");
    redisContext *context = kit_connect(server);
    char *kept = kit_info_text(context, "kvs_persistence");
    ck_assert_str_eq(kept, "none");
    free(kept);
    ck_assert_int_eq(kit_info(context, "rdb_saves"), 0);
    ck_assert_int_eq(kit_info(context, "aof_enabled"), 0);
    kit_expect(context, "[$save $]", "CONFIG", "GET", "save");
    kit_expect(context, "[$appendonly $no]", "CONFIG", "GET", "appendonly");
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(a_hardened_file_is_served_with_one_line_about_what_is_absent)
{
    struct kit_server *server = kit_start(write_conf(PACKAGED HARDENED "save \"\"\n"));
    kit_await_log(server, "BGREWRITEAOF, MIGRATE and ");
    char *log = kit_read_log(server), *first = strstr(log, " in kvs (yet)");
    ck_assert(first && !strstr(first + 1, " in kvs (yet)"));
    ck_assert_msg(!strstr(log, "no save line"), "%s", log);
    free(log);
    redisContext *context = kit_connect(server);
    kit_expect(context, "-ERR unknown command 'CONFIG'...", "CONFIG", "GET", "save");
    kit_expect(context, "-ERR unknown command 'BGSAVE'...", "BGSAVE");
    kit_expect(context, "-ERR wrong number of arguments for 'srem' command", "remove-it", "k");
    kit_expect(context, "+OK", "AUTH", "app", "word");
    kit_expect(context, "nil", "GET", "app:k");
    kit_expect(context, "-ERR wrong number of arguments for 'xadd' command", "XADD", "app:k", "f", "v");
    kit_expect(context, "-NOPERM...", "SET", "app:k", "v");
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(the_file_of_debians_package_is_served)
{
    if (access(DEBIANS_FILE, R_OK) != 0) {
        test_skip(DEBIANS_FILE " isn't there, or can't be read");
        return;
    }
    struct kit_server *server =
        kit_start(DEBIANS_FILE, "--port", "0", "--daemonize", "no", "--dir", folder, "--pidfile", "", "--logfile", "");
    expect_served(server);
    kit_stop(server);
}
END_TEST

Suite *suite_redis_conf(void);
Suite *suite_redis_conf(void)
{
    Suite *suite = suite_create("redis_conf");
    TCase *tcase = tcase_create("redis_conf");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_packaged_file_is_served_and_says_that_nothing_is_kept);
    tcase_add_test(tcase, a_hardened_file_is_served_with_one_line_about_what_is_absent);
    tcase_add_test(tcase, the_file_of_debians_package_is_served);
    suite_add_tcase(suite, tcase);
    return suite;
}
