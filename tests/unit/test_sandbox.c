/*
 * The sandbox: what is refused inside, and what goes on. Each look inside is a process of its own, since there is no
 * way out again.
 */
#include "host/account.h"
#include "host/sandbox.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* A look inside returns NULL, or what was not as it should be. */
typedef const char *look(const char *folder);

/* The status of the process that looked, as waitpid() has it; what it complained of fails the test. */
static int look_inside(look *inside)
{
    char error[256] = "", complaint[512] = "";
    char *folder = scratch_create();
    int ends[2], status;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        account_warm_up();
        bool failed = sandbox_prepare(error, sizeof error) || sandbox_enter(error, sizeof error);
        const char *fault = failed ? error : inside(folder);
        if (fault) {
            ssize_t ignored = write(ends[1], fault, strlen(fault));
            (void)ignored;
        }
        _exit(fault != NULL);
    }
    close(ends[1]);
    ssize_t len = read(ends[0], complaint, sizeof complaint - 1);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(len == 0, "inside: %s", complaint);
    close(ends[0]);
    scratch_remove(folder);
    return status;
}

/* The complaint of the first condition that doesn't hold. */
#define wants(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            return #condition;                                                                                         \
    } while (0)

#define wants_refusal(code, call)                                                                                      \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        if ((call) != -1 || errno != (code))                                                                           \
            return #call " is not refused with " #code;                                                                \
    } while (0)

/* ---- refused ---- */

static const char *make_sockets(const char *folder)
{
    (void)folder;
    static const int families[] = {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK};
    int pair[2];
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        wants_refusal(EAFNOSUPPORT, socket(families[i], SOCK_STREAM, 0));
        wants_refusal(EAFNOSUPPORT, socket(families[i], SOCK_RAW | SOCK_CLOEXEC, 0));
    }
    wants_refusal(EAFNOSUPPORT, socketpair(AF_TIPC, SOCK_STREAM, 0, pair));
    wants(socket(AF_UNIX, SOCK_DGRAM, 0) >= 0);
    wants(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    return NULL;
}

START_TEST(only_unix_sockets_are_made)
{
    ck_assert_int_eq(look_inside(make_sockets), 0);
}
END_TEST

static const char *call_the_unused(const char *folder)
{
    wants_refusal(ENOSYS, syscall(SYS_io_uring_setup, 1, NULL));
    wants_refusal(ENOSYS, syscall(SYS_bpf, 0, NULL, 0));
    wants_refusal(ENOSYS, syscall(SYS_userfaultfd, 0));
    wants_refusal(ENOSYS, syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0));
    wants_refusal(ENOSYS, syscall(SYS_unshare, CLONE_NEWUSER));
    wants_refusal(ENOSYS, syscall(SYS_mount, "none", folder, "tmpfs", 0, NULL));
    wants_refusal(ENOSYS, syscall(SYS_chroot, folder));
    wants_refusal(ENOSYS, syscall(SYS_setuid, 0));
    wants_refusal(ENOSYS, syscall(SYS_keyctl, 0, 0, 0, 0, 0));
    wants_refusal(ENOSYS, syscall(SYS_personality, 0x0400000)); /* READ_IMPLIES_EXEC */
    wants_refusal(ENOSYS, syscall(SYS_mknodat, AT_FDCWD, "null", S_IFCHR | 0666, 0));
    wants_refusal(ENOSYS, syscall(SYS_symlinkat, "/etc", AT_FDCWD, "link"));
    return NULL;
}

START_TEST(what_the_server_does_not_use_is_refused)
{
    ck_assert_int_eq(look_inside(call_the_unused), 0);
}
END_TEST

/* ---- refused unless a sanitizer is at work ---- */

static const char *execute(const char *folder)
{
    (void)folder;
    execl("/bin/true", "true", NULL);
    return "execve() returned";
}

static const char *execute_at(const char *folder)
{
    (void)folder;
    char *const args[] = {"true", NULL};
    syscall(SYS_execveat, AT_FDCWD, "/bin/true", args, NULL, 0);
    return "execveat() returned";
}

static const char *trace(const char *folder)
{
    (void)folder;
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    return "ptrace() returned";
}

static const char *read_parent(const char *folder)
{
    (void)folder;
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)folder, 1};
    process_vm_readv(getppid(), &here, 1, &there, 1, 0);
    return "process_vm_readv() returned";
}

static const char *write_parent(const char *folder)
{
    char byte = *folder;
    struct iovec here = {&byte, 1}, there = {(void *)folder, 1};
    process_vm_writev(getppid(), &here, 1, &there, 1, 0);
    return "process_vm_writev() returned";
}

static bool is_needed_by_sanitizers(const char *test)
{
    if (scratch_is_sanitized())
        test_skip_as(test, "the runtimes of sanitizers need what is refused");
    return scratch_is_sanitized();
}

START_TEST(what_only_an_intruder_does_ends_the_process)
{
    if (is_needed_by_sanitizers(__func__))
        return;
    static look *const looks[] = {execute, execute_at, trace, read_parent, write_parent};
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        int status = look_inside(looks[i]);
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "look %zu: status %#x", i, (unsigned)status);
    }
}
END_TEST

static const char *make_executable(const char *folder)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open(scratch_path(folder, "library"), O_RDWR | O_CREAT, 0600);
    wants(memory != MAP_FAILED && fd >= 0 && ftruncate(fd, (off_t)page) == 0);
    wants_refusal(ENOSYS, mprotect(memory, page, PROT_READ | PROT_EXEC));
    wants_refusal(ENOSYS, mprotect(memory, page, PROT_READ | PROT_WRITE | PROT_EXEC));
    wants_refusal(ENOSYS, (intptr_t)mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0));
    wants_refusal(ENOSYS, (intptr_t)mmap(NULL, page, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    wants_refusal(ENOSYS, syscall(SYS_pkey_mprotect, memory, page, PROT_EXEC, -1));
    wants(mprotect(memory, page, PROT_READ) == 0);
    return NULL;
}

START_TEST(no_memory_becomes_executable)
{
    if (is_needed_by_sanitizers(__func__))
        return;
    ck_assert_int_eq(look_inside(make_executable), 0);
}
END_TEST

static const char *reach_others(const char *folder)
{
    (void)folder;
    struct rlimit limit;
    wants_refusal(ENOSYS, fork());
    wants_refusal(ENOSYS, syscall(SYS_clone3, NULL, 0));
    wants_refusal(ENOSYS, kill(getppid(), 0));
    wants_refusal(ENOSYS, syscall(SYS_tgkill, getppid(), getppid(), 0));
    wants_refusal(ENOSYS, prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit));
    wants(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    return NULL;
}

START_TEST(no_processes_are_started_or_reached)
{
    if (is_needed_by_sanitizers(__func__))
        return;
    ck_assert_int_eq(look_inside(reach_others), 0);
}
END_TEST

/* ---- goes on ---- */

static const char *use_files(const char *folder)
{
    const char *path = scratch_path(folder, "a"), *other = scratch_path(folder, "b");
    struct stat found;
    char text[8] = "";
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    wants(fd >= 0 && write(fd, "text", 4) == 4 && pwrite(fd, "T", 1, 0) >= 0);
    wants(fsync(fd) == 0 && fdatasync(fd) == 0 && sync_file_range(fd, 0, 0, 0) == 0);
    wants(posix_fallocate(fd, 0, 100) == 0 && ftruncate(fd, 4) == 0 && fchmod(fd, 0640) == 0);
    wants(pread(fd, text, 4, 0) == 4 && memcmp(text, "text", 4) == 0 && flock(fd, LOCK_EX) == 0 && close(fd) == 0);
    wants(chmod(path, 0600) == 0 && chown(path, getuid(), getgid()) == 0 && stat(path, &found) == 0);
    wants(fchmodat(AT_FDCWD, path, 0640, 0) == 0 && rename(path, other) == 0 && access(other, R_OK) == 0);
    wants(faccessat(AT_FDCWD, other, W_OK, AT_EACCESS) == 0 && link(other, path) == 0 && unlink(path) == 0);
    wants(mkdir(path, 0700) == 0 && rmdir(path) == 0 && chdir(folder) == 0 && truncate("b", 2) == 0);
    FILE *file = fopen("b", "r");
    wants(file && fgets(text, sizeof text, file) && strcmp(text, "te") == 0 && fclose(file) == 0);
    return NULL;
}

START_TEST(files_are_used_as_before)
{
    ck_assert_int_eq(look_inside(use_files), 0);
}
END_TEST

static const char *use_sockets(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct epoll_event event = {.events = EPOLLIN};
    struct ucred peer;
    socklen_t len = sizeof peer;
    char byte = 'x';
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", folder);
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    wants(bind(listening, (struct sockaddr *)&address, sizeof address) == 0 && listen(listening, 8) == 0);
    wants(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
    int served = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), epoll = epoll_create1(0);
    wants(served >= 0 && getsockopt(served, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid == getpid());
    wants(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, served, &event) == 0);
    wants(send(client, &byte, 1, MSG_NOSIGNAL) == 1 && epoll_wait(epoll, &event, 1, 1000) == 1);
    wants(recv(served, &byte, 1, 0) == 1 && byte == 'x' && shutdown(served, SHUT_RDWR) == 0);
    wants(eventfd(0, EFD_CLOEXEC) >= 0 && inotify_init1(IN_NONBLOCK) >= 0);
    return NULL;
}

START_TEST(unix_sockets_are_served_as_before)
{
    ck_assert_int_eq(look_inside(use_sockets), 0);
}
END_TEST

static void *work(void *data)
{
    pthread_setname_np(pthread_self(), "worker");
    free(malloc(1 << 22));
    *(int *)data = 1;
    return NULL;
}

static const char *use_threads(const char *folder)
{
    (void)folder;
    pthread_t thread;
    int done = 0;
    wants(pthread_create(&thread, NULL, work, &done) == 0);
    wants(pthread_join(thread, NULL) == 0 && done);
    wants(pthread_kill(pthread_self(), 0) == 0);
    return NULL;
}

START_TEST(threads_are_started_as_before)
{
    ck_assert_int_eq(look_inside(use_threads), 0);
}
END_TEST

static const char *look_up_accounts(const char *folder)
{
    (void)folder;
    uid_t uid = 1;
    gid_t gid = 1;
    wants(account_find_user("root", &uid) && uid == 0);
    wants(account_find_group("root", &gid) && gid == 0);
    wants(!account_find_user("nobody-of-this-name", &uid));
    return NULL;
}

START_TEST(accounts_are_found_as_before)
{
    ck_assert_int_eq(look_inside(look_up_accounts), 0);
}
END_TEST

static const char *crash(const char *folder)
{
    (void)folder;
    signal(SIGABRT, SIG_DFL);
    abort();
}

START_TEST(a_crash_ends_by_its_own_signal)
{
    int status = look_inside(crash);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "status %#x", (unsigned)status);
}
END_TEST

/* ---- who is inside ---- */

static atomic_bool entered;

static void *find_myself_inside(void *data)
{
    while (!entered)
        sched_yield();
    *(int *)data = socket(AF_INET, SOCK_STREAM, 0);
    return NULL;
}

START_TEST(threads_that_ran_before_are_inside_too)
{
    pthread_t thread = 0;
    int fd = -2, status;
    pid_t pid = fork();
    if (pid == 0) {
        char error[256];
        bool held = !sandbox_prepare(error, sizeof error) &&
                    pthread_create(&thread, NULL, find_myself_inside, &fd) == 0 && !sandbox_enter(error, sizeof error);
        entered = true;
        pthread_join(thread, NULL);
        _exit(!(held && fd == -1));
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

Suite *suite_sandbox(void);
Suite *suite_sandbox(void)
{
    Suite *suite = suite_create("sandbox");
    TCase *refused = tcase_create("refused");
    tcase_add_test(refused, only_unix_sockets_are_made);
    tcase_add_test(refused, what_the_server_does_not_use_is_refused);
    tcase_add_test(refused, what_only_an_intruder_does_ends_the_process);
    tcase_add_test(refused, no_memory_becomes_executable);
    tcase_add_test(refused, no_processes_are_started_or_reached);
    suite_add_tcase(suite, refused);
    TCase *kept = tcase_create("kept");
    tcase_add_test(kept, files_are_used_as_before);
    tcase_add_test(kept, unix_sockets_are_served_as_before);
    tcase_add_test(kept, threads_are_started_as_before);
    tcase_add_test(kept, accounts_are_found_as_before);
    tcase_add_test(kept, a_crash_ends_by_its_own_signal);
    tcase_add_test(kept, threads_that_ran_before_are_inside_too);
    suite_add_tcase(suite, kept);
    return suite;
}
