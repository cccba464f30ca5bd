/* hand_over: elements that are handed from one client to another that waits for them (BLPOP).
 *
 *   hand_over -s PATH -n ELEMENTS -c PAIRS
 * Each turn, one client of each pair begins to wait in BLPOP, then the other one pushes an element, and both replies
 * are read; and so on with the roles exchanged. With one pair the time of a turn is what an element takes; with many,
 * their number in a second is what the server can do. One thread, blocking sockets; a wrong reply ends the run. The
 * result is one line of JSON.
 */
#include "bench/blocking.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 64

struct pair {
    int fds[2];
    char wait[TEXT_MAX], push[TEXT_MAX], element[TEXT_MAX];
};

static void make_pair(struct pair *pair, const char *path, unsigned number)
{
    pair->fds[0] = open_connection(path);
    pair->fds[1] = open_connection(path);
    snprintf(pair->wait, TEXT_MAX, "*3\r\n$5\r\nBLPOP\r\n$8\r\nq%07u\r\n$1\r\n0\r\n", number);
    snprintf(pair->push, TEXT_MAX, "*3\r\n$5\r\nRPUSH\r\n$8\r\nq%07u\r\n$3\r\nxxx\r\n", number);
    snprintf(pair->element, TEXT_MAX, "*2\r\n$8\r\nq%07u\r\n$3\r\nxxx\r\n", number);
}

static void take_turn(const struct pair *pairs, unsigned count, unsigned waits)
{
    char reply[TEXT_MAX];
    for (unsigned i = 0; i < count; i++)
        say(pairs[i].fds[waits], pairs[i].wait);
    for (unsigned i = 0; i < count; i++)
        say(pairs[i].fds[!waits], pairs[i].push);
    for (unsigned i = 0; i < count; i++) {
        expect(pairs[i].fds[waits], pairs[i].element, reply);
        expect(pairs[i].fds[!waits], ":1\r\n", reply);
    }
}

int main(int argc, char **argv)
{
    const char *path = NULL;
    unsigned long elements = 100000;
    unsigned count = 1;
    for (int option; (option = getopt(argc, argv, "s:n:c:")) != -1;) {
        if (option == 's')
            path = optarg;
        else if (option == 'n')
            elements = strtoul(optarg, NULL, 10);
        else if (option == 'c')
            count = (unsigned)strtoul(optarg, NULL, 10);
        else
            return 2;
    }
    if (!path || count == 0)
        die("usage", "hand_over -s PATH -n ELEMENTS -c PAIRS");
    struct pair *pairs = calloc(count, sizeof *pairs);
    for (unsigned i = 0; i < count; i++)
        make_pair(&pairs[i], path, i);
    unsigned long turns = elements / count;
    int64_t began_ns = now_ns();
    for (unsigned long turn = 0; turn < turns; turn++)
        take_turn(pairs, count, turn % 2);
    printf("{\"requests\": %lu, \"seconds\": %.6f}\n", turns * count, (double)(now_ns() - began_ns) / 1e9);
    free(pairs);
    return 0;
}
