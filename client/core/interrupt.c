/*
 * The handler writes a byte to a pipe, so that poll(2) sees a signal whenever it comes: just before, during
 * or after the wait. The pipe is non-blocking at both ends; when it is full there is a byte in it already.
 */
#include "core/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

static int pipe_read_fd = -1;
static int pipe_write_fd = -1;
static volatile sig_atomic_t interrupts;

static void interrupt_handler(int number)
{
    (void)number;
    int saved = errno;
    interrupts++;
    ssize_t ignored = write(pipe_write_fd, "!", 1);
    (void)ignored;
    errno = saved;
}

void interrupt_install(void)
{
    int ends[2];
    if (pipe_read_fd >= 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return;
    pipe_read_fd = ends[0];
    pipe_write_fd = ends[1];
    struct sigaction action = {.sa_handler = interrupt_handler};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

int interrupt_fd(void)
{
    return pipe_read_fd;
}

int interrupt_count(void)
{
    return interrupts;
}

bool interrupt_take(void)
{
    char bytes[16];
    bool taken = false;
    while (pipe_read_fd >= 0 && read(pipe_read_fd, bytes, sizeof bytes) > 0)
        taken = true;
    return taken;
}

bool interrupt_is_pending(void)
{
    struct pollfd wait = {.fd = pipe_read_fd, .events = POLLIN};
    return pipe_read_fd >= 0 && poll(&wait, 1, 0) > 0;
}

bool interrupt_sleep(double seconds)
{
    struct timespec left = {
        .tv_sec = (time_t)seconds,
        .tv_nsec = (long)((seconds - floor(seconds)) * 1e9),
    };
    struct pollfd wait = {.fd = pipe_read_fd, .events = POLLIN};
    int ready = ppoll(&wait, 1, &left, NULL); /* a negative descriptor is skipped */
    return ready == 0 || (ready < 0 && !interrupt_is_pending());
}
