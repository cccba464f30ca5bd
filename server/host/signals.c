/*
 * What ends a process by default, but isn't a crash, is taken here. A signal that somebody has a handler for, such as a
 * profiler that was loaded before main(), is left to it, and one that the parent had ignored stays so. The three by
 * which the server is run are taken in any case: a shell has SIGINT ignored by what it starts in the background.
 *
 * SIGXFSZ is ignored instead: it goes to the thread that writes, whose write(2) then fails with EFBIG.
 */
#include "host/signals.h"

#include "host/log.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const struct {
    int number;
    enum signal_wish wish;
} known[] = {
    {SIGHUP, SIGNAL_RELOAD},     {SIGTERM, SIGNAL_END},       {SIGINT, SIGNAL_END},      {SIGQUIT, SIGNAL_END},
    {SIGPWR, SIGNAL_END},        {SIGXCPU, SIGNAL_END},       {SIGUSR1, SIGNAL_NOTHING}, {SIGUSR2, SIGNAL_NOTHING},
    {SIGALRM, SIGNAL_NOTHING},   {SIGVTALRM, SIGNAL_NOTHING}, {SIGPROF, SIGNAL_NOTHING}, {SIGIO, SIGNAL_NOTHING},
    {SIGSTKFLT, SIGNAL_NOTHING},
};

#define KNOWN (sizeof known / sizeof known[0])

static int signal_fd = -1;

static void add(sigset_t *set, int number)
{
    struct sigaction action;
    bool is_indispensable = number == SIGHUP || number == SIGTERM || number == SIGINT;
    if (is_indispensable || (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_DFL))
        sigaddset(set, number);
}

int signals_open(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < KNOWN; i++)
        add(&set, known[i].number);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        add(&set, number);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return signal_fd < 0 ? -errno : signal_fd;
}

static enum signal_wish wish_of(int number)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (known[i].number == number)
            return known[i].wish;
    return SIGNAL_NOTHING;
}

/* "SIGUSR1", or "signal 40" for one of those that have only a number. */
static void name_signal(int number, char out[32])
{
    const char *name = sigabbrev_np(number);
    if (name)
        snprintf(out, 32, "SIG%s", name);
    else
        snprintf(out, 32, "signal %d", number);
}

enum signal_wish signals_take(void)
{
    struct signalfd_siginfo info;
    char name[32];
    if (read(signal_fd, &info, sizeof info) != sizeof info)
        return SIGNAL_NOTHING;
    int number = (int)info.ssi_signo;
    enum signal_wish wish = wish_of(number);
    name_signal(number, name);
    if (wish == SIGNAL_END)
        log_notice("%s received from pid %u, ending", name, info.ssi_pid);
    else if (wish == SIGNAL_NOTHING)
        log_warning("%s received from pid %u of uid %u: it means nothing to kvs; SIGHUP reloads, SIGTERM ends", name,
                    info.ssi_pid, info.ssi_uid);
    return wish;
}
