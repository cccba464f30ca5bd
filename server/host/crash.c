/*
 * The unwinder is called directly and linked statically: backtrace(3) would load a library at its first call, which a
 * signal handler must not do, and doing it at start would cost every idle server a hundred kilobytes.
 */
#include "host/crash.h"

#include "host/log.h"

#include <execinfo.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
static const char *crash_version;

/* What follows does only what is safe in a signal handler: write(2) and arithmetic. */
static void crash_write(int fd, const char *text)
{
    ssize_t ignored = write(fd, text, strlen(text));
    (void)ignored;
}

static void crash_write_number(int fd, unsigned long number, unsigned base)
{
    char digits[32], *at = digits + sizeof digits;
    *--at = '\0';
    do
        *--at = "0123456789abcdef"[number % base];
    while ((number /= base) > 0);
    crash_write(fd, at);
}

struct crash_frames {
    void *frames[64];
    int count;
};

static _Unwind_Reason_Code crash_add_frame(struct _Unwind_Context *context, void *argument)
{
    struct crash_frames *found = argument;
    if (found->count == (int)(sizeof found->frames / sizeof found->frames[0]))
        return _URC_END_OF_STACK;
    found->frames[found->count++] = (void *)_Unwind_GetIP(context);
    return _URC_NO_REASON;
}

static void crash_handle(int number, siginfo_t *info, void *context)
{
    (void)context;
    int fd = log_fd();
    crash_write(fd, "\n=== KVS BUG REPORT START: cut and paste what follows ===\nkvs ");
    crash_write(fd, crash_version);
    crash_write(fd, " crashed by signal: ");
    crash_write_number(fd, (unsigned long)number, 10);
    crash_write(fd, ", accessing address 0x");
    crash_write_number(fd, (unsigned long)info->si_addr, 16);
    crash_write(fd, ", pid ");
    crash_write_number(fd, (unsigned long)getpid(), 10);
    crash_write(fd, "\n--- STACK TRACE (addr2line -fipe kvs-server OFFSET... names the functions) ---\n");
    struct crash_frames found = {.count = 0};
    _Unwind_Backtrace(crash_add_frame, &found);
    backtrace_symbols_fd(found.frames, found.count, fd);
    crash_write(fd, "=== KVS BUG REPORT END ===\n");
    raise(number); /* SA_RESETHAND: this time it kills */
}

void crash_report_to_log(const char *version)
{
    crash_version = version;
    struct sigaction action = {.sa_sigaction = crash_handle, .sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof crash_signals / sizeof crash_signals[0]; i++)
        sigaction(crash_signals[i], &action, NULL);
}
