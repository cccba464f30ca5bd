#include "connection/login.h"

#include "core/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static char typed[4096]; /* a terminal gives no longer lines */
static char *taken;
static struct termios saved;

void login_hide_word(char *word)
{
    size_t length = strlen(word);
    explicit_bzero(word, length);
    if (length > 0)
        word[0] = '*';
}

const char *login_take_word(char *word)
{
    free(taken);
    taken = memory_copy_text(word, strlen(word));
    login_hide_word(word);
    return taken;
}

const char *login_from_environment(void)
{
    static const char *const names[] = {"KVSCLI_AUTH", "REDISCLI_AUTH"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *password = getenv(names[i]);
        if (password && *password != '\0')
            return password;
    }
    return NULL;
}

/* ---- asking ---- */

static const int fatal_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2};

#define FATAL_SIGNALS (sizeof fatal_signals / sizeof fatal_signals[0])

/* Whatever ends the program while it asks leaves a terminal that echoes. Installed to run once. */
static void restore_and_die(int number)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    raise(number);
}

static void catch_signals(struct sigaction *before)
{
    struct sigaction action = {.sa_handler = restore_and_die, .sa_flags = SA_RESETHAND | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        sigaction(fatal_signals[i], &action, &before[i]);
}

static void release_signals(const struct sigaction *before)
{
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        sigaction(fatal_signals[i], &before[i], NULL);
}

/* The line without its end. False at the end of input. The terminal edits it: erase, kill, and so on. */
static bool read_typed(void)
{
    size_t length = 0;
    while (length + 1 < sizeof typed) {
        ssize_t size = read(STDIN_FILENO, typed + length, 1);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return false;
        if (typed[length] == '\n')
            break;
        length++;
    }
    typed[length] = '\0';
    return true;
}

const char *login_ask(const char *user)
{
    struct sigaction before[FATAL_SIGNALS];
    if (tcgetattr(STDIN_FILENO, &saved) < 0)
        return NULL;
    struct termios quiet = saved;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    quiet.c_cc[VSUSP] = _POSIX_VDISABLE; /* a shell would get a terminal that does not echo */
    catch_signals(before);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    fprintf(stderr, "Password%s%s: ", user ? " of " : "", user ? user : "");
    bool has_line = read_typed();
    fputc('\n', stderr);
    tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    release_signals(before);
    errno = 0;
    return has_line ? typed : NULL;
}
