/*
 * The users' rules are read from their text, where those about absent commands stand as they were given.
 */
#include "engine/absent_remark.h"

#include "acl/acl.h"
#include "base/memory.h"
#include "base/text.h"
#include "command/absent_commands.h"
#include "config/config.h"
#include "config/lists.h"
#include "config/remarks.h"
#include "host/log.h"
#include "host/log_flood.h"

#include <string.h>

/* ": what is said about them here has no effect", behind their names. */
static void add_effect(struct text *text, const struct absent_mentions *mentions)
{
    absent_mentions_say(mentions, text);
    text_addf(text, ": what is said about %s here has no effect", mentions->count > 1 ? "them" : "it");
}

/* "+hset", "-script|load", "+publish|news": a command, a subcommand, or a command with a first argument. */
static void note_word(struct absent_mentions *mentions, const char *word, size_t len)
{
    if (len < 2 || word[1] == '@')
        return;
    const char *name = word + 1, *bar = memchr(name, '|', --len);
    if (absent_command_find(name, len))
        absent_mentions_note(mentions, name, len);
    else if (bar)
        absent_mentions_note(mentions, name, (size_t)(bar - name));
}

static void note_user(struct absent_mentions *mentions, const struct user *user)
{
    for (size_t i = 0; i < user_selector_count(user); i++) {
        struct text rules = TEXT_EMPTY;
        user_selector_commands(user, i, &rules);
        for (const char *word = rules.data; *word != '\0';) {
            size_t len = strcspn(word, " ");
            note_word(mentions, word, len);
            word += len + (word[len] == ' ');
        }
        text_deinit(&rules);
    }
}

static void note_all_users(struct absent_mentions *mentions, const struct acl *acl)
{
    for (size_t i = 0; i < acl_count(acl); i++)
        note_user(mentions, acl_at(acl, i));
}

/* Of the user whom a `user` line of the configuration declares. */
static void note_line(struct absent_mentions *mentions, const struct acl *acl, const char *line)
{
    struct text_words words;
    if (text_split(line, strlen(line), &words) != 0)
        return;
    const struct user *user = words.count > 0 ? acl_find(acl, words.words[0], words.lens[0]) : NULL;
    if (user)
        note_user(mentions, user);
    text_words_free(&words);
}

static void remark(struct config *config, const char *place, const struct absent_mentions *mentions)
{
    if (mentions->count == 0)
        return;
    struct text names = TEXT_EMPTY;
    add_effect(&names, mentions);
    config_remark(config, place, "%s", names.data);
    text_deinit(&names);
}

/* The place is that of the first line with such a name: renames come first. */
void absent_remark_add(struct config *config, const struct acl *acl)
{
    struct absent_mentions mentions = {0};
    const char *place = NULL;
    for (size_t i = 0; i < config->rename_count; i++) {
        const char *name = config->renames[2 * i];
        absent_mentions_note(&mentions, name, strlen(name));
        place = !place && mentions.count > 0 ? config_rename_place(config, i) : place;
    }
    for (size_t i = 0; !*config->aclfile && i < config->user_count; i++) {
        note_line(&mentions, acl, config->users[i]);
        place = !place && mentions.count > 0 ? config_user_place(config, i) : place;
    }
    remark(config, place, &mentions);
    if (*config->aclfile) {
        struct absent_mentions of_file = {0};
        note_all_users(&of_file, acl);
        remark(config, config->aclfile, &of_file);
    }
}

void absent_remark_log(const struct acl *acl, const char *path)
{
    static struct log_flood flood = LOG_FLOOD("ACL files that name commands that kvs doesn't have", LOG_FLOOD_LINES);
    struct absent_mentions mentions = {0};
    note_all_users(&mentions, acl);
    if (mentions.count == 0 || !log_flood_admits(&flood, LOG_LEVEL_NOTICE))
        return;
    struct text names = TEXT_EMPTY;
    add_effect(&names, &mentions);
    log_notice("%s: %s", path, names.data);
    text_deinit(&names);
}
