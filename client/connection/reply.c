#include "connection/reply.h"

#include <stdlib.h>
#include <string.h>

static void reply_deinit(struct reply *reply)
{
    for (size_t i = 0; i < reply->count; i++)
        reply_deinit(&reply->elements[i]);
    free(reply->elements);
    free(reply->text);
    reply_destroy(reply->attributes);
}

void reply_destroy(struct reply *reply)
{
    if (!reply)
        return;
    reply_deinit(reply);
    free(reply);
}

bool reply_is_aggregate(const struct reply *reply)
{
    return reply->type == REPLY_ARRAY || reply->type == REPLY_SET || reply->type == REPLY_PUSH ||
           reply->type == REPLY_MAP;
}

bool reply_has_prefix(const struct reply *reply, const char *prefix)
{
    size_t length = strlen(prefix);
    return reply->text && reply->length >= length && memcmp(reply->text, prefix, length) == 0;
}

const struct reply *reply_find(const struct reply *reply, const char *name)
{
    for (size_t i = 0; reply_is_aggregate(reply) && i + 1 < reply->count; i += 2) {
        const struct reply *key = &reply->elements[i];
        if (key->text && strcmp(key->text, name) == 0)
            return &reply->elements[i + 1];
    }
    return NULL;
}
