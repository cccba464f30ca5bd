#include "core/identity.h"

#include "core/memory.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void identity_print_user(FILE *out, uid_t uid)
{
    const struct passwd *entry = getpwuid(uid);
    fprintf(out, "%s (uid %ld)", entry ? entry->pw_name : "unnamed", (long)uid);
}

void identity_print_group(FILE *out, gid_t gid)
{
    const struct group *entry = getgrgid(gid);
    fprintf(out, "%s (gid %ld)", entry ? entry->gr_name : "unnamed", (long)gid);
}

void identity_print_file(FILE *out, const struct stat *status)
{
    fprintf(out, "mode %04o, owner ", (unsigned)status->st_mode & 07777);
    identity_print_user(out, status->st_uid);
    fputs(", group ", out);
    identity_print_group(out, status->st_gid);
}

void identity_print_self(FILE *out)
{
    int count = getgroups(0, NULL);
    gid_t *groups = memory_alloc(((size_t)(count > 0 ? count : 0) + 1) * sizeof *groups);
    count = getgroups(count > 0 ? count : 0, groups);
    identity_print_user(out, geteuid());
    fputs(", group ", out);
    identity_print_group(out, getegid());
    for (int i = 0; i < count; i++) {
        if (groups[i] == getegid())
            continue;
        fputs(", ", out);
        identity_print_group(out, groups[i]);
    }
    free(groups);
}

bool identity_is_in_group(gid_t gid)
{
    return gid == getegid() || group_member(gid);
}

const char *identity_name(void)
{
    const struct passwd *entry = getpwuid(geteuid());
    return entry ? entry->pw_name : NULL;
}

bool identity_is_listed_in_group(gid_t gid)
{
    const struct passwd *entry = getpwuid(geteuid());
    if (!entry)
        return false;
    char *name = memory_copy_text(entry->pw_name, strlen(entry->pw_name));
    gid_t primary = entry->pw_gid;
    int count = 0;
    getgrouplist(name, primary, NULL, &count); /* tells how many there are */
    gid_t *groups = memory_alloc(((size_t)(count > 0 ? count : 0) + 1) * sizeof *groups);
    bool listed = false;
    if (getgrouplist(name, primary, groups, &count) >= 0) {
        for (int i = 0; i < count; i++)
            listed = listed || groups[i] == gid;
    }
    free(groups);
    free(name);
    return listed;
}
