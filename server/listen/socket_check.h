/*
 * Checks the sockets that the configuration wants, before they are made.
 */
#ifndef KVS_LISTEN_SOCKET_CHECK_H
#define KVS_LISTEN_SOCKET_CHECK_H

struct config;

/*
 * Adds a mistake (config/mistakes.h) for each entry that can't be served: unknown accounts, something that isn't a
 * socket at its path, an owner that the process can't give a file to. Nothing is made, removed or connected to: a
 * socket at the path isn't a mistake, though another server may be running there; sockets_open() finds that out.
 * Folders are config_check_paths()'s. Main thread, at start, in `dir` and as the account that serves.
 */
void sockets_check(struct config *config);

/* The same of the accounts alone, for a server that has its files already. Main thread. */
void sockets_check_accounts(struct config *config);

#endif
