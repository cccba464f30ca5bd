/*
 * The text of INFO as fields: "name:value" lines under "# Section" lines.
 *
 * A server's text may be anything: lines that are no fields are left out, and bytes that are not printable ASCII have
 * become '?', so names and values may be printed as they are. All strings live as long as the struct info.
 */
#ifndef KVS_CLIENT_SESSION_INFO_H
#define KVS_CLIENT_SESSION_INFO_H

#include "connection/reply.h"

#include <stdbool.h>
#include <stddef.h>

struct info;

struct info_field {
    const char *section; /* "" before the first */
    const char *name;
    const char *value;
};

struct info *info_parse(const char *text, size_t length);

/* Of the reply to INFO, which stays the caller's. NULL: it is no text. */
struct info *info_parse_reply(const struct reply *reply);

void info_destroy(struct info *info);

/* All fields, in the server's order. */
size_t info_count(const struct info *info);
const struct info_field *info_field(const struct info *info, size_t index);

/* The value of the first field of that name; NULL: there is none. */
const char *info_text(const struct info *info, const char *name);

/* The same as a number, with what follows the number ignored ("87.5%"). False: there is none, or it is not finite. */
bool info_number(const struct info *info, const char *name, double *value_out);

/* A number in a value like "keys=3,expires=0,avg_ttl=0" (db0, cmdstat_get). False: as above. */
bool info_subfield(const char *value, const char *name, double *value_out);

/*
 * Whether a field is about a database (db0:keys=3,...). NAN in `*keys_out`: it is said to have what no server can hold.
 */
bool info_database(const struct info_field *field, int *number_out, double *keys_out);

/* The keys of all databases (db0:keys=3,...). NAN: one of them is said to have what no server can hold. */
double info_count_keys(const struct info *info);

#endif
