/*
 * Users come from one of two places: a file of their own (aclfile), or `user` lines among the directives. requirepass
 * comes first in either case, so that a line about the default user wins over it, as with Redis.
 */
#include "engine/access_config.h"

#include "acl/acl.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"
#include "config/lists.h"
#include "engine/guard.h"
#include "listen/sockets.h"
#include "server.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Defines the user of one `user` line, which holds a name and rules. 0, or -EINVAL with the reason in *error_out. */
static int add_user(struct acl *acl, const char *line, char **error_out)
{
    struct text_words words;
    if (text_split(line, strlen(line), &words) != 0 || words.count == 0) {
        *error_out = mem_strdup("a user line holds an unbalanced quote");
        return -EINVAL;
    }
    struct bytes *rules = mem_alloc(words.count * sizeof *rules);
    for (size_t i = 0; i < words.count; i++)
        rules[i] = (struct bytes){words.words[i], words.lens[i]};
    int result = acl_define_user(acl, rules[0], rules + 1, words.count - 1, error_out);
    mem_free(rules);
    text_words_free(&words);
    return result;
}

static char *say_place(const char *place, const char *reason)
{
    struct text text = TEXT_EMPTY;
    text_addf(&text, "%s: %s", place, reason);
    return text.data;
}

int access_configure(struct server *server, char **error_out)
{
    const struct config *config = &server->config;
    server->acl = acl_create();
    acl_set_channel_default(server->acl, config->acl_all_channels);
    if (*config->requirepass)
        acl_set_default_password(server->acl, config->requirepass);
    if (*config->aclfile)
        return acl_load(server->acl, config->aclfile, error_out);
    for (size_t i = 0; i < config->user_count; i++) {
        char *reason = NULL;
        int result = add_user(server->acl, config->users[i], &reason);
        if (result) {
            *error_out = say_place(config_user_place(config, i), reason);
            mem_free(reason);
            return result;
        }
    }
    return 0;
}

static bool is_named(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

int access_config_changed(struct server *server, const char *const *names, size_t count, char **error_out)
{
    const struct config *config = &server->config;
    bool sockets = is_named(names, count, "listen") || is_named(names, count, "unixsocketperm") ||
                   is_named(names, count, "unixsocketgroup");
    int result = sockets ? sockets_apply(config, error_out) : 0;
    if (result)
        return result;
    acl_set_channel_default(server->acl, config->acl_all_channels);
    bool password = is_named(names, count, "requirepass");
    if (password)
        acl_set_default_password(server->acl, config->requirepass);
    if (sockets || password)
        guard_refresh(server);
    return 0;
}

int access_reload_users(struct server *server, char **error_out)
{
    const char *path = server->config.aclfile;
    return *path ? guard_load_users(server, path, error_out) : 0;
}

void access_config_collect(struct server *server)
{
    struct config *config = &server->config;
    if (*config->aclfile)
        return;
    size_t count = acl_count(server->acl);
    char **users = mem_alloc(count * sizeof *users);
    for (size_t i = 0; i < count; i++) {
        struct text text = TEXT_EMPTY;
        acl_describe_user(acl_at(server->acl, i), &text);
        users[i] = mem_strdup(text.data + strlen("user "));
        text_deinit(&text);
    }
    config_set_users(config, users, count);
}
