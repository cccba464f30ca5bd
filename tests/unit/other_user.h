/*
 * The rest of a test as another user of this machine; each test has a process of its own, so that costs the
 * next one nothing.
 */
#ifndef KVS_UNIT_OTHER_USER_H
#define KVS_UNIT_OTHER_USER_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Becomes uid, with the group of the same number and one more (0: no more), and owns the folder. Only root can: a test
 * asks test_is_root() first.
 */
void other_user_become(uid_t uid, gid_t group, const char *folder);

#endif
