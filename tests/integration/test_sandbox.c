/* The sandbox around a running server: every thread is inside, and what its operator relies on still works. */
#include "kit/kit.h"
#include "kit/suites.h"
#include "kit/users.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The number of a field in /proc/.../status. */
static long status_field(const char *path, const char *name)
{
    char needle[64];
    snprintf(needle, sizeof needle, "\n%s:\t", name);
    char *status = scratch_read(path), *at = strstr(status, needle);
    ck_assert_msg(at, "no %s in %s", name, path);
    long number = strtol(at + strlen(needle), NULL, 10);
    free(status);
    return number;
}

/* Returns the number of threads. */
static unsigned check_threads(pid_t pid, bool inside)
{
    char folder[64], path[384];
    unsigned count = 0;
    snprintf(folder, sizeof folder, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(folder);
    ck_assert_ptr_nonnull(tasks);
    for (struct dirent *task; (task = readdir(tasks));) {
        if (*task->d_name == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/status", folder, task->d_name);
        ck_assert_int_eq(status_field(path, "Seccomp"), inside ? 2 : 0);
        ck_assert_int_eq(status_field(path, "NoNewPrivs"), inside);
        count++;
    }
    closedir(tasks);
    return count;
}

START_TEST(every_thread_is_inside)
{
    struct kit_server *server = kit_start();
    ck_assert_uint_ge(check_threads(server->pid, true), 5); /* the main thread and four workers */
    kit_stop(server);
}
END_TEST

START_TEST(it_can_be_turned_off)
{
    if (status_field("/proc/self/status", "Seccomp") != 0 || status_field("/proc/self/status", "NoNewPrivs") != 0) {
        test_skip("the tests themselves run in a sandbox");
        return;
    }
    struct kit_server *server = kit_start("--sandbox", "no");
    check_threads(server->pid, false);
    kit_stop(server);
}
END_TEST

/* Seccomp is refused from now on, to this process and those that it starts: as by a kernel without it. */
static void take_seccomp_away(void)
{
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof instructions / sizeof instructions[0], instructions};
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

START_TEST(a_kernel_without_it_gets_a_warning_and_a_server)
{
    take_seccomp_away();
    struct kit_server *server = kit_start();
    kit_await_log(server, "no sandbox: can't have the kernel filter system calls (seccomp): Function not implemented");
    redisContext *context = kit_connect(server);
    kit_expect(context, "+PONG", "PING");
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(threads_that_start_later_are_inside)
{
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    kit_expect(context, "+OK", "DEBUG", "POPULATE", "20000");
    kit_expect(context, "+OK", "FLUSHALL", "ASYNC"); /* the reaper's work */
    kit_expect(context, "+OK", "MEMORY", "PURGE");
    check_threads(server->pid, true);
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(sockets_are_added_and_removed_inside)
{
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    char entry[256], path[128];
    struct stat found;
    snprintf(path, sizeof path, "%s/more.sock", server->folder);
    snprintf(entry, sizeof entry, "+%s mode=0640 group=%u access=read", path, getgid());
    kit_expect(context, "+OK", "CONFIG", "SET", "listen", entry);
    ck_assert_int_eq(stat(path, &found), 0);
    ck_assert_uint_eq(found.st_mode, S_IFSOCK | 0640);
    snprintf(entry, sizeof entry, "-%s", path);
    kit_expect(context, "+OK", "CONFIG", "SET", "listen", entry);
    ck_assert_int_ne(access(path, F_OK), 0);
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(accounts_are_looked_up_inside)
{
    struct kit_server *server = kit_start();
    redisContext *context = kit_connect(server);
    kit_expect(context, "+OK", "ACL", "SETUSER", "operator", "on", "peer:root", "peer:@root", "+@all");
    kit_expect(context, "-ERR ...", "ACL", "SETUSER", "other", "peer:nobody-of-this-name");
    redisFree(context);
    kit_stop(server);
}
END_TEST

START_TEST(files_are_written_inside)
{
    char *folder = scratch_create(), *file = strdup(scratch_path(folder, "kvs.conf")), *users, *config;
    char *acl = strdup(scratch_path(folder, "users.acl"));
    scratch_write(file, "maxclients 100\n");
    scratch_write(acl, "user default on nopass ~* &* +@all\n");
    struct kit_server *server = kit_start(file, "--aclfile", acl, "--logfile", "kvs.log");
    redisContext *context = kit_connect(server);
    kit_expect(context, "+OK", "CONFIG", "SET", "maxclients", "101");
    kit_expect(context, "+OK", "CONFIG", "REWRITE");
    kit_expect(context, "+OK", "ACL", "SETUSER", "reader", "on", "+get");
    kit_expect(context, "+OK", "ACL", "SAVE");
    config = scratch_read(file);
    users = scratch_read(acl);
    ck_assert_msg(strstr(config, "maxclients 101") != NULL, "%s", config);
    ck_assert_msg(strstr(users, "user reader on") != NULL, "%s", users);
    free(config);
    free(users);
    redisFree(context);
    kit_stop(server);
    free(acl);
    free(file);
    scratch_remove(folder);
}
END_TEST

START_TEST(a_crash_is_reported_from_inside)
{
    if (scratch_is_sanitized()) {
        test_skip("a sanitizer reports crashes itself");
        return;
    }
    struct kit_server *server = kit_start();
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "DEBUG SEGFAULT\r\n");
    kit_raw_expect_end(fd);
    close(fd);
    int status = kit_wait(server);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "wait status %#x", (unsigned)status);
    char *log = kit_read_log(server);
    ck_assert_msg(strstr(log, "STACK TRACE") && strstr(log, "KVS BUG REPORT END"), "%s", log);
    free(log);
    kit_discard(server);
}
END_TEST

/* As nobody, with what it writes in folder/output; the wait status. */
static int run_as_nobody(const char *program, const char *folder)
{
    int status = -1, output = open(scratch_path(folder, "output"), O_WRONLY | O_CREAT, 0600);
    pid_t pid = fork();
    if (pid == 0) {
        bool is_nobody =
            setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0;
        if (is_nobody && dup2(output, 1) >= 0 && dup2(output, 2) >= 0)
            execl(program, program, "-s", scratch_path(folder, "kvs.sock"), NULL);
        _exit(126);
    }
    close(output);
    waitpid(pid, &status, 0);
    return status;
}

START_TEST(a_setuid_program_does_not_start)
{
    char *folder = scratch_create(), *copy = strdup(scratch_path(folder, "kvs-server")), command[1024];
    struct statvfs mounted;
    if (geteuid() != 0 || statvfs(folder, &mounted) || (mounted.f_flag & ST_NOSUID)) {
        test_skip("only root can make a setuid program, and only where the file system allows it");
    } else {
        snprintf(command, sizeof command, "cp '%s' '%s'", kit_program(), copy);
        ck_assert_int_eq(system(command), 0);
        ck_assert(chmod(copy, 04755) == 0);
        users_admit_all(folder);
        int status = run_as_nobody(copy, folder);
        char *output = scratch_read(scratch_path(folder, "output"));
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1 && strstr(output, "setuid"), "status %#x: %s",
                      (unsigned)status, output);
        free(output);
    }
    free(copy);
    scratch_remove(folder);
}
END_TEST

START_TEST(root_becomes_the_account_before_it_opens_anything)
{
    struct passwd *account = getpwnam("daemon");
    char path[64];
    struct stat found;
    if (!test_is_root())
        return;
    ck_assert_ptr_nonnull(account);
    char *folder = scratch_create();
    const char *parent = getenv("KVS_TEST_FOLDER");
    ck_assert_ptr_nonnull(parent);
    ck_assert_int_eq(chmod(parent, 0755), 0);
    ck_assert_int_eq(chown(folder, account->pw_uid, account->pw_gid), 0);
    char *socket_path = strdup(scratch_path(folder, "kvs.sock"));
    struct kit_server *server = kit_start("--user", "daemon", "-s", socket_path, "--dir", folder);
    ck_assert_int_eq(stat(socket_path, &found), 0);
    ck_assert_uint_eq(found.st_uid, account->pw_uid);
    ck_assert_uint_eq(found.st_gid, account->pw_gid);
    snprintf(path, sizeof path, "/proc/%d/status", (int)server->pid);
    ck_assert_int_eq(status_field(path, "Uid"), account->pw_uid);
    ck_assert_int_eq(status_field(path, "CapEff"), 0);
    check_threads(server->pid, true);
    kit_stop(server);
    free(socket_path);
    scratch_remove(folder);
}
END_TEST

Suite *suite_sandbox(void);
Suite *suite_sandbox(void)
{
    Suite *suite = suite_create("sandbox");
    TCase *tcase = kit_tcase("server");
    tcase_add_test(tcase, every_thread_is_inside);
    tcase_add_test(tcase, it_can_be_turned_off);
    tcase_add_test(tcase, a_kernel_without_it_gets_a_warning_and_a_server);
    tcase_add_test(tcase, threads_that_start_later_are_inside);
    tcase_add_test(tcase, sockets_are_added_and_removed_inside);
    tcase_add_test(tcase, accounts_are_looked_up_inside);
    tcase_add_test(tcase, files_are_written_inside);
    tcase_add_test(tcase, a_crash_is_reported_from_inside);
    tcase_add_test(tcase, a_setuid_program_does_not_start);
    tcase_add_test(tcase, root_becomes_the_account_before_it_opens_anything);
    suite_add_tcase(suite, tcase);
    return suite;
}
