/*
 * A server as a URL, in the forms in which applications write it for a socket file:
 *
 *   redis+unix://[[user]:password@]/path[?db=N]     also unix, redis+socket and redis-socket; unix:/path
 *
 * Everything may be percent-encoded. After ? come db (or database, virtual_host), user (or username) and password (or
 * pass, auth), joined by &; each overrides what stands before the path. A single word before @ is the password, as for
 * redis-cli, unless the password is given after ?; then it is the user. Nothing else is accepted: a setting that was
 * ignored could be the one that kept a command away from the wrong data.
 */
#ifndef KVS_CLIENT_CONNECTION_URL_H
#define KVS_CLIENT_CONNECTION_URL_H

#include <stdbool.h>

struct url {
    char *path;
    char *user;     /* NULL: not given, or empty */
    char *password; /* NULL: not given, or empty */
    int database;   /* negative: not given */
};

/* NULL, or what is wrong, which holds nothing of the URL's own text: that may be a password. `url_out` is
 * written only on success; its strings are the caller's to free. */
const char *url_parse(const char *text, struct url *url_out);

#endif
