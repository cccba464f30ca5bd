/* listeners: messages that one client publishes and many get.
 *
 *   listeners -s PATH -n MESSAGES -c SUBSCRIBERS -p PIPELINE
 * Each turn, PIPELINE messages of 32 bytes are published in one write, the replies are read, and then all that came to
 * each subscriber; so no more ever lies in a socket than it holds. One thread, blocking sockets; whatever is wrong ends
 * the run. The result is one line of JSON; a request is a message.
 */
#include "bench/blocking.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIPELINE_MAX 64
#define TEXT_MAX 128 /* bytes of one request, or one message */

#define TEXT "0123456789abcdef0123456789abcdef"

static char received[PIPELINE_MAX * TEXT_MAX];

/* text, as often as that. */
static char *repeated(const char *text, unsigned count)
{
    char *all = calloc(count, TEXT_MAX);
    for (unsigned i = 0; i < count; i++)
        strcpy(all + i * strlen(text), text);
    return all;
}

static int *subscribe(const char *path, unsigned count)
{
    int *fds = calloc(count, sizeof *fds);
    for (unsigned i = 0; i < count; i++) {
        fds[i] = open_connection(path);
        say(fds[i], "SUBSCRIBE news\r\n");
        expect(fds[i], "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n", received);
    }
    return fds;
}

/* Returns how long it took, in nanoseconds. */
static int64_t publish(const char *path, const int *fds, unsigned count, unsigned pipeline, unsigned long turns)
{
    char reply[TEXT_MAX];
    int publisher = open_connection(path);
    snprintf(reply, sizeof reply, ":%u\r\n", count);
    char *requests = repeated("*3\r\n$7\r\nPUBLISH\r\n$4\r\nnews\r\n$32\r\n" TEXT "\r\n", pipeline);
    char *replies = repeated(reply, pipeline);
    char *messages = repeated("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$32\r\n" TEXT "\r\n", pipeline);
    int64_t began_ns = now_ns();
    for (unsigned long turn = 0; turn < turns; turn++) {
        say(publisher, requests);
        expect(publisher, replies, received);
        for (unsigned i = 0; i < count; i++)
            expect(fds[i], messages, received);
    }
    int64_t took_ns = now_ns() - began_ns;
    free(requests);
    free(replies);
    free(messages);
    return took_ns;
}

int main(int argc, char **argv)
{
    const char *path = NULL;
    unsigned long messages = 10000;
    unsigned count = 1000, pipeline = 1;
    for (int option; (option = getopt(argc, argv, "s:n:c:p:")) != -1;) {
        if (option == 's')
            path = optarg;
        else if (option == 'n')
            messages = strtoul(optarg, NULL, 10);
        else if (option == 'c')
            count = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'p')
            pipeline = (unsigned)strtoul(optarg, NULL, 10);
        else
            return 2;
    }
    if (!path || count == 0 || pipeline == 0 || pipeline > PIPELINE_MAX)
        die("usage", "listeners -s PATH -n MESSAGES -c SUBSCRIBERS -p PIPELINE (64 at most)");
    int *fds = subscribe(path, count);
    unsigned long turns = messages / pipeline;
    int64_t took_ns = publish(path, fds, count, pipeline, turns);
    printf("{\"requests\": %lu, \"seconds\": %.6f}\n", turns * pipeline, (double)took_ns / 1e9);
    free(fds);
    return 0;
}
