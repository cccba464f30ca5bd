/*
 * The sandbox is a list of the system calls that the server makes: a seccomp filter, built by libseccomp.
 *
 * - The calls on the list are allowed: files, Unix sockets, waiting, memory, threads, time. They are grouped by
 *   purpose, and each is listed with its older and newer forms, so that the list also fits C libraries and processors
 *   other than those it was traced on.
 * - A few are allowed depending on an argument: Unix sockets, memory that can't be executed, threads but no processes,
 *   signals to this process alone.
 * - Starting another program or reaching into another process ends the server at once (SIGSYS). Neither the server nor
 *   a library on its behalf ever does that: only an intruder would.
 * - All other calls are refused with ENOSYS, as by a kernel that doesn't have them. The C library tries the newest form
 *   of a call first (clone3, fchmodat2 and so on) and falls back to the older one only if the kernel doesn't know the
 *   newer; EPERM it would pass on as the result. clone3 is left out on purpose: its flags lie in memory, where a filter
 *   can't look.
 *
 * A call that is allowed whatever its arguments costs next to nothing: the kernel looks it up in a bitmap instead of
 * running the filter (since Linux 5.11). All calls that a request needs are of that kind.
 *
 * Accounts can still be looked up in the sandbox (host/account.h): the libraries that this needs are loaded before, and
 * reach their services over Unix sockets. No further library can be loaded, since its code would have to be executable.
 *
 * A child process builds the filter, hands it over through a pipe and ends: so the server gets the filter without the
 * library's memory (0.2 MiB of an idle server's four). The child is made before there are other threads, since one of
 * them might hold a lock that the child needs.
 *
 * Sanitizer builds allow what their runtimes do at the end and for a report: they stop the other threads and look at
 * them, and start a program that finds the names of functions.
 */
#include "host/sandbox.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* A call that this processor lacks is a negative number, and is skipped. */
#define CALL(name) SCMP_SYS(name)

/* clang-format off */
static const int allowed[] = {
    /* what requests need */
    CALL(read), CALL(readv), CALL(write), CALL(writev), CALL(recvfrom), CALL(recvmsg), CALL(sendto),
    CALL(sendmsg), CALL(epoll_wait), CALL(epoll_pwait), CALL(epoll_ctl), CALL(futex), CALL(sched_yield),
    /* sockets */
    CALL(accept), CALL(accept4), CALL(bind), CALL(connect), CALL(listen), CALL(shutdown), CALL(getsockname),
    CALL(getpeername), CALL(getsockopt), CALL(setsockopt), CALL(recvmmsg), CALL(sendmmsg),
    /* waiting */
    CALL(epoll_create1), CALL(epoll_pwait2), CALL(poll), CALL(ppoll), CALL(select), CALL(pselect6),
    CALL(eventfd2), CALL(pipe2), CALL(inotify_init1), CALL(inotify_add_watch), CALL(inotify_rm_watch),
    CALL(restart_syscall), CALL(nanosleep), CALL(clock_nanosleep),
    /* descriptors */
    CALL(close), CALL(close_range), CALL(dup), CALL(dup2), CALL(dup3), CALL(fcntl), CALL(flock),
    /* files: contents */
    CALL(open), CALL(openat), CALL(creat), CALL(pread64), CALL(preadv), CALL(preadv2), CALL(pwrite64),
    CALL(pwritev), CALL(pwritev2), CALL(lseek), CALL(ftruncate), CALL(truncate), CALL(fallocate), CALL(fsync),
    CALL(fdatasync), CALL(sync_file_range), CALL(syncfs), CALL(fadvise64), CALL(readahead),
    CALL(copy_file_range), CALL(sendfile), CALL(memfd_create),
    /* files: names, modes, owners, times */
    CALL(stat), CALL(lstat), CALL(fstat), CALL(newfstatat), CALL(statx), CALL(statfs), CALL(fstatfs),
    CALL(access), CALL(faccessat), CALL(faccessat2), CALL(readlink), CALL(readlinkat), CALL(getdents64),
    CALL(getcwd), CALL(chdir), CALL(fchdir), CALL(mkdir), CALL(mkdirat), CALL(rmdir), CALL(unlink),
    CALL(unlinkat), CALL(rename), CALL(renameat), CALL(renameat2), CALL(link), CALL(linkat), CALL(chmod),
    CALL(fchmod), CALL(fchmodat), CALL(chown), CALL(fchown), CALL(lchown), CALL(fchownat), CALL(utimensat),
    /* memory; mmap and mprotect are below */
    CALL(munmap), CALL(mremap), CALL(madvise), CALL(msync), CALL(mincore), CALL(brk), CALL(membarrier),
    /* threads; clone is below */
    CALL(set_robust_list), CALL(get_robust_list), CALL(rseq), CALL(sched_getaffinity), CALL(getcpu), CALL(exit),
    CALL(exit_group),
    /* signals; tgkill is below */
    CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(rt_sigpending), CALL(rt_sigtimedwait),
    CALL(sigaltstack), CALL(signalfd4),
    /* time, randomness, and what the process asks about itself and the machine */
    CALL(clock_gettime), CALL(clock_getres), CALL(gettimeofday), CALL(time), CALL(times), CALL(getrusage),
    CALL(getrandom), CALL(getpid), CALL(getppid), CALL(gettid), CALL(getuid), CALL(geteuid), CALL(getgid),
    CALL(getegid), CALL(getresuid), CALL(getresgid), CALL(getgroups), CALL(getrlimit), CALL(setrlimit),
    CALL(uname), CALL(sysinfo),
#ifdef KVS_LIBC_MALLOC /* a sanitizer build */
    CALL(execve), CALL(fork), CALL(vfork), CALL(clone), CALL(wait4), CALL(waitid), CALL(kill), CALL(tgkill),
    CALL(getdents), CALL(tkill), CALL(ptrace), CALL(process_vm_readv), CALL(prctl), CALL(arch_prctl),
    CALL(set_tid_address), CALL(mmap), CALL(mprotect), CALL(prlimit64), CALL(ioctl), CALL(setsid),
    CALL(getpgrp), CALL(getpgid), CALL(pipe),
#endif
};
/* clang-format on */

/* Calls that end the server. */
static const int deadly[] = {
    CALL(execveat),         CALL(process_vm_writev),
#ifndef KVS_LIBC_MALLOC
    CALL(execve),           CALL(ptrace),
    CALL(process_vm_readv),
#endif
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#ifndef KVS_LIBC_MALLOC

/* Allowed where (argument & mask) == value. For an int the mask has 32 bits, which is all that the kernel reads. */
struct condition {
    int call;
    unsigned argument;
    uint64_t mask, value;
};

static const struct condition conditions[] = {
    {CALL(mmap), 2, PROT_EXEC, 0},
    {CALL(mprotect), 2, PROT_EXEC, 0},
    {CALL(clone), 0, CLONE_VM | CLONE_THREAD, CLONE_VM | CLONE_THREAD},
    {CALL(prlimit64), 0, UINT32_MAX, 0}, /* the process itself */
    {CALL(prctl), 0, UINT32_MAX, PR_SET_NAME},
    {CALL(prctl), 0, UINT32_MAX, PR_GET_NAME},
    {CALL(prctl), 0, UINT32_MAX, PR_SET_VMA}, /* newer C libraries name their memory */
    {CALL(ioctl), 1, UINT32_MAX, TCGETS},     /* is it a terminal? */
    {CALL(ioctl), 1, UINT32_MAX, FIONREAD},
    {CALL(ioctl), 1, UINT32_MAX, FIONBIO},
};

static int add_condition(scmp_filter_ctx filter, const struct condition *condition)
{
    struct scmp_arg_cmp comparison = {
        .arg = condition->argument,
        .op = SCMP_CMP_MASKED_EQ,
        .datum_a = condition->mask,
        .datum_b = condition->value,
    };
    if (condition->call < 0)
        return 0;
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, condition->call, 1, &comparison);
}

static int add_conditions(scmp_filter_ctx filter)
{
    /* raise(3) and abort(3) signal a thread of the server, which is the parent of the process that runs this */
    struct condition to_itself = {CALL(tgkill), 0, UINT32_MAX, (uint64_t)getppid()};
    int failed = add_condition(filter, &to_itself);
    for (size_t i = 0; i < LENGTH(conditions) && !failed; i++)
        failed = add_condition(filter, &conditions[i]);
    return failed;
}

#else

static int add_conditions(scmp_filter_ctx filter)
{
    (void)filter;
    return 0;
}

#endif

static int add_list(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    int failed = 0;
    for (size_t i = 0; i < count && !failed; i++)
        if (calls[i] >= 0)
            failed = seccomp_rule_add(filter, action, calls[i], 0);
    return failed;
}

/* Allows Unix sockets; for any other family the call fails as if the kernel didn't know that family. */
static int add_family_rule(scmp_filter_ctx filter, int call)
{
    struct scmp_arg_cmp own = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = AF_UNIX};
    struct scmp_arg_cmp other = {.arg = 0, .op = SCMP_CMP_NE, .datum_a = AF_UNIX};
    int failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &own);
    return failed ? failed : seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), call, 1, &other);
}

static int add_rules(scmp_filter_ctx filter)
{
    int failed = add_list(filter, SCMP_ACT_ALLOW, allowed, LENGTH(allowed));
    if (!failed)
        failed = add_list(filter, SCMP_ACT_KILL_PROCESS, deadly, LENGTH(deadly));
    if (!failed)
        failed = add_conditions(filter);
    if (!failed)
        failed = add_family_rule(filter, CALL(socket));
    if (!failed)
        failed = add_family_rule(filter, CALL(socketpair));
    return failed;
}

/* ---- in the child ---- */

static int configure(scmp_filter_ctx filter)
{
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* nice to have: a tree of comparisons instead of a chain */
    return seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
}

/* Writes the filter to the descriptor; 0 or a negative errno. */
static int build_filter(int out)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int failed = filter ? configure(filter) : -ENOMEM;
    if (!failed)
        failed = add_rules(filter);
    if (!failed)
        failed = seccomp_export_bpf(filter, out);
    return failed;
}

/* ---- in the server ---- */

static int read_filter(int in, struct sock_filter *instructions, unsigned short *count_out)
{
    size_t size = 0, room = BPF_MAXINSNS * sizeof *instructions;
    ssize_t n;
    while ((n = read(in, (char *)instructions + size, room - size)) > 0 || (n < 0 && errno == EINTR))
        size += n > 0 ? (size_t)n : 0;
    if (n < 0)
        return -errno;
    *count_out = (unsigned short)(size / sizeof *instructions);
    return size > 0 && size < room ? 0 : -EPROTO;
}

/* Has a child build the filter. 0 or a negative errno. */
static int obtain_filter(struct sock_filter *instructions, unsigned short *count_out)
{
    int ends[2], status = 0;
    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    pid_t child = fork();
    if (child == 0)
        _exit(-build_filter(ends[1])); /* an errno is less than 256 */
    int failed = child < 0 ? -errno : 0;
    close(ends[1]);
    if (!failed)
        failed = read_filter(ends[0], instructions, count_out);
    close(ends[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? -WEXITSTATUS(status) : failed;
}

/*
 * Gives all threads the filter; afterwards neither they nor their children can gain rights. Speculative store bypass,
 * which kernels before 5.16 would otherwise turn off together with it, stays on: turning it off slows loads from memory
 * and protects only programs that run other people's code.
 */
static int install(struct sock_filter *instructions, unsigned short count)
{
    struct sock_fprog program = {count, instructions};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -errno;
    unsigned flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (result < 0 && errno == EINVAL) /* the kernel doesn't know SPEC_ALLOW */
        result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    return result < 0 ? -errno : result > 0 ? -ESRCH : 0; /* above 0: the id of a thread that couldn't follow */
}

/* 0 if the kernel has the actions that the filter uses (since Linux 4.14), otherwise a negative errno. */
static int ask_kernel(void)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) ? -errno : 0;
}

/* from sandbox_prepare() to sandbox_enter() */
static struct sock_filter *prepared;
static unsigned short prepared_count;

static int fail(int failed, const char *step, char *error, size_t error_size)
{
    snprintf(error, error_size, "can't %s (seccomp): %s", step, strerror(-failed));
    mem_free(prepared);
    prepared = NULL;
    return failed;
}

int sandbox_prepare(char *error, size_t error_size)
{
    int failed = ask_kernel();
    if (failed)
        return fail(failed, "have the kernel filter system calls", error, error_size);
    prepared = mem_alloc(BPF_MAXINSNS * sizeof *prepared);
    failed = obtain_filter(prepared, &prepared_count);
    return failed ? fail(failed, "make a filter", error, error_size) : 0;
}

int sandbox_enter(char *error, size_t error_size)
{
    int failed = install(prepared, prepared_count);
    if (failed)
        return fail(failed, "give the filter to the kernel", error, error_size);
    mem_free(prepared);
    prepared = NULL;
    return 0;
}
