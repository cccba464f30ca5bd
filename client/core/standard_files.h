/*
 * Standard input, output and error, which a caller may have closed.
 *
 * The next file that is opened takes the place of a closed one: a connection would be printed to, and replies would
 * come back to the server as commands.
 */
#ifndef KVS_CLIENT_CORE_STANDARD_FILES_H
#define KVS_CLIENT_CORE_STANDARD_FILES_H

/*
 * Opens /dev/null in the place of those that are closed, so that using them fails as it does with a closed one (EBADF).
 * Ends the program if it can't. Before anything else is opened.
 */
void standard_files_open(void);

#endif
