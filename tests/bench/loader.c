/* loader: the benchmark's own client, for what redis-benchmark does not do.
 *
 *   loader load -s PATH -n KEYS -d BYTES            SET of keys 0 to KEYS-1, each once
 *   loader get  -s PATH -n REQUESTS -k KEYS -d BYTES    GET of random keys that `load` made
 *   loader set  -s PATH -n REQUESTS -k KEYS -d BYTES    SET of random keys
 *   loader exec -s PATH -n REQUESTS -k KEYS -d BYTES    MULTI, ten SETs of random keys, EXEC: one request each
 *   loader grow -s PATH -n KEYS -d BYTES [-i PID]    SET of new keys, timing each batch and a lone request
 *   loader touch -n MEBIBYTES                        writes to that much memory and lets it go
 * Also: -c CONNECTIONS, -p PIPELINE (commands a write), -r SEED. The result is one line of JSON on standard
 * output.
 *
 * A key is "key:" and twelve digits, 16 bytes, as redis-benchmark writes them. The client is made to cost
 * little, so that the server is what is measured: one thread, blocking sockets, a write to each connection
 * and then a read of each, requests made from a template, replies compared with the one that must come. A
 * wrong reply ends the run.
 *
 * `grow` looks for pauses. Each turn writes a batch of inserts to one connection, a single insert to
 * another, and waits for both; so every insert stands within a time that was measured. On a small or virtual
 * machine most long times come from the scheduler, the host or a sleeping processor. With -i, the CPU time
 * that the server's threads used (first field of schedstat) is read each turn too: a request that the server
 * itself held, by moving a table say, took long by the clock and in CPU time, and the smaller of the two
 * counts as its own pause.
 * `touch` makes a virtual machine's host provide memory before servers grow into it, not while.
 */
#include "bench/blocking.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define KEY_LEN 16
#define KEY_DIGITS 12
#define PAUSE_NS 1000000ull
#define MAX_THREADS 64

struct options {
    const char *path;
    uint64_t requests;
    uint64_t keys;
    uint64_t seed;
    unsigned value_len;
    unsigned connections;
    unsigned pipeline;
    int server_pid;
};

#define EXEC_SETS 10

/* A request whose keys are filled in afterwards, and the reply that it must bring. */
struct work {
    char *request;
    size_t request_len;
    size_t digits_at[EXEC_SETS]; /* where the keys' digits stand in the request */
    unsigned key_count;
    char *reply;
    size_t reply_len;
    bool random; /* keys at random below options.keys, else counted up */
};

struct batch {
    char *out;
    char *in;
};

static void *allocate(size_t size)
{
    void *p = malloc(size);
    if (!p)
        die("memory", "out of memory");
    return p;
}

/* splitmix64 (Steele, Lea, Flood 2014): a step and a mix, enough for spreading keys. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

/* ---- requests ---- */

static void fill_value(char *p, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        p[i] = (char)('a' + i % 23);
}

static struct work make_set(unsigned value_len, bool random)
{
    struct work w = {.random = random, .request = allocate(value_len + 128u), .key_count = 1};
    int head = sprintf(w.request, "*3\r\n$3\r\nSET\r\n$%d\r\nkey:%0*d\r\n$%u\r\n", KEY_LEN, KEY_DIGITS, 0, value_len);

    w.digits_at[0] = (size_t)(strstr(w.request, "key:") - w.request) + 4;
    fill_value(w.request + head, value_len);
    memcpy(w.request + head + value_len, "\r\n", 2);
    w.request_len = (size_t)head + value_len + 2;
    w.reply = "+OK\r\n";
    w.reply_len = 5;
    return w;
}

static void append(char *to, size_t *len, const char *text)
{
    memcpy(to + *len, text, strlen(text));
    *len += strlen(text);
}

static struct work make_exec(unsigned value_len)
{
    struct work set = make_set(value_len, true);
    struct work w = {.random = true, .request = allocate(EXEC_SETS * set.request_len + 128), .reply = allocate(512)};

    append(w.request, &w.request_len, "*1\r\n$5\r\nMULTI\r\n");
    append(w.reply, &w.reply_len, "+OK\r\n");
    for (; w.key_count < EXEC_SETS; w.key_count++) {
        w.digits_at[w.key_count] = w.request_len + set.digits_at[0];
        memcpy(w.request + w.request_len, set.request, set.request_len);
        w.request_len += set.request_len;
        append(w.reply, &w.reply_len, "+QUEUED\r\n");
    }
    append(w.request, &w.request_len, "*1\r\n$4\r\nEXEC\r\n");
    append(w.reply, &w.reply_len, "*10\r\n");
    for (unsigned i = 0; i < EXEC_SETS; i++)
        append(w.reply, &w.reply_len, "+OK\r\n");
    free(set.request);
    return w;
}

static struct work make_get(unsigned value_len)
{
    struct work w = {.random = true, .request = allocate(128), .reply = allocate(value_len + 32u), .key_count = 1};
    int head = sprintf(w.reply, "$%u\r\n", value_len);

    int request_len = sprintf(w.request, "*2\r\n$3\r\nGET\r\n$%d\r\nkey:%0*d\r\n", KEY_LEN, KEY_DIGITS, 0);

    w.request_len = (size_t)request_len;
    w.digits_at[0] = (size_t)(strstr(w.request, "key:") - w.request) + 4;
    fill_value(w.reply + head, value_len);
    memcpy(w.reply + head + value_len, "\r\n", 2);
    w.reply_len = (size_t)head + value_len + 2;
    return w;
}

static void put_digits(char *at, uint64_t key)
{
    for (int i = KEY_DIGITS - 1; i >= 0; i--, key /= 10)
        at[i] = (char)('0' + key % 10);
}

static struct batch make_batch(const struct work *w, unsigned size)
{
    struct batch b = {.out = allocate(w->request_len * size), .in = allocate(w->reply_len * size)};

    for (unsigned i = 0; i < size; i++)
        memcpy(b.out + i * w->request_len, w->request, w->request_len);
    return b;
}

static void send_batch(int fd, struct batch *b, const struct work *w, unsigned size, uint64_t *key,
                       const struct options *o)
{
    for (unsigned i = 0; i < size * w->key_count; i++) {
        uint64_t k = w->random ? (uint64_t)(((__uint128_t)next_random(key) * o->keys) >> 64) : (*key)++;
        put_digits(b->out + i / w->key_count * w->request_len + w->digits_at[i % w->key_count], k);
    }
    write_all(fd, b->out, w->request_len * size);
}

/* Waits for the replies to a batch. They all must be the same, so a wrong one is found by comparing. */
static void receive_batch(int fd, struct batch *b, const struct work *w, unsigned size)
{
    size_t expected = w->reply_len * size, have = 0, checked = 0;

    while (have < expected) {
        ssize_t n = recv(fd, b->in + have, expected - have, 0);
        if (n <= 0)
            die("read", n == 0 ? "the server closed the connection" : strerror(errno));
        have += (size_t)n;
        while (checked + w->reply_len <= have || (checked < have && b->in[checked] != w->reply[0])) {
            if (checked + w->reply_len > have || memcmp(b->in + checked, w->reply, w->reply_len) != 0) {
                b->in[have - 1] = '\0';
                b->in[checked + strcspn(b->in + checked, "\r\n")] = '\0';
                die("unexpected reply", b->in + checked);
            }
            checked += w->reply_len;
        }
    }
}

/* ---- load, get, set ---- */

static void run_work(const struct options *o, const struct work *w)
{
    int *fds = allocate(o->connections * sizeof *fds);
    unsigned *sizes = allocate(o->connections * sizeof *sizes);
    struct batch batch = make_batch(w, o->pipeline);
    uint64_t key = w->random ? o->seed : 0;
    uint64_t left = o->requests;

    for (unsigned i = 0; i < o->connections; i++)
        fds[i] = open_connection(o->path);

    uint64_t start = (uint64_t)now_ns();
    while (left) {
        for (unsigned i = 0; i < o->connections; i++) {
            sizes[i] = left < o->pipeline ? (unsigned)left : o->pipeline;
            left -= sizes[i];
            send_batch(fds[i], &batch, w, sizes[i], &key, o);
        }
        for (unsigned i = 0; i < o->connections; i++)
            receive_batch(fds[i], &batch, w, sizes[i]);
    }
    printf("{\"requests\": %llu, \"seconds\": %.6f}\n", (unsigned long long)o->requests,
           (double)((uint64_t)now_ns() - start) / 1e9);
}

/* ---- grow ---- */

/* The server's threads, whose CPU time is watched. */
struct watched {
    int fds[MAX_THREADS];
    uint64_t used_ns[MAX_THREADS];
    unsigned count;
};

static void watch_server(struct watched *w, int pid)
{
    char path[320];

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (!tasks)
        die(path, strerror(errno));
    for (struct dirent *task; (task = readdir(tasks)) && w->count < MAX_THREADS;) {
        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, task->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            w->fds[w->count++] = fd;
    }
    closedir(tasks);
}

/* CPU time that the server used since the last call. The kernel brings a thread's time up to date when it
 * stops running, so after a long turn the server first gets a moment to fall asleep. */
static uint64_t used_since(struct watched *w, bool long_turn)
{
    uint64_t sum = 0;

    if (long_turn)
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    for (unsigned i = 0; i < w->count; i++) {
        char text[96];
        ssize_t n = pread(w->fds[i], text, sizeof text - 1, 0);

        if (n <= 0)
            continue;
        text[n] = '\0';
        uint64_t used = strtoull(text, NULL, 10);
        sum += used - w->used_ns[i];
        w->used_ns[i] = used;
    }
    return sum;
}

/* Times in logarithmic steps of 1/16, so that percentiles of millions of turns fit a small table. */
struct times {
    uint64_t count[64 * 16];
    uint64_t total;
    uint64_t max_ns;
    uint64_t pauses;     /* over 1 ms by the clock */
    uint64_t own_pauses; /* over 1 ms by the clock and in the server's CPU time */
    uint64_t own_max_ns;
};

static unsigned step_of(uint64_t ns)
{
    if (ns < 16)
        return (unsigned)ns;
    unsigned top = 63 - (unsigned)__builtin_clzll(ns);
    return (top - 3) * 16 + (unsigned)(ns >> (top - 4) & 15);
}

static uint64_t end_of_step(unsigned step)
{
    if (step < 16)
        return step;
    return (uint64_t)(17 + step % 16) << (step / 16 - 1);
}

static void record(struct times *t, uint64_t ns, uint64_t used_ns)
{
    uint64_t own = ns < used_ns ? ns : used_ns;

    t->count[step_of(ns)]++;
    t->total++;
    t->pauses += ns > PAUSE_NS;
    t->own_pauses += own > PAUSE_NS;
    if (ns > t->max_ns)
        t->max_ns = ns;
    if (own > t->own_max_ns)
        t->own_max_ns = own;
}

static double percentile_us(const struct times *t, double share)
{
    uint64_t rank = (uint64_t)((double)t->total * share), seen = 0;

    for (unsigned i = 0; i < sizeof t->count / sizeof t->count[0]; i++) {
        seen += t->count[i];
        if (seen > rank)
            return (double)end_of_step(i) / 1e3;
    }
    return (double)t->max_ns / 1e3;
}

static void print_times(const char *name, const struct times *t)
{
    printf("\"%s\": {\"count\": %llu, \"p50_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f, ", name,
           (unsigned long long)t->total, percentile_us(t, 0.5), percentile_us(t, 0.999), (double)t->max_ns / 1e3);
    printf("\"pauses\": %llu, \"own_pauses\": %llu, \"own_max_us\": %.1f}", (unsigned long long)t->pauses,
           (unsigned long long)t->own_pauses, (double)t->own_max_ns / 1e3);
}

static void run_grow(const struct options *o)
{
    static struct times batches, probes;
    static struct watched watched;
    struct work w = make_set(o->value_len, false);
    struct batch batch = make_batch(&w, o->pipeline), probe = make_batch(&w, 1);
    int batch_fd = open_connection(o->path), probe_fd = open_connection(o->path);
    uint64_t key = 0, start = (uint64_t)now_ns();

    if (o->server_pid) {
        watch_server(&watched, o->server_pid);
        used_since(&watched, true);
    }
    while (key < o->requests) {
        uint64_t batch_start = (uint64_t)now_ns();
        send_batch(batch_fd, &batch, &w, o->pipeline, &key, o);
        uint64_t probe_start = (uint64_t)now_ns();
        send_batch(probe_fd, &probe, &w, 1, &key, o);
        receive_batch(probe_fd, &probe, &w, 1);
        uint64_t probe_end = (uint64_t)now_ns();
        receive_batch(batch_fd, &batch, &w, o->pipeline);
        uint64_t batch_end = (uint64_t)now_ns();

        uint64_t used = used_since(&watched, batch_end - batch_start > PAUSE_NS);
        record(&probes, probe_end - probe_start, used);
        record(&batches, batch_end - batch_start, used);
    }
    printf("{\"requests\": %llu, \"seconds\": %.6f, \"watched_threads\": %u, ", (unsigned long long)key,
           (double)((uint64_t)now_ns() - start) / 1e9, watched.count);
    print_times("probe", &probes);
    printf(", ");
    print_times("batch", &batches);
    printf("}\n");
}

/* ---- touch ---- */

static void run_touch(const struct options *o)
{
    size_t size = (size_t)o->requests << 20;
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        die("mmap", strerror(errno));
    for (size_t i = 0; i < size; i += 4096)
        p[i] = 1;
    printf("{\"mebibytes\": %llu}\n", (unsigned long long)o->requests);
}

/* ---- command line ---- */

static uint64_t parse_number(int option, const char *text)
{
    char name[] = {'-', (char)option, '\0'}, *end;
    uint64_t n = strtoull(text, &end, 10);

    if (end == text || *end != '\0')
        die(name, "a whole number is needed");
    return n;
}

static struct options parse_options(int argc, char **argv)
{
    struct options o = {.value_len = 64, .connections = 8, .pipeline = 64, .seed = 1};
    int c;

    while ((c = getopt(argc, argv, "s:n:k:d:c:p:r:i:")) != -1) {
        switch (c) {
        case 's':
            o.path = optarg;
            break;
        case 'n':
            o.requests = parse_number(c, optarg);
            break;
        case 'k':
            o.keys = parse_number(c, optarg);
            break;
        case 'd':
            o.value_len = (unsigned)parse_number(c, optarg);
            break;
        case 'c':
            o.connections = (unsigned)parse_number(c, optarg);
            break;
        case 'p':
            o.pipeline = (unsigned)parse_number(c, optarg);
            break;
        case 'r':
            o.seed = parse_number(c, optarg);
            break;
        case 'i':
            o.server_pid = (int)parse_number(c, optarg);
            break;
        default:
            exit(2);
        }
    }
    if (o.connections == 0 || o.pipeline == 0 || o.requests == 0)
        die("options", "-n, -c and -p must be at least 1");
    return o;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    struct options o = parse_options(argc - (argc > 1), argv + (argc > 1));

    if (strcmp(mode, "touch") == 0) {
        run_touch(&o);
        return 0;
    }
    if (!o.path)
        die("options", "-s PATH is needed");

    struct work w;
    if (strcmp(mode, "load") == 0) {
        w = make_set(o.value_len, false);
    } else if (strcmp(mode, "set") == 0) {
        w = make_set(o.value_len, true);
    } else if (strcmp(mode, "get") == 0) {
        w = make_get(o.value_len);
    } else if (strcmp(mode, "exec") == 0) {
        w = make_exec(o.value_len);
    } else if (strcmp(mode, "grow") == 0) {
        run_grow(&o);
        return 0;
    } else {
        die(mode, "the mode is one of load, get, set, exec, grow, touch");
    }
    if (w.random && o.keys == 0)
        die("options", "-k KEYS is needed");
    run_work(&o, &w);
    return 0;
}
