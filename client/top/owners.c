#include "top/owners.h"

#include "core/quoting.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define REMEMBERED 16 /* users */

struct known_user {
    bool is_known;
    long long uid;
    char name[32];
};

bool owners_program(long long pid, char *name, size_t size)
{
    char place[64];
    snprintf(name, size, "-");
    snprintf(place, sizeof place, "/proc/%lld/comm", pid);
    int fd = pid > 0 ? open(place, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    char text[64];
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0)
        return false;
    text[length] = '\0';
    text[strcspn(text, "\n")] = '\0';
    quoting_make_printable(text, strlen(text));
    snprintf(name, size, "%s", text);
    return true;
}

void owners_user(long long uid, char *name, size_t size)
{
    static struct known_user users[REMEMBERED];
    static size_t next;
    for (size_t i = 0; i < REMEMBERED; i++) {
        if (users[i].is_known && users[i].uid == uid) {
            snprintf(name, size, "%s", users[i].name);
            return;
        }
    }
    struct known_user *user = &users[next++ % REMEMBERED];
    const struct passwd *entry = uid >= 0 && uid <= (long long)(uid_t)-1 ? getpwuid((uid_t)uid) : NULL;
    user->is_known = true;
    user->uid = uid;
    if (entry)
        snprintf(user->name, sizeof user->name, "%s", entry->pw_name);
    else
        snprintf(user->name, sizeof user->name, "%lld", uid);
    quoting_make_printable(user->name, strlen(user->name));
    snprintf(name, size, "%s", user->name);
}
