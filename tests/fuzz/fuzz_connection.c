/*
 * A whole connection: the server's worker, sessions and commands in this process, a socket pair between it and the
 * input. What comes back has to be whole, well-formed RESP, whatever was sent and however it was cut.
 */
#include "acl/acl.h"
#include "base/gate.h"
#include "engine/guard.h"
#include "fuzz/fuzzed_server.h"
#include "store/reaper.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STALL_MS 300

static void reset(void);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    fuzzed_start();
    reset();
    return 0;
}

/* A script that doesn't end would keep the gate open. */
static void stop_world(void)
{
    gate_enter(fuzzed_gate);
    while (gate_attempt_close(fuzzed_gate) != GATE_CLOSED) {
        gate_leave(fuzzed_gate);
        usleep(1000);
        fuzzed_end_script();
        gate_enter(fuzzed_gate);
    }
}

/* ACL SETUSER may have locked everybody out. */
static void restore_users(void)
{
    static const struct bytes rules[] = {{"reset", 5}, {"on", 2}, {"nopass", 6}, {"~*", 2}, {"&*", 2}, {"+@all", 5}};
    char *error = NULL;
    stop_world();
    for (size_t i = acl_count(fuzzed.acl); i-- > 0;) {
        struct bytes name = user_name(acl_at(fuzzed.acl, i));
        if (acl_at(fuzzed.acl, i) != acl_default(fuzzed.acl))
            acl_delete_user(fuzzed.acl, name.data, name.len);
    }
    if (acl_set_user(fuzzed.acl, (struct bytes){"default", 7}, rules, sizeof rules / sizeof rules[0], &error))
        abort();
    guard_refresh(&fuzzed);
    gate_open(fuzzed_gate);
    gate_leave(fuzzed_gate);
}

/* CLIENT PAUSE, or a script, would hold everything up: another client ends it. */
static void go_on(void)
{
    fuzzed_end_script();
    restore_users();
    int fd = fuzzed_connect();
    char answer[64];
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    if (write(fd, "CLIENT UNPAUSE\r\n", 16) == 16 && poll(&polled, 1, 10000) == 1)
        (void)!read(fd, answer, sizeof answer);
    close(fd);
}

/*
 * As it was before. No key may be left, nor wait to be freed: the tables' tagged pointers hide entries from the leak
 * checker.
 */
static void reset(void)
{
    static const char commands[] = "FLUSHALL\r\nFUNCTION FLUSH\r\nCONFIG SET proto-max-bulk-len 1mb\r\n"
                                   "CONFIG SET maxmemory 0\r\n";
    struct replies replies = {0};
    restore_users();
    int fd = fuzzed_connect();
    fuzzed_converse(fd, commands, sizeof commands - 1, 1000, &replies, STALL_MS, go_on);
    close(fd);
    free(replies.data);
    reaper_drain();
}

static bool has_word(const uint8_t *data, size_t size, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= size; i++)
        if (strncasecmp((const char *)data + i, word, len) == 0)
            return true;
    return false;
}

/* A member by chance so many times: a reply of a gibibyte, at which it ends, takes a sanitized server half a minute. */
static bool asks_for_very_many(const uint8_t *data, size_t size)
{
    size_t digits = 0;
    bool negative = false;
    if (!has_word(data, size, "rand"))
        return false;
    for (size_t i = 0; i < size && digits < 5; i++) {
        bool is_digit = data[i] >= '0' && data[i] <= '9';
        digits = is_digit && negative ? digits + 1 : 0;
        negative = data[i] == '-' || (is_digit && negative);
    }
    return digits == 5;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct replies replies = {0};
    /* LCS costs the product of two lengths; whoever is killed or limited may get half a reply */
    if (size < 1 || has_word(data, size, "lcs") || asks_for_very_many(data, size))
        return 0;
    int fd = fuzzed_connect();
    fuzzed_converse(fd, data + 1, size - 1, 1 + (size_t)data[0] * data[0], &replies, STALL_MS, go_on);
    close(fd);
    if (!has_word(data, size, "kill") && !has_word(data, size, "limit") && !has_word(data, size, "maxmemory-clients"))
        fuzzed_check_replies(&replies);
    free(replies.data);
    reset();
    return 0;
}
