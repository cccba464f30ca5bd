#include "kit/users.h"

#include "kit/kit.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

void users_admit_all(const char *folder)
{
    const char *parent = getenv("KVS_TEST_FOLDER");
    ck_assert_ptr_nonnull(parent);
    ck_assert(chmod(parent, 0755) == 0 && chmod(folder, 0755) == 0);
}

/* Room for one descriptor beside a message. */
union ancillary {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static bool become(const struct kit_user *user)
{
    if (geteuid() != 0 && user->uid == geteuid())
        return true; /* who isn't root can only stay oneself */
    return setgroups(user->group_count, user->groups) == 0 && setresgid(user->gid, user->gid, user->gid) == 0 &&
           setresuid(user->uid, user->uid, user->uid) == 0;
}

/* In the child: the outcome goes back as an errno, and with 0 the connection. */
static _Noreturn void connect_and_hand_over(const struct kit_user *user, const char *path, int parent)
{
    union ancillary ancillary = {0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    int outcome = 0, fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (!become(user) || connect(fd, (struct sockaddr *)&address, sizeof address))
        outcome = errno;
    struct iovec vector = {&outcome, sizeof outcome};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (outcome == 0) {
        message.msg_control = ancillary.bytes;
        message.msg_controllen = sizeof ancillary.bytes;
        ancillary.header = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(&ancillary.header), &fd, sizeof fd);
    }
    _exit(sendmsg(parent, &message, 0) < 0);
}

int users_raw_connect(const struct kit_user *user, const char *path)
{
    int ends[2], outcome = 0, fd = -1, status;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        connect_and_hand_over(user, path, ends[1]);
    union ancillary ancillary;
    struct iovec vector = {&outcome, sizeof outcome};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = ancillary.bytes, .msg_controllen = sizeof ancillary.bytes};
    ck_assert_int_eq(recvmsg(ends[0], &message, MSG_CMSG_CLOEXEC), sizeof outcome);
    waitpid(child, &status, 0);
    close(ends[0]);
    close(ends[1]);
    if (outcome)
        return -outcome;
    ck_assert_ptr_nonnull(CMSG_FIRSTHDR(&message));
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

redisContext *users_connect(const struct kit_user *user, const char *path)
{
    int fd = users_raw_connect(user, path);
    ck_assert_msg(fd >= 0, "uid %u can't connect to %s: %s", (unsigned)user->uid, path, strerror(-fd));
    redisContext *context = redisConnectFd(fd);
    ck_assert_msg(context && !context->err, "no context for a descriptor");
    return context;
}
