/*
 * A former socket is forgotten once nobody else refers to its origin. The listener does until the main thread has
 * closed it, so a connection that is just being accepted isn't missed.
 */
#include "listen/former_sockets.h"

#include "base/memory.h"
#include "listen/listener.h"

#include <stddef.h>
#include <string.h>

struct former {
    struct origin *origin; /* counted */
    char *file;            /* absolute */
};

static struct former *formers;
static size_t count, capacity;

void former_sockets_add(struct listener *listener)
{
    if (count == capacity) {
        capacity = capacity * 2 + 1;
        formers = mem_realloc(formers, capacity * sizeof *formers);
    }
    formers[count++] = (struct former){origin_retain(listener_origin(listener)), mem_strdup(listener_file(listener))};
}

void former_sockets_follow(const struct listener *listener)
{
    enum access_level access = listener_access(listener);
    const char *user = origin_user(listener_origin(listener));
    for (size_t i = 0; i < count; i++) {
        struct origin *origin = formers[i].origin;
        if (strcmp(formers[i].file, listener_file(listener)) == 0)
            origin_set_rights(origin, access < origin_access(origin) ? access : origin_access(origin), user);
    }
}

static void forget(const struct former *former)
{
    origin_release(former->origin);
    mem_free(former->file);
}

void former_sockets_prune(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (origin_is_shared(formers[i].origin))
            formers[kept++] = formers[i];
        else
            forget(&formers[i]);
    }
    count = kept;
}

void former_sockets_forget_all(void)
{
    for (size_t i = 0; i < count; i++)
        forget(&formers[i]);
    mem_free(formers);
    formers = NULL;
    count = capacity = 0;
}
