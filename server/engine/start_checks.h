/*
 * The start's checks: all that a configuration can be wrong about beyond the values of its directives.
 *
 * The start and --check-config run the same checks, so that they can't differ. Each does what the start has to do where
 * that touches this process alone (it becomes the account, enters dir, renames commands, makes the users), and only
 * looks where something would be made outside it (socket files, log, pid file). What depends on the moment isn't
 * checked: a server that is listening at the path, sockets and connections that another process hands over, memory and
 * threads. Main thread, before anything is opened.
 */
#ifndef KVS_ENGINE_START_CHECKS_H
#define KVS_ENGINE_START_CHECKS_H

struct server;

/*
 * Runs all checks, also where reading has found mistakes already. Adds mistakes (config/mistakes.h) and remarks
 * (config/remarks.h) to the server's configuration, and lowers its maxclients to what the limit of open files allows.
 */
void start_checks_run(struct server *server);

/* Remarks on what the start would have to warn about later. After start_checks_run(). */
void start_checks_foresee(struct server *server);

#endif
