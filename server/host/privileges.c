/*
 * The order makes it final: first the groups, which only root may set, then the gid, then the uid, each as real,
 * effective and saved id at once. With the last step the kernel takes the capabilities away. Then the way back is
 * tried, which has to fail.
 */
#include "host/privileges.h"

#include "base/memory.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENTRY_MAX = 16384 }; /* bytes of an account's entry */

static int fail(int code, char *error, size_t error_size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int fail(int code, char *error, size_t error_size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, error_size, format, args);
    va_end(args);
    return code;
}

/* 0, or a negative errno: -ENOENT when there is no such account. Strings of *found_out live in room. */
static int look_up(const char *account, struct passwd *found_out, char room[ENTRY_MAX])
{
    struct passwd *found = NULL;
    int failed = getpwnam_r(account, found_out, room, ENTRY_MAX, &found);
    if (!found && account[0] != '\0' && strspn(account, "0123456789") == strlen(account)) {
        char *end;
        errno = 0;
        unsigned long uid = strtoul(account, &end, 10);
        if (errno == 0 && uid == (uid_t)uid)
            failed = getpwuid_r((uid_t)uid, found_out, room, ENTRY_MAX, &found);
    }
    if (found)
        return 0;
    /* where there is no such account, the C library gives either no error or one of these */
    return failed == 0 || failed == ENOENT || failed == ESRCH || failed == EBADF || failed == EPERM ? -ENOENT : -failed;
}

static bool can_return(uid_t uid, gid_t gid)
{
    if (uid == 0)
        return false; /* asked to stay root */
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;
    return getresuid(&real, &effective, &saved) || real != uid || effective != uid || saved != uid ||
           getresgid(&real_group, &effective_group, &saved_group) || real_group != gid || effective_group != gid ||
           saved_group != gid || setuid(0) == 0 || seteuid(0) == 0;
}

static int become(const struct passwd *account)
{
    if (initgroups(account->pw_name, account->pw_gid) || setresgid(account->pw_gid, account->pw_gid, account->pw_gid) ||
        setresuid(account->pw_uid, account->pw_uid, account->pw_uid))
        return -errno;
    return can_return(account->pw_uid, account->pw_gid) ? -EPERM : 0;
}

int privileges_drop(const char *account, char *error, size_t error_size)
{
    struct passwd found;
    char *room = mem_alloc(ENTRY_MAX);
    error[0] = '\0';
    int result = look_up(account, &found, room);
    if (result == -ENOENT)
        fail(0, error, error_size, "there is no account '%s'; create it or name another with: user NAME", account);
    else if (result)
        fail(0, error, error_size, "can't look up the account '%s': %s", account, strerror(-result));
    else if (geteuid() == 0)
        result = become(&found);
    else if (getuid() != found.pw_uid || geteuid() != found.pw_uid)
        result = fail(-EPERM, error, error_size,
                      "only root can become '%s'; start the server as root or as '%s', or leave out: user %s", account,
                      account, account);
    if (result && error[0] == '\0')
        fail(0, error, error_size, "can't become '%s': %s; start the server as '%s' instead", account,
             strerror(-result), account);
    mem_free(room);
    return result;
}

bool privileges_are_borrowed(void)
{
    return getuid() != geteuid() || getgid() != getegid();
}
