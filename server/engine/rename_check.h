/*
 * Rename check: whether the rename-command lines of a configuration can be made, one after the other, from the names
 * that commands have by themselves.
 *
 * It renames nothing, so a server whose commands have other names already can check what an edited file says (SIGHUP).
 */
#ifndef KVS_ENGINE_RENAME_CHECK_H
#define KVS_ENGINE_RENAME_CHECK_H

struct config;

/* Adds a mistake (config/mistakes.h) for each line that can't. Main thread. */
void rename_check(struct config *config);

#endif
