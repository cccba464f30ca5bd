#include "output/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_PAGER "less"
#define DEFAULT_LESS "-FRX" /* leave when all fits, colours, and what was shown stays on the screen */
#define SHELL_CANNOT_RUN 126
#define SHELL_FOUND_NOTHING 127

static _Noreturn void become_pager(int fd)
{
    const char *command = getenv("PAGER");
    if (!command || *command == '\0')
        command = DEFAULT_PAGER;
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    setenv("LESS", DEFAULT_LESS, 0);
    if (dup2(fd, STDIN_FILENO) == STDIN_FILENO)
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(SHELL_CANNOT_RUN);
}

static void restore_signals(const struct pager *pager)
{
    sigaction(SIGINT, &pager->saved_interrupt, NULL);
    sigaction(SIGQUIT, &pager->saved_quit, NULL);
}

int pager_start(struct pager *pager)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGINT, &ignore, &pager->saved_interrupt);
    sigaction(SIGQUIT, &ignore, &pager->saved_quit);
    pager->pid = fork();
    if (pager->pid == 0)
        become_pager(ends[0]);
    int error = -errno;
    close(ends[0]);
    if (pager->pid < 0) {
        close(ends[1]);
        restore_signals(pager);
        return error;
    }
    pager->fd = ends[1];
    return 0;
}

bool pager_finish(struct pager *pager)
{
    int status = 0;
    close(pager->fd);
    while (waitpid(pager->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    restore_signals(pager);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    return code != SHELL_CANNOT_RUN && code != SHELL_FOUND_NOTHING;
}
