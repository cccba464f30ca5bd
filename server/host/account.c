/*
 * The reentrant lookups of NSS, with a buffer that grows as they ask for it.
 */
#include "host/account.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "host/file.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_BUFFER = 1024 };
#define BUFFER_MAX ((size_t)1 << 20) /* a group with very many members */

/* Reads a uid or gid. The highest number is none: the kernel takes it as "leave it alone". */
static bool parse_id(const char *text, id_t *id_out)
{
    int64_t number;
    if (!number_parse_i64(text, strlen(text), &number) || number < 0 || number >= UINT32_MAX)
        return false;
    *id_out = (id_t)number;
    return true;
}

static bool is_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* ---- one lookup: by name, or by id where name is NULL ---- */

/* Doubles the buffer if the lookup needs a larger one. True: try again. */
static bool grow(int result, char **buffer, size_t *size)
{
    if (result != ERANGE || *size >= BUFFER_MAX)
        return false;
    *size *= 2;
    *buffer = mem_realloc(*buffer, *size);
    return true;
}

/* Fills in *uid, and name_out unless that is NULL. False if there is no such account or its name doesn't fit. */
static bool look_up_user(const char *name, uid_t *uid, char name_out[ACCOUNT_NAME_MAX])
{
    size_t size = FIRST_BUFFER;
    char *buffer = mem_alloc(size);
    struct passwd entry, *found = NULL;
    int result;
    do
        result = name ? getpwnam_r(name, &entry, buffer, size, &found) : getpwuid_r(*uid, &entry, buffer, size, &found);
    while (result == EINTR || grow(result, &buffer, &size));

    bool fits = found && (!name_out || strlen(found->pw_name) < ACCOUNT_NAME_MAX);
    if (fits)
        *uid = found->pw_uid;
    if (fits && name_out)
        snprintf(name_out, ACCOUNT_NAME_MAX, "%s", found->pw_name);
    mem_free(buffer);
    return fits;
}

static bool look_up_group(const char *name, gid_t *gid, char name_out[ACCOUNT_NAME_MAX])
{
    size_t size = FIRST_BUFFER;
    char *buffer = mem_alloc(size);
    struct group entry, *found = NULL;
    int result;
    do
        result = name ? getgrnam_r(name, &entry, buffer, size, &found) : getgrgid_r(*gid, &entry, buffer, size, &found);
    while (result == EINTR || grow(result, &buffer, &size));

    bool fits = found && (!name_out || strlen(found->gr_name) < ACCOUNT_NAME_MAX);
    if (fits)
        *gid = found->gr_gid;
    if (fits && name_out)
        snprintf(name_out, ACCOUNT_NAME_MAX, "%s", found->gr_name);
    mem_free(buffer);
    return fits;
}

/* ---- the questions ---- */

bool account_find_user(const char *name, uid_t *uid_out)
{
    uid_t uid = 0;
    if (is_digits(name) ? !parse_id(name, &uid) : !look_up_user(name, &uid, NULL))
        return false;
    *uid_out = uid;
    return true;
}

bool account_find_group(const char *name, gid_t *gid_out)
{
    gid_t gid = 0;
    if (is_digits(name) ? !parse_id(name, &gid) : !look_up_group(name, &gid, NULL))
        return false;
    *gid_out = gid;
    return true;
}

const char *account_user_name(uid_t uid, char out[ACCOUNT_NAME_MAX])
{
    if (!look_up_user(NULL, &uid, out))
        snprintf(out, ACCOUNT_NAME_MAX, "%lu", (unsigned long)uid);
    return out;
}

const char *account_group_name(gid_t gid, char out[ACCOUNT_NAME_MAX])
{
    if (!look_up_group(NULL, &gid, out))
        snprintf(out, ACCOUNT_NAME_MAX, "%lu", (unsigned long)gid);
    return out;
}

/* ---- sources of accounts ---- */

/*
 * Whether a source can do without a library of its own. The C library reads files itself. Systemd's source adds only
 * the accounts of its own running services: in the sandbox those appear as numbers, which saves every server half a
 * megabyte.
 */
static bool is_cheap(const char *word, size_t len)
{
    static const char *const cheap[] = {"files", "compat", "systemd"};
    for (size_t i = 0; i < sizeof cheap / sizeof cheap[0]; i++)
        if (strlen(cheap[i]) == len && memcmp(cheap[i], word, len) == 0)
            return true;
    return word[0] == '[';
}

/*
 * Whether the line names a source that needs a library of its own and may know people's accounts (sss, ldap, winbind).
 */
static bool line_has_libraries(const char *line, const char *database)
{
    size_t len = strlen(database);
    if (strncmp(line, database, len) != 0)
        return false;
    for (const char *word = line + len; *word != '\0' && *word != '\n' && *word != '#';) {
        size_t word_len = strcspn(word, " \t\n#");
        if (word_len > 0 && !is_cheap(word, word_len))
            return true;
        word += word_len + strspn(word + word_len, " \t");
    }
    return false;
}

static bool accounts_have_libraries(void)
{
    struct text text = TEXT_EMPTY;
    bool found = false;
    if (file_read("/etc/nsswitch.conf", &text) == 0)
        for (const char *line = text.data; line && !found; line = strchr(line, '\n')) {
            line += strspn(line, " \t\n");
            found = line_has_libraries(line, "passwd:") || line_has_libraries(line, "group:");
        }
    text_deinit(&text);
    return found;
}

/* The lookup of an id that nobody has asks every source, and so loads all libraries. */
void account_warm_up(void)
{
    char name[ACCOUNT_NAME_MAX];
    if (!accounts_have_libraries())
        return;
    account_user_name((uid_t)-2, name);
    account_group_name((gid_t)-2, name);
}
