/*
 * Says which commands that only Redis has (command/absent_commands.h) the configuration or the users mention: one line
 * for all of them. World stopped, or main thread before there are workers.
 */
#ifndef KVS_ENGINE_ABSENT_REMARK_H
#define KVS_ENGINE_ABSENT_REMARK_H

struct acl;
struct config;

/*
 * Adds a remark (config/remarks.h) on the rename-command lines, and on the users if they come from lines of the
 * configuration or, at the start, from its aclfile. acl is what became of these.
 */
void absent_remark_add(struct config *config, const struct acl *acl);

/* Logs the same of users that have been loaded from the file at path. */
void absent_remark_log(const struct acl *acl, const char *path);

#endif
