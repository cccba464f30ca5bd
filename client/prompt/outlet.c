#include "prompt/outlet.h"

#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool refuse(const char *what, const char *text, int error)
{
    fprintf(stderr, "kvs-cli: cannot %s %s: %s; the command was not sent\n", what, text, strerror(error));
    return false;
}

/* A name as a shell would read it: ~ at its beginning is the home folder. */
static char *expand_home(const char *name)
{
    const char *home = getenv("HOME");
    char *path;
    if (name[0] != '~' || (name[1] != '/' && name[1] != '\0') || !home)
        return memory_copy_text(name, strlen(name));
    if (asprintf(&path, "%s%s", home, name + 1) < 0)
        memory_fail();
    return path;
}

static bool open_file(struct outlet *outlet, const char *name, int flags)
{
    char *path = expand_home(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
    int error = errno;
    free(path);
    if (fd < 0)
        return refuse("write", name, error);
    outlet->file = fdopen(fd, "w");
    if (!outlet->file)
        memory_fail();
    return true;
}

/* What kvs-cli ignores is not to be ignored by a program. 0, or an errno. */
static int spawn_shell(const char *text, int input, pid_t *pid_out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t ordinary;
    char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)text, NULL};
    if (posix_spawn_file_actions_init(&actions) != 0 || posix_spawnattr_init(&attributes) != 0)
        memory_fail();
    sigemptyset(&ordinary);
    sigaddset(&ordinary, SIGPIPE);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawnattr_setsigdefault(&attributes, &ordinary);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int error = posix_spawn(pid_out, "/bin/sh", &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static bool open_program(struct outlet *outlet, const char *text)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return refuse("start", "a program", errno);
    int error = spawn_shell(text, ends[0], &outlet->pid);
    close(ends[0]);
    if (error != 0) {
        outlet->pid = 0;
        close(ends[1]);
        return refuse("start", "/bin/sh", error);
    }
    outlet->file = fdopen(ends[1], "w");
    if (!outlet->file)
        memory_fail();
    return true;
}

bool outlet_open(struct outlet *outlet, enum target target, const char *text)
{
    *outlet = (struct outlet){0};
    switch (target) {
    case TARGET_SCREEN:
        return true;
    case TARGET_PROGRAM:
        return open_program(outlet, text);
    case TARGET_FILE:
        return open_file(outlet, text, O_TRUNC);
    case TARGET_FILE_END:
        return open_file(outlet, text, O_APPEND);
    }
    return false;
}

static void tell_end(int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        fprintf(stderr, "kvs-cli: the program ended with status %d\n", WEXITSTATUS(status));
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGINT && WTERMSIG(status) != SIGPIPE)
        fprintf(stderr, "kvs-cli: the program was ended by signal %d (%s)\n", WTERMSIG(status),
                strsignal(WTERMSIG(status)));
}

void outlet_close(struct outlet *outlet)
{
    int status = 0;
    pid_t ended = 0;
    if (outlet->file)
        fclose(outlet->file);
    while (outlet->pid != 0 && (ended = waitpid(outlet->pid, &status, 0)) < 0 && errno == EINTR)
        continue;
    if (outlet->pid != 0 && ended == outlet->pid)
        tell_end(status);
    *outlet = (struct outlet){0};
}
