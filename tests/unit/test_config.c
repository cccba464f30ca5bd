/* Configuration: what files and command lines are taken, what is said of mistakes, and CONFIG GET, SET and
 * REWRITE. */
#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/directive.h"
#include "config/directive_value.h"
#include "config/suggest.h"
#include "host/open_files.h"
#include "kit/suites.h"
#include "unit/config_fixture.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the table ---- */

START_TEST(every_name_is_unique_and_found_in_any_case)
{
    for (size_t i = 0; i < directive_count; i++) {
        const char *names[] = {directives[i].name, directives[i].alias};
        for (size_t j = 0; j < 2 && names[j]; j++) {
            char upper[128] = "";
            for (size_t k = 0; names[j][k] != '\0'; k++)
                upper[k] = (char)(names[j][k] >= 'a' && names[j][k] <= 'z' ? names[j][k] - 32 : names[j][k]);
            ck_assert_ptr_eq(directive_find(names[j], strlen(names[j])), &directives[i]);
            ck_assert_ptr_eq(directive_find(upper, strlen(upper)), &directives[i]);
        }
        ck_assert_msg(directives[i].about[strlen(directives[i].about) - 1] == '.', "%s", directives[i].name);
    }
}
END_TEST

START_TEST(every_value_that_get_tells_is_taken_by_set)
{
    mem_free(CONFIG_LOAD("--enable-protected-configs", "yes"));
    for (size_t i = 0; i < directive_count; i++) {
        struct text before = TEXT_EMPTY, after = TEXT_EMPTY;
        if ((directives[i].flags & DIRECTIVE_IMMUTABLE) != 0)
            continue;
        directive_get(&test_config, &directives[i], &before);
        char *error = CONFIG_SET(directives[i].name, before.data);
        ck_assert_msg(!error, "%s", error);
        directive_get(&test_config, &directives[i], &after);
        ck_assert_str_eq(before.data, after.data);
        text_deinit(&before);
        text_deinit(&after);
    }
}
END_TEST

START_TEST(defaults_are_in_the_fields)
{
    ck_assert_str_eq(test_config.unixsocket, "/tmp/kvs.sock");
    ck_assert_int_eq(test_config.unixsocketperm, 0600);
    ck_assert_int_ge(test_config.threads, 1);
    ck_assert_int_eq(test_config.databases, 16);
    ck_assert_int_eq(test_config.maxclients, 10000);
    ck_assert_uint_eq(test_config.proto_max_bulk_len, 512U << 20);
    ck_assert_uint_eq(test_config.output_limits[CLASS_PUBSUB].soft_bytes, 8U << 20);
    ck_assert_int_eq(test_config.output_limits[CLASS_PUBSUB].soft_seconds, 60);
    ck_assert_int_eq(test_config.maxmemory_policy, POLICY_NOEVICTION);
    ck_assert_uint_eq(test_config.latency_percentile_count, 3);
    ck_assert(test_config.latency_percentiles[2] == 99.9);
    ck_assert(test_config.latency_tracking && !test_config.appendonly);
    ck_assert_str_eq(test_config.save, "");
    ck_assert_int_eq(test_config.dir[0], '/');
}
END_TEST

/* ---- reading ---- */

START_TEST(file_and_command_line_are_read_in_order)
{
    const char *path =
        config_write_file("a.conf", "# comment\n\n  TIMEOUT 7\r\nmaxmemory 2gb\n\tlogfile ''\n"
                                    "client-output-buffer-limit normal 1 2 3\nproc-title-template \"{title} \\x41\"\n");
    config_expect_loaded(CONFIG_LOAD(path, "--timeout", "8", "-s", config_path("k.sock"), "--maxmemory-clients", "5%",
                                     "--databases 3", "--slowlog-log-slower-than", "-1", "--unixsocketperm", "0660",
                                     "--save", "--loglevel", "debug"));
    ck_assert_int_eq(test_config.timeout, 8);
    ck_assert_uint_eq(test_config.maxmemory, UINT64_C(2) << 30);
    ck_assert_str_eq(test_config.proc_title_template, "{title} A");
    ck_assert_uint_eq(test_config.output_limits[CLASS_NORMAL].hard_bytes, 1);
    ck_assert_uint_eq(test_config.output_limits[CLASS_REPLICA].hard_bytes, 256U << 20);
    ck_assert_str_eq(test_config.unixsocket, config_path("k.sock"));
    ck_assert_int_eq(test_config.maxmemory_clients, -5);
    ck_assert_int_eq(test_config.databases, 3);
    ck_assert_int_eq(test_config.slowlog_log_slower_than, -1);
    ck_assert_int_eq(test_config.unixsocketperm, 0660);
    ck_assert_int_eq(test_config.loglevel, 0);
    ck_assert_str_eq(test_config.file, path);
}
END_TEST

START_TEST(argument_behind_a_directive_is_its_value_even_with_dashes)
{
    config_expect_loaded(CONFIG_LOAD("--proc-title-template", "--my--title", "--hz", "20"));
    ck_assert_str_eq(test_config.proc_title_template, "--my--title");
    ck_assert_int_eq(test_config.hz, 20);
}
END_TEST

START_TEST(refused_value_may_be_mended_by_a_later_one)
{
    const char *path = config_write_file("a.conf", "timeout 1\nport 6379\nappendonly yes\n");
    config_expect_message(CONFIG_LOAD(path, "--appendonly", "no"), "a.conf:2: port '6379': Unable to listen",
                          "set port to 0");
    config_expect_message(CONFIG_LOAD(path, "--port", "0"), "a.conf:3: appendonly 'yes': persistence is not there yet",
                          "set appendonly to");
    config_expect_loaded(CONFIG_LOAD(path, "--port", "0", "--appendonly", "no"));
}
END_TEST

START_TEST(lines_of_save_add_up_until_an_empty_one)
{
    const char *path = config_write_file("a.conf", "save 900 1\nsave 300 10 60 10000\n");
    config_expect_loaded(CONFIG_LOAD(path));
    ck_assert_str_eq(test_config.save, "900 1 300 10 60 10000");
    config_expect_loaded(CONFIG_LOAD(path, "--save", "5 1"));
    ck_assert_str_eq(test_config.save, "900 1 300 10 60 10000 5 1");
    config_expect_loaded(CONFIG_LOAD(path, "--save", "", "--save", "5 1"));
    ck_assert_str_eq(test_config.save, "5 1");
    config_expect_loaded(CONFIG_LOAD(path, "--save", ""));
    ck_assert_str_eq(test_config.save, "");
}
END_TEST

START_TEST(debians_redis_conf_is_accepted_without_its_port)
{
    const char *path = "/etc/redis/redis.conf";
    if (access(path, R_OK) != 0) {
        test_skip("there is no /etc/redis/redis.conf that this user can read");
        return;
    }
    config_expect_loaded(CONFIG_LOAD(path, "--port", "0", "--logfile", "", "--dir", test_folder));
    ck_assert(test_config.daemonize);
}
END_TEST

START_TEST(includes_are_read_in_place_and_patterns_may_match_nothing)
{
    char content[PATH_MAX * 4];
    config_write_file("b.conf", "timeout 2\nhz 2\n");
    snprintf(content, sizeof content, "timeout 1\ninclude %s\ninclude \"%s/none/*.conf\"\nhz 3\n", config_path("b.co*"),
             test_folder);
    config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", content)));
    ck_assert_int_eq(test_config.timeout, 2);
    ck_assert_int_eq(test_config.hz, 3);
}
END_TEST

START_TEST(file_that_includes_itself_ends_with_a_message)
{
    char content[PATH_MAX * 2];
    snprintf(content, sizeof content, "include %s\n", config_path("a.conf"));
    config_expect_message(CONFIG_LOAD(config_write_file("a.conf", content)), "a.conf:1: include",
                          "does a file include itself?");
}
END_TEST

START_TEST(mistakes_in_a_file_are_told_with_file_and_line)
{
    static const struct {
        const char *line, *first, *second;
    } cases[] = {
        {"maxmemmory 1", "a.conf:2: unknown directive 'maxmemmory'", "did you mean 'maxmemory'?"},
        {"max_clients 1", "unknown directive 'max_clients'", "did you mean 'maxclients'?"},
        {"tiemuot 1", "unknown directive 'tiemuot'", "did you mean 'timeout'?"},
        {"socket /x", "unknown directive 'socket'", "did you mean 'unixsocket'?"},
        {"timeout=3", "unknown directive 'timeout=3'", "as in 'timeout 3'"},
        {"qqqqqqqqqqq 1", "unknown directive 'qqqqqqqqqqq'", "--help"},
        {"timeout 0 # never", "a.conf:2: timeout '0 # never': wrong number of arguments", "a line of its own"},
        {"timeout", "timeout: wrong number of arguments", "a value is missing"},
        {"logfile a b", "wrong number of arguments", "quotes"},
        {"timeout \"1", "a.conf:2: unbalanced quotes", "close every quote"},
        {"timeout -1", "timeout '-1': argument must be between 0 and 2147483647 inclusive", "a.conf:2"},
        {"timeout 1s", "argument couldn't be parsed into an integer", "write a whole number from 0"},
        {"maxmemory lots", "maxmemory 'lots': argument must be a memory value", "kb, mb or gb"},
        {"maxmemory-clients 101%", "percentage argument must be less or equal to 100", "a.conf:2"},
        {"unixsocketperm 888", "argument couldn't be parsed as an octal number", "such as 600"},
        {"unixsocketperm 1777", "argument must be between 0 and 777 inclusive", "a.conf:2"},
        {"loglevel loud", "must be one of the following: debug, verbose, notice, warning, nothing", "a.conf:2"},
        {"daemonize maybe", "argument must be 'yes' or 'no'", "a.conf:2"},
        {"threads 0", "argument must be between 1 and 256 inclusive", "a.conf:2"},
        {"dir /nowhere/at/all", "dir '/nowhere/at/all': No such file or directory", "create the folder"},
        {"logfile /nowhere/log", "a.conf:2: logfile '/nowhere/log': folder '/nowhere'", "create it"},
        {"unixsocket /nowhere/k.sock", "a.conf:2: unixsocket '/nowhere/k.sock'", "create it"},
        {"unixsocket \"\"", "a.conf:2: unixsocket '': there is nothing to serve on", "give a path"},
        {"unixsocket /tmp/", "names a folder", "add the name"},
        {"appendonly yes", "appendonly 'yes': persistence is not there yet", "set appendonly to no"},
        {"replicaof other 6379", "replicaof 'other 6379'", "doesn't replicate"},
        {"cluster-enabled yes", "has no cluster", "set cluster-enabled to no"},
        {"tls-port 1", "TLS serves no purpose", "set tls-port to 0"},
        {"loadmodule x.so", "loads no modules", "remove the line"},
        {"a.b 1", "directive of a module", "remove the line"},
        {"include /nowhere/x.conf", "a.conf:2: include '/nowhere/x.conf': No such file", "check the path"},
        {"proc-title-template {who}", "template format is invalid", "--help"},
        {"client-output-buffer-limit normal 1 2", "Wrong number of arguments in buffer limit configuration;",
         "a class"},
        {"shutdown-on-sigterm save nosave", "SAVE and NOSAVE can't be used simultaneously", "a.conf:2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char content[256];
        snprintf(content, sizeof content, "hz 10\n%s\n", cases[i].line);
        config_expect_message(CONFIG_LOAD(config_write_file("a.conf", content)), cases[i].first, cases[i].second);
    }
}
END_TEST

START_TEST(mistakes_on_the_command_line_are_told)
{
    config_expect_message(CONFIG_LOAD("--maxmem", "1"), "command line: unknown directive '--maxmem'",
                          "did you mean '--maxmemory'?");
    config_expect_message(CONFIG_LOAD("-x"), "unknown option '-x'", "--help");
    config_expect_message(CONFIG_LOAD("-s"), "-s: a value is missing", "path of the socket");
    config_expect_message(CONFIG_LOAD("--port"), "--port: wrong number of arguments", "a value is missing");
    config_expect_message(CONFIG_LOAD("--"), "name is missing", "--help");
    config_expect_message(CONFIG_LOAD("/dev/null", "hz", "1"), "'hz' stands where an option should", "--name value");
    config_expect_message(CONFIG_LOAD("/nowhere/kvs.conf"), "/nowhere/kvs.conf: can't be opened: No such file",
                          "check the path");
    config_expect_message(CONFIG_LOAD("/tmp"), "/tmp: can't be read: Is a directory", "name a configuration file");
}
END_TEST

START_TEST(socket_path_of_108_bytes_is_refused_and_one_of_107_is_not)
{
    char path[109];
    memset(path, 'x', sizeof path);
    memcpy(path, "/tmp/", 5);
    path[108] = '\0';
    config_expect_message(CONFIG_LOAD("-s", path), "has 108 bytes", "at most 107");
    path[107] = '\0';
    config_expect_loaded(CONFIG_LOAD("-s", path));
}
END_TEST

START_TEST(actions_are_found_among_the_options_and_not_among_values)
{
    ck_assert_int_eq(config_action_of(0, NULL), CONFIG_SERVE);
    ck_assert_int_eq(config_action_of(1, (char *[]){"--help"}), CONFIG_HELP);
    ck_assert_int_eq(config_action_of(2, (char *[]){"a.conf", "-v"}), CONFIG_VERSION);
    ck_assert_int_eq(config_action_of(4, (char *[]){"a.conf", "--hz", "1", "--check-config"}), CONFIG_CHECK);
    ck_assert_int_eq(config_action_of(3, (char *[]){"--check-aof", "--fix", "--help"}), CONFIG_CHECK_LOG);
    ck_assert_int_eq(config_action_of(2, (char *[]){"--logfile", "--check-aof"}), CONFIG_SERVE);
    ck_assert_int_eq(config_action_of(2, (char *[]){"--logfile", "--help"}), CONFIG_SERVE);
    ck_assert_int_eq(config_action_of(2, (char *[]){"--check-rdb", "--help"}), CONFIG_CHECK_RDB);
    ck_assert_int_eq(config_action_of(1, (char *[]){"--check-rdb"}), CONFIG_CHECK_RDB);
    ck_assert_str_eq(config_checked_rdb(2, (char *[]){"--check-rdb", "--help"}), "--help");
    ck_assert_ptr_null(config_checked_rdb(1, (char *[]){"--check-rdb"}));
    ck_assert_ptr_null(config_checked_rdb(3, (char *[]){"--check-rdb", "a", "b"}));
    ck_assert_int_eq(config_action_of(1, (char *[]){"--config-markdown"}), CONFIG_MARKDOWN);
    ck_assert_int_eq(config_action_of(1, (char *[]){"--commands-markdown"}), CONFIG_COMMANDS_MARKDOWN);
    ck_assert_int_eq(config_action_of(1, (char *[]){"--man-page"}), CONFIG_MAN_PAGE);
    ck_assert_int_eq(config_action_of(1, (char *[]){"--config-man-page"}), CONFIG_FILE_MAN_PAGE);
    config_expect_loaded(CONFIG_LOAD("/dev/null", "--check-config", "--hz", "30"));
    ck_assert_int_eq(test_config.hz, 30);
}
END_TEST

START_TEST(suggestions_need_some_likeness)
{
    ck_assert_str_eq(suggest_directive("tiemout"), "timeout");
    ck_assert_str_eq(suggest_directive("databses"), "databases");
    ck_assert_str_eq(suggest_directive("slave-read-onli"), "slave-read-only");
    ck_assert_ptr_null(suggest_directive("zz"));
    ck_assert_ptr_null(suggest_directive("entirely-different-thing"));
}
END_TEST

/* ---- CONFIG GET ---- */

START_TEST(get_tells_each_match_once_and_names_as_asked)
{
    const char *const patterns[] = {"maxmemory-s*", "maxmemory-samples", "Maxmemory-SAMPLES", "no-such-thing", "*of"};
    ck_assert_str_eq(config_answers(patterns, 5), "maxmemory-samples=5;replicaof=;slaveof=;");
    ck_assert_str_eq(config_answer("TimeOut"), "TimeOut=0;");
    ck_assert_str_eq(config_answer("lua-time-limit"), "lua-time-limit=5000;");
    ck_assert_str_eq(config_answer("LAZYFREE-LAZY-USER-[df]*"),
                     "lazyfree-lazy-user-flush=no;lazyfree-lazy-user-del=no;");
    ck_assert_str_eq(config_answer(""), "");
}
END_TEST

START_TEST(hidden_directives_are_told_by_name_alone)
{
    ck_assert_ptr_null(strstr(config_answer("*"), "key-load-delay"));
    ck_assert_str_eq(config_answer("key-load-delay"), "key-load-delay=0;");
}
END_TEST

START_TEST(values_are_told_as_redis_tells_them)
{
    static const struct {
        const char *name, *value, *told;
    } cases[] = {
        {"maxmemory", "10m", "10000000"},
        {"maxmemory", "18446744073709551615", "18446744073709551615"},
        {"maxmemory-clients", "10%", "10%"},
        {"maxmemory-clients", "100%", "100%"},
        {"maxmemory-clients", "1kb", "1024"},
        {"client-output-buffer-limit", "slave 1mb 2kb 3 normal 1 2 3",
         "normal 1 2 3 slave 1048576 2048 3 pubsub 33554432 8388608 60"},
        {"notify-keyspace-events", "KEA", "AKE"},
        {"notify-keyspace-events", "mxgE", "gxEm"},
        {"notify-keyspace-events", "g$lshzxetdn", "An"},
        {"notify-keyspace-events", "g$lshzxetd", "A"},
        {"notify-keyspace-events", "ng", "gn"},
        {"shutdown-on-sigterm", "force now nosave", "nosave now force"},
        {"latency-tracking-info-percentiles", "50 99.95 100", "50 99.95 100"},
        {"latency-tracking-info-percentiles", "", ""},
        {"oom-score-adj", "relative", "yes"},
        {"oom-score-adj-values", "1 2 -3", "1 2 -3"},
        {"hz", "0", "1"},
        {"hz", "1000", "500"},
        {"loglevel", "DEBUG", "debug"},
        {"bind", "127.0.0.1 ::1", "127.0.0.1 ::1"},
        {"bind", "", ""},
        {"list-max-ziplist-size", "-3", "-3"},
        {"hash-max-ziplist-entries", "9223372036854775807", "9223372036854775807"},
        {"hash-max-ziplist-value", "1kb", "1024"},
        {"set-max-intset-entries", "0", "0"},
        {"set-max-listpack-value", "65", "65"},
        {"zset-max-ziplist-entries", "7", "7"},
        {"zset-max-ziplist-value", "1k", "1000"},
        {"save", "", ""},
        {"replica-announce-ip", "x y", "x y"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[256];
        char *error = CONFIG_SET(cases[i].name, cases[i].value);
        ck_assert_msg(!error, "%s", error);
        snprintf(expected, sizeof expected, "%s=%s;", cases[i].name, cases[i].told);
        ck_assert_str_eq(config_answer(cases[i].name), expected);
    }
}
END_TEST

/* ---- CONFIG SET ---- */

START_TEST(set_refuses_in_the_words_of_redis)
{
    static const struct {
        const char *name, *value, *error;
    } cases[] = {
        {"daemonize", "yes", FAILED("daemonize") "can't set immutable config"},
        {"Databases", "1", FAILED("Databases") "can't set immutable config"},
        {"dir", "/tmp", FAILED("dir") "can't set protected config"},
        {"nope", "1", "Unknown option or number of arguments for CONFIG SET - 'nope'"},
        {"appendonly", "maybe", FAILED("appendonly") "argument must be 'yes' or 'no'"},
        {"maxmemory", "x", FAILED("maxmemory") "argument must be a memory value"},
        {"maxmemory-clients", "200%", FAILED("maxmemory-clients") "percentage argument must be less or equal to 100"},
        {"maxmemory-clients", "x", FAILED("maxmemory-clients") "argument must be a memory or percent value"},
        {"timeout", "-1", FAILED("timeout") "argument must be between 0 and 2147483647 inclusive"},
        {"timeout", "", FAILED("timeout") "argument couldn't be parsed into an integer"},
        {"maxclients", "0", FAILED("maxclients") "argument must be between 1 and 4294967295 inclusive"},
        {"slave-priority", "-1", FAILED("slave-priority") "argument must be between 0 and 2147483647 inclusive"},
        {"loglevel", "x",
         FAILED("loglevel") "argument(s) must be one of the following: debug, verbose, notice, warning, "
                            "nothing"},
        {"client-output-buffer-limit", "wrong 1 1 1",
         FAILED("client-output-buffer-limit") "Invalid client class specified in buffer limit configuration."},
        {"client-output-buffer-limit", "normal 1 1 x",
         FAILED("client-output-buffer-limit") "Error in hard, soft or soft_seconds setting in buffer limit "
                                              "configuration."},
        {"notify-keyspace-events", "?",
         FAILED("notify-keyspace-events") "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."},
        {"latency-tracking-info-percentiles", "101",
         FAILED("latency-tracking-info-percentiles") "latency-tracking-info-percentiles parameters should "
                                                     "sit between [0.0,100.0]"},
        {"save", "x", FAILED("save") "Invalid save parameters"},
        {"oom-score-adj-values", "1 2", FAILED("oom-score-adj-values") "wrong number of arguments"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        config_expect_refused(CONFIG_SET(cases[i].name, cases[i].value), cases[i].error);
}
END_TEST

START_TEST(threads_are_for_half_of_the_processors_unless_told)
{
    cpu_set_t all, one;
    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    int cpus = CPU_COUNT(&all), first = 0;
    config_expect_loaded(CONFIG_LOAD("--threads", "auto"));
    ck_assert_int_eq(test_config.threads, cpus > 1 ? cpus / 2 : 1);
    while (!CPU_ISSET(first, &all))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    config_expect_loaded(CONFIG_LOAD("--threads", "auto"));
    ck_assert_int_eq(test_config.threads, 1);
    sched_setaffinity(0, sizeof all, &all);
}
END_TEST

START_TEST(threads_can_be_set_to_what_they_are_alone)
{
    config_expect_loaded(CONFIG_LOAD("--threads", "3"));
    config_expect_loaded(CONFIG_SET("threads", "3", "timeout", "1"));
    config_expect_refused(CONFIG_SET("timeout", "2", "threads", "4"), FAILED("threads") "can't set immutable config");
    ck_assert_int_eq(test_config.threads, 3);
    ck_assert_int_eq(test_config.timeout, 1);
}
END_TEST

START_TEST(set_is_all_or_none)
{
    config_expect_loaded(CONFIG_SET("maxmemory", "100"));
    config_expect_refused(CONFIG_SET("maxmemory", "200", "maxmemory-clients", "200%", "timeout", "x"),
                          FAILED("maxmemory-clients") "percentage argument must be less or equal to 100");
    config_expect_refused(CONFIG_SET("maxmemory", "300", "Maxmemory", "400"),
                          FAILED("Maxmemory") "duplicate parameter");
    config_expect_refused(CONFIG_SET("maxmemory", "300", "nope", "4", "timeout", "x"),
                          "Unknown option or number of arguments for CONFIG SET - 'nope'");
    ck_assert_uint_eq(test_config.maxmemory, 100);
    config_expect_loaded(CONFIG_SET("maxmemory", "300", "timeout", "4", "replica-announce-ip", "here"));
    ck_assert_uint_eq(test_config.maxmemory, 300);
    ck_assert_int_eq(test_config.timeout, 4);
    ck_assert_str_eq(config_answer("slave-announce-ip"), "slave-announce-ip=here;");
}
END_TEST

START_TEST(dir_is_set_as_an_absolute_path_if_protected_directives_may_be)
{
    config_expect_loaded(CONFIG_LOAD("--enable-protected-configs", "local", "--dir", test_folder));
    ck_assert_int_eq(mkdir(config_path("sub"), 0700), 0);
    config_expect_refused(CONFIG_SET("dir", "/nowhere"), FAILED("dir") "No such file or directory");
    config_expect_loaded(CONFIG_SET("dir", config_path("sub/../sub")));
    ck_assert_str_eq(test_config.dir, config_path("sub"));
}
END_TEST

/* Notes the names it is told; refuses a timeout of 13. */
static int listen_for_changes(void *context, const struct config *changed, const char *const *names, size_t count,
                              char **error_out)
{
    for (size_t i = 0; i < count; i++)
        text_addf(context, "%s;", names[i]);
    if (changed->timeout != 13)
        return 0;
    *error_out = mem_strdup("unlucky");
    return -EINVAL;
}

START_TEST(listener_is_told_of_changes_alone_and_can_refuse_them)
{
    struct text told = TEXT_EMPTY;
    config_set_listener(listen_for_changes, &told);
    config_expect_loaded(CONFIG_SET("timeout", "5", "hz", "10", "slave-priority", "7"));
    ck_assert_str_eq(told.data, "timeout;replica-priority;");
    config_expect_loaded(CONFIG_SET("timeout", "5"));
    ck_assert_str_eq(told.data, "timeout;replica-priority;");
    config_expect_refused(CONFIG_SET("timeout", "13", "replica-announce-ip", "there"), FAILED("timeout") "unlucky");
    ck_assert_int_eq(test_config.timeout, 5);
    ck_assert_str_eq(config_answer("replica-announce-ip"), "replica-announce-ip=;");
    text_deinit(&told);
}
END_TEST

START_TEST(maxclients_beyond_what_the_system_allows_is_refused_with_what_it_allows)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    char *error = CONFIG_SET("maxclients", "2000000000");
    ck_assert_ptr_nonnull(error);
    const char *number = strstr(error, "try with ");
    ck_assert_ptr_nonnull(number);
    int fit = atoi(number + 9);
    ck_assert_int_gt(fit, 0);
    ck_assert_int_eq(open_files_fit(fit, config_own_files(&test_config)), fit);
    ck_assert_int_eq(test_config.maxclients, 10000);
    mem_free(error);
}
END_TEST

/* ---- CONFIG REWRITE ---- */

START_TEST(rewrite_changes_what_differs_and_nothing_else)
{
    config_expect_loaded(CONFIG_LOAD(
        config_write_file("a.conf",
                          "# top\n\nTIMEOUT   7\n  hz 20   \n\t # don't: hz 30\n  #hz 40\nmaxmemory 1gb\n# between\n"
                          "slave-priority 5\nhash-max-ziplist-entries 1\n"
                          "hash-max-listpack-entries 2\nloglevel debug"),
        "--maxmemory-clients", "5%"));
    config_expect_loaded(
        CONFIG_SET("maxmemory", "1536mb", "hash-max-listpack-entries", "3", "slave-priority", "9", "hz", "10"));
    config_expect_loaded(
        CONFIG_SET("client-output-buffer-limit", "pubsub 1mb 3 60", "replica-announce-ip", "a \"b\"\n"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    config_expect_file(
        "a.conf",
        "# top\n\nTIMEOUT   7\nhz 10\n\t # don't: hz 30\n  #hz 40\nmaxmemory 1536mb\n# between\nreplica-priority 9\n"
        "hash-max-listpack-entries 3\nloglevel debug\n"
        "# Generated by CONFIG REWRITE\n"
        "client-output-buffer-limit pubsub 1mb 3 60\n"
        "maxmemory-clients 5%\n"
        "replica-announce-ip \"a \\\"b\\\"\\n\"\n");
}
END_TEST

START_TEST(rewritten_file_gives_the_same_values)
{
    static const char *const settings[][2] = {
        {"maxmemory", "2049"},
        {"notify-keyspace-events", "KEA"},
        {"shutdown-on-sigterm", "now force"},
        {"proc-title-template", "\"{title}\" \\ \x01"},
        {"bind", ""},
        {"latency-tracking-info-percentiles", ""},
        {"oom-score-adj", "absolute"},
        {"oom-score-adj-values", "1 2 3"},
        {"slowlog-log-slower-than", "-1"},
        {"maxmemory-clients", "1gb"},
        {"repl-backlog-size", "3kb"},
        {"latency-tracking", "no"},
    };
    const char *path = config_write_file("a.conf", "");
    config_expect_loaded(CONFIG_LOAD(path));
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        config_expect_loaded(CONFIG_SET(settings[i][0], settings[i][1]));
    char *before = mem_strdup(config_answer("*"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    config_expect_loaded(CONFIG_LOAD(path));
    ck_assert_str_eq(config_answer("*"), before);
    struct stat first, second;
    ck_assert_int_eq(stat(path, &first), 0);
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    ck_assert_int_eq(stat(path, &second), 0);
    ck_assert_int_eq(first.st_size, second.st_size);
    mem_free(before);
}
END_TEST

START_TEST(rewrite_writes_the_class_whose_output_limit_has_changed)
{
    static const struct {
        const char *before, *value, *after;
    } cases[] = {
        {"Client-Output-Buffer-Limit  slave 1mb 2kb 3\nhz 20\n", "replica 2mb 1kb 5",
         "client-output-buffer-limit replica 2mb 1kb 5\nhz 20\n"},
        {"Client-Output-Buffer-Limit  slave 1mb 2kb 3\nhz 20\n", "normal 1 2 3",
         "Client-Output-Buffer-Limit  slave 1mb 2kb 3\nclient-output-buffer-limit normal 1 2 3\nhz 20\n"},
        {"client-output-buffer-limit normal  1 2 3 slave 4 5 6\n", "pubsub 1 1 1 normal 1 2 3",
         "client-output-buffer-limit normal  1 2 3 slave 4 5 6\nclient-output-buffer-limit pubsub 1 1 1\n"},
        {"client-output-buffer-limit normal 1 2 3 slave 4 5 6\n", "slave 1 1 1",
         "client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit replica 1 1 1\n"},
        {"client-output-buffer-limit 'normal 1 2 3'\nclient-output-buffer-limit pubsub 4 5 6\n", "normal 3 2 1",
         "client-output-buffer-limit normal 3 2 1\nclient-output-buffer-limit pubsub 4 5 6\n"},
        {"client-output-buffer-limit normal 1 1 1\nhz 20\nclient-output-buffer-limit normal 2 2 2\n", "normal 3 3 3",
         "hz 20\nclient-output-buffer-limit normal 3 3 3\n"},
        {"client-output-buffer-limit normal 1 1 1\nclient-output-buffer-limit normal 2 2 2\n", "normal 2 2 2",
         "client-output-buffer-limit normal 1 1 1\nclient-output-buffer-limit normal 2 2 2\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", cases[i].before)));
        config_expect_loaded(CONFIG_SET("client-output-buffer-limit", cases[i].value));
        for (int j = 0; j < 2; j++) {
            ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
            config_expect_file("a.conf", cases[i].after);
        }
    }
}
END_TEST

START_TEST(rewrite_overrules_an_include_by_a_line_behind_it)
{
    char content[PATH_MAX * 2];
    config_write_file("b.conf", "timeout 2\nmaxmemory 5mb\n");
    snprintf(content, sizeof content, "hz 20\ninclude %s\nslowlog-max-len 1\n", config_path("b.conf"));
    config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", content)));
    config_expect_loaded(CONFIG_SET("timeout", "3", "hz", "30"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    snprintf(content, sizeof content,
             "hz 30\ninclude %s\nslowlog-max-len 1\n# Generated by CONFIG REWRITE\ntimeout 3\n", config_path("b.conf"));
    config_expect_file("a.conf", content);
    config_expect_file("b.conf", "timeout 2\nmaxmemory 5mb\n");
}
END_TEST

START_TEST(rewrite_keeps_mode_and_symbolic_link)
{
    struct stat status;
    ck_assert_int_eq(chmod(config_write_file("real.conf", "timeout 1\n"), 0640), 0);
    ck_assert_int_eq(symlink("real.conf", config_path("link.conf")), 0);
    config_expect_loaded(CONFIG_LOAD(config_path("link.conf")));
    config_expect_loaded(CONFIG_SET("timeout", "2"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), 0);
    config_expect_file("real.conf", "timeout 2\n");
    ck_assert_int_eq(lstat(config_path("link.conf"), &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    ck_assert_int_eq(stat(config_path("real.conf"), &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0640);
}
END_TEST

START_TEST(rewrite_leaves_alone_a_file_that_it_cannot_understand)
{
    config_expect_loaded(CONFIG_LOAD(config_write_file("a.conf", "timeout 1\n")));
    config_write_file("a.conf", "timeout 1\nwhat is this\n");
    config_expect_loaded(CONFIG_SET("timeout", "2"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), -EINVAL);
    config_expect_file("a.conf", "timeout 1\nwhat is this\n");
}
END_TEST

START_TEST(rewrite_needs_a_file)
{
    config_expect_loaded(CONFIG_LOAD("--hz", "10"));
    ck_assert_int_eq(config_rewrite(&test_config, NULL), -ENOENT);
}
END_TEST

/* ---- for people ---- */

START_TEST(help_and_documentation_know_every_directive_that_counts)
{
    struct text help = TEXT_EMPTY, page = TEXT_EMPTY;
    config_help(&help);
    config_markdown(&page);
    for (size_t i = 0; i < directive_count; i++) {
        char in_help[128], in_page[128];
        snprintf(in_help, sizeof in_help, "  --%s  (", directives[i].name);
        snprintf(in_page, sizeof in_page, "| `%s`", directives[i].name);
        bool hidden = (directives[i].flags & DIRECTIVE_HIDDEN) != 0;
        bool counts = directives[i].section != SECTION_COMPATIBILITY;
        ck_assert_msg((strstr(help.data, in_help) != NULL) == counts, "%s", in_help);
        ck_assert_msg((strstr(page.data, in_page) != NULL) == !hidden, "%s", in_page);
    }
    text_deinit(&help);
    text_deinit(&page);
}
END_TEST

Suite *suite_config(void);
Suite *suite_config(void)
{
    Suite *suite = suite_create("config");
    TCase *tcase = tcase_create("config");
    tcase_add_checked_fixture(tcase, config_set_up, config_tear_down);
    tcase_add_test(tcase, every_name_is_unique_and_found_in_any_case);
    tcase_add_test(tcase, every_value_that_get_tells_is_taken_by_set);
    tcase_add_test(tcase, defaults_are_in_the_fields);
    tcase_add_test(tcase, file_and_command_line_are_read_in_order);
    tcase_add_test(tcase, argument_behind_a_directive_is_its_value_even_with_dashes);
    tcase_add_test(tcase, refused_value_may_be_mended_by_a_later_one);
    tcase_add_test(tcase, lines_of_save_add_up_until_an_empty_one);
    tcase_add_test(tcase, debians_redis_conf_is_accepted_without_its_port);
    tcase_add_test(tcase, includes_are_read_in_place_and_patterns_may_match_nothing);
    tcase_add_test(tcase, file_that_includes_itself_ends_with_a_message);
    tcase_add_test(tcase, mistakes_in_a_file_are_told_with_file_and_line);
    tcase_add_test(tcase, mistakes_on_the_command_line_are_told);
    tcase_add_test(tcase, socket_path_of_108_bytes_is_refused_and_one_of_107_is_not);
    tcase_add_test(tcase, actions_are_found_among_the_options_and_not_among_values);
    tcase_add_test(tcase, suggestions_need_some_likeness);
    tcase_add_test(tcase, get_tells_each_match_once_and_names_as_asked);
    tcase_add_test(tcase, hidden_directives_are_told_by_name_alone);
    tcase_add_test(tcase, values_are_told_as_redis_tells_them);
    tcase_add_test(tcase, set_refuses_in_the_words_of_redis);
    tcase_add_test(tcase, threads_are_for_half_of_the_processors_unless_told);
    tcase_add_test(tcase, threads_can_be_set_to_what_they_are_alone);
    tcase_add_test(tcase, set_is_all_or_none);
    tcase_add_test(tcase, dir_is_set_as_an_absolute_path_if_protected_directives_may_be);
    tcase_add_test(tcase, listener_is_told_of_changes_alone_and_can_refuse_them);
    tcase_add_test(tcase, maxclients_beyond_what_the_system_allows_is_refused_with_what_it_allows);
    tcase_add_test(tcase, rewrite_changes_what_differs_and_nothing_else);
    tcase_add_test(tcase, rewritten_file_gives_the_same_values);
    tcase_add_test(tcase, rewrite_writes_the_class_whose_output_limit_has_changed);
    tcase_add_test(tcase, rewrite_overrules_an_include_by_a_line_behind_it);
    tcase_add_test(tcase, rewrite_keeps_mode_and_symbolic_link);
    tcase_add_test(tcase, rewrite_leaves_alone_a_file_that_it_cannot_understand);
    tcase_add_test(tcase, rewrite_needs_a_file);
    tcase_add_test(tcase, help_and_documentation_know_every_directive_that_counts);
    suite_add_tcase(suite, tcase);
    return suite;
}
