/*
 * What the command line, the environment and the file of preferences say: filled in once, read by everybody.
 *
 * Of options that set the same thing the last wins; -u counts as the -s, -n, --user and -a that it stands for. The
 * command line comes before the environment, and that before the preferences.
 *
 * options_parse() ends the program itself for --help, --version and mistakes, each of which gets one line on standard
 * error. Strings are borrowed from argv, the environment and static storage; a password in argv is moved out of it
 * (connection/login.h).
 */
#ifndef KVS_CLIENT_OPTIONS_OPTIONS_H
#define KVS_CLIENT_OPTIONS_OPTIONS_H

#include "output/format.h"

#include <stdbool.h>

enum protocol_choice {
    PROTOCOL_UNCHANGED, /* the server's default, RESP2 */
    PROTOCOL_2,
    PROTOCOL_3,           /* -3: a server that refuses it is an error */
    PROTOCOL_3_PREFERRED, /* --json: a server that refuses it is spoken to in RESP2 */
};

/* What the program is to do. */
enum mode {
    MODE_COMMANDS, /* one from argv; or many, from a file, standard input or a person */
    MODE_EVAL,
    MODE_WHO,
    MODE_TOP,
    MODE_PIPE,
    MODE_SCAN,
    MODE_BIGKEYS,
    MODE_MEMKEYS,
    MODE_KEYSTATS,
    MODE_HOTKEYS,
    MODE_LATENCY,
    MODE_LATENCY_HISTORY,
    MODE_LATENCY_DIST,
    MODE_INTRINSIC_LATENCY,
    MODE_STAT,
    MODE_COPY,
};

struct options {
    enum mode mode;
    const char *mode_option; /* as it was given, such as "--pipe"; NULL for MODE_COMMANDS */

    /* the server */
    const char *socket_path;
    const char *socket_source; /* for messages: where the path came from */
    double timeout;            /* seconds for connecting and for each reply; 0: for ever */
    int database;
    bool has_database; /* it was given, by -n or a URL */
    enum protocol_choice protocol;
    const char *user;
    const char *password;        /* NULL: no AUTH */
    const char *password_option; /* the option that gave it, or NULL */
    bool ask_password;
    bool no_auth_warning;

    /* commands */
    const char *command_file; /* --file, instead of standard input; NULL: none */
    const char *eval_file;    /* of MODE_EVAL; "-" is standard input */
    long long repeat;         /* of the command in argv; negative: for ever */
    bool has_repeat;          /* a mode that goes on for ever prints `repeat` lines */
    double interval;          /* seconds between two commands, or between two samples of a mode */
    bool has_interval;
    bool error_exit;       /* -e */
    bool last_from_stdin;  /* -x */
    const char *stdin_tag; /* -X, or NULL */
    bool quoted_input;

    /* output */
    struct format_style style;
    enum color_choice color;
    bool show_pushes;
    bool pager;

    /* the prompt */
    bool hints;     /* of what can still be typed */
    bool questions; /* before commands that destroy */

    /* modes */
    const char *pattern; /* of keys; NULL: all */
    bool quoted_pattern;
    const char *type;         /* of keys; NULL: all */
    long long scan_count;     /* keys a SCAN is asked for; 0: unless told */
    long long memory_samples; /* elements that MEMORY USAGE looks at; negative: unless told */
    double pipe_timeout;      /* seconds without a reply after the last command; 0: for ever */
    double run_seconds;       /* of MODE_INTRINSIC_LATENCY */
    const char *copy_from;    /* of MODE_COPY: the other server's socket */
    bool replace;             /* MODE_COPY takes the place of keys that are there */

    int argc; /* the command; 0: commands from elsewhere */
    char **argv;
};

void options_parse(struct options *options, int argc, char **argv);

#endif
