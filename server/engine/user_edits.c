#include "engine/user_edits.h"

#include "acl/acl.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/settings.h"
#include "engine/access_config.h"
#include "engine/guard.h"
#include "host/log.h"
#include "server.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct texts {
    char **items;
    size_t count;
};

struct user_edits {
    struct texts set;     /* "NAME RULE ..." */
    struct texts removed; /* names */
};

/* Takes the text. */
static void add(struct texts *texts, char *text)
{
    texts->items = mem_realloc(texts->items, (texts->count + 1) * sizeof *texts->items);
    texts->items[texts->count++] = text;
}

static void free_texts(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        mem_free(texts->items[i]);
    mem_free(texts->items);
}

void user_edits_free(struct user_edits *edits)
{
    if (!edits)
        return;
    free_texts(&edits->set);
    free_texts(&edits->removed);
    mem_free(edits);
}

/* ---- finding ---- */

static char *describe(const struct user *user)
{
    struct text text = TEXT_EMPTY;
    acl_describe_user(user, &text);
    return text.data;
}

static const struct user *namesake(const struct acl *acl, const struct user *user)
{
    struct bytes name = user_name(user);
    return acl_find(acl, name.data, name.len);
}

/* Adds the user if he is new or other than before. */
static void find_set(struct user_edits *edits, const struct user *user, const struct user *before, bool in_any_case)
{
    char *now = describe(user), *then = before ? describe(before) : NULL;
    if (in_any_case || !then || strcmp(now, then) != 0)
        add(&edits->set, mem_strdup(now + strlen("user ")));
    mem_free(now);
    mem_free(then);
}

struct user_edits *user_edits_find(struct config *last, struct config *next)
{
    if (*last->aclfile || *next->aclfile)
        return NULL;
    struct user_edits *edits = mem_calloc(sizeof *edits);
    struct acl *before = access_acl_of_lines(last, last), *after = access_acl_of_lines(next, next);
    bool password = strcmp(last->requirepass, next->requirepass) != 0; /* it is set without a look at the lines */
    for (size_t i = 0; i < acl_count(after); i++) {
        struct user *user = acl_at(after, i);
        find_set(edits, user, namesake(before, user), password && user == acl_default(after));
    }
    for (size_t i = 0; i < acl_count(before); i++) {
        struct bytes name = user_name(acl_at(before, i));
        if (!acl_find(after, name.data, name.len))
            add(&edits->removed, mem_dup(name.data, name.len));
    }
    acl_destroy(before);
    acl_destroy(after);
    if (edits->set.count + edits->removed.count > 0)
        return edits;
    user_edits_free(edits);
    return NULL;
}

/* ---- applying ---- */

/* line: "NAME RULE ...", as ACL LIST tells it behind "user ". */
static bool is_set(const struct acl *acl, const char *line)
{
    size_t len = strcspn(line, " ");
    const struct user *user = acl_find(acl, line, len);
    char *now = user ? describe(user) : NULL;
    bool is = now && strcmp(now + strlen("user "), line) == 0;
    mem_free(now);
    return is;
}

bool user_edits_change(const struct user_edits *edits, const struct server *server)
{
    for (size_t i = 0; i < edits->removed.count; i++)
        if (acl_find(server->acl, edits->removed.items[i], strlen(edits->removed.items[i])))
            return true;
    for (size_t i = 0; i < edits->set.count; i++)
        if (!is_set(server->acl, edits->set.items[i]))
            return true;
    return false;
}

/* Sets the user of "NAME RULE ..." anew. */
static void set_user(struct server *server, const char *line)
{
    struct text_words words;
    char *error = NULL;
    if (text_split(line, strlen(line), &words) != 0)
        return;
    struct bytes name = {words.words[0], words.lens[0]};
    struct bytes *rules = mem_alloc(words.count * sizeof *rules);
    rules[0] = (struct bytes){"reset", strlen("reset")};
    for (size_t i = 1; i < words.count; i++)
        rules[i] = (struct bytes){words.words[i], words.lens[i]};
    struct user *user = acl_find(server->acl, name.data, name.len);
    char *before = user ? describe(user) : NULL;
    if (acl_set_user(server->acl, name, rules, words.count, &error))
        log_warning("configuration: user '%s' stays as he is: %s", name.data, error);
    char *after = user ? describe(user) : NULL;
    if (user && user != acl_default(server->acl) && strcmp(before, after) != 0)
        guard_expel(user);
    mem_free(before);
    mem_free(after);
    mem_free(error);
    mem_free(rules);
    text_words_free(&words);
}

static void remove_user(struct server *server, const char *name)
{
    struct user *user = acl_find(server->acl, name, strlen(name));
    if (!user || user == acl_default(server->acl))
        return;
    guard_expel(user);
    acl_delete_user(server->acl, name, strlen(name));
}

void user_edits_apply(struct user_edits *edits, struct server *server)
{
    for (size_t i = 0; i < edits->removed.count; i++)
        remove_user(server, edits->removed.items[i]);
    for (size_t i = 0; i < edits->set.count; i++)
        set_user(server, edits->set.items[i]);
    guard_refresh(server);
    user_edits_free(edits);
}
