#include "prompt/question.h"

#include "core/interrupt.h"
#include "core/memory.h"
#include "core/quantity.h"
#include "session/commands.h"
#include "session/info.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

/* ---- how much there is to lose ---- */

static long long count_all_keys(const struct reply *reply)
{
    struct info *info = info_parse_reply(reply);
    double count = info ? info_count_keys(info) : NAN;
    info_destroy(info);
    return isnan(count) ? -1 : (long long)count;
}

/* Negative: nobody says. In a transaction a question to the server would become part of it. */
static long long count_keys(struct session *session, enum harm harm)
{
    if (!session_can_ask(session))
        return -1;
    const char *all[] = {"INFO", "keyspace", NULL}, *one[] = {"DBSIZE", NULL};
    struct reply *reply;
    long long count = -1;
    if (session_ask(session, harm == HARM_ALL_KEYS ? all : one, &reply) != EXIT_CODE_OK)
        return -1;
    if (harm == HARM_ALL_KEYS)
        count = count_all_keys(reply);
    else if (reply->type == REPLY_INTEGER)
        count = reply->integer;
    reply_destroy(reply);
    return count;
}

/* ---- the question ---- */

/* "all 1,234 keys", "the only key", "all keys (there are none)" or, where nobody says how many, "all keys". */
static void write_keys(long long count, char *text, size_t size)
{
    char grouped[QUANTITY_SIZE];
    if (count < 0) {
        snprintf(text, size, "all keys");
    } else if (count == 0) {
        snprintf(text, size, "all keys (there are none)");
    } else if (count == 1) {
        snprintf(text, size, "the only key");
    } else {
        snprintf(text, size, "all %s keys", quantity_write_thousands(grouped, (uint64_t)count));
    }
}

static void print_question(struct session *session, enum harm harm, const struct arguments *arguments)
{
    char keys[64] = "";
    const char *path = session_options(session)->socket_path;
    const char *when = session_is_in_multi(session) ? ", once the transaction is executed" : "";
    char *subcommand =
        arguments->count > 1 ? quoting_copy_printable(arguments->values[1], arguments->lengths[1]) : NULL;
    if (harm == HARM_ALL_KEYS || harm == HARM_DATABASE_KEYS)
        write_keys(count_keys(session, harm), keys, sizeof keys);
    switch (harm) {
    case HARM_ALL_KEYS:
        fprintf(stderr, "FLUSHALL deletes %s in all databases of %s%s.", keys, path, when);
        break;
    case HARM_DATABASE_KEYS:
        fprintf(stderr, "FLUSHDB deletes %s in database %d of %s%s.", keys, session_database(session), path, when);
        break;
    case HARM_STOP:
        fprintf(stderr, "SHUTDOWN stops the server at %s.", path);
        break;
    case HARM_DEBUG:
        fprintf(stderr, "DEBUG %s can stop, block or change the server at %s%s.", subcommand, path, when);
        break;
    case HARM_CONFIGURATION_FILE:
        fprintf(stderr, "CONFIG REWRITE overwrites the configuration file of the server at %s%s.", path, when);
        break;
    case HARM_NONE:
        break;
    }
    fputs(" Go on? [y/N] ", stderr);
    fflush(stderr);
    free(subcommand);
}

/* A line from the terminal, by read(2) since the editor reads so too. False at its end and after Ctrl-C. */
static bool read_answer(char *text, size_t size)
{
    struct pollfd waits[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = interrupt_fd(), .events = POLLIN}};
    while (poll(waits, 2, -1) < 0 && errno == EINTR)
        continue;
    if (interrupt_take())
        return false;
    ssize_t length = read(STDIN_FILENO, text, size - 1);
    if (length <= 0)
        return false;
    text[length] = '\0';
    return true;
}

static bool is_yes(char *answer)
{
    while (isspace((unsigned char)*answer))
        answer++;
    size_t length = strlen(answer);
    while (length > 0 && isspace((unsigned char)answer[length - 1]))
        answer[--length] = '\0';
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

bool question_allows(struct session *session, const struct arguments *arguments)
{
    char answer[256];
    enum harm harm = command_harm(arguments);
    if (harm == HARM_NONE || !session_options(session)->questions || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return true;
    tcflush(STDIN_FILENO, TCIFLUSH); /* what was typed before the question is no answer to it */
    print_question(session, harm, arguments);
    bool answered = read_answer(answer, sizeof answer);
    if (!answered)
        putc('\n', stderr);
    if (answered && is_yes(answer))
        return true;
    fputs("Nothing was sent.\n", stderr);
    return false;
}
