#include "top/workers.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Name and processor time of a thread, from its line in /proc: "42 (worker-0) S ..." with the times, in ticks, as
 * fields 14 and 15. The name may hold anything, so the line is read from its last parenthesis on. */
static bool read_thread(long pid, long thread, struct worker *worker_out)
{
    char place[64], line[512];
    snprintf(place, sizeof place, "/proc/%ld/task/%ld/stat", pid, thread);
    int fd = open(place, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, line, sizeof line - 1);
    close(fd);
    line[length > 0 ? length : 0] = '\0';
    char *open = strchr(line, '('), *shut = strrchr(line, ')');
    unsigned long long user, system;
    if (!open || !shut || shut < open)
        return false;
    *shut = '\0';
    if (sscanf(shut + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &user, &system) != 2)
        return false;
    *worker_out = (struct worker){.thread = thread, .percent = NAN};
    snprintf(worker_out->name, sizeof worker_out->name, "%.15s", open + 1);
    worker_out->seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    return true;
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int by_thread(const void *left, const void *right)
{
    long a = ((const struct worker *)left)->thread, b = ((const struct worker *)right)->thread;
    return (a > b) - (a < b);
}

/* The main thread of kvs-server executes nothing; that of Redis nearly everything. */
static void drop_idle_main(struct workers *workers)
{
    if (workers->count > 1 && workers->all[0].thread == workers->pid && has_prefix(workers->all[1].name, "worker-")) {
        workers->count--;
        memmove(workers->all, workers->all + 1, workers->count * sizeof workers->all[0]);
    } else if (workers->count > 0 && workers->all[0].thread == workers->pid) {
        snprintf(workers->all[0].name, sizeof workers->all[0].name, "main");
    }
}

static void read_threads(struct workers *workers, long pid)
{
    char place[64];
    workers->pid = pid;
    workers->count = 0;
    snprintf(place, sizeof place, "/proc/%ld/task", pid);
    DIR *folder = pid > 0 ? opendir(place) : NULL;
    if (!folder)
        return;
    const struct dirent *entry;
    while ((entry = readdir(folder)) && workers->count < TIMELINE_WORKERS) {
        struct worker *worker = &workers->all[workers->count];
        long thread = strtol(entry->d_name, NULL, 10);
        if (thread > 0 && read_thread(pid, thread, worker) &&
            (thread == pid || has_prefix(worker->name, "worker-") || has_prefix(worker->name, "io_thd_")))
            workers->count++;
    }
    closedir(folder);
    qsort(workers->all, workers->count, sizeof workers->all[0], by_thread);
    drop_idle_main(workers);
}

void workers_forget(struct workers *workers)
{
    workers->pid = 0;
    for (size_t i = 0; i < workers->count; i++)
        workers->all[i].percent = NAN;
}

void workers_update(struct workers *workers, long pid, double time)
{
    struct workers former = *workers;
    double elapsed = time - former.time;
    read_threads(workers, pid);
    workers->time = time;
    for (size_t i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->all[i];
        for (size_t k = 0; k < former.count && former.pid == pid; k++) {
            if (former.all[k].thread == worker->thread && elapsed > 0 && worker->seconds >= former.all[k].seconds)
                worker->percent = (worker->seconds - former.all[k].seconds) / elapsed * 100;
        }
        for (char *name = worker->name; *name != '\0'; name++)
            *name = *name < ' ' || *name > '~' ? '?' : *name;
    }
}
