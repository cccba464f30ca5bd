/*
 * What the service manager is told, received on a NOTIFY_SOCKET of the test's own; and the units that make install
 * installs.
 */
#include "kit/kit.h"
#include "kit/suites.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- a service manager's end ---- */

static int manager = -1;
static char *manager_folder;

/* NOTIFY_SOCKET is a path, or abstract where asked for. The environment is handed on to servers. */
static void manage(bool abstract)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    manager_folder = scratch_create();
    int len = snprintf(address.sun_path, sizeof address.sun_path, "%s%s/notify", abstract ? "@" : "", manager_folder);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    if (abstract)
        address.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len);
    ck_assert_int_eq(bind(manager, (struct sockaddr *)&address, size), 0);
}

static void end_management(void)
{
    close(manager);
    scratch_remove(manager_folder);
}

/* The next message, NUL-terminated. Not one in patience_ms: "". */
static const char *hear_within(int patience_ms)
{
    static char message[4096];
    struct pollfd polled = {.fd = manager, .events = POLLIN};
    int ready = poll(&polled, 1, patience_ms);
    ssize_t len = ready > 0 ? recv(manager, message, sizeof message - 1, 0) : 0;
    ck_assert_int_ge(len, 0);
    message[len] = '\0';
    return message;
}

static const char *hear(void)
{
    const char *message = hear_within(60000);
    ck_assert_msg(*message, "the server says nothing");
    return message;
}

/* True when the message has that line. */
static bool says(const char *message, const char *line)
{
    size_t len = strlen(line);
    for (const char *at = message; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (strncmp(at, line, len) == 0 && (at[len] == '\n' || at[len] == '\0'))
            return true;
    return false;
}

/* The number after variable= at the beginning of a line. */
static unsigned long long number_in(const char *message, const char *variable)
{
    size_t len = strlen(variable);
    for (const char *at = message; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (strncmp(at, variable, len) == 0 && at[len] == '=')
            return strtoull(at + len + 1, NULL, 10);
    ck_abort_msg("no %s in: %s", variable, message);
}

static uint64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- what it is told ---- */

static void follow_a_life(bool abstract)
{
    manage(abstract);
    struct kit_server *server = kit_start("--supervised", "systemd");
    const char *ready = hear();
    ck_assert_msg(says(ready, "READY=1") && strstr(ready, "\nSTATUS=") && strstr(ready, server->socket), "%s", ready);
    ck_assert_uint_eq(number_in(ready, "MAINPID"), (unsigned long long)server->pid);

    uint64_t before = monotonic_us();
    kit_signal(server, SIGHUP);
    const char *reloading = hear();
    ck_assert_msg(says(reloading, "RELOADING=1"), "%s", reloading);
    ck_assert_uint_ge(number_in(reloading, "MONOTONIC_USEC"), before);
    ck_assert_uint_le(number_in(reloading, "MONOTONIC_USEC"), monotonic_us());
    ready = hear();
    ck_assert_msg(says(ready, "READY=1"), "%s", ready);

    kit_stop(server);
    const char *stopping = hear();
    ck_assert_msg(says(stopping, "STOPPING=1"), "%s", stopping);
    ck_assert_str_eq(hear_within(0), "");
    end_management();
}

START_TEST(the_manager_hears_of_start_reloading_and_end)
{
    follow_a_life(false);
}
END_TEST

START_TEST(the_managers_socket_may_have_an_abstract_name)
{
    follow_a_life(true);
}
END_TEST

START_TEST(ready_is_said_when_clients_are_served)
{
    manage(false);
    struct kit_server *server = kit_start();
    hear();
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "PING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    close(fd);
    kit_stop(server);
    end_management();
}
END_TEST

START_TEST(signs_of_life_come_twice_as_often_as_they_must)
{
    manage(false);
    setenv("WATCHDOG_USEC", "2000000", 1);
    struct kit_server *server = kit_start();
    ck_assert(says(hear(), "READY=1"));
    hear(); /* the first may come at any time */
    uint64_t before = monotonic_us();
    for (int i = 0; i < 2; i++)
        ck_assert(says(hear(), "WATCHDOG=1"));
    ck_assert_uint_lt(monotonic_us() - before, 4000000);
    kit_stop(server);
    end_management();
}
END_TEST

START_TEST(a_watchdog_that_waits_for_another_process_hears_nothing)
{
    manage(false);
    setenv("WATCHDOG_USEC", "20000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    struct kit_server *server = kit_start();
    ck_assert(says(hear(), "READY=1"));
    ck_assert_str_eq(hear_within(200), "");
    kit_stop(server);
    end_management();
}
END_TEST

static bool has_ended(void *data)
{
    return kill(*(pid_t *)data, 0) != 0 && errno == ESRCH;
}

START_TEST(in_the_background_the_manager_hears_the_new_pid)
{
    char *output;
    manage(false);
    char *socket_path = strdup(scratch_path(manager_folder, "kvs.sock"));
    ck_assert_int_eq(
        kit_run(&output, "-s", socket_path, "--dir", manager_folder, "--daemonize", "yes", "--logfile", "log"), 0);
    const char *ready = hear();
    ck_assert_msg(says(ready, "READY=1"), "%s", ready);
    pid_t pid = (pid_t)number_in(ready, "MAINPID");
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    ck_assert(says(hear(), "STOPPING=1"));
    kit_await(has_ended, &pid, "the end of the server in the background");
    free(socket_path);
    free(output);
    end_management();
}
END_TEST

/* Until the manager's socket takes no more. */
static void fill_up(void)
{
    struct sockaddr_un address;
    socklen_t len = sizeof address;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(getsockname(manager, (struct sockaddr *)&address, &len), 0);
    while (sendto(fd, "X=1", 3, 0, (struct sockaddr *)&address, len) == 3) {
    }
    ck_assert_int_eq(errno, EAGAIN);
    close(fd);
}

static const char *hear_past_filling(void)
{
    const char *message;
    do
        message = hear();
    while (strcmp(message, "X=1") == 0);
    return message;
}

START_TEST(a_manager_that_does_not_read_delays_nobody_and_hears_it_later)
{
    manage(false);
    fill_up();
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    kit_await_log(server, "it doesn't read");
    for (int i = 0; i < 20; i++) { /* more than may be kept for it */
        kit_signal(server, SIGHUP);
        kit_expect(context, "+PONG", "PING");
    }
    kit_await_log(server, "configuration:");
    redisFree(context);
    const char *reloading = hear_past_filling();
    ck_assert_msg(says(reloading, "RELOADING=1"), "%s", reloading);
    const char *message = reloading;
    while (
        says(message, "RELOADING=1")) /* a reload that had to wait outdates what hasn't been heard of the one before */
        message = hear();
    ck_assert_msg(says(message, "READY=1"), "%s", message);
    while (*hear_within(0)) { /* what was told since there has been room */
    }
    fill_up();
    kit_stop(server); /* nor does it hold up the end */
    end_management();
}
END_TEST

START_TEST(a_manager_that_is_not_there_is_no_obstacle)
{
    manage(false);
    char *name = strdup(scratch_path(manager_folder, "notify"));
    unlink(name);
    struct kit_server *server = kit_start();
    kit_await_log(server, "can't send to the service manager");
    kit_stop(server);
    setenv("NOTIFY_SOCKET", "nonsense", 1);
    server = kit_start();
    kit_await_log(server, "NOTIFY_SOCKET is 'nonsense'");
    kit_stop(server);
    free(name);
    end_management();
}
END_TEST

/* ---- the units ---- */

static char *prefix;
static char *unit_folder;

/* Runs a shell command: its exit status, and what it wrote in *output_out, to be free()d. */
static int shell(char **output_out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int shell(char **output_out, const char *format, ...)
{
    char command[4096];
    va_list list;
    va_start(list, format);
    vsnprintf(command, sizeof command, format, list);
    va_end(list);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    *output_out = calloc(1, 1 << 16);
    size_t len = fread(*output_out, 1, (1 << 16) - 1, pipe);
    (*output_out)[len] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void install_units(void)
{
    char *output, *program;
    prefix = scratch_create();
    ck_assert_int_ge(asprintf(&unit_folder, "%s/lib/systemd/system", prefix), 0);
    program = realpath(kit_program(), NULL);
    ck_assert_ptr_nonnull(program);
    int failed = shell(&output,
                       "env -u MAKEFLAGS -u MFLAGS make -s install-systemd DESTDIR= SCOPE=system "
                       "PREFIX='%s' 2>&1 && "
                       "mkdir '%s/bin' && ln -s '%s' '%s/bin/kvs-server'",
                       prefix, prefix, program, prefix);
    ck_assert_msg(!failed, "%s", output);
    free(program);
    free(output);
}

static void remove_units(void)
{
    free(unit_folder);
    scratch_remove(prefix);
}

static bool has_systemd_analyze(const char *test)
{
    char *output;
    int failed = shell(&output, "systemd-analyze --version 2>&1");
    free(output);
    if (failed)
        test_skip_as(test, "systemd-analyze is not installed");
    return !failed;
}

START_TEST(the_services_expose_next_to_nothing)
{
    static const char *const services[] = {"kvs.service", "kvs@.service"};
    if (!has_systemd_analyze(__func__))
        return;
    for (size_t i = 0; i < 2; i++) {
        char *output;
        int failed = shell(&output, "systemd-analyze security --no-pager --offline=true --threshold=15 '%s/%s' 2>&1",
                           unit_folder, services[i]);
        if (failed && strstr(output, "nrecognized option")) {
            test_skip("this systemd-analyze can't judge a file");
            free(output);
            return;
        }
        ck_assert_msg(!failed && strstr(output, "Overall exposure level"), "%s", output);
        free(output);
    }
}
END_TEST

START_TEST(the_units_are_understood)
{
    char *output;
    if (!has_systemd_analyze(__func__))
        return;
    shell(&output,
          "SYSTEMD_UNIT_PATH='%s:' systemd-analyze verify --man=no kvs.service kvs.socket kvs@root.service "
          "kvs@root.socket 2>&1 "
          "| grep kvs",
          unit_folder);
    ck_assert_msg(*output == '\0', "%s", output); /* of other units of this machine it may say what it likes */
    free(output);
}
END_TEST

START_TEST(the_installed_configuration_is_good)
{
    char *output, *text, path[PATH_MAX];
    int failed = shell(&output,
                       "sed -e 's|/var/lib/kvs|%s|' -e 's|/run/kvs|%s|' -e 's|group=kvs||' '%s/etc/kvs/kvs.conf' "
                       ">'%s/tried.conf'",
                       prefix, prefix, prefix, prefix);
    ck_assert_int_eq(failed, 0);
    free(output);
    snprintf(path, sizeof path, "%s/tried.conf", prefix);
    failed = kit_run(&text, path, "--supervised", "systemd", "--daemonize", "no", "--check-config");
    ck_assert_msg(!failed, "%s", text);
    free(text);
}
END_TEST

START_TEST(an_edited_configuration_is_not_installed_over)
{
    char *output, path[PATH_MAX];
    snprintf(path, sizeof path, "%s/etc/kvs/kvs.conf", prefix);
    scratch_write(path, "# mine\n");
    int failed = shell(
        &output, "env -u MAKEFLAGS -u MFLAGS make -s install-systemd DESTDIR= SCOPE=system PREFIX='%s' 2>&1", prefix);
    ck_assert_msg(!failed, "%s", output);
    free(output);
    output = scratch_read(path);
    ck_assert_str_eq(output, "# mine\n");
    free(output);
}
END_TEST

Suite *suite_supervisor(void);
Suite *suite_supervisor(void)
{
    Suite *suite = suite_create("supervisor");
    TCase *told = kit_tcase("told");
    tcase_add_test(told, the_manager_hears_of_start_reloading_and_end);
    tcase_add_test(told, the_managers_socket_may_have_an_abstract_name);
    tcase_add_test(told, ready_is_said_when_clients_are_served);
    tcase_add_test(told, signs_of_life_come_twice_as_often_as_they_must);
    tcase_add_test(told, a_watchdog_that_waits_for_another_process_hears_nothing);
    tcase_add_test(told, in_the_background_the_manager_hears_the_new_pid);
    tcase_add_test(told, a_manager_that_does_not_read_delays_nobody_and_hears_it_later);
    tcase_add_test(told, a_manager_that_is_not_there_is_no_obstacle);
    suite_add_tcase(suite, told);
    TCase *units = kit_tcase("units");
    tcase_add_checked_fixture(units, install_units, remove_units);
    tcase_add_test(units, the_services_expose_next_to_nothing);
    tcase_add_test(units, the_units_are_understood);
    tcase_add_test(units, the_installed_configuration_is_good);
    tcase_add_test(units, an_edited_configuration_is_not_installed_over);
    suite_add_tcase(suite, units);
    return suite;
}
