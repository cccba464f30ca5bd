/*
 * A server as a URL, in the forms in which applications write it for a socket file:
 *
 *   redis+unix://[[user][:password]@]/path[?db=N]     also unix, redis+socket and redis-socket; unix:/path
 *   redis:///path                                     without a host; redis:///N is a database of localhost
 *
 * Everything may be percent-encoded. After ? come db (or database, dbindex, virtual_host), user (or username) and
 * password (or pass, auth), joined by &; each overrides what stands before the path. A single word before @ is the
 * user, as in every URL and for the clients' libraries (redis-cli takes it for the password). How other clients keep a
 * connection (timeout, weight, persistent, ...) is ignored. Nothing else is accepted: a setting that was ignored could
 * be the one that kept a command away from the wrong data.
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

/* Whether a text that may be a path or a URL is meant as a URL: it begins with one of the schemes, or with another and
 * its "://". */
bool url_is_meant(const char *text);

/* NULL, or what is wrong, which stays until the next call. It holds nothing of the URL's own text, which may be a
 * password, but the name of an unknown setting. `url_out` is written only on success. */
const char *url_parse(const char *text, struct url *url_out);

/* Frees the strings. */
void url_deinit(struct url *url);

#endif
