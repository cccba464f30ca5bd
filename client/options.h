/*
 * The command line and the environment of kvs-cli. One table in options.c serves parsing and --help.
 *
 * options_parse() fills a struct of the caller and ends the program itself for --help, --version and
 * mistakes, each of which gets one line on standard error. Strings are borrowed from argv, the environment
 * and static storage; a password in argv is moved out of it (login.h).
 */
#ifndef KVS_CLIENT_OPTIONS_H
#define KVS_CLIENT_OPTIONS_H

#include "output/format.h"

#include <stdbool.h>

#ifndef KVS_VERSION
#define KVS_VERSION "0.1.0"
#endif

enum protocol_choice {
    PROTOCOL_UNCHANGED, /* the server's default, RESP2 */
    PROTOCOL_2,
    PROTOCOL_3,           /* -3: a server that refuses it is an error */
    PROTOCOL_3_PREFERRED, /* --json: a server that refuses it is spoken to in RESP2 */
};

struct options {
    const char *socket_path;
    const char *socket_source; /* for messages: where the path came from */
    long long repeat;          /* of the command in argv; negative: for ever */
    double interval;           /* seconds between two commands */
    int database;
    enum protocol_choice protocol;
    const char *user;
    const char *password;        /* NULL: no AUTH */
    const char *password_option; /* the option that gave it, or NULL */
    bool ask_password;
    bool no_auth_warning;
    bool who;              /* --who, instead of a command */
    bool error_exit;       /* -e */
    bool last_from_stdin;  /* -x */
    const char *stdin_tag; /* -X, or NULL */
    bool quoted_input;
    bool show_pushes;
    struct format_style style;
    int argc; /* the command; 0 for the prompt or commands from standard input */
    char **argv;
};

void options_parse(struct options *options, int argc, char **argv);

#endif
