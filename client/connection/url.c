#include "connection/url.h"

#include "core/memory.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_MOST 40 /* bytes of a setting's name that are repeated */

static const char network[] = "redis:// with a host or a number, and rediss://, name a server on the network; kvs is "
                              "reached only through a socket file: redis+unix:///path?db=N";
static const char bad_escape[] = "a % has to be followed by two hexadecimal digits other than 00; % itself is %25";

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *digit = c != '\0' ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return digit ? (int)(digit - digits) : -1;
}

/* The bytes from `text` up to `end` without percent-encoding, which the caller frees; NULL: badly encoded. */
static char *decode(const char *text, const char *end)
{
    char *result = memory_copy_text(text, (size_t)(end - text)), *to = result;
    while (text < end) {
        char c = *text++;
        if (c == '%') {
            int high = end - text >= 2 ? hex_value(text[0]) : -1, low = high >= 0 ? hex_value(text[1]) : -1;
            c = low >= 0 ? (char)(high * 16 + low) : '\0';
            if (c == '\0') {
                free(result);
                return NULL;
            }
            text += 2;
        }
        *to++ = c;
    }
    *to = '\0';
    return result;
}

/* The same in place of what `*part` was; nothing becomes NULL. False: badly encoded. */
static bool decode_part(char **part, const char *text, const char *end)
{
    char *decoded = decode(text, end);
    if (!decoded)
        return false;
    free(*part);
    *part = decoded;
    if (*decoded == '\0') {
        free(decoded);
        *part = NULL;
    }
    return true;
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/* After the scheme and its colon; NULL: no scheme of a socket file. */
static const char *skip_scheme(const char *text)
{
    static const char *const schemes[] = {"redis+unix:", "unix:", "redis+socket:", "redis-socket:", "redis:"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (has_prefix(text, schemes[i]))
            return text + strlen(schemes[i]);
    }
    return NULL;
}

bool url_is_meant(const char *text)
{
    size_t scheme = 0;
    while (isalnum((unsigned char)text[scheme]) || (text[scheme] != '\0' && strchr("+-.", text[scheme])))
        scheme++;
    return skip_scheme(text) || (scheme > 0 && strncmp(text + scheme, "://", 3) == 0);
}

/* What libraries take for a server on the network: redis://host/..., redis://, redis:///, redis:///0. */
static bool names_network(const char *text)
{
    if (!has_prefix(text, "redis:"))
        return has_prefix(text, "rediss:");
    text += strlen("redis:");
    if (strncmp(text, "//", 2) == 0) {
        const char *end = text + 2 + strcspn(text + 2, "/?");
        if (end > text + 2 && end[-1] != '@')
            return true;
        text = end;
    }
    text += *text == '/';
    text += strspn(text, "0123456789");
    return *text == '\0' || *text == '?';
}

static const char *explain_scheme(const char *text)
{
    if (*text == '/')
        return "a path alone is given with -s; as a URL it is redis+unix:///path?db=N";
    return "it has to begin with redis+unix://, unix://, redis+socket:// or redis-socket://, or be redis:///path";
}

/* The part between // and the path. `*alone_out`: a user or password without a colon. */
static const char *parse_authority(struct url *url, const char *text, const char *end, char **alone_out)
{
    const char *at = memrchr(text, '@', (size_t)(end - text));
    const char *host = at ? at + 1 : text;
    size_t host_length = (size_t)(end - host);
    if (host_length > 0 && (host_length != strlen("localhost") || strncasecmp(host, "localhost", host_length) != 0))
        return "between // and the path there is a host, but a socket file has none: the path follows as "
               "unix:///path, or unix://user:password@/path, where a / in a password is written %2F and a @ %40";
    if (!at)
        return NULL;
    const char *colon = memchr(text, ':', (size_t)(at - text));
    if (!colon)
        return decode_part(alone_out, text, at) ? NULL : bad_escape;
    if (!decode_part(&url->user, text, colon) || !decode_part(&url->password, colon + 1, at))
        return bad_escape;
    return NULL;
}

static const char *parse_database(struct url *url, const char *text, const char *end)
{
    char *number = decode(text, end), *rest;
    if (!number)
        return bad_escape;
    errno = 0;
    long value = strtol(number, &rest, 10);
    bool good = isdigit((unsigned char)number[0]) && *rest == '\0' && errno == 0 && value <= INT_MAX;
    free(number);
    if (!good)
        return "the database is a whole number, 0 or more, as in ?db=3";
    url->database = (int)value;
    return NULL;
}

static bool name_is(const char *text, const char *end, const char *const *names)
{
    for (; *names; names++) {
        if (strlen(*names) == (size_t)(end - text) && memcmp(text, *names, (size_t)(end - text)) == 0)
            return true;
    }
    return false;
}

/* Names a setting, unless its text may be a piece of a password with a & in it. */
static const char *refuse_setting(const char *text, const char *name_end, bool after_password)
{
    static char complaint[NAME_MOST + 200];
    size_t length = (size_t)(name_end - text), plain = 0;
    while (plain < length && (isalnum((unsigned char)text[plain]) || strchr("_-.", text[plain])))
        plain++;
    if (after_password)
        return "what follows the password is unknown; a & in a password is written %26";
    if (length == 0 || plain < length || length > NAME_MOST)
        return "after ? only db=N, user=NAME and password=PASSWORD are known, joined by &";
    snprintf(complaint, sizeof complaint,
             "unknown setting '%.*s': after ? only db=N, user=NAME and password=PASSWORD are known, joined by &, and "
             "what says how other clients keep a connection",
             (int)length, text);
    return complaint;
}

/* One setting after ?. `*has_password` tells whether there was a password among them. */
static const char *parse_setting(struct url *url, const char *text, const char *end, bool *has_password)
{
    static const char *const databases[] = {"db", "database", "dbindex", "virtual_host", NULL};
    static const char *const users[] = {"user", "username", NULL};
    static const char *const passwords[] = {"password", "pass", "auth", NULL};
    static const char *const of_other_clients[] = {"timeout",
                                                   "read_timeout",
                                                   "write_timeout",
                                                   "dial_timeout",
                                                   "connect_timeout",
                                                   "weight",
                                                   "persistent",
                                                   "persistent_id",
                                                   "lazy",
                                                   "read_write_timeout",
                                                   "max_retries",
                                                   "retry_interval",
                                                   "socket_connect_timeout",
                                                   "socket_timeout",
                                                   "retry_on_timeout",
                                                   "pool_size",
                                                   "pool_timeout",
                                                   "max_connections",
                                                   "socket_keepalive",
                                                   "health_check_interval",
                                                   NULL};
    const char *equals = memchr(text, '=', (size_t)(end - text));
    const char *name_end = equals ? equals : end, *value = equals ? equals + 1 : end;
    if (name_is(text, name_end, databases))
        return parse_database(url, value, end);
    if (name_is(text, name_end, users))
        return decode_part(&url->user, value, end) ? NULL : bad_escape;
    if (name_is(text, name_end, passwords)) {
        *has_password = true;
        return decode_part(&url->password, value, end) ? NULL : bad_escape;
    }
    if (name_is(text, name_end, of_other_clients))
        return NULL;
    return refuse_setting(text, name_end, *has_password);
}

static const char *parse_settings(struct url *url, const char *text)
{
    bool has_password = false;
    while (*text != '\0') {
        const char *end = strchrnul(text, '&');
        const char *complaint = end > text ? parse_setting(url, text, end, &has_password) : NULL;
        if (complaint)
            return complaint;
        text = *end == '&' ? end + 1 : end;
    }
    return NULL;
}

static const char *parse_path(struct url *url, const char *text, const char *end)
{
    if (end - text < 2 || *text != '/')
        return "it has no absolute path of a socket file, such as redis+unix:///tmp/kvs.sock";
    return decode_part(&url->path, text, end) ? NULL : bad_escape;
}

static const char *parse_parts(struct url *url, const char *text, char **alone_out)
{
    const char *complaint = NULL;
    if (strchr(text, '#'))
        return "a # is written %23";
    if (strncmp(text, "//", 2) == 0) {
        const char *authority = text + 2;
        text = authority + strcspn(authority, "/?");
        complaint = parse_authority(url, authority, text, alone_out);
    }
    const char *end = strchrnul(text, '?');
    if (!complaint)
        complaint = parse_path(url, text, end);
    if (!complaint && *end == '?')
        complaint = parse_settings(url, end + 1);
    return complaint;
}

const char *url_parse(const char *text, struct url *url_out)
{
    struct url url = {.database = -1};
    char *alone = NULL;
    const char *parts = skip_scheme(text), *complaint = network;
    if (!names_network(text))
        complaint = parts ? parse_parts(&url, parts, &alone) : explain_scheme(text);
    if (complaint) {
        url_deinit(&url);
        free(alone);
        return complaint;
    }
    if (!url.user)
        url.user = alone;
    else
        free(alone);
    *url_out = url;
    return NULL;
}

void url_deinit(struct url *url)
{
    free(url->path);
    free(url->user);
    free(url->password);
}
