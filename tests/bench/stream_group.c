/* stream_group: a consumer that reads a stream in batches and acknowledges them.
 *
 *   stream_group -s PATH -n ENTRIES -b BATCH -p PENDING
 * Adds entries of two fields, of which another consumer of the group gets PENDING and acknowledges none. Then, measured,
 * reads the others in batches with XREADGROUP and acknowledges each batch with one XACK, which is sent together with the
 * request for the next batch. One thread, a blocking socket; a wrong byte ends the run. The result is one line of JSON.
 */
#include "bench/blocking.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST 1000000000ul /* of the IDs: all have as many digits */
#define ENTRY_MAX 160      /* bytes of an entry in requests and replies */

/* What is sent and what comes back, written before it is measured. */
struct script {
    char *request, *answer; /* where the next ones are written */
    char *requests, *answers;
    char **turns; /* the beginnings of both, for each turn, and the end */
    unsigned long count;
};

static void begin_turn(struct script *script)
{
    script->turns[2 * script->count] = script->request;
    script->turns[2 * script->count + 1] = script->answer;
    script->count++;
}

/* Entries for that many turns. */
static void make(struct script *script, unsigned long entries, unsigned long turns)
{
    script->request = script->requests = malloc(1000 + entries * ENTRY_MAX + turns * 500);
    script->answer = script->answers = malloc(1000 + entries * ENTRY_MAX + turns * 500);
    script->turns = malloc(2 * (turns + 1) * sizeof *script->turns);
    script->count = 0;
    if (!script->requests || !script->answers || !script->turns)
        die("memory", "too little for so many entries");
}

/* Plays all of it but the turn that was begun last, which is its end. */
static void play(const struct script *script, int fd, char *buffer)
{
    for (char **turn = script->turns; turn < script->turns + 2 * (script->count - 1); turn += 2) {
        char end = *turn[3];
        *turn[3] = '\0';
        write_all(fd, turn[0], (size_t)(turn[2] - turn[0]));
        expect(fd, turn[1], buffer);
        *turn[3] = end;
    }
    free(script->requests), free(script->answers), free(script->turns);
}

/* ---- requests ---- */

static void write_add(struct script *script, unsigned long id)
{
    script->request += sprintf(script->request,
                               "*7\r\n$4\r\nXADD\r\n$1\r\ns\r\n$12\r\n%lu-0\r\n$5\r\nfield\r\n$5\r\nvalue\r\n"
                               "$6\r\nnumber\r\n$10\r\n%lu\r\n",
                               id, id);
    script->answer += sprintf(script->answer, "$12\r\n%lu-0\r\n", id);
}

static void write_read(struct script *script, const char *consumer, unsigned long first, unsigned batch)
{
    script->request += sprintf(script->request,
                               "*9\r\n$10\r\nXREADGROUP\r\n$5\r\nGROUP\r\n$1\r\ng\r\n$1\r\n%s\r\n$5\r\nCOUNT\r\n$%d\r\n"
                               "%u\r\n$7\r\nSTREAMS\r\n$1\r\ns\r\n$1\r\n>\r\n",
                               consumer, snprintf(NULL, 0, "%u", batch), batch);
    script->answer += sprintf(script->answer, "*1\r\n*2\r\n$1\r\ns\r\n*%u\r\n", batch);
    for (unsigned long id = first; id < first + batch; id++)
        script->answer += sprintf(script->answer,
                                  "*2\r\n$12\r\n%lu-0\r\n*4\r\n$5\r\nfield\r\n$5\r\nvalue\r\n$6\r\nnumber\r\n$10\r\n"
                                  "%lu\r\n",
                                  id, id);
}

static void write_acknowledge(struct script *script, unsigned long first, unsigned batch)
{
    script->request += sprintf(script->request, "*%u\r\n$4\r\nXACK\r\n$1\r\ns\r\n$1\r\ng\r\n", batch + 3);
    for (unsigned long id = first; id < first + batch; id++)
        script->request += sprintf(script->request, "$12\r\n%lu-0\r\n", id);
    script->answer += sprintf(script->answer, ":%u\r\n", batch);
}

static void add_entries(int fd, unsigned long entries, unsigned batch, char *buffer)
{
    struct script script;
    make(&script, entries, entries / batch);
    for (unsigned long i = 0; i < entries; i++) {
        if (i % batch == 0)
            begin_turn(&script);
        write_add(&script, FIRST + i);
    }
    begin_turn(&script);
    play(&script, fd, buffer);
}

/* Entries that a consumer reads and leaves pending. */
static void leave_pending(int fd, unsigned long entries, unsigned batch, char *buffer)
{
    struct script script;
    make(&script, entries, entries / batch);
    for (unsigned long i = 0; i < entries; i += batch) {
        begin_turn(&script);
        write_read(&script, "i", FIRST + i, batch);
    }
    begin_turn(&script);
    play(&script, fd, buffer);
}

/* Returns nanoseconds, of the clock and of the server's processors. */
static int64_t read_and_acknowledge(int fd, unsigned long from, unsigned long entries, unsigned batch, char *buffer,
                                    int64_t *cpu_ns_out)
{
    struct script script;
    make(&script, entries, entries / batch + 1);
    for (unsigned long i = 0; i <= entries; i += batch) {
        begin_turn(&script);
        if (i > 0)
            write_acknowledge(&script, FIRST + from + i - batch, batch);
        if (i < entries)
            write_read(&script, "c", FIRST + from + i, batch);
    }
    begin_turn(&script);
    int64_t began_ns = now_ns(), cpu_ns = server_cpu_ns(fd);
    play(&script, fd, buffer);
    *cpu_ns_out = server_cpu_ns(fd) - cpu_ns;
    return now_ns() - began_ns;
}

int main(int argc, char **argv)
{
    const char *path = NULL;
    unsigned long entries = 100000, pending = 0;
    unsigned batch = 100;
    for (int option; (option = getopt(argc, argv, "s:n:b:p:")) != -1;) {
        if (option == 's')
            path = optarg;
        else if (option == 'n')
            entries = strtoul(optarg, NULL, 10);
        else if (option == 'b')
            batch = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'p')
            pending = strtoul(optarg, NULL, 10);
        else
            return 2;
    }
    if (!path || batch == 0)
        die("usage", "stream_group -s PATH -n ENTRIES -b BATCH -p PENDING");
    entries -= entries % batch;
    pending -= pending % batch;
    char *buffer = malloc(1000 + (size_t)batch * ENTRY_MAX * 2);
    int fd = open_connection(path);
    say(fd, "FLUSHALL\r\nXGROUP CREATE s g 0 MKSTREAM\r\n");
    expect(fd, "+OK\r\n+OK\r\n", buffer);
    add_entries(fd, pending + entries, batch, buffer);
    leave_pending(fd, pending, batch, buffer);
    int64_t cpu_ns, took_ns = read_and_acknowledge(fd, pending, entries, batch, buffer, &cpu_ns);
    printf("{\"requests\": %lu, \"seconds\": %.6f, \"server_seconds\": %.6f}\n", entries, (double)took_ns / 1e9,
           (double)cpu_ns / 1e9);
    free(buffer);
    return 0;
}
