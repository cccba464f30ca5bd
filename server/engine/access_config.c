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
#include "config/mistakes.h"
#include "engine/absent_remark.h"
#include "engine/guard.h"
#include "listen/socket_check.h"
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

/* Adds a mistake for each that the file has. */
static void load_file(struct acl *acl, struct config *config)
{
    char *errors = NULL;
    int result = acl_load(acl, config->aclfile, &errors);
    if (result == 0)
        return;
    char *place = config_place(config, "aclfile"), *rest = errors;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        if (result != -EINVAL) /* the file can't be read */
            config_mistake(config, place, "aclfile: %s", line);
        else if (rest) /* the last line only says that nothing has changed */
            config_mistake(config, "", "%s", line);
    }
    mem_free(place);
    mem_free(errors);
}

/* Adds a mistake for each line of text, which it cuts up. */
static void add_mistakes(struct config *config, const char *place, char *text)
{
    for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n"))
        config_mistake(config, place, "%s", line);
}

/* Defines the users of all lines, and adds a mistake for each rule that is refused. */
static void add_users(struct acl *acl, struct config *config)
{
    for (size_t i = 0; i < config->user_count; i++) {
        char *reason = NULL;
        if (add_user(acl, config->users[i], &reason))
            add_mistakes(config, config_user_place(config, i), reason);
        mem_free(reason);
    }
}

void access_configure(struct server *server)
{
    struct config *config = &server->config;
    server->acl = acl_create();
    acl_set_channel_default(server->acl, config->acl_all_channels);
    if (*config->requirepass)
        acl_set_default_password(server->acl, config->requirepass);
    if (*config->aclfile)
        load_file(server->acl, config);
    else
        add_users(server->acl, config);
    absent_remark_add(config, server->acl);
}

void access_check(struct config *config)
{
    struct acl *acl = acl_create();
    add_users(acl, config);
    absent_remark_add(config, acl);
    acl_destroy(acl);
    sockets_check_accounts(config);
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

/* All users of the list, as lines have them without the word "user". */
static char **describe_all(const struct acl *acl, size_t *count_out)
{
    size_t count = acl_count(acl);
    char **users = mem_alloc(count * sizeof *users);
    for (size_t i = 0; i < count; i++) {
        struct text text = TEXT_EMPTY;
        acl_describe_user(acl_at(acl, i), &text);
        users[i] = mem_strdup(text.data + strlen("user "));
        text_deinit(&text);
    }
    *count_out = count;
    return users;
}

struct acl *access_acl_of_lines(struct config *lines, const struct config *now)
{
    struct acl *acl = acl_create();
    acl_set_channel_default(acl, now->acl_all_channels);
    if (*now->requirepass)
        acl_set_default_password(acl, now->requirepass);
    add_users(acl, lines);
    return acl;
}

static char **describe_lines(struct config *lines, const struct config *now, size_t *count_out)
{
    if (*now->aclfile)
        return NULL;
    struct acl *acl = access_acl_of_lines(lines, now);
    char **users = describe_all(acl, count_out);
    acl_destroy(acl);
    return users;
}

int access_rewrite_config(struct server *server)
{
    struct config *config = &server->config;
    if (!*config->aclfile) {
        size_t count;
        char **users = describe_all(server->acl, &count);
        config_set_users(config, users, count);
    }
    return config_rewrite(config, describe_lines);
}
