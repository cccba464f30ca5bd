#include "host/process.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Input is opened for writing and output for reading, so that nobody mistakes what is lost for read or written. */
int process_open_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return -errno;
    return 0;
}

static mode_t operator_umask; /* written before threads start */

void process_take_umask(void)
{
    operator_umask = umask(0);
}

mode_t process_file_mode(mode_t wanted)
{
    return wanted & ~operator_umask;
}

static int ready_fd = -1; /* the child's end of the pipe to the waiting parent */

/* The parent of a daemon: lives until the child is ready or dead. */
static _Noreturn void wait_for_child(int fd, pid_t child)
{
    char byte;
    ssize_t n;
    do
        n = read(fd, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n == 1)
        _exit(0);
    int status = 0;
    waitpid(child, &status, 0);
    _exit(WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : 1);
}

int process_daemonize(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    pid_t child = fork();
    if (child < 0) {
        int error = errno;
        close(ends[0]);
        close(ends[1]);
        return -error;
    }
    if (child > 0) {
        close(ends[1]);
        wait_for_child(ends[0], child);
    }
    close(ends[0]);
    ready_fd = ends[1];
    setsid();
    return 0;
}

void process_ready(void)
{
    if (ready_fd < 0)
        return;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        if (null > STDERR_FILENO)
            close(null);
    }
    char byte = 1;
    while (write(ready_fd, &byte, 1) < 0 && errno == EINTR) {
    }
    close(ready_fd);
    ready_fd = -1;
}

int process_write_pidfile(const char *path)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%d\n", (int)getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, process_file_mode(0644));
    if (fd < 0)
        return -errno;
    int error = write(fd, text, (size_t)len) == len ? 0 : -EIO;
    close(fd);
    return error;
}

void process_remove_pidfile(const char *path)
{
    unlink(path);
}

char *process_executable(void)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    return len > 0 ? mem_dup(path, (size_t)len) : NULL;
}

/* ---- memory of the start ---- */

static int forget_segments(struct dl_phdr_info *object, size_t size, void *unused)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)size, (void)unused;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W))
            continue;
        uintptr_t begin = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz + page - 1) & ~(page - 1);
        madvise((void *)begin, end - begin, MADV_DONTNEED); /* if it fails, the pages stay, which does no harm */
    }
    return 0;
}

void process_forget_start(void)
{
    dl_iterate_phdr(forget_segments, NULL);
}
