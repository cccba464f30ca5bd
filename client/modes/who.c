/*
 * First everything is asked, then everything is printed: a connection that dies in between leaves standard output
 * empty. What the server does not answer, or refuses, is left out. Nothing asked here changes anything.
 *
 * Rights come from two sides: the socket's access is a ceiling (CLIENT INFO of kvs), the rules of the ACL user lie
 * below it (ACL GETUSER, which most users may not ask). What is printed never claims more than these two say.
 */
#include "modes/who.h"

#include "core/identity.h"
#include "core/memory.h"
#include "session/session.h"

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_WIDTH 11 /* columns of "name:" */

struct who {
    struct session *session;
    const char *path;
    bool wants_password;
    bool hides_user;     /* the ACL user may not ask for its own name */
    char *user;          /* the ACL user, or NULL */
    char *info;          /* the line of CLIENT INFO, or NULL */
    char *process;       /* the server's pid by its own word, or NULL */
    struct reply *rules; /* of ACL GETUSER, or NULL */
    struct ucred peer;
    bool has_peer;
};

/* ---- asking ---- */

/* Asks with two words, or three. `*reply_out` is NULL for an error reply. */
static enum exit_code ask(struct who *who, const char *first, const char *second, const char *third,
                          struct reply **reply_out)
{
    struct reply *reply;
    enum exit_code code = session_ask(who->session, (const char *[]){first, second, third, NULL}, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    if (reply->type == REPLY_ERROR) {
        who->wants_password |= reply_has_prefix(reply, "NOAUTH");
        who->hides_user |= reply_has_prefix(reply, "NOPERM") && !who->user;
        reply_destroy(reply);
        reply = NULL;
    }
    *reply_out = reply;
    return EXIT_CODE_OK;
}

/* A copy of the value that follows `before` in a text, up to a blank. NULL: not there. */
static char *copy_field(const char *text, const char *before)
{
    const char *start = strstr(text, before);
    if (!start)
        return NULL;
    start += strlen(before);
    return memory_copy_text(start, strcspn(start, " "));
}

/* The text of a reply as one line, without the end it may have; NULL when it has no text. Destroys the reply. */
static char *take_line(struct reply *reply)
{
    char *line = NULL;
    if (reply && (reply->type == REPLY_STRING || reply->type == REPLY_VERBATIM)) {
        size_t length = reply->length;
        while (length > 0 && (reply->text[length - 1] == '\n' || reply->text[length - 1] == '\r'))
            length--;
        line = quoting_copy_printable(reply->text, length);
    }
    reply_destroy(reply);
    return line;
}

static enum exit_code ask_user(struct who *who)
{
    struct reply *reply = NULL;
    enum exit_code code = ask(who, "ACL", "WHOAMI", NULL, &reply);
    who->user = code == EXIT_CODE_OK ? take_line(reply) : NULL;
    if (code != EXIT_CODE_OK || who->wants_password)
        return code;
    code = ask(who, "CLIENT", "INFO", NULL, &reply);
    who->info = code == EXIT_CODE_OK ? take_line(reply) : NULL;
    if (!who->user && who->info)
        who->user = copy_field(who->info, " user=");
    return code;
}

static enum exit_code ask_server(struct who *who)
{
    struct reply *reply = NULL;
    enum exit_code code = ask(who, "INFO", "server", NULL, &reply);
    if (code != EXIT_CODE_OK || !reply)
        return code;
    char *text = take_line(reply);
    char *process = text ? copy_field(text, "process_id:") : NULL;
    if (process)
        process[strspn(process, "0123456789")] = '\0';
    who->process = process;
    free(text);
    return EXIT_CODE_OK;
}

static enum exit_code ask_everything(struct who *who)
{
    who->has_peer = session_peer(who->session, &who->peer);
    enum exit_code code = ask_user(who);
    if (code == EXIT_CODE_OK && !who->wants_password)
        code = ask_server(who);
    if (code == EXIT_CODE_OK && who->user)
        code = ask(who, "ACL", "GETUSER", who->user, &who->rules);
    return code;
}

/* ---- printing ---- */

static void print_name(const char *name)
{
    int width = printf("%s:", name);
    printf("%*s", NAME_WIDTH - width, "");
}

__attribute__((format(printf, 2, 3))) static void print_line(const char *name, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    print_name(name);
    vprintf(format, values);
    putchar('\n');
    va_end(values);
}

static void print_socket(const struct who *who)
{
    struct stat status;
    char *resolved = realpath(who->path, NULL);
    print_name("socket");
    quoting_write_path(stdout, resolved ? resolved : who->path);
    putchar('\n');
    if (stat(who->path, &status) == 0) {
        print_name("file");
        identity_print_file(stdout, &status);
        putchar('\n');
    }
    free(resolved);
}

/* Where /proc says it: the name that a process goes by, and the path of its program, which it shows to the same user
 * and root only. */
static void print_program(pid_t pid)
{
    char place[64], name[64], path[PATH_MAX];
    snprintf(place, sizeof place, "/proc/%ld/comm", (long)pid);
    FILE *file = fopen(place, "re");
    bool has_name = file && fgets(name, sizeof name, file);
    if (file)
        fclose(file);
    if (!has_name)
        return;
    snprintf(place, sizeof place, "/proc/%ld/exe", (long)pid);
    ssize_t size = readlink(place, path, sizeof path);
    char *printable_name = quoting_copy_printable(name, strcspn(name, "\n"));
    char *printable_path = quoting_copy_printable(path, size > 0 ? (size_t)size : 0);
    print_line("program", "%s%s%s", printable_name, size > 0 ? ", " : "", printable_path);
    free(printable_path);
    free(printable_name);
}

static void print_server(const struct who *who)
{
    if (!who->has_peer)
        return;
    const struct ucred *peer = &who->peer;
    print_name("server");
    identity_print_user(stdout, peer->uid);
    printf(", pid %ld\n", (long)peer->pid);
    print_program(peer->pid);
    if (who->process && strtol(who->process, NULL, 10) != peer->pid)
        print_line("process", "the server calls itself pid %s: another process, such as systemd, opened its socket",
                   who->process);
}

static void print_you(void)
{
    print_name("you");
    identity_print_self(stdout);
    putchar('\n');
}

/* As whom the server sees this connection. */
static void print_known(const struct who *who)
{
    static const struct {
        const char *before, *word;
    } fields[] = {{" uid=", "uid"}, {" gid=", "gid"}, {" pid=", "pid"}};
    if (!who->user) {
        if (who->wants_password)
            print_line("known as", "nobody yet: the server wants a password (--askpass, or KVSCLI_AUTH)");
        else if (who->hides_user)
            print_line("known as", "an ACL user that may not ask who it is");
        return;
    }
    print_name("known as");
    printf("ACL user %s", who->user);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && who->info; i++) {
        char *value = copy_field(who->info, fields[i].before);
        if (value)
            printf(", %s %s", fields[i].word, value);
        free(value);
    }
    const char *socket = who->info ? strstr(who->info, " socket=") : NULL;
    if (socket) /* the last field: a path may hold blanks */
        printf(", through %s", socket + strlen(" socket="));
    putchar('\n');
}

/* ---- rights ---- */

/* What the rules say about `name`, or NULL. Rules are name, value, name, value in both protocols. */
static const struct reply *find_rule(const struct reply *rules, const char *name)
{
    for (size_t i = 0; i + 1 < rules->count; i += 2) {
        const struct reply *key = &rules->elements[i];
        if (key->text && strcmp(key->text, name) == 0)
            return &rules->elements[i + 1];
    }
    return NULL;
}

static bool rule_is(const struct reply *rules, const char *name, const char *text)
{
    const struct reply *rule = find_rule(rules, name);
    return rule && rule->text && strcmp(rule->text, text) == 0;
}

static void print_rule(const struct reply *rules, const char *name)
{
    const struct reply *rule = find_rule(rules, name);
    if (!rule || !rule->text)
        return;
    char *line = quoting_copy_printable(rule->text, rule->length);
    print_line(name, "%s", *line != '\0' ? line : "none");
    free(line);
}

static void print_rules(const struct reply *rules)
{
    print_rule(rules, "commands");
    print_rule(rules, "keys");
    print_rule(rules, "channels");
    const struct reply *selectors = find_rule(rules, "selectors");
    if (selectors && selectors->count > 0)
        print_line("selectors", "%zu more sets of rules", selectors->count);
}

/* `access` is the socket's, NULL where the server has no such thing. */
static const char *abilities_under(const char *access)
{
    if (!access || strcmp(access, "admin") == 0)
        return "read, write, administer";
    if (strcmp(access, "write") == 0)
        return "read, write";
    return strcmp(access, "read") == 0 ? "read" : access;
}

static void print_may(const struct who *who, const char *access)
{
    const char *abilities = abilities_under(access);
    const struct reply *rules = who->rules;
    bool has_acl = who->user || who->hides_user;
    if (who->wants_password)
        print_line("you may", "nothing but authenticate");
    else if (!has_acl || (rules && rule_is(rules, "commands", "+@all") && rule_is(rules, "keys", "~*")))
        print_line("you may", "%s", abilities);
    else if (rules)
        print_line("you may", "%s, as far as these rules go", abilities);
    else if (!access)
        print_line("you may", "what the rules of the ACL user allow, which it may not see");
    else
        print_line("you may", "at most %s; the rules of the ACL user, which it may not see, can allow less", abilities);
}

static void print_everything(const struct who *who)
{
    print_socket(who);
    print_server(who);
    print_you();
    print_known(who);
    char *access = who->info ? copy_field(who->info, " access=") : NULL;
    if (access)
        print_line("access", "%s", access);
    if (who->rules)
        print_rules(who->rules);
    print_may(who, access);
    free(access);
}

enum exit_code who_run(const struct options *options)
{
    struct options plain = *options; /* database and protocol do not matter, and could be refused */
    plain.database = 0;
    plain.protocol = PROTOCOL_UNCHANGED;
    struct who who = {.session = session_create(&plain, SESSION_ONE_SHOT), .path = options->socket_path};
    enum exit_code code = session_connect(who.session);
    if (code == EXIT_CODE_OK)
        code = ask_everything(&who);
    if (code == EXIT_CODE_OK) {
        print_everything(&who);
        if (who.wants_password && options->error_exit)
            code = EXIT_CODE_REFUSED;
    }
    session_destroy(who.session);
    reply_destroy(who.rules);
    free(who.process);
    free(who.info);
    free(who.user);
    return code;
}
