#include "options/preferences.h"

#include "connection/url.h"
#include "core/memory.h"
#include "core/nearest.h"
#include "core/quoting.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_MISTAKES 5 /* a file with more is not ours */

enum preference_id {
    PREFERENCE_SOCKET,
    PREFERENCE_USER,
    PREFERENCE_FORMAT,
    PREFERENCE_COLOR,
    PREFERENCE_PAGER,
    PREFERENCE_PROTOCOL,
    PREFERENCE_HINTS,
    PREFERENCE_QUESTIONS,
};

struct preference {
    const char *name;
    const char *values; /* all there are; NULL: any text */
    enum preference_id id;
};

/* The values of format and color stand in the order of their enums. */
static const struct preference table[] = {
    {"socket", NULL, PREFERENCE_SOCKET},
    {"user", NULL, PREFERENCE_USER},
    {"format", "terminal|human|raw|verbatim|csv|json|quoted-json", PREFERENCE_FORMAT},
    {"color", "auto|always|never", PREFERENCE_COLOR},
    {"pager", "no|yes", PREFERENCE_PAGER},
    {"protocol", "2|3", PREFERENCE_PROTOCOL},
    {"hints", "no|yes", PREFERENCE_HINTS},
    {"questions", "no|yes", PREFERENCE_QUESTIONS},
};

_Static_assert(FORMAT_TERMINAL == 0 && FORMAT_HUMAN == 1 && FORMAT_RAW == 2 && FORMAT_VERBATIM == 3 &&
                   FORMAT_CSV == 4 && FORMAT_JSON == 5 && FORMAT_QUOTED_JSON == 6,
               "the values of format");
_Static_assert(COLOR_AUTO == 0 && COLOR_ALWAYS == 1 && COLOR_NEVER == 2, "the values of color");

#define PREFERENCES (sizeof table / sizeof table[0])

struct reading {
    struct preferences *preferences;
    size_t line;
    int mistakes;
};

__attribute__((format(printf, 2, 3))) static void mistake(struct reading *reading, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fprintf(stderr, "kvs-cli: %s, line %zu: ", reading->preferences->path, reading->line);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    reading->mistakes++;
}

/* ---- lines ---- */

static const struct preference *find_preference(const char *name)
{
    for (size_t i = 0; i < PREFERENCES; i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

static void explain_name(struct reading *reading, const char *name)
{
    static const char *const secrets[] = {"pass", "auth", "secret"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        if (strcasestr(name, secrets[i])) {
            mistake(reading, "passwords have no place in this file; KVSCLI_AUTH and --askpass are for them");
            return;
        }
    }
    if (strchr(name, '=')) {
        mistake(reading, "a blank, not =, stands between a name and its value");
        return;
    }
    struct nearest nearest = nearest_begin(name);
    for (size_t i = 0; i < PREFERENCES; i++)
        nearest_offer(&nearest, table[i].name);
    char *shown = quoting_copy_printable(name, strlen(name));
    if (nearest.name)
        mistake(reading, "unknown setting '%s'; did you mean %s?", shown, nearest.name);
    else
        mistake(reading, "unknown setting '%s'; man kvs-cli lists them", shown);
    free(shown);
}

/* The place of `value` in "one|two|..."; negative: it is none of them. */
static int find_value(const char *values, const char *value)
{
    size_t length = strlen(value);
    for (int place = 0;; place++) {
        size_t end = strcspn(values, "|");
        if (end == length && memcmp(values, value, length) == 0)
            return place;
        if (values[end] == '\0')
            return -1;
        values += end + 1;
    }
}

static void replace_text(char **text, char *by)
{
    free(*text);
    *text = by;
}

/* The home folder, or NULL; borrowed until the next look into the system's users. */
static const char *home_folder(void)
{
    const char *home = getenv("HOME");
    if (!home || *home == '\0') {
        const struct passwd *self = getpwuid(geteuid());
        home = self ? self->pw_dir : NULL;
    }
    return home && *home == '/' ? home : NULL;
}

static char *join_path(const char *folder, const char *rest)
{
    size_t length = strlen(folder) + strlen(rest);
    char *path = memory_alloc(length + 1);
    snprintf(path, length + 1, "%s%s", folder, rest);
    return path;
}

static char *expand_home(const char *path)
{
    const char *home = home_folder();
    if (strncmp(path, "~/", 2) == 0 && home)
        return join_path(home, path + 1);
    return memory_copy_text(path, strlen(path));
}

/* `place` is that of the value among the possible ones. */
static void apply(struct preferences *preferences, enum preference_id id, const char *value, int place)
{
    switch (id) {
    case PREFERENCE_SOCKET:
        replace_text(&preferences->socket_path, expand_home(value));
        break;
    case PREFERENCE_USER:
        replace_text(&preferences->user, memory_copy_text(value, strlen(value)));
        break;
    case PREFERENCE_FORMAT:
        preferences->has_format = true;
        preferences->format = (enum format)place;
        break;
    case PREFERENCE_COLOR:
        preferences->color = (enum color_choice)place;
        break;
    case PREFERENCE_PAGER:
        preferences->pager = place == 1;
        break;
    case PREFERENCE_PROTOCOL:
        preferences->protocol = place == 1 ? PROTOCOL_3_PREFERRED : PROTOCOL_UNCHANGED;
        break;
    case PREFERENCE_HINTS:
        preferences->hints = place == 1;
        break;
    case PREFERENCE_QUESTIONS:
        preferences->questions = place == 1;
        break;
    }
}

/* A line without blanks at its ends, which is cut at the first blank within. */
static void read_setting(struct reading *reading, char *line)
{
    char *value = line + strcspn(line, " \t");
    if (*value != '\0')
        *value++ = '\0';
    value += strspn(value, " \t");
    const struct preference *preference = find_preference(line);
    if (!preference) {
        explain_name(reading, line);
        return;
    }
    int place = preference->values ? find_value(preference->values, value) : 0;
    if (*value == '\0') {
        mistake(reading, "%s has no value", preference->name);
    } else if (place < 0) {
        char *shown = quoting_copy_printable(value, strlen(value));
        mistake(reading, "%s is one of %s, not '%s'", preference->name, preference->values, shown);
        free(shown);
    } else if (preference->id == PREFERENCE_SOCKET && url_is_meant(value)) {
        mistake(reading, "socket takes a path, not a URL; KVS_SOCKET and -u take one");
    } else {
        apply(reading->preferences, preference->id, value, place);
    }
}

static void read_line(struct reading *reading, char *line, size_t length)
{
    if (memchr(line, '\0', length)) {
        mistake(reading, "it holds a zero byte");
        return;
    }
    while (length > 0 && isspace((unsigned char)line[length - 1]))
        length--;
    line[length] = '\0';
    line += strspn(line, " \t");
    if (*line != '\0' && *line != '#')
        read_setting(reading, line);
}

/* ---- the file ---- */

/* NULL: nothing to read, which was said where it is worth a word. */
static FILE *open_file(const char *path, bool has_to_exist)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a named pipe must not hold up the program */
    if (fd < 0) {
        if (has_to_exist || (errno != ENOENT && errno != ENOTDIR && errno != EACCES))
            fprintf(stderr, "kvs-cli: cannot read the preferences in %s: %s\n", path, strerror(errno));
        return NULL;
    }
    struct stat status;
    const char *complaint = NULL;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        complaint = "it is not a regular file";
    else if (status.st_uid != geteuid() && status.st_uid != 0)
        complaint = "it belongs to somebody else";
    else if (status.st_mode & (S_IWGRP | S_IWOTH))
        complaint = "others may write to it (chmod go-w would help)";
    if (!complaint)
        return fdopen(fd, "r");
    if (strcmp(path, "/dev/null") != 0)
        fprintf(stderr, "kvs-cli: the preferences in %s are ignored: %s\n", path, complaint);
    close(fd);
    return NULL;
}

static void read_file(struct preferences *preferences, FILE *file)
{
    struct reading reading = {.preferences = preferences};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while (reading.mistakes < MAX_MISTAKES && (length = getline(&line, &capacity, file)) > 0) {
        reading.line++;
        read_line(&reading, line, (size_t)length);
    }
    if (ferror(file))
        fprintf(stderr, "kvs-cli: cannot read the preferences in %s: %s\n", preferences->path, strerror(errno));
    if (reading.mistakes == MAX_MISTAKES)
        fprintf(stderr, "kvs-cli: %s: the rest of it is not read\n", preferences->path);
    free(line);
}

static char *choose_path(bool *is_given_out)
{
    const char *given = getenv("KVSCLI_CONFIG"), *config = getenv("XDG_CONFIG_HOME");
    *is_given_out = given && *given != '\0';
    if (*is_given_out)
        return memory_copy_text(given, strlen(given));
    if (config && *config == '/')
        return join_path(config, "/kvs/cli.conf");
    const char *home = home_folder();
    return home ? join_path(home, "/.config/kvs/cli.conf") : NULL;
}

void preferences_load(struct preferences *preferences_out)
{
    bool is_given;
    struct preferences preferences = {.hints = true, .questions = true};
    preferences.path = choose_path(&is_given);
    FILE *file = preferences.path ? open_file(preferences.path, is_given) : NULL;
    if (file) {
        read_file(&preferences, file);
        fclose(file);
    }
    *preferences_out = preferences;
}
