/*
 * Handlers write the signal's number to a pipe, so that poll(2) sees it whenever it comes. The pipe is non-blocking at
 * both ends; what no longer fits into it repeats what is there.
 */
#include "prompt/keys.h"

#include "core/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#define CONTROL_C L'\003'
#define FOLLOW_MILLISECONDS 50 /* between the bytes of a sequence */

static const int numbers[] = {SIGWINCH, SIGCONT, SIGTSTP, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2};
#define NUMBER_COUNT (sizeof numbers / sizeof numbers[0])

static int pipe_ends[2] = {-1, -1};
static struct sigaction earlier[NUMBER_COUNT];
static int deadly; /* the signal that ends the program */
static mbstate_t decoder;

static void keys_handle(int number)
{
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t ignored = write(pipe_ends[1], &byte, 1);
    (void)ignored;
    errno = saved;
}

void keys_begin(void)
{
    if (pipe_ends[0] < 0 && pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return;
    /* poll(2) ends nevertheless; what is being written to the terminal is not cut */
    struct sigaction action = {.sa_handler = keys_handle, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        sigaction(numbers[i], &action, &earlier[i]);
    decoder = (mbstate_t){0};
}

void keys_end(void)
{
    for (size_t i = 0; i < NUMBER_COUNT && pipe_ends[0] >= 0; i++)
        sigaction(numbers[i], &earlier[i], NULL);
}

/* Takes signals of a number out of the pipe; others stay, in their order. */
static void drop_signal(int number)
{
    unsigned char bytes[64];
    ssize_t size = read(pipe_ends[0], bytes, sizeof bytes);
    for (ssize_t i = 0; i < size; i++) {
        ssize_t ignored = bytes[i] != number ? write(pipe_ends[1], &bytes[i], 1) : 0;
        (void)ignored;
    }
}

void keys_stop(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL}, own;
    sigemptyset(&standard.sa_mask);
    sigaction(SIGTSTP, &standard, &own);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &own, NULL);
    drop_signal(SIGCONT);
}

void keys_die(void)
{
    signal(deadly, SIG_DFL);
    raise(deadly);
}

static enum key_event take_signal(void)
{
    unsigned char number;
    if (read(pipe_ends[0], &number, 1) != 1)
        return KEY_NONE;
    if (number == SIGWINCH)
        return KEY_RESIZED;
    if (number == SIGCONT)
        return KEY_CONTINUED;
    if (number == SIGTSTP)
        return KEY_STOPPED;
    deadly = number;
    return KEY_ENDED;
}

/* Bytes that are no character are dropped, except the byte that shows it, which may begin the next character. */
static enum key_event decode(char byte, wchar_t *key_out)
{
    bool is_first = mbsinit(&decoder);
    size_t length = mbrtowc(key_out, &byte, 1, &decoder);
    if (length == (size_t)-1) {
        decoder = (mbstate_t){0};
        return is_first ? KEY_NONE : decode(byte, key_out);
    }
    return length == (size_t)-2 ? KEY_NONE : KEY_CHARACTER;
}

static enum key_event take_key(wchar_t *key_out)
{
    char byte;
    ssize_t size = read(STDIN_FILENO, &byte, 1);
    if (size == 1)
        return decode(byte, key_out);
    return size < 0 && (errno == EINTR || errno == EAGAIN) ? KEY_NONE : KEY_END;
}

/* Waits once: KEY_NONE when that led to nothing. */
static enum key_event poll_once(int other_fd, int limit, bool *is_quiet_out, wchar_t *key_out)
{
    struct pollfd waits[] = {
        {.fd = pipe_ends[0], .events = POLLIN},
        {.fd = interrupt_fd(), .events = POLLIN},
        {.fd = STDIN_FILENO, .events = POLLIN}, /* before what could keep it waiting for ever */
        {.fd = other_fd, .events = POLLIN},
    };
    int count = poll(waits, sizeof waits / sizeof waits[0], limit);
    *is_quiet_out = count == 0;
    if (count <= 0)
        return KEY_NONE;
    if (waits[0].revents != 0)
        return take_signal();
    if (waits[1].revents != 0 && interrupt_take()) {
        *key_out = CONTROL_C;
        return KEY_CHARACTER;
    }
    if (waits[2].revents != 0)
        return take_key(key_out);
    return waits[3].revents != 0 ? KEY_OTHER : KEY_NONE;
}

enum key_event keys_follow(wchar_t *key_out)
{
    struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
    enum key_event event = KEY_NONE;
    while (event == KEY_NONE && poll(&wait, 1, FOLLOW_MILLISECONDS) > 0)
        event = take_key(key_out);
    return event;
}

enum key_event keys_next(int other_fd, bool wait, wchar_t *key_out)
{
    bool is_quiet = false;
    enum key_event event = KEY_NONE;
    while (event == KEY_NONE && !is_quiet)
        event = poll_once(other_fd, wait ? -1 : 0, &is_quiet, key_out);
    return event;
}
