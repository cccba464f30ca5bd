#include "kit/waiters.h"

#include <check.h>
#include <sys/socket.h>

static bool as_many_wait(void *data)
{
    return kit_info(c, "blocked_clients") == *(int *)data;
}

void await_waiting(int count)
{
    kit_await(as_many_wait, &count, "clients that wait");
}

int waiter(const char *request, int others)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, request);
    await_waiting(others + 1);
    return fd;
}

void expect_waits(int fd)
{
    char byte;
    ck_assert_int_eq(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
}
