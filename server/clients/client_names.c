/*
 * The three names are one allocation: strings one after the other, each with its NUL. So a library's name and its
 * version fit into 16 bytes, and nearly every client that has a name at all has just these two.
 */
#include "clients/client_names.h"

#include "base/bytes.h"
#include "base/connection_memory.h"
#include "base/memory.h"

#include <string.h>

const char *client_names_read(const char *names, enum client_name which)
{
    if (!names)
        return "";
    for (unsigned i = 0; i < which; i++)
        names += strlen(names) + 1;
    return names;
}

const char *client_name(const struct client *client, enum client_name which)
{
    return client_names_read(client->names, which);
}

#define TEXT_OF(number) #number
#define TOO_LONG(max) "cannot be longer than " TEXT_OF(max) " bytes."

const char *client_name_fault(const struct arg *name)
{
    if (name->len > CLIENT_NAME_MAX)
        return TOO_LONG(CLIENT_NAME_MAX);
    for (size_t i = 0; i < name->len; i++)
        if (name->data[i] < '!' || name->data[i] > '~')
            return "cannot contain spaces, newlines or special characters.";
    return NULL;
}

static void names_free(char *names)
{
    if (!names)
        return;
    connection_memory_subtract(mem_usable(names));
    mem_free(names);
}

void client_set_name(struct client *client, enum client_name which, const struct arg *value)
{
    struct bytes parts[CLIENT_NAMES];
    size_t len = 0;
    for (unsigned i = 0; i < CLIENT_NAMES; i++) {
        const char *name = client_name(client, i);
        parts[i] = i == which ? (struct bytes){value->data, value->len} : (struct bytes){name, strlen(name)};
        len += parts[i].len;
    }
    if (len == 0) {
        client_clear_names(client);
        return;
    }
    char *names = mem_alloc(len + CLIENT_NAMES), *at = names;
    for (unsigned i = 0; i < CLIENT_NAMES; i++) {
        if (parts[i].len > 0) /* an empty argument may have no address */
            memcpy(at, parts[i].data, parts[i].len);
        at += parts[i].len;
        *at++ = '\0';
    }
    names_free(client->names);
    connection_memory_add(mem_usable(names));
    client->names = names;
}

void client_clear_names(struct client *client)
{
    names_free(client->names);
    client->names = NULL;
}

char *client_names_copy(const struct client *client)
{
    const char *names = client->names;
    if (!names)
        return NULL;
    const char *last = client_names_read(names, CLIENT_NAMES - 1);
    return mem_dup(names, (size_t)(last - names) + strlen(last));
}
