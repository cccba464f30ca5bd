/*
 * The soft limit is raised as far as necessary, the hard one only if we may (CAP_SYS_RESOURCE). Neither is
 * ever lowered: existing connections keep their descriptors.
 */
#include "host/open_files.h"

#include <sys/resource.h>

/*
 * Standard streams, log, signals, watches, the spare one of the reception, what the parent handed over; and for a while
 * configuration files, the temporary ones that replace them, and what looking up accounts opens.
 */
#define FIXED_FILES 64

/* A worker has an epoll and an eventfd. A socket file is made again, or with others anew, while the old one is open. */
int open_files_own(int threads, int sockets)
{
    return FIXED_FILES + 2 * threads + 2 * sockets;
}

int open_files_fit(int clients, int own)
{
    struct rlimit limit;
    rlim_t needed = (rlim_t)clients + (rlim_t)own;
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
    return limit.rlim_cur > (rlim_t)own ? (int)(limit.rlim_cur - (rlim_t)own) : 0;
}
