/*
 * The table of directives in a form for people: --help and docs/configuration.md.
 */
#include "config/document.h"

#include "base/text.h"
#include "config/config.h"

#include <inttypes.h>
#include <string.h>

#define HELP_WIDTH 96

void document_add_values(struct text *out, const struct directive *directive)
{
    switch (directive->kind) {
    case KIND_BOOL:
        text_add(out, "yes, no");
        break;
    case KIND_NUMBER:
        text_addf(out, "%" PRId64 " to %" PRIu64, directive->min, directive->max);
        break;
    case KIND_THREADS:
        text_addf(out, "%" PRId64 " to %" PRIu64 ", auto", directive->min, directive->max);
        break;
    case KIND_MEMORY:
        text_add(out, "bytes, or with kb, mb, gb");
        break;
    case KIND_MEMORY_OR_PERCENT:
        text_addf(out, "bytes, or with kb, mb, gb; 0%% to %" PRId64 "%%", -directive->min);
        break;
    case KIND_OCTAL:
        text_addf(out, "%" PRIo64 " to %" PRIo64 " (octal)", (uint64_t)directive->min, directive->max);
        break;
    case KIND_ENUM:
    case KIND_FLAGS:
        for (const struct directive_choice *choice = directive->choices; choice->name; choice++)
            text_addf(out, "%s%s", choice == directive->choices ? "" : ", ", choice->name);
        break;
    case KIND_FILE_NAME:
        text_add(out, "name without a folder");
        break;
    case KIND_DIRECTORY:
        text_add(out, "a folder that exists");
        break;
    case KIND_SOCKET:
        text_add(out, "path");
        break;
    case KIND_SAVE:
        text_add(out, "seconds and changes, in pairs");
        break;
    case KIND_OUTPUT_LIMITS:
        text_add(out, "class, hard, soft, seconds; repeated");
        break;
    case KIND_PERCENTILES:
        text_add(out, "numbers from 0 to 100");
        break;
    case KIND_OOM_VALUES:
        text_add(out, "three numbers from -2000 to 2000");
        break;
    case KIND_EVENTS:
        text_add(out, "letters of Ag$lshzxeKEtmdn");
        break;
    case KIND_REPLICAOF:
        text_add(out, "no one");
        break;
    case KIND_LISTEN:
        text_add(out, "path and options");
        break;
    case KIND_USER:
        text_add(out, "account, or name and rules");
        break;
    case KIND_WORDS:
        text_add(out, "words");
        break;
    case KIND_STRING:
    case KIND_TITLE:
        text_add(out, "text");
        break;
    }
}

const char *document_default(const struct directive *directive)
{
    return *directive->initial != '\0' ? directive->initial : "\"\"";
}

/* ---- --help ---- */

/* Adds the words in indented lines of at most HELP_WIDTH. */
static void add_wrapped(struct text *out, const char *indent, const char *string)
{
    size_t column = 0;
    while (*string != '\0') {
        size_t len = strcspn(string, " ");
        if (column == 0 || column + 1 + len > HELP_WIDTH) {
            text_addf(out, "%s%s", column == 0 ? "" : "\n", indent);
            column = strlen(indent);
        } else {
            text_add_char(out, ' ');
            column++;
        }
        text_add_bytes(out, string, len);
        column += len;
        string += len + (string[len] == ' ' ? 1 : 0);
    }
    text_add_char(out, '\n');
}

static void add_help(struct text *out, const struct directive *directive)
{
    text_addf(out, "  --%s  (", directive->name);
    document_add_values(out, directive);
    text_addf(out, "; default %s)\n", document_default(directive));
    add_wrapped(out, "        ", directive->about);
    if (directive->unkept)
        text_addf(out, "        Not kept yet: %s.\n", directive->unkept);
}

void config_help(struct text *text)
{
    text_add(text, "Usage: kvs-server [FILE] [-s PATH] [--directive value ...]\n"
                   "       kvs-server --check-aof [--fix] FOLDER|FILE\n"
                   "\n"
                   "Serves clients of the Redis protocol on a socket file. FILE holds directives, one per line, as\n"
                   "redis.conf does; - reads them from standard input. Directives on the command line are read after\n"
                   "the file's and override them.\n"
                   "\n"
                   "  -s PATH          the socket file, short for --unixsocket PATH\n"
                   "  --check-config   read the configuration, report what is wrong with it, and exit\n"
                   "  --check-rdb FILE read an RDB file, report what is in it or wrong with it, and exit\n"
                   "  --check-aof      read an append-only log (its folder, its manifest, or a single file), report\n"
                   "                   whether it is good, and exit; --fix cuts off what is bad at its end\n"
                   "  -v, --version    print the version and exit\n"
                   "  -h, --help       print this help and exit\n");
    for (int section = 0; section < SECTION_COMPATIBILITY; section++) {
        text_addf(text, "\n%s\n", directive_section_title((enum directive_section)section));
        for (size_t i = 0; i < directive_count; i++)
            if ((int)directives[i].section == section && (directives[i].flags & DIRECTIVE_HIDDEN) == 0)
                add_help(text, &directives[i]);
    }
    text_add(text, "\nThe other directives of redis.conf are accepted, but have no effect; "
                   "docs/configuration.md lists them.\n"
                   "rename-command OLD NEW gives a command another name, or with \"\" disables it.\n"
                   "Examples: kvs-server -s /run/kvs.sock --unixsocketperm 660 --maxmemory 1gb\n"
                   "          kvs-server -s /run/kvs/admin.sock --listen /run/kvs/app.sock mode=0660 group=www-data\n");
}

/* ---- docs/configuration.md ---- */

static void add_escaped(struct text *out, const char *string)
{
    for (; *string != '\0'; string++) {
        if (*string == '|')
            text_add_char(out, '\\');
        text_add_char(out, *string);
    }
}

const char *document_when(const struct directive *directive)
{
    if ((directive->flags & DIRECTIVE_IMMUTABLE) != 0)
        return "at start";
    return (directive->flags & DIRECTIVE_PROTECTED) != 0 ? "any time, protected" : "any time";
}

static void add_row(struct text *out, const struct directive *directive)
{
    text_addf(out, "| `%s`", directive->name);
    if (directive->alias)
        text_addf(out, " (older: `%s`)", directive->alias);
    text_add(out, " | ");
    document_add_values(out, directive);
    text_addf(out, " | `%s` | %s | ", document_default(directive), document_when(directive));
    add_escaped(out, directive->about);
    if (directive->unkept)
        text_addf(out, " Not kept yet: %s.", directive->unkept);
    text_add(out, " |\n");
}

static void add_section(struct text *out, int section)
{
    text_addf(out, "\n## %s\n\n", directive_section_title((enum directive_section)section));
    if (section == SECTION_COMPATIBILITY)
        text_add(out, "A `redis.conf` may hold these; their values are checked, kept and shown by "
                      "CONFIG GET, but have no "
                      "effect. If one asks for something that kvs can't do, any value but the "
                      "default is refused, "
                      "with the reason.\n\n");
    text_add(out, "| directive | values | default | changes | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < directive_count; i++)
        if ((int)directives[i].section == section && (directives[i].flags & DIRECTIVE_HIDDEN) == 0)
            add_row(out, &directives[i]);
}

void config_markdown(struct text *text)
{
    text_add(
        text,
        "# Configuration\n"
        "\n"
        "This page is generated from the server's own table of directives (server/config/directives.c) by\n"
        "`kvs-server --config-markdown`; change the table, not the page.\n"
        "\n"
        "`kvs-server [FILE] [-s PATH] [--directive value ...]` reads FILE, one directive per line, then the "
        "command line,\n"
        "whose values override the file's. A line that begins with `#` is a comment. Values with blanks "
        "have to be quoted.\n"
        "`include PATH` reads another file in place; a pattern (`conf.d/*.conf`) reads all that match, "
        "which may be none.\n"
        "Relative paths in `include` and `dir` start from the folder where the server was started, all others from "
        "`dir`.\n"
        "Names are those of `redis.conf`, and the existing file of a server that only listens on a socket file "
        "works as\n"
        "it is. An unknown directive, an impossible value or an unusable path ends the start. All mistakes are told, a "
        "line "
        "for\n"
        "each in the order of the files' lines, which says where it is, what is wrong and what to do; beyond 50 they "
        "are "
        "counted.\n"
        "`--check-config` makes the same checks as the start, with the rights of the account that `user` names if root "
        "runs it,\n"
        "and makes, removes and connects to nothing. So it can't tell whether another server is running at a socket's "
        "path,\n"
        "and leaves out what a parent or a service manager hands over.\n"
        "\n"
        "`kvs-server --check-rdb FILE` reads a dump of Redis up to 7.4 or Valkey up to 9 as a whole, says what is in "
        "it "
        "(keys\n"
        "by database and type, what has expired, libraries of functions), and keeps nothing. A damaged one is one line "
        "with\n"
        "the offset, and status 1.\n"
        "\n"
        "`kvs-server --check-aof FOLDER` reads an append-only log, Redis's or kvs's, and reports of each of its files "
        "whether it is good;\n"
        "instead of its folder it takes its manifest, or a log of Redis 6 that is a single file. `--fix` before that "
        "cuts the last file off\n"
        "behind its last whole command or transaction, after saying how many bytes go (at a terminal it asks). The "
        "status is 0 if the log is\n"
        "good or was mended, else 1. No server may be writing to it meanwhile.\n"
        "\n"
        "At run time, CONFIG GET and CONFIG SET read and change values, several at once, all or none; CONFIG "
        "REWRITE\n"
        "writes what has changed back into FILE and leaves its other lines alone. *Protected* directives can "
        "be set\n"
        "only if `enable-protected-configs` allows it. Sizes may have the units k, m, g (powers of 1000) and kb, "
        "mb, gb\n"
        "(powers of 1024).\n"
        "\n"
        "`listen` and `user NAME rule ...` lines add up. An entry on the command line replaces a file's entry "
        "with the\n"
        "same path or name; within the files each may occur only once. But a user whose first rule is `reset` and "
        "`listen +PATH ...`\n"
        "replace one above, also one of an included file, and `user -NAME` and `listen -PATH` take it away; a remark "
        "says "
        "so. CONFIG REWRITE\n"
        "writes such lines where something of an included file has changed, so that its other lines go on counting.\n"
        "SIGHUP reads users again as the start does: those whose lines were edited are set anew, and their "
        "clients\n"
        "disconnected. `rename-command OLD NEW` gives a command another name, and\n"
        "`rename-command OLD \"\"` disables it; such lines add up as well, and CONFIG GET and CONFIG "
        "SET don't know them.\n"
        "Such lines, users' rules and ACL files may name commands of Redis that kvs doesn't have: they do no harm, "
        "and one line in the log\n"
        "says so ([which](compatibility.md#what-isnt-there)).\n"
        "\n"
        "On SIGHUP the server reads FILE and the command line again. What differs from the previous reading "
        "is set as\n"
        "by CONFIG SET, all or none; what can't change while the server runs is named in the log and waits for a "
        "restart. A\n"
        "value that CONFIG SET has changed stays until its line in FILE is edited. A mistake in FILE changes "
        "nothing; the log\n"
        "has a line for each.\n"
        "\n"
        "What does no harm but may mislead is remarked in one line: in the log at the start and after SIGHUP, and by "
        "`--check-config`.\n"
        "Where a row below says *not kept yet*, any value but the default is such a thing, and CONFIG SET logs it "
        "too.\n"
        "\n"
        "Not accepted: `loadmodule` and `sentinel`, which ask for features that kvs doesn't have.\n");
    for (int section = 0; section < SECTIONS; section++)
        add_section(text, section);
}
