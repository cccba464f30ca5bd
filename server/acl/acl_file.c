/*
 * The ACL file has Redis's form: a line "user <name> <rules>" for each user, words separated by single blanks, no
 * quotes. Blank lines and comments (acl/acl_comments.h) are skipped. All lines are read into a separate list, so that
 * all mistakes are reported at once and nothing takes effect unless the whole file is good.
 */
#include "acl/acl_comments.h"
#include "acl/acl_internal.h"
#include "acl/rules.h"
#include "base/memory.h"
#include "base/text.h"
#include "host/file.h"
#include "host/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* The state of one load. */
struct loading {
    struct acl *acl; /* the new list */
    const char *path;
    int line;
    struct text errors; /* lines, each with its line feed */
};

/* Adds "path:line" and the formatted text to the errors, as a line. */
static void complain(struct loading *loading, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void complain(struct loading *loading, const char *format, ...)
{
    va_list args;
    text_addf(&loading->errors, "%s:%d", loading->path, loading->line);
    va_start(args, format);
    text_vaddf(&loading->errors, format, args);
    va_end(args);
    text_add_char(&loading->errors, '\n');
}

static struct bytes trim(struct bytes bytes, const char *blanks)
{
    while (bytes.len > 0 && strchr(blanks, bytes.data[0]) && bytes.data[0] != '\0')
        bytes = (struct bytes){bytes.data + 1, bytes.len - 1};
    while (bytes.len > 0 && bytes.data[bytes.len - 1] != '\0' && strchr(blanks, bytes.data[bytes.len - 1]))
        bytes.len--;
    return bytes;
}

/*
 * Every unknown command or account is reported, with its rule. Of other mistakes only the first is reported, since
 * later ones may follow from it, and without its rule, which may be a password.
 */
static void apply_rules(struct loading *loading, struct user *user, const struct rules *rules)
{
    bool has_error = false;
    for (size_t i = 0; i < rules->count; i++) {
        struct bytes rule = trim(rules->items[i], "\t\r\n");
        const char *reason;
        int result = user_apply(user, rule, &reason);
        if (result == -ENOENT)
            complain(loading, ": Error in applying operation '%.*s': %s.", (int)rule.len, rule.data, reason);
        else if (result != 0 && !has_error)
            complain(loading, ": %s.", reason);
        has_error = has_error || (result != 0 && result != -ENOENT);
    }
}

static void load_user(struct loading *loading, const struct bytes *words, size_t count)
{
    struct bytes name = words[1];
    size_t open;
    struct rules rules;
    if (rule_has_blank(name)) {
        complain(loading, ": username '%.*s' contains invalid characters.", (int)name.len, name.data);
        return;
    }
    if (acl_find(loading->acl, name.data, name.len)) {
        text_addf(&loading->errors, "WARNING: Duplicate user '%.*s' found on line %d.\n", (int)name.len, name.data,
                  loading->line);
        return;
    }
    if (rules_join(words + 2, count - 2, &rules, &open) != 0) {
        complain(loading, ": Unmatched parenthesis in selector definition.");
        return;
    }
    struct user *user = user_create(name.data, name.len, loading->acl->all_channels);
    acl_insert(loading->acl, user);
    apply_rules(loading, user, &rules);
    rules_deinit(&rules);
}

static void load_line(struct loading *loading, struct bytes line)
{
    struct rules words;
    line = trim(line, " \t\r\n");
    if (line.len == 0)
        return;
    if (memchr(line.data, '\0', line.len)) {
        complain(loading, " holds a NUL byte; an ACL file is text, remove the byte.");
        return;
    }
    if (acl_line_is_comment(line))
        return;
    rules_split(line, &words);
    if (words.count >= 2 && bytes_equal(words.items[0].data, words.items[0].len, "user", 4))
        load_user(loading, words.items, words.count);
    else
        complain(loading, " should start with user keyword followed by the username.");
    rules_deinit(&words);
}

static void load_lines(struct loading *loading, const char *data, size_t len)
{
    const char *at = data, *end = data + len;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        line_end = line_end ? line_end : end;
        loading->line++;
        load_line(loading, (struct bytes){at, (size_t)(line_end - at)});
        at = line_end + 1;
    }
}

/* Replaces the list with `from`, which it takes; users with a name of the old list keep their struct. */
static void replace_all(struct acl *acl, struct acl *from)
{
    for (size_t i = 0; i < from->count; i++) {
        struct bytes name = user_name(from->users[i]);
        struct user *stays = acl_find(acl, name.data, name.len);
        if (!stays)
            continue;
        user_assign(stays, from->users[i]);
        user_release(from->users[i]);
        from->users[i] = user_retain(stays);
    }
    struct acl old = *acl;
    *acl = *from;
    *from = old;
    acl_destroy(from);
}

int acl_load(struct acl *acl, const char *path, char **error_out)
{
    struct text content = TEXT_EMPTY;
    int result = file_read(path, &content);
    if (result != 0) {
        struct text message = TEXT_EMPTY;
        text_addf(&message, "Error loading ACLs, opening file '%s': %s", path, strerror(-result));
        *error_out = message.data;
        return result;
    }

    struct loading loading = {.acl = acl_create_empty(acl->all_channels), .path = path};
    load_lines(&loading, content.data, content.len);
    text_deinit(&content);
    if (loading.errors.len > 0) {
        text_add(&loading.errors,
                 "WARNING: ACL errors detected, no change to the previously active ACL rules was performed");
        *error_out = loading.errors.data;
        acl_destroy(loading.acl);
        return -EINVAL;
    }
    if (!acl_default(loading.acl))
        acl_insert(loading.acl, acl_create_default_user(acl->all_channels));
    replace_all(acl, loading.acl);
    return 0;
}

/* Adds whole lines. */
static void add_lines(struct text *content, struct bytes lines)
{
    if (lines.len == 0)
        return;
    text_add_bytes(content, lines.data, lines.len);
    if (lines.data[lines.len - 1] != '\n')
        text_add_char(content, '\n');
}

int acl_save(const struct acl *acl, const char *path)
{
    struct text content = TEXT_EMPTY, old = TEXT_EMPTY;
    bool has_old = file_read(path, &old) == 0 && old.len > 0;
    struct acl_comments *comments = acl_comments_of((struct bytes){has_old ? old.data : "", has_old ? old.len : 0});
    add_lines(&content, acl_comments_head(comments));
    for (size_t i = 0; i < acl->count; i++) {
        add_lines(&content, acl_comments_before(comments, user_name(acl->users[i])));
        acl_describe_user(acl->users[i], &content);
        text_add_char(&content, '\n');
    }
    add_lines(&content, acl_comments_end(comments));
    acl_comments_destroy(comments);
    text_deinit(&old);
    int result = file_replace(path, content.data, content.len, 0600);
    if (result != 0)
        log_warning("ACL SAVE: %s could not be written: %s", path, strerror(-result));
    text_deinit(&content);
    return result;
}
