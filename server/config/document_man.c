/*
 * The table of directives as pages of the manual: kvs-server(1), which lists what the command line takes, and
 * kvs.conf(5), which explains it. Roff with the man macros.
 */
#include "base/text.h"
#include "config/config.h"
#include "config/document.h"

#include <stdbool.h>

#define DATE "2026-11-30" /* of the last change to what the pages say, besides the table */

/* Text as roff takes it: a dash before a word is a minus sign, and no line begins as a macro does. */
static void add_roff(struct text *out, const char *string)
{
    char before = ' ';
    for (; *string != '\0'; string++) {
        bool begins = before == ' ' || before == '-' || before == '(' || before == '"';
        if (*string == '\\')
            text_add(out, "\\e");
        else if (*string == '-' && begins)
            text_add(out, "\\-");
        else if (*string == '\'')
            text_add(out, "\\(aq");
        else if (*string == '~')
            text_add(out, "\\(ti");
        else if (*string == '.' && before == ' ')
            text_add(out, "\\&.");
        else
            text_add_char(out, *string);
        before = *string;
    }
}

/* A name, in which every dash is one that the reader types. */
static void add_name(struct text *out, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '-')
            text_add(out, "\\-");
        else
            text_add_char(out, *name);
    }
}

static bool is_shown(const struct directive *directive, int section)
{
    return (int)directive->section == section && (directive->flags & DIRECTIVE_HIDDEN) == 0;
}

/* "one of these; default: this", as text for add_roff(). */
static void add_facts(struct text *out, const struct directive *directive)
{
    struct text facts = TEXT_EMPTY;
    document_add_values(&facts, directive);
    text_addf(&facts, "; default: %s", document_default(directive));
    add_roff(out, facts.data);
    text_deinit(&facts);
}

/* ---- kvs-server(1) ---- */

static void add_options(struct text *out)
{
    text_add(out,
             ".SH OPTIONS\n"
             ".TP\n\\fB\\-s\\fR \\fIPATH\\fR\nThe socket file, short for\n.BR \"\\-\\-unixsocket \\fIPATH\" .\n"
             ".TP\n.B \\-\\-check\\-config\nReads the configuration, reports what is wrong with it, and exits.\n"
             ".TP\n\\fB\\-\\-check\\-rdb\\fR \\fIFILE\\fR\nReads an RDB file, a dump of this server's, of Redis or of\n"
             "Valkey, reports what is in it or wrong with it, and exits.\n"
             ".TP\n.BR \\-\\-check\\-aof \" [\" \\-\\-fix \"] \" \\fIFOLDER\\fR|\\fIFILE\\fR\n"
             "Reads an append-only log, reports of each file whether it is good, and exits. It is named by its\n"
             "folder, its manifest, or, where it is a single file, by that. With\n.B \\-\\-fix\nthe last file is "
             "cut off behind its\nlast whole command or transaction. No server may be writing to it.\n"
             ".TP\n.BR \\-v \", \" \\-\\-version\nPrints the version and exits.\n"
             ".TP\n.BR \\-h \", \" \\-\\-help\nPrints a summary and exits.\n"
             ".TP\n\\fB\\-\\-\\fIdirective value\\fR ...\nAny directive of\n.BR kvs.conf (5);\n"
             "the command line overrides the file.\n"
             ".SH DIRECTIVES\n"
             "They are explained in\n.BR kvs.conf (5).\n");
    for (int section = 0; section < SECTION_COMPATIBILITY; section++) {
        text_addf(out, ".SS \"%s\"\n", directive_section_title((enum directive_section)section));
        for (size_t i = 0; i < directive_count; i++) {
            if (!is_shown(&directives[i], section))
                continue;
            text_add(out, ".TP\n.B \\-\\-");
            add_name(out, directives[i].name);
            text_add_char(out, '\n');
            add_facts(out, &directives[i]);
            text_add_char(out, '\n');
        }
    }
}

void config_server_man_page(struct text *text)
{
    text_add(text,
             ".TH KVS\\-SERVER 1 " DATE " kvs \"kvs manual\"\n"
             ".SH NAME\n"
             "kvs\\-server \\- in\\-memory key\\-value store behind a socket file\n"
             ".SH SYNOPSIS\n"
             ".B kvs\\-server\n"
             "[\\fIFILE\\fR] [\\fB\\-s\\fR \\fIPATH\\fR] [\\fB\\-\\-\\fIdirective value\\fR ...]\n"
             ".SH DESCRIPTION\n"
             "Serves clients of the Redis protocol on Unix socket files, and on nothing else.\n"
             ".I FILE\n"
             "holds directives, one per line, as redis.conf does;\n"
             ".B \\-\n"
             "reads them from standard input.\n"
             "An unknown directive, an impossible value or an unusable path ends the start. All mistakes are told,\n"
             "a line for each: where it is, what is wrong and what to do.\n");
    add_options(text);
    text_add(text,
             ".SH SIGNALS\n"
             ".TP\n.B SIGHUP\n"
             "Opens the log anew, reads the configuration again, applies what was edited in it, and loads\n"
             ".BR aclfile .\n"
             ".TP\n.BR SIGTERM \", \" SIGINT\nEnds the server.\n"
             ".SH ENVIRONMENT\n"
             ".TP\n.BR LISTEN_FDS \", \" LISTEN_PID \", \" LISTEN_FDNAMES\n"
             "Sockets that a service manager has opened.\n"
             ".TP\n.B NOTIFY_SOCKET\nWhere the service manager learns that the server is ready, or ends.\n"
             ".SH FILES\n"
             ".TP\n.I /etc/kvs/kvs.conf\nThe configuration that the service uses.\n"
             ".TP\n.I /tmp/kvs.sock\nThe socket file, unless another is named.\n"
             ".SH \"EXIT STATUS\"\n"
             ".TP\n.B 0\nThe server ended as it was told to, or the configuration, the RDB file or the log is good.\n"
             ".TP\n.B 1\nThe server could not start, or what was to be checked is not good; the reason is on "
             "standard error or in the log.\n"
             ".SH EXAMPLES\n"
             "One socket for a group of users:\n"
             ".RS 4\n.nf\n"
             "kvs\\-server \\-s /run/kvs.sock \\-\\-unixsocketperm 660 \\-\\-maxmemory 1gb\n"
             ".fi\n.RE\n.PP\n"
             "One for its administrator and one for the web server:\n"
             ".RS 4\n.nf\n"
             "kvs\\-server \\-s /run/kvs/admin.sock \\e\n"
             "    \\-\\-listen /run/kvs/app.sock mode=0660 group=www\\-data\n"
             ".fi\n.RE\n"
             ".SH \"SEE ALSO\"\n"
             ".BR kvs\\-cli (1),\n"
             ".BR kvs.conf (5)\n");
}

/* ---- kvs.conf(5) ---- */

static void add_directive(struct text *out, const struct directive *directive)
{
    text_add(out, ".TP\n.B ");
    add_name(out, directive->name);
    text_add_char(out, '\n');
    add_roff(out, directive->about);
    if (directive->unkept) {
        text_add(out, "\nNot kept yet: ");
        add_roff(out, directive->unkept);
        text_add_char(out, '.');
    }
    text_add(out, "\n.br\n");
    add_facts(out, directive);
    text_addf(out, "; changes: %s", document_when(directive));
    if (directive->alias) {
        text_add(out, "; older name: ");
        add_name(out, directive->alias);
    }
    text_add_char(out, '\n');
}

void config_file_man_page(struct text *text)
{
    text_add(text,
             ".TH KVS.CONF 5 " DATE " kvs \"kvs manual\"\n"
             ".SH NAME\n"
             "kvs.conf \\- configuration of kvs\\-server\n"
             ".SH DESCRIPTION\n"
             "One directive per line: its name, then its values; those with blanks have to be quoted. A line\n"
             "that begins with\n"
             ".B #\n"
             "is a comment. Names are those of redis.conf, and the existing file of a server that only listens on a\n"
             "socket file works as it is. Sizes may have the units k, m, g (powers of 1000) and kb, mb, gb (of 1024).\n"
             ".PP\n"
             "\\fBinclude\\fR \\fIPATH\\fR\n"
             "reads another file in place; a pattern reads all that match. Relative paths in\n"
             ".B include\n"
             "and\n"
             ".B dir\n"
             "start from the folder where the server was started, all others from\n"
             ".BR dir .\n"
             "\\fBrename\\-command\\fR \\fIOLD NEW\\fR\n"
             "gives a command another name, and an empty\n"
             ".I NEW\n"
             "disables it. Lines of\n"
             ".BR listen ,\n"
             ".B user\n"
             "with rules and\n"
             ".B rename\\-command\n"
             "add up.\n"
             ".PP\n"
             "CONFIG GET, CONFIG SET and CONFIG REWRITE read, change and save values at run time; those marked\n"
             "protected can be set only if\n"
             ".B enable\\-protected\\-configs\n"
             "allows it. On SIGHUP the file is read again, and the directives that were edited in it are set.\n");
    for (int section = 0; section < SECTIONS; section++) {
        struct text title = TEXT_EMPTY;
        add_roff(&title, directive_section_title((enum directive_section)section));
        text_addf(text, ".SH \"%s\"\n", title.data);
        text_deinit(&title);
        if (section == SECTION_COMPATIBILITY)
            text_add(text, "These are Redis's: their values are checked, kept and shown, but have no effect. If\n"
                           "one asks for something that kvs cannot do, any value but the default is refused.\n");
        for (size_t i = 0; i < directive_count; i++)
            if (is_shown(&directives[i], section))
                add_directive(text, &directives[i]);
    }
    text_add(text, ".SH FILES\n"
                   ".TP\n.I /etc/kvs/kvs.conf\nThe configuration that the service uses.\n"
                   ".SH EXAMPLES\n"
                   ".nf\n"
                   "unixsocket /run/kvs/admin.sock\n"
                   "unixsocketperm 600\n"
                   "listen /run/kvs/app.sock mode=0660 group=www\\-data access=write\n"
                   "maxmemory 1gb\n"
                   "maxmemory\\-policy allkeys\\-lru\n"
                   ".fi\n"
                   ".SH \"SEE ALSO\"\n"
                   ".BR kvs\\-server (1),\n"
                   ".BR kvs\\-cli (1)\n");
}
