/*
 * A snapshot shows one moment: while clients move money between accounts of all types and databases, redis-server finds
 * the whole sum in each file.
 */
#include "kit/served.h"
#include "kit/suites.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS 4
#define STRINGS 20000   /* accounts that are keys */
#define OTHERS 8        /* keys of each other type */
#define FIELDS 300      /* accounts in each of them: some are small, and some beyond their small form */
#define BALLAST "60000" /* keys without money, so that a snapshot takes a while */

#define SUM 218000

/* All money that there is: SUM. */
static const char endow[] = "for i = 0, 19999 do redis.call('set', 's:' .. i, 10) end\n"
                            "for k = 0, 7 do for i = 0, 299 do\n"
                            "  local field = 'f' .. i % (k % 2 == 0 and 20 or 300)\n"
                            "  redis.call('hincrby', 'h:' .. k, field, 1)\n"
                            "  redis.call('zincrby', 'z:' .. k, 1, field)\n"
                            "  redis.call('rpush', 'l:' .. k, 'coin')\n"
                            "  redis.call('sadd', 't:' .. k, 'coin' .. k .. ':' .. i)\n"
                            "  redis.call('xadd', 'x:' .. k, '*', 'coin', i)\n"
                            "end end\n"
                            "redis.call('xgroup', 'create', 'q', 'g', '0', 'mkstream')\n"
                            "redis.call('select', 2) redis.call('set', 'w', 1000)\n"
                            "redis.call('select', 3) redis.call('set', 'w', 5000)\n"
                            "redis.call('select', 0)";

/* The sum of all money, and of messages that the group has not got: none, at each moment. */
static const char count_all[] =
    "local sum = 0\n"
    "for db = 0, 4 do\n"
    "  redis.call('select', db)\n"
    "  for _, key in ipairs(redis.call('keys', '?:*')) do\n"
    "    local kind = key:sub(1, 1)\n"
    "    if kind == 's' or kind == 'm' then sum = sum + redis.call('get', key)\n"
    "    elseif kind == 'h' then for _, v in ipairs(redis.call('hvals', key)) do sum = sum + v end\n"
    "    elseif kind == 'z' then\n"
    "      local all = redis.call('zrange', key, 0, -1, 'withscores')\n"
    "      for i = 2, #all, 2 do sum = sum + all[i] end\n"
    "    elseif kind == 'l' then sum = sum + redis.call('llen', key)\n"
    "    elseif kind == 't' then sum = sum + redis.call('scard', key)\n"
    "    elseif kind == 'x' then sum = sum + redis.call('xlen', key) end\n"
    "  end\n"
    "  sum = sum + (redis.call('get', 'w') or 0)\n"
    "end\n"
    "redis.call('select', 0)\n"
    "for i = 0, 63 do sum = sum + redis.call('bitfield', 'bits', 'get', 'i32', '#' .. i)[1] end\n"
    "local unread = redis.call('xlen', 'q') - redis.call('xpending', 'q', 'g')[1]\n"
    "return {sum, unread}";

/* ---- what writers do: each moves money, and leaves the sum as it is ---- */

static void send_line(redisContext *context, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void send_line(redisContext *context, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    ck_assert_int_eq(redisvAppendCommand(context, format, list), REDIS_OK);
    va_end(list);
}

typedef unsigned move(redisContext *context, struct dice *dice); /* returns how many requests it has sent */

static unsigned below(struct dice *dice, unsigned limit)
{
    return (unsigned)dice_below(dice, limit);
}

static unsigned between_strings(redisContext *context, struct dice *dice)
{
    unsigned amount = below(dice, 100);
    send_line(context, "MULTI");
    send_line(context, "DECRBY s:%u %u", below(dice, STRINGS), amount);
    send_line(context, "INCRBY s:%u %u", below(dice, STRINGS), amount);
    send_line(context, "EXEC");
    return 4;
}

static unsigned between_hash_and_zset(redisContext *context, struct dice *dice)
{
    int amount = (int)below(dice, 200) - 100;
    send_line(context, "MULTI");
    send_line(context, "HINCRBY h:%u f%u %d", below(dice, OTHERS), below(dice, FIELDS), amount);
    send_line(context, "ZINCRBY z:%u %d f%u", below(dice, OTHERS), -amount, below(dice, FIELDS));
    send_line(context, "EXEC");
    return 4;
}

static unsigned between_list_and_string(redisContext *context, struct dice *dice)
{
    send_line(context, "MULTI");
    send_line(context, "RPUSH l:%u coin coin", below(dice, OTHERS));
    send_line(context, "DECRBY s:%u 2", below(dice, STRINGS));
    send_line(context, "EXEC");
    return 4;
}

static unsigned within_types(redisContext *context, struct dice *dice)
{
    unsigned a = below(dice, 64), b = below(dice, 64);
    send_line(context, "LMOVE l:%u l:%u LEFT RIGHT", below(dice, OTHERS), below(dice, OTHERS));
    send_line(context, "SMOVE t:%u t:%u coin%u:%u", below(dice, OTHERS), below(dice, OTHERS), below(dice, OTHERS),
              below(dice, FIELDS));
    send_line(context, "BITFIELD bits INCRBY i32 #%u %u INCRBY i32 #%u -%u", a, a, b, a);
    return 3;
}

static unsigned between_streams(redisContext *context, struct dice *dice)
{
    send_line(context, "EVAL %s 2 x:%u x:%u",
              "local e = redis.call('xrange', KEYS[1], '-', '+', 'COUNT', 1)[1]\n"
              "if e then redis.call('xdel', KEYS[1], e[1]) redis.call('xadd', KEYS[2], '*', 'coin', 1) end",
              below(dice, OTHERS), below(dice, OTHERS));
    return 1;
}

/* What a group has got is pending until it is deleted. */
static unsigned through_a_group(redisContext *context, struct dice *dice)
{
    send_line(context, "MULTI");
    send_line(context, "XADD q * a %u", below(dice, 100));
    send_line(context, "XREADGROUP GROUP g c%u COUNT 1 STREAMS q >", below(dice, 3));
    send_line(context, "EXEC");
    send_line(context, "EVAL %s 1 q",
              "local e = redis.call('xpending', KEYS[1], 'g', '-', '+', 9)[9]\n"
              "if e then redis.call('xack', KEYS[1], 'g', e[1]) redis.call('xdel', KEYS[1], e[1]) end");
    return 5;
}

static unsigned between_databases(redisContext *context, struct dice *dice)
{
    unsigned amount = below(dice, 10), key = below(dice, 50);
    send_line(context, "MULTI");
    send_line(context, "SELECT 2");
    send_line(context, "DECRBY w %u", amount);
    send_line(context, "SELECT 0");
    send_line(context, "INCRBY m:%u %u", key, amount);
    send_line(context, "MOVE m:%u 1", key); /* unless it is there, with money */
    send_line(context, "EXEC");
    send_line(context, "SWAPDB 2 3");
    send_line(context, "SWAPDB 1 4");
    return 9;
}

static unsigned under_other_names(redisContext *context, struct dice *dice)
{
    unsigned key = below(dice, STRINGS), other = STRINGS + below(dice, 1000);
    send_line(context, "RENAMENX s:%u s:%u", key, other);
    send_line(context, "RENAMENX s:%u s:%u", other, key);
    send_line(context, "MULTI");
    send_line(context, "COPY h:1 h:copy");
    send_line(context, "DEL h:1");
    send_line(context, "RENAME h:copy h:1");
    send_line(context, "EXPIRE l:%u 10000", below(dice, OTHERS));
    send_line(context, "EXEC");
    return 8;
}

static move *const moves[] = {between_strings, between_hash_and_zset, between_list_and_string, within_types,
                              between_streams, through_a_group,       between_databases,       under_other_names};

static void move_money(redisContext *context, struct dice *dice)
{
    unsigned requests = moves[below(dice, sizeof moves / sizeof moves[0])](context, dice);
    for (unsigned i = 0; i < requests; i++) {
        redisReply *reply;
        ck_assert_msg(redisGetReply(context, (void **)&reply) == REDIS_OK, "%s", context->errstr);
        freeReplyObject(reply);
    }
}

/* ---- who looks at the files ---- */

static bool redis_is_installed(void)
{
    return system("redis-server --version > /dev/null 2>&1") == 0; /* NOLINT(cert-env33-c) */
}

/* redis-server in the folder of the server; it loads what is there when it is told to. */
static pid_t start_judge(const char *socket_path)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int log = open(scratch_path(server->folder, "redis.log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(126);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_path, "--save", "", "--dir",
           server->folder, "--enable-debug-command", "yes", (char *)NULL);
    _exit(127);
}

static bool listens(void *socket_path)
{
    redisContext *context = redisConnectUnix(socket_path);
    bool yes = context && !context->err;
    if (context)
        redisFree(context);
    return yes;
}

/* ---- both at once ---- */

struct scene {
    atomic_bool is_over;
    const char *judge; /* its socket */
    unsigned snapshots;
};

static bool rests(void *context)
{
    return kit_info(context, "rdb_bgsave_in_progress") == 0;
}

static bool has_changed(void *context)
{
    return kit_info(context, "rdb_changes_since_last_save") > 0;
}

static void make_snapshots(redisContext *context, const struct scene *scene)
{
    redisContext *judge = kit_connect_to(scene->judge);
    char expected[32];
    snprintf(expected, sizeof expected, "[:%d :0]", SUM);
    for (unsigned i = 0; i < scene->snapshots; i++) {
        kit_expect(context, "+Background saving started", "BGSAVE");
        kit_await(rests, context, "the end of the snapshot");
        kit_await(has_changed, context, "what others change");
        kit_expect(judge, "+OK", "DEBUG", "RELOAD", "NOSAVE");
        kit_expect(judge, expected, "EVAL", count_all, "0");
    }
    ck_assert_int_eq(kit_info(context, "rdb_saves"), scene->snapshots);
    redisFree(judge);
}

static void play(redisContext *context, unsigned index, void *data)
{
    struct scene *scene = data;
    struct dice dice = dice_create(index);
    if (index == 0) {
        make_snapshots(context, scene);
        atomic_store(&scene->is_over, true);
    }
    while (!atomic_load(&scene->is_over))
        move_money(context, &dice);
}

static void expect_whole_sums(const char *threads)
{
    char expected[32], *socket_path;
    served_begin(kit_start("--threads", threads));
    socket_path = strdup(scratch_path(server->folder, "redis.sock"));
    pid_t pid = start_judge(socket_path);
    struct scene scene = {.judge = socket_path, .snapshots = scratch_rounds(12)};
    kit_await(listens, socket_path, "redis-server");
    kit_expect(c, "nil", "EVAL", endow, "0");
    kit_expect(c, "+OK", "DEBUG", "POPULATE", BALLAST);
    kit_parallel(server, 1 + WRITERS, play, &scene);
    snprintf(expected, sizeof expected, "[:%d :0]", SUM);
    kit_expect(c, expected, "EVAL", count_all, "0"); /* what writers did was right */
    ck_assert(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
    free(socket_path);
    served_end();
}

START_TEST(each_file_has_the_whole_sum_with_two_workers)
{
    if (redis_is_installed())
        expect_whole_sums("2");
    else
        test_skip("redis-server isn't installed");
}
END_TEST

START_TEST(each_file_has_the_whole_sum_with_four_workers)
{
    if (redis_is_installed())
        expect_whole_sums("4");
    else
        test_skip("redis-server isn't installed");
}
END_TEST

Suite *suite_saving_moment(void);
Suite *suite_saving_moment(void)
{
    Suite *suite = suite_create("saving_moment");
    TCase *tcase = kit_tcase("saving_moment");
    tcase_add_test(tcase, each_file_has_the_whole_sum_with_two_workers);
    tcase_add_test(tcase, each_file_has_the_whole_sum_with_four_workers);
    suite_add_tcase(suite, tcase);
    return suite;
}
