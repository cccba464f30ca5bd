/*
 * The soft limit is raised as far as necessary, the hard one only if we may (CAP_SYS_RESOURCE). Neither is
 * ever lowered: existing connections keep their descriptors.
 */
#include "host/open_files.h"

#include <sys/resource.h>

/* The server's own: log, listeners, an epoll and an eventfd for each worker, files of persistence. */
#define RESERVED_FILES 64

int open_files_fit(int clients)
{
    struct rlimit limit;
    rlim_t needed = (rlim_t)clients + RESERVED_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
        return clients;
    rlim_t hard = limit.rlim_max;
    struct rlimit raised = {.rlim_cur = needed, .rlim_max = hard > needed ? hard : needed};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return clients;
    if (hard > limit.rlim_cur) {
        raised = (struct rlimit){.rlim_cur = hard, .rlim_max = hard};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return limit.rlim_cur > RESERVED_FILES ? (int)(limit.rlim_cur - RESERVED_FILES) : 0;
}
