/*
 * What kvs-cli's exit status means. Scripts rely on these numbers: never renumber, only add.
 */
#ifndef KVS_CLIENT_CORE_EXIT_CODES_H
#define KVS_CLIENT_CORE_EXIT_CODES_H

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_ERROR_REPLY = 1,   /* the server answered with an error, and -e was given */
    EXIT_CODE_USAGE = 2,         /* the command line makes no sense; or, with -e, a line of commands */
    EXIT_CODE_NO_CONNECTION = 3, /* no server, or it went away in mid-command */
    EXIT_CODE_REFUSED = 4,       /* the file system, NOAUTH, NOPERM or WRONGPASS said no */
    EXIT_CODE_LOCAL = 5,         /* this side failed: no memory, standard input unreadable */
    EXIT_CODE_INTERRUPTED = 130, /* Ctrl-C ended what would have ended by itself */
};

#endif
