#include "unit/other_user.h"

#include <check.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void other_user_become(uid_t uid, gid_t group, const char *folder)
{
    const char *parent = getenv("KVS_TEST_FOLDER");
    ck_assert(parent && chmod(parent, 0755) == 0 && chown(folder, uid, uid) == 0);
    ck_assert(setgroups(group != 0, &group) == 0 && setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0);
}
