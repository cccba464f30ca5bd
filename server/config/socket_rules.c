/*
 * Paths are compared as absolute paths, as they are written but without redundant parts ("//", "/./"). Symbolic links
 * are not followed: if they make two paths one file, that is noticed when the second socket is to be made over the
 * first.
 */
#include "config/socket_rules.h"

#include "base/memory.h"
#include "base/text.h"
#include "config/directive.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct config_extra *extra_of(const struct config *config)
{
    return config->extra;
}

/*
 * Whether the environment hands sockets to this process, as in sd_listen_fds(3); those that are meant for another
 * process are left alone.
 */
static bool is_activated(void)
{
    const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
    return count && atoi(count) > 0 && (!pid || atol(pid) == (long)getpid());
}

void socket_rules_settle(struct config *config)
{
    struct config_extra *extra = extra_of(config);
    extra->activated = extra->activated || is_activated();
    bool served = config->listen_count > 0 || config->inherit_fd >= 0 || extra->activated;
    if (!extra->socket_named && served)
        config->unixsocket[0] = '\0';
}

bool socket_rules_has_socket(const struct config *config)
{
    return *config->unixsocket != '\0' || config->listen_count > 0 || config->inherit_fd >= 0 ||
           extra_of(config)->activated;
}

/* Removes redundant parts from the path, in place. */
static void simplify(char *path)
{
    char *to = path;
    for (const char *from = path; *from != '\0';) {
        if (strncmp(from, "//", 2) == 0)
            from++;
        else if (strncmp(from, "/./", 3) == 0)
            from += 2;
        else
            *to++ = *from++;
    }
    *to = '\0';
}

char *socket_rules_absolute(const struct config *config, const char *path)
{
    return *path == '/' ? mem_strdup(path) : text_format("%s/%s", config->dir, path);
}

static bool same_path(const struct config *config, const char *a, const char *b)
{
    char *full_a = socket_rules_absolute(config, a), *full_b = socket_rules_absolute(config, b);
    simplify(full_a);
    simplify(full_b);
    bool same = strcmp(full_a, full_b) == 0;
    mem_free(full_a);
    mem_free(full_b);
    return same;
}

const struct listen_entry *socket_rules_find_twin(const struct config *config)
{
    for (size_t i = 0; i < config->listen_count; i++) {
        const struct listen_entry *entry = &config->listens[i];
        if (*config->unixsocket != '\0' && same_path(config, entry->path, config->unixsocket))
            return entry;
        for (size_t j = 0; j < i; j++)
            if (same_path(config, entry->path, config->listens[j].path))
                return entry;
    }
    return NULL;
}

const char *socket_rules_problem(const struct config *config)
{
    if (!socket_rules_has_socket(config))
        return "nothing would be left to serve on; keep an entry, or end the server with SHUTDOWN";
    if (socket_rules_find_twin(config))
        return "two socket files, of unixsocket and listen, would have the same path; keep one";
    return NULL;
}
