#include "core/crash.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};

#define CRASH_SIGNAL_COUNT (sizeof crash_signals / sizeof crash_signals[0])

static struct sigaction former_actions[CRASH_SIGNAL_COUNT];
static int restoring_fd;
static char restoring_bytes[256];
static size_t restoring_length;
static struct termios restoring_modes;

/* What was there before runs when the handler returns: the signal is blocked until then. */
static void crash_handler(int number)
{
    int saved = errno;
    ssize_t ignored = write(restoring_fd, restoring_bytes, restoring_length);
    (void)ignored;
    tcsetattr(STDIN_FILENO, TCSANOW, &restoring_modes);
    crash_disarm();
    raise(number);
    errno = saved;
}

void crash_arm(int fd, const char *bytes, size_t length, const struct termios *modes)
{
    restoring_fd = fd;
    restoring_length = length < sizeof restoring_bytes ? length : sizeof restoring_bytes;
    memcpy(restoring_bytes, bytes, restoring_length);
    restoring_modes = *modes;
    struct sigaction action = {.sa_handler = crash_handler, .sa_flags = SA_ONSTACK};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < CRASH_SIGNAL_COUNT; i++)
        sigaction(crash_signals[i], &action, &former_actions[i]);
}

void crash_disarm(void)
{
    for (size_t i = 0; i < CRASH_SIGNAL_COUNT; i++)
        sigaction(crash_signals[i], &former_actions[i], NULL);
}
