/* caller: requests whose replies differ from one to the next, which is what scripts and XADD bring.
 *
 *   caller limit   -s PATH -n REQUESTS -k KEYS   a counter with a limit: INCR, and EXPIRE of a counter that is new
 *   caller release -s PATH -n REQUESTS           a lock's release: GET, comparing, and DEL of each second one
 *   caller work    -s PATH -n REQUESTS -k KEYS   a script of twenty calls on one key
 *   caller add     -s PATH -n REQUESTS           XADD of two short words with the server's IDs, to one stream
 *   caller fill    -s PATH -n REQUESTS           XADD of two small numbers with IDs that are counted up
 * Also: -c CONNECTIONS, -p PIPELINE (requests a write), -r SEED. The first three are EVALSHA with a declared key. It
 * begins with FLUSHALL. One thread, blocking sockets, a write to each connection and then a read of each. Replies are
 * one integer or one bulk string each; an error ends the run, and so does a sum of the integers that isn't the one that
 * must come. The result is one line of JSON; seconds, also those of processors, are of the requests alone.
 */
#include "bench/blocking.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define REQUEST_MAX 256 /* bytes of a request, scripts are named by their digests */
#define INPUT_MAX 65536
#define LIMIT 10 /* of a counter */
#define SETUP_BATCH 500
#define IDS_A_MS 200 /* entries of fill with the same time */
#define DIGEST_LEN 40

struct options {
    const char *path;
    uint64_t requests, keys, seed;
    unsigned connections, pipeline;
};

/* Where a run stands, as far as the next request depends on it. */
struct run {
    const struct options *options;
    char digest[DIGEST_LEN + 1];
    uint64_t next;      /* requests made */
    uint64_t random;    /* splitmix64's state */
    unsigned *counters; /* limit: of each key, how often it was counted */
    uint64_t expected;  /* the sum of the replies that are integers */
};

struct work {
    const char *name;
    const char *script;                           /* NULL: none */
    void (*prepare)(struct run *run, int fd);     /* NULL: nothing */
    size_t (*write)(struct run *run, char *text); /* returns bytes, at most REQUEST_MAX */
};

static void *allocate(size_t size)
{
    void *p = calloc(1, size);
    if (!p)
        die("memory", "out of memory");
    return p;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t random_below(struct run *run, uint64_t end)
{
    uint64_t z = (run->random += 0x9e3779b97f4a7c15ull);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return (uint64_t)(((__uint128_t)(z ^ (z >> 31)) * end) >> 64);
}

/* ---- replies ---- */

struct input {
    char bytes[INPUT_MAX + 1];
    size_t from, end;
};

static void fill_input(int fd, struct input *in)
{
    memmove(in->bytes, in->bytes + in->from, in->end - in->from);
    in->end -= in->from;
    in->from = 0;
    ssize_t n = recv(fd, in->bytes + in->end, INPUT_MAX - in->end, 0);
    if (n <= 0)
        die("read", n == 0 ? "the server closed the connection" : strerror(errno));
    in->end += (size_t)n;
    in->bytes[in->end] = '\0';
}

/* Takes one reply off the input if all of it is there. An integer is written to number_out, of others 0. */
static bool take_reply(struct input *in, long long *number_out)
{
    char *start = in->bytes + in->from, *line_end = memchr(start, '\n', in->end - in->from);

    if (!line_end)
        return false;
    long long number = strtoll(start + 1, NULL, 10);
    size_t len = (size_t)(line_end - start) + 1;
    if (*start == '$' && number >= 0)
        len += (size_t)number + 2;
    else if (*start != ':' && *start != '+') {
        *line_end = '\0';
        die("unexpected reply", start);
    }
    if (len > in->end - in->from)
        return false;
    in->from += len;
    *number_out = *start == ':' ? number : 0;
    return true;
}

/* Returns the sum of those that are integers. */
static uint64_t receive(int fd, struct input *in, unsigned count)
{
    uint64_t sum = 0;
    long long number;

    while (count > 0) {
        if (!take_reply(in, &number)) {
            fill_input(fd, in);
            continue;
        }
        sum += (uint64_t)number;
        count--;
    }
    return sum;
}

/* ---- scripts ---- */

static void load_script(struct run *run, int fd, const char *script)
{
    char text[512];
    int len = snprintf(text, sizeof text, "*3\r\n$6\r\nSCRIPT\r\n$4\r\nLOAD\r\n$%zu\r\n%s\r\n", strlen(script), script);
    size_t got = 0;

    write_all(fd, text, (size_t)len);
    while (got < 5 + DIGEST_LEN + 2) {
        ssize_t n = recv(fd, text + got, sizeof text - 1 - got, 0);
        if (n <= 0 || text[0] != '$')
            die("SCRIPT LOAD", "no digest");
        got += (size_t)n;
    }
    memcpy(run->digest, text + 5, DIGEST_LEN);
}

/* EVALSHA with one key, and then that many arguments, which the caller writes. */
static size_t write_call(const struct run *run, char *text, uint64_t key, unsigned arguments)
{
    return (size_t)sprintf(text, "*%u\r\n$7\r\nEVALSHA\r\n$%d\r\n%s\r\n$1\r\n1\r\n$16\r\nkey:%012llu\r\n",
                           4 + arguments, DIGEST_LEN, run->digest, (unsigned long long)key);
}

#define LIMIT_SCRIPT                                                                                                   \
    "local count = redis.call('INCR', KEYS[1])\n"                                                                      \
    "if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end\n"                                                  \
    "if count > tonumber(ARGV[2]) then return 0 end\n"                                                                 \
    "return 1"

static void prepare_limit(struct run *run, int fd)
{
    (void)fd;
    run->counters = allocate(run->options->keys * sizeof *run->counters);
}

static size_t write_limit(struct run *run, char *text)
{
    uint64_t key = random_below(run, run->options->keys);
    size_t len = write_call(run, text, key, 2);

    run->expected += run->counters[key]++ < LIMIT;
    return len + (size_t)sprintf(text + len, "$4\r\n3600\r\n$2\r\n%d\r\n", LIMIT);
}

#define RELEASE_SCRIPT                                                                                                 \
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end\n"                            \
    "return 0"
#define MINE "0123456789abcdef"
#define OTHERS "fedcba9876543210"

/* A lock for each request, each second of which is somebody else's. */
static void prepare_release(struct run *run, int fd)
{
    char *text = allocate(SETUP_BATCH * (size_t)REQUEST_MAX);
    struct input *in = allocate(sizeof *in);

    for (uint64_t key = 0; key < run->options->requests;) {
        size_t len = 0;
        unsigned count = 0;
        for (; count < SETUP_BATCH && key < run->options->requests; count++, key++)
            len += (size_t)sprintf(text + len, "*3\r\n$3\r\nSET\r\n$16\r\nkey:%012llu\r\n$16\r\n%s\r\n",
                                   (unsigned long long)key, key % 2 == 0 ? MINE : OTHERS);
        write_all(fd, text, len);
        receive(fd, in, count);
    }
    free(text);
    free(in);
}

static size_t write_release(struct run *run, char *text)
{
    size_t len = write_call(run, text, run->next, 1);

    run->expected += run->next % 2 == 0;
    return len + (size_t)sprintf(text + len, "$16\r\n" MINE "\r\n");
}

#define WORK_SCRIPT                                                                                                    \
    "for i = 1, 20 do redis.call('HINCRBY', KEYS[1], 'field', i) end\n"                                                \
    "return 1"

static size_t write_work(struct run *run, char *text)
{
    run->expected++;
    return write_call(run, text, random_below(run, run->options->keys), 0);
}

/* ---- streams ---- */

static size_t write_add(struct run *run, char *text)
{
    static const char add[] = "*5\r\n$4\r\nXADD\r\n$8\r\nmystream\r\n$1\r\n*\r\n$5\r\nfield\r\n$5\r\nvalue\r\n";

    (void)run;
    memcpy(text, add, sizeof add - 1);
    return sizeof add - 1;
}

static size_t write_bulk(char *text, const char *word)
{
    return (size_t)sprintf(text, "$%zu\r\n%s\r\n", strlen(word), word);
}

/* The IDs are those that sensors make which are asked some hundred times a millisecond, all in one stream. */
static size_t write_fill(struct run *run, char *text)
{
    char id[48], word[24];
    size_t len = (size_t)sprintf(text, "*7\r\n$4\r\nXADD\r\n$1\r\ns\r\n");

    sprintf(id, "%llu-%llu", 1700000000000ull + run->next / IDS_A_MS, (unsigned long long)run->next % IDS_A_MS);
    len += write_bulk(text + len, id);
    sprintf(word, "%d", (int)random_below(run, 51) - 10);
    len += write_bulk(text + len, "temp");
    len += write_bulk(text + len, word);
    sprintf(word, "%d", (int)random_below(run, 101));
    len += write_bulk(text + len, "hum");
    return len + write_bulk(text + len, word);
}

/* ---- running ---- */

static double own_cpu_seconds(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* Sends all requests and reads all replies; returns the sum of those that are integers. */
static uint64_t call_all(struct run *run, const struct work *work, const int *fds, struct input *in)
{
    const struct options *o = run->options;
    char *text = allocate((size_t)o->pipeline * REQUEST_MAX);
    unsigned *sizes = allocate(o->connections * sizeof *sizes);
    uint64_t sum = 0;

    while (run->next < o->requests) {
        for (unsigned i = 0; i < o->connections; i++) {
            size_t len = 0;
            for (sizes[i] = 0; sizes[i] < o->pipeline && run->next < o->requests; sizes[i]++, run->next++)
                len += work->write(run, text + len);
            write_all(fds[i], text, len);
        }
        for (unsigned i = 0; i < o->connections; i++)
            sum += receive(fds[i], in, sizes[i]);
    }
    free(text);
    free(sizes);
    return sum;
}

static void run_work(const struct options *o, const struct work *work)
{
    struct run run = {.options = o, .random = o->seed};
    int *fds = allocate(o->connections * sizeof *fds);
    struct input *in = allocate(sizeof *in); /* one for all: a connection's replies are read to the last */

    for (unsigned i = 0; i < o->connections; i++)
        fds[i] = open_connection(o->path);
    say(fds[0], "FLUSHALL\r\n");
    receive(fds[0], in, 1);
    if (work->script)
        load_script(&run, fds[0], work->script);
    if (work->prepare)
        work->prepare(&run, fds[0]);

    int64_t server_ns = server_cpu_ns(fds[0]), start_ns = now_ns();
    double own_seconds = own_cpu_seconds();
    uint64_t sum = call_all(&run, work, fds, in);
    int64_t took_ns = now_ns() - start_ns;
    own_seconds = own_cpu_seconds() - own_seconds;
    server_ns = server_cpu_ns(fds[0]) - server_ns;
    if (sum != run.expected)
        die(work->name, "the replies don't add up to what they should");
    printf(
        "{\"requests\": %llu, \"seconds\": %.6f, \"server_seconds\": %.6f, \"client_seconds\": %.6f, \"sum\": %llu}\n",
        (unsigned long long)o->requests, (double)took_ns / 1e9, (double)server_ns / 1e9, own_seconds,
        (unsigned long long)sum);
    for (unsigned i = 0; i < o->connections; i++)
        close(fds[i]);
    free(fds);
    free(in);
    free(run.counters);
}

/* ---- command line ---- */

static const struct work works[] = {
    {"limit", LIMIT_SCRIPT, prepare_limit, write_limit},
    {"release", RELEASE_SCRIPT, prepare_release, write_release},
    {"work", WORK_SCRIPT, NULL, write_work},
    {"add", NULL, NULL, write_add},
    {"fill", NULL, NULL, write_fill},
};

int main(int argc, char **argv)
{
    struct options o = {.keys = 100000, .connections = 50, .pipeline = 1, .seed = 1};
    const struct work *work = NULL;

    for (size_t i = 0; argc > 1 && i < sizeof works / sizeof *works; i++) {
        if (strcmp(works[i].name, argv[1]) == 0)
            work = &works[i];
    }
    for (int c; work && (c = getopt(argc - 1, argv + 1, "s:n:k:c:p:r:")) != -1;) {
        if (c == 's')
            o.path = optarg;
        else if (c == 'n')
            o.requests = strtoull(optarg, NULL, 10);
        else if (c == 'k')
            o.keys = strtoull(optarg, NULL, 10);
        else if (c == 'c')
            o.connections = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 'p')
            o.pipeline = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 'r')
            o.seed = strtoull(optarg, NULL, 10);
        else
            return 2;
    }
    if (!work || !o.path || o.requests == 0 || o.keys == 0 || o.connections == 0 || o.pipeline == 0)
        die("usage", "caller limit|release|work|add|fill -s PATH -n REQUESTS [-k KEYS] [-c CONNECTIONS] [-p PIPELINE]");
    run_work(&o, work);
    return 0;
}
