/*
 * First everything is asked, then everything is printed: a connection that dies in between leaves standard output
 * empty. What the server does not answer, or refuses, is left out. Nothing asked here changes anything.
 *
 * Rights come from two sides: the socket's access is a ceiling (CLIENT INFO of kvs), the rules of the ACL user lie
 * below it (ACL GETUSER, which most users may not ask). What is printed never claims more than these two say.
 *
 * Each refusal stands in the server's ACL LOG. So the name comes from the login, or from HELLO, which is everybody's;
 * the questions come in the order in which most users may ask them, and the first that is refused is the last; and
 * what the socket's access would refuse is not asked.
 */
#include "modes/who.h"

#include "core/identity.h"
#include "core/memory.h"
#include "core/quantity.h"
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
    bool is_refused;     /* a question was: the user is not to have further ones refused */
    char *user;          /* the ACL user, or NULL */
    char *info;          /* the line of CLIENT INFO, or NULL */
    char *access;        /* of the socket, or NULL where the server has no such thing */
    char *process;       /* the server's pid by its own word, or NULL */
    struct reply *rules; /* of ACL GETUSER, or NULL */
    struct ucred peer;
    bool has_peer;
};

/* ---- asking ---- */

/* Asks with one to three words. `*reply_out` is NULL for an error reply, and where nothing is asked any more. */
static enum exit_code ask(struct who *who, const char *first, const char *second, const char *third,
                          struct reply **reply_out)
{
    struct reply *reply;
    *reply_out = NULL;
    if (who->wants_password || who->is_refused)
        return EXIT_CODE_OK;
    enum exit_code code = session_ask(who->session, (const char *[]){first, second, third, NULL}, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    if (reply->type == REPLY_ERROR) {
        who->wants_password |= reply_has_prefix(reply, "NOAUTH");
        who->is_refused |= reply_has_prefix(reply, "NOPERM");
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

static char *copy_text(const char *text)
{
    return memory_copy_text(text, strlen(text));
}

/* Whom the connection is for: who logged in, or whom the server gives it, which kvs tells (kvs_user); else default. A
 * server that knows no HELLO may know no users either. */
static enum exit_code ask_user(struct who *who, const struct options *options)
{
    struct reply *hello = NULL;
    enum exit_code code = ask(who, "HELLO", "2", NULL, &hello);
    const struct reply *given = hello ? reply_find(hello, "kvs_user") : NULL;
    if (options->password)
        who->user = quoting_copy_printable(options->user ? options->user : "default",
                                           strlen(options->user ? options->user : "default"));
    else if (given && given->text)
        who->user = quoting_copy_printable(given->text, given->length);
    else if (hello)
        who->user = copy_text("default");
    reply_destroy(hello);
    return code;
}

/* What the server knows of the connection. */
static enum exit_code ask_connection(struct who *who)
{
    struct reply *reply;
    enum exit_code code = ask(who, "CLIENT", "INFO", NULL, &reply);
    who->info = take_line(reply);
    who->access = who->info ? copy_field(who->info, " access=") : NULL;
    char *user = who->info ? copy_field(who->info, " user=") : NULL;
    if (user) {
        free(who->user);
        who->user = user;
    }
    return code;
}

static enum exit_code ask_server(struct who *who)
{
    struct reply *reply;
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

static bool may_ask_rules(const struct who *who)
{
    return who->user && (!who->access || strcmp(who->access, "admin") == 0);
}

static enum exit_code ask_everything(struct who *who, const struct options *options)
{
    who->has_peer = session_peer(who->session, &who->peer);
    enum exit_code code = ask_user(who, options);
    if (code == EXIT_CODE_OK)
        code = ask_connection(who);
    if (code == EXIT_CODE_OK)
        code = ask_server(who);
    if (code == EXIT_CODE_OK && may_ask_rules(who))
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
    if (who->wants_password)
        print_line("known as", "nobody yet: the server wants a password (--askpass, or KVSCLI_AUTH)");
    if (who->wants_password || !who->user)
        return;
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

static bool rule_is(const struct reply *rules, const char *name, const char *text)
{
    const struct reply *rule = reply_find(rules, name);
    return rule && rule->text && strcmp(rule->text, text) == 0;
}

static void print_rule(const struct reply *rules, const char *name)
{
    const struct reply *rule = reply_find(rules, name);
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
    const struct reply *selectors = reply_find(rules, "selectors");
    if (selectors && selectors->count > 0)
        print_line("selectors", "%zu more %s of rules", selectors->count,
                   quantity_noun(selectors->count, "set", "sets"));
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

static void print_may(const struct who *who)
{
    const char *access = who->access, *abilities = abilities_under(access);
    const struct reply *rules = who->rules;
    if (who->wants_password)
        print_line("you may", "nothing but authenticate");
    else if (!who->user || (rules && rule_is(rules, "commands", "+@all") && rule_is(rules, "keys", "~*")))
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
    if (who->access)
        print_line("access", "%s", who->access);
    if (who->rules)
        print_rules(who->rules);
    print_may(who);
}

enum exit_code who_run(const struct options *options)
{
    struct options plain = *options; /* database and protocol do not matter, and could be refused */
    plain.database = 0;
    plain.protocol = PROTOCOL_UNCHANGED;
    struct who who = {.session = session_create(&plain, SESSION_ONE_SHOT), .path = options->socket_path};
    enum exit_code code = session_connect(who.session);
    if (code == EXIT_CODE_OK)
        code = ask_everything(&who, &plain);
    if (code == EXIT_CODE_OK) {
        print_everything(&who);
        if (who.wants_password && options->error_exit)
            code = EXIT_CODE_REFUSED;
    }
    session_destroy(who.session);
    reply_destroy(who.rules);
    free(who.process);
    free(who.access);
    free(who.info);
    free(who.user);
    return code;
}
