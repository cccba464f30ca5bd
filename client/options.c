#include "options.h"

#include "core/exit_codes.h"
#include "connection/login.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum option_id {
    OPTION_SOCKET,
    OPTION_DATABASE,
    OPTION_REPEAT,
    OPTION_INTERVAL,
    OPTION_USER,
    OPTION_PASSWORD,
    OPTION_ASK_PASSWORD,
    OPTION_NO_AUTH_WARNING,
    OPTION_RESP2,
    OPTION_RESP3,
    OPTION_LAST_FROM_STDIN,
    OPTION_STDIN_TAG,
    OPTION_QUOTED_INPUT,
    OPTION_ERROR_EXIT,
    OPTION_RAW,
    OPTION_NO_RAW,
    OPTION_ELEMENT_DELIMITER,
    OPTION_REPLY_DELIMITER,
    OPTION_CSV,
    OPTION_JSON,
    OPTION_QUOTED_JSON,
    OPTION_SHOW_PUSHES,
    OPTION_WHO,
    OPTION_NETWORK,
    OPTION_HELP,
    OPTION_VERSION,
};

struct option_entry {
    const char *name;
    const char *value; /* what follows the name, or NULL */
    const char *help;  /* NULL: not shown in --help */
    enum option_id id;
};

static const struct option_entry option_table[] = {
    {"-s", "PATH", "socket file of the server", OPTION_SOCKET},
    {"-n", "DATABASE", "number of the database to use", OPTION_DATABASE},
    {"-r", "COUNT", "run the command COUNT times; a negative COUNT means for ever", OPTION_REPEAT},
    {"-i", "SECONDS", "pause between two commands, such as 0.1", OPTION_INTERVAL},
    {"--user", "NAME", "the ACL user to authenticate as; the default user if not given", OPTION_USER},
    {"-a", "PASSWORD", "the password; --askpass and KVSCLI_AUTH are safer", OPTION_PASSWORD},
    {"--pass", "PASSWORD", "the same as -a", OPTION_PASSWORD},
    {"--askpass", NULL, "ask for the password at the terminal", OPTION_ASK_PASSWORD},
    {"--no-auth-warning", NULL, "do not warn about a password on the command line", OPTION_NO_AUTH_WARNING},
    {"-2", NULL, "speak RESP2", OPTION_RESP2},
    {"-3", NULL, "speak RESP3", OPTION_RESP3},
    {"-x", NULL, "take the last argument from standard input", OPTION_LAST_FROM_STDIN},
    {"-X", "TAG", "take the argument that is TAG from standard input", OPTION_STDIN_TAG},
    {"--quoted-input", NULL, "arguments are quoted strings, such as '\"a\\x00b\"'", OPTION_QUOTED_INPUT},
    {"-e", NULL, "exit with a status other than 0 when a command fails", OPTION_ERROR_EXIT},
    {"--raw", NULL, "plain bytes (the default unless output is a terminal)", OPTION_RAW},
    {"--no-raw", NULL, "types, quotes and numbers (the default on a terminal)", OPTION_NO_RAW},
    {"-d", "DELIMITER", "raw: between the elements of a reply (default: line end)", OPTION_ELEMENT_DELIMITER},
    {"-D", "DELIMITER", "raw: after each reply (default: line end)", OPTION_REPLY_DELIMITER},
    {"--csv", NULL, "comma-separated values", OPTION_CSV},
    {"--json", NULL, "JSON (asks for RESP3 unless -2 is given)", OPTION_JSON},
    {"--quoted-json", NULL, "JSON whose strings are escaped to printable ASCII", OPTION_QUOTED_JSON},
    {"--show-pushes", "yes|no", "print RESP3 push messages (default: on a terminal)", OPTION_SHOW_PUSHES},
    {"--who", NULL, "say who serves the socket, who you are to the server, and what you may do", OPTION_WHO},
    {"--help", NULL, "print this", OPTION_HELP},
    {"--version", NULL, "print the version", OPTION_VERSION},
    {"-v", NULL, NULL, OPTION_VERSION},
    {"-h", "HOST", NULL, OPTION_NETWORK},
    {"-p", "PORT", NULL, OPTION_NETWORK},
};

#define OPTION_COUNT (sizeof(option_table) / sizeof(option_table[0]))

__attribute__((format(printf, 1, 2))) static _Noreturn void usage_error(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fputs("kvs-cli: ", stderr);
    vfprintf(stderr, format, values);
    fputs(" (kvs-cli --help lists the options)\n", stderr);
    va_end(values);
    exit(EXIT_CODE_USAGE);
}

static _Noreturn void print_help(void)
{
    puts("kvs-cli " KVS_VERSION "\n\n"
         "Usage: kvs-cli [OPTION ...] [COMMAND [ARGUMENT ...]]\n\n"
         "Sends COMMAND to a kvs server and prints the reply. Without a command it reads commands from\n"
         "standard input, with a prompt on a terminal.\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_entry *entry = &option_table[i];
        if (entry->help == NULL)
            continue;
        int width = printf("  %s%s%s", entry->name, entry->value ? " " : "", entry->value ? entry->value : "");
        printf("%*s%s\n", width < 22 ? 22 - width : 1, "", entry->help);
    }
    puts("\n"
         "Socket: -s, else $KVS_SOCKET, else $XDG_RUNTIME_DIR/kvs.sock if it is there, else /tmp/kvs.sock.\n"
         "Password: -a, else --askpass, else $KVSCLI_AUTH, else $REDISCLI_AUTH. It is sent on each connect.\n"
         "History of the prompt: $KVSCLI_HISTFILE, else ~/.kvscli_history; commands with passwords are not "
         "kept.\n\n"
         "Exit status\n"
         "  0  done (an error reply counts as done unless -e is given)\n"
         "  1  error reply, with -e; or the -n database or -3 was not accepted\n"
         "  2  the command line makes no sense\n"
         "  3  no connection, or the server closed it\n"
         "  4  refused: by the permissions of the socket file; by the server (NOAUTH, NOPERM, WRONGPASS), "
         "with -e\n"
         "  5  trouble on this side, such as unreadable standard input\n\n"
         "Examples\n"
         "  kvs-cli set greeting hello\n"
         "  cat picture.png | kvs-cli -x set picture\n"
         "  kvs-cli -r -1 -i 1 dbsize\n"
         "  kvs-cli --json hgetall user:1\n"
         "  kvs-cli --user alice --askpass\n"
         "  kvs-cli < commands.txt");
    exit(EXIT_CODE_OK);
}

/* Values. */

static long long parse_whole(const char *name, const char *text, long long least, long long most)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < least || value > most) {
        usage_error("option %s needs a whole number%s, not '%s'", name, least < 0 ? "" : " from 0 up", text);
    }
    return value;
}

static double parse_seconds(const char *name, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0) || value > INT_MAX) {
        usage_error("option %s needs a number of seconds, such as 0.5, not '%s'", name, text);
    }
    return value;
}

static bool parse_yes(const char *name, const char *text)
{
    if (strncasecmp(text, "y", 1) != 0 && strncasecmp(text, "n", 1) != 0) {
        usage_error("option %s needs yes or no, not '%s'", name, text);
    }
    return strncasecmp(text, "y", 1) == 0;
}

/* Options. */

static void prefer_resp3(struct options *options)
{
    if (options->protocol == PROTOCOL_UNCHANGED)
        options->protocol = PROTOCOL_3_PREFERRED;
}

static void choose_protocol(struct options *options, enum protocol_choice choice)
{
    enum protocol_choice other = choice == PROTOCOL_2 ? PROTOCOL_3 : PROTOCOL_2;
    if (options->protocol == other)
        usage_error("options -2 and -3 exclude each other");
    options->protocol = choice;
}

static void apply_option(struct options *options, const struct option_entry *entry, char *value)
{
    switch (entry->id) {
    case OPTION_SOCKET:
        options->socket_path = value;
        options->socket_source = "the one given with -s";
        break;
    case OPTION_DATABASE:
        options->database = (int)parse_whole(entry->name, value, 0, INT_MAX);
        break;
    case OPTION_REPEAT:
        options->repeat = parse_whole(entry->name, value, LLONG_MIN, LLONG_MAX);
        break;
    case OPTION_INTERVAL:
        options->interval = parse_seconds(entry->name, value);
        break;
    case OPTION_PASSWORD:
        options->password = login_take_word(value);
        options->password_option = entry->name;
        break;
    case OPTION_USER:
        options->user = value;
        break;
    case OPTION_ASK_PASSWORD:
        options->ask_password = true;
        break;
    case OPTION_NO_AUTH_WARNING:
        options->no_auth_warning = true;
        break;
    case OPTION_RESP2:
        choose_protocol(options, PROTOCOL_2);
        break;
    case OPTION_RESP3:
        choose_protocol(options, PROTOCOL_3);
        break;
    case OPTION_LAST_FROM_STDIN:
        options->last_from_stdin = true;
        break;
    case OPTION_STDIN_TAG:
        options->stdin_tag = value;
        break;
    case OPTION_QUOTED_INPUT:
        options->quoted_input = true;
        break;
    case OPTION_ERROR_EXIT:
        options->error_exit = true;
        break;
    case OPTION_RAW:
        options->style.format = FORMAT_RAW;
        break;
    case OPTION_NO_RAW:
        options->style.format = FORMAT_HUMAN;
        break;
    case OPTION_ELEMENT_DELIMITER:
        options->style.element_delimiter = value;
        break;
    case OPTION_REPLY_DELIMITER:
        options->style.reply_delimiter = value;
        break;
    case OPTION_CSV:
        options->style.format = FORMAT_CSV;
        break;
    case OPTION_JSON:
        options->style.format = FORMAT_JSON;
        prefer_resp3(options);
        break;
    case OPTION_QUOTED_JSON:
        options->style.format = FORMAT_QUOTED_JSON;
        prefer_resp3(options);
        break;
    case OPTION_SHOW_PUSHES:
        options->show_pushes = parse_yes(entry->name, value);
        break;
    case OPTION_WHO:
        options->who = true;
        break;
    case OPTION_NETWORK:
        usage_error("option %s: kvs is reached through a socket file only; name it with -s PATH", entry->name);
    case OPTION_HELP:
        print_help();
    case OPTION_VERSION:
        puts("kvs-cli " KVS_VERSION);
        exit(EXIT_CODE_OK);
    }
}

static const struct option_entry *find_option(const char *name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(option_table[i].name, name) == 0)
            return &option_table[i];
    }
    return NULL;
}

static void set_defaults(struct options *options)
{
    bool on_terminal = isatty(STDOUT_FILENO) || getenv("FAKETTY") != NULL;
    *options = (struct options){
        .repeat = 1,
        .show_pushes = on_terminal,
        .style =
            {
                .format = on_terminal ? FORMAT_HUMAN : FORMAT_RAW,
                .element_delimiter = "\n",
                .reply_delimiter = "\n",
            },
    };
}

static void choose_default_socket(struct options *options)
{
    static char runtime_path[4096];
    const char *path = getenv("KVS_SOCKET");
    if (path != NULL && *path != '\0') {
        options->socket_path = path;
        options->socket_source = "that of KVS_SOCKET";
        return;
    }
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime != NULL && *runtime != '\0') {
        int length = snprintf(runtime_path, sizeof(runtime_path), "%s/kvs.sock", runtime);
        if (length < (int)sizeof(runtime_path) && access(runtime_path, F_OK) == 0) {
            options->socket_path = runtime_path;
            options->socket_source = "that of XDG_RUNTIME_DIR";
            return;
        }
    }
    options->socket_path = "/tmp/kvs.sock";
    options->socket_source = "the default";
}

static void check_combinations(const struct options *options)
{
    bool from_stdin = options->last_from_stdin || options->stdin_tag != NULL;
    if (options->last_from_stdin && options->stdin_tag != NULL)
        usage_error("options -x and -X exclude each other");
    if (from_stdin && options->argc == 0)
        usage_error("options -x and -X need a command");
    if (options->who && options->argc > 0)
        usage_error("option --who takes no command");
    if (options->ask_password && options->password != NULL)
        usage_error("options %s and --askpass exclude each other", options->password_option);
}

static void choose_password(struct options *options)
{
    if (options->ask_password) {
        options->password = login_ask(options->user);
        if (options->password == NULL && errno == ENOTTY)
            usage_error("option --askpass needs a terminal as standard input; for scripts there is KVSCLI_AUTH");
        if (options->password == NULL)
            usage_error("option --askpass: no password was typed");
    } else if (options->password == NULL) {
        options->password = login_from_environment();
    }
    if (options->user != NULL && options->password == NULL)
        usage_error("option --user needs a password, from --askpass, KVSCLI_AUTH or -a");
    if (options->password_option != NULL && !options->no_auth_warning) {
        fprintf(stderr,
                "Warning: Using a password with '%s' on the command line may not be safe: other users of this "
                "machine can see it for a moment. KVSCLI_AUTH and --askpass are safer.\n",
                options->password_option);
    }
}

void options_parse(struct options *options, int argc, char **argv)
{
    static char no_value[] = "";
    set_defaults(options);
    int at = 1;
    while (at < argc && argv[at][0] == '-') {
        const struct option_entry *entry = find_option(argv[at]);
        if (entry == NULL)
            usage_error("unknown option '%s'", argv[at]);
        at++;
        if (entry->id == OPTION_NETWORK && entry->name[1] == 'h' && at == argc)
            print_help();
        if (entry->value != NULL && at == argc)
            usage_error("option %s needs a value: %s", entry->name, entry->value);
        apply_option(options, entry, entry->value != NULL ? argv[at++] : no_value);
    }
    options->argc = argc - at;
    options->argv = argv + at;
    check_combinations(options);
    if (options->socket_path == NULL)
        choose_default_socket(options);
    choose_password(options);
}
