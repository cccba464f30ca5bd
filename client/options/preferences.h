/*
 * What a person likes, once and for all: ~/.config/kvs/cli.conf. $XDG_CONFIG_HOME/kvs/cli.conf where that is set;
 * $KVSCLI_CONFIG names another file (/dev/null: none).
 *
 * A line is a name and a value; lines that are empty or begin with # are skipped.
 *
 *   socket PATH          what -s would say; ~/ at its beginning is the home folder
 *   user NAME            what --user would say: as whom to log in, without a password with an empty one
 *   format FORMAT        terminal, human (what --no-raw prints), raw, verbatim, csv, json or quoted-json
 *   color WHEN           auto, always or never
 *   pager yes|no         long replies through $PAGER
 *   protocol 2|3         RESP3 where the server speaks it
 *   hints yes|no         of what can still be typed
 *   questions yes|no     before commands that destroy
 *
 * The command line comes first, then the environment, then this. Whoever merges them (options.c) sees to it that what
 * changes the output of scripts counts at a terminal only. A file that others could have written is not read, as it
 * could lead to their server; it holds no passwords. A mistake costs one line on standard error, and nothing else.
 */
#ifndef KVS_CLIENT_OPTIONS_PREFERENCES_H
#define KVS_CLIENT_OPTIONS_PREFERENCES_H

#include "options/options.h"

#include <stdbool.h>

struct preferences {
    char *path;        /* of the file, whether it is there or not; NULL: there is no place for one */
    char *socket_path; /* NULL: not said, as for user */
    char *user;
    enum protocol_choice protocol;
    bool has_format;
    enum format format;
    enum color_choice color;
    bool pager;
    bool hints;
    bool questions;
};

/* What is not said in the file has its default. The strings are the caller's to free. */
void preferences_load(struct preferences *preferences_out);

#endif
