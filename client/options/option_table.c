#include "options/option_table.h"

#include <string.h>

#define NETWORK "kvs is reached only through a socket file; name it with -s PATH"
#define NO_CLUSTER "kvs is one server on one machine, there is no cluster"

const char *const option_section_titles[SECTION_COUNT] = {
    [SECTION_SERVER] = "The server",          [SECTION_COMMANDS] = "Commands", [SECTION_OUTPUT] = "Output",
    [SECTION_MODES] = "Instead of a command", [SECTION_OTHER] = "Other",
};

/* clang-format off */
const struct option_entry option_table[] = {
    {"-s", "PATH", "socket file of the server", OPTION_SOCKET, SECTION_SERVER, 0},
    {"-u", "URL", "the same as a URL, with login and database: redis+unix://user:password@/path?db=N", OPTION_URL,
     SECTION_SERVER, 0},
    {"-n", "DATABASE", "number of the database to use", OPTION_DATABASE, SECTION_SERVER, 0},
    {"-t", "SECONDS", "give up when connecting or a reply takes longer", OPTION_TIMEOUT, SECTION_SERVER, 0},
    {"--user", "NAME", "the ACL user to authenticate as; the default user if not given", OPTION_USER, SECTION_SERVER,
     0},
    {"-a", "PASSWORD", "the password; --askpass and KVSCLI_AUTH are safer", OPTION_PASSWORD, SECTION_SERVER, 0},
    {"--pass", "PASSWORD", "the same as -a", OPTION_PASSWORD, SECTION_SERVER, 0},
    {"--askpass", NULL, "ask for the password at the terminal", OPTION_ASK_PASSWORD, SECTION_SERVER, 0},
    {"--no-auth-warning", NULL, "do not warn about a password on the command line", OPTION_NO_AUTH_WARNING,
     SECTION_SERVER, 0},
    {"-2", NULL, "speak RESP2", OPTION_RESP2, SECTION_SERVER, 0},
    {"-3", NULL, "speak RESP3", OPTION_RESP3, SECTION_SERVER, 0},

    {"-r", "COUNT",
     "run the command, or with -f the file, COUNT times (negative: for ever); print COUNT lines of --stat and "
     "--latency-...", OPTION_REPEAT, SECTION_COMMANDS, 0},
    {"-i", "SECONDS", "pause between two commands, such as 0.1; between two samples of --stat, --top and --latency...",
     OPTION_INTERVAL, SECTION_COMMANDS, 0},
    {"-f", "FILE", "read commands from FILE (- for standard input), a line each; # begins a comment", OPTION_FILE,
     SECTION_COMMANDS, 0},
    {"--file", "FILE", "the same as -f", OPTION_FILE, SECTION_COMMANDS, 0},
    {"-x", NULL, "take the last argument from standard input", OPTION_LAST_FROM_STDIN, SECTION_COMMANDS, 0},
    {"-X", "TAG", "take the argument that is TAG from standard input", OPTION_STDIN_TAG, SECTION_COMMANDS, 0},
    {"--quoted-input", NULL, "arguments are quoted strings, such as '\"a\\x00b\"'", OPTION_QUOTED_INPUT,
     SECTION_COMMANDS, 0},
    {"--eval", "FILE", "run the script in FILE (- for standard input): --eval FILE key ... , argument ...", OPTION_EVAL,
     SECTION_COMMANDS, 0},
    {"-e", NULL, "exit with a status other than 0 when a command fails, and name its line", OPTION_ERROR_EXIT,
     SECTION_COMMANDS, 0},
    {"--no-questions", NULL, "at the prompt: do not ask before FLUSHALL and other commands that destroy",
     OPTION_NO_QUESTIONS, SECTION_COMMANDS, 0},

    {"--raw", NULL, "plain bytes (the default unless output is a terminal)", OPTION_FORMAT, SECTION_OUTPUT, FORMAT_RAW},
    {"--no-raw", NULL, "types, quotes and numbers, as redis-cli prints them", OPTION_FORMAT, SECTION_OUTPUT,
     FORMAT_HUMAN},
    {"--verbatim", NULL, "the bytes of the reply and nothing else, not even a line end", OPTION_FORMAT, SECTION_OUTPUT,
     FORMAT_VERBATIM},
    {"-d", "DELIMITER", "raw: between the elements of a reply (default: line end)", OPTION_ELEMENT_DELIMITER,
     SECTION_OUTPUT, 0},
    {"-D", "DELIMITER", "raw: after each reply (default: line end)", OPTION_REPLY_DELIMITER, SECTION_OUTPUT, 0},
    {"--csv", NULL, "comma-separated values", OPTION_FORMAT, SECTION_OUTPUT, FORMAT_CSV},
    {"--json", NULL, "JSON (asks for RESP3 unless -2 is given)", OPTION_FORMAT, SECTION_OUTPUT, FORMAT_JSON},
    {"--quoted-json", NULL, "JSON whose strings are escaped to printable ASCII", OPTION_FORMAT, SECTION_OUTPUT,
     FORMAT_QUOTED_JSON},
    {"--color", "auto|always|never", "colours by type (default: on a terminal, unless NO_COLOR is set)", OPTION_COLOR,
     SECTION_OUTPUT, 0},
    {"--pager", NULL, "show replies longer than the screen with $PAGER", OPTION_PAGER, SECTION_OUTPUT, 1},
    {"--no-pager", NULL, "do not, whatever cli.conf says", OPTION_PAGER, SECTION_OUTPUT, 0},
    {"--show-pushes", "yes|no", "print RESP3 push messages (default: on a terminal)", OPTION_SHOW_PUSHES,
     SECTION_OUTPUT, 0},

    {"--who", NULL, "who serves the socket, who you are to the server, and what you may do", OPTION_MODE,
     SECTION_MODES, MODE_WHO},
    {"--top", NULL, "a live screen: load, memory, clients, sockets, latency", OPTION_MODE, SECTION_MODES, MODE_TOP},
    {"--stat", NULL, "a line of figures every second (-i)", OPTION_MODE, SECTION_MODES, MODE_STAT},
    {"--pipe", NULL, "mass insertion: commands in RESP, or a line each, from standard input", OPTION_MODE,
     SECTION_MODES, MODE_PIPE},
    {"--pipe-timeout", "SECONDS", "--pipe: how long to wait for replies (default 30; 0: for ever)", OPTION_PIPE_TIMEOUT,
     SECTION_MODES, 0},
    {"--scan", NULL, "print the keys", OPTION_MODE, SECTION_MODES, MODE_SCAN},
    {"--bigkeys", NULL, "look for keys with many elements or long values", OPTION_MODE, SECTION_MODES, MODE_BIGKEYS},
    {"--memkeys", NULL, "look for keys that take a lot of memory", OPTION_MODE, SECTION_MODES, MODE_MEMKEYS},
    {"--memkeys-samples", "COUNT", "the same, looking at COUNT elements of each key", OPTION_MEMORY_SAMPLES,
     SECTION_MODES, MODE_MEMKEYS},
    {"--keystats", NULL, "sizes, memory and times to live of all keys, as tables", OPTION_MODE, SECTION_MODES,
     MODE_KEYSTATS},
    {"--keystats-samples", "COUNT", "the same, looking at COUNT elements of each key", OPTION_MEMORY_SAMPLES,
     SECTION_MODES, MODE_KEYSTATS},
    {"--hotkeys", NULL, "look for keys that are used often (needs an LFU maxmemory-policy)", OPTION_MODE,
     SECTION_MODES, MODE_HOTKEYS},
    {"--pattern", "PATTERN", "--scan and the key modes: only keys like h?llo*", OPTION_PATTERN, SECTION_MODES, 0},
    {"--quoted-pattern", "PATTERN", "the same as a quoted string", OPTION_QUOTED_PATTERN, SECTION_MODES, 0},
    {"--type", "TYPE", "--scan and the key modes: only keys of this type", OPTION_TYPE, SECTION_MODES, 0},
    {"--count", "COUNT", "--scan and the key modes: look at this many keys at a time", OPTION_COUNT, SECTION_MODES, 0},
    {"--latency", NULL, "time PING until Ctrl-C; where output is no terminal, for a second (-i)", OPTION_MODE,
     SECTION_MODES, MODE_LATENCY},
    {"--latency-history", NULL, "the same, a line every 15 seconds (-i)", OPTION_MODE, SECTION_MODES,
     MODE_LATENCY_HISTORY},
    {"--latency-dist", NULL, "the same as a spectrum, a line every second (-i)", OPTION_MODE, SECTION_MODES,
     MODE_LATENCY_DIST},
    {"--intrinsic-latency", "SECONDS", "how long this machine keeps a program waiting; asks no server",
     OPTION_INTRINSIC_LATENCY, SECTION_MODES, MODE_INTRINSIC_LATENCY},
    {"--copy-from", "SOCKET",
     "copy another server's keys here, of all databases or that of -n (--pattern, --type, --count); password: "
     "KVSCLI_SOURCE_AUTH",
     OPTION_COPY_FROM, SECTION_MODES, MODE_COPY},
    {"--replace", NULL, "--copy-from: overwrite keys that are there", OPTION_REPLACE, SECTION_MODES, 0},

    {"--help", NULL, "print this help", OPTION_HELP, SECTION_OTHER, 0},
    {"--version", NULL, "print the version", OPTION_VERSION, SECTION_OTHER, 0},

    {"-v", NULL, NULL, OPTION_VERSION, SECTION_HIDDEN, 0},
    {"-h", "HOST", NETWORK, OPTION_REFUSED, SECTION_HIDDEN, 0},
    {"-p", "PORT", NETWORK, OPTION_REFUSED, SECTION_HIDDEN, 0},
    {"-4", NULL, NETWORK, OPTION_REFUSED, SECTION_HIDDEN, 0},
    {"-6", NULL, NETWORK, OPTION_REFUSED, SECTION_HIDDEN, 0},
    {"--tls", NULL, NETWORK, OPTION_REFUSED, SECTION_HIDDEN, 0},
    {"-c", NULL, NULL, OPTION_IGNORED, SECTION_HIDDEN, 0},
    {"--verbose", NULL, NULL, OPTION_IGNORED, SECTION_HIDDEN, 0},
    {"--cluster", "COMMAND", NO_CLUSTER, OPTION_REFUSED, SECTION_HIDDEN, 0},
    {"--replica", NULL, "kvs does not replicate; MONITOR shows commands as they come", OPTION_REFUSED, SECTION_HIDDEN,
     0},
    {"--slave", NULL, "kvs does not replicate; MONITOR shows commands as they come", OPTION_REFUSED, SECTION_HIDDEN, 0},
    {"--rdb", "FILE", "kvs does not replicate", OPTION_REFUSED, SECTION_HIDDEN, 0},
    {"--functions-rdb", "FILE", "kvs does not replicate", OPTION_REFUSED, SECTION_HIDDEN, 0},
    {"--ldb", NULL, "kvs has no script debugger", OPTION_REFUSED, SECTION_HIDDEN, 0},
    {"--ldb-sync-mode", NULL, "kvs has no script debugger", OPTION_REFUSED, SECTION_HIDDEN, 0},
    {"--lru-test", "KEYS", "it is a test of Redis's own; redis-cli -s PATH --lru-test runs it here too",
     OPTION_REFUSED, SECTION_HIDDEN, 0},
    {"--man-page", NULL, NULL, OPTION_DOCUMENT, SECTION_HIDDEN, DOCUMENT_MAN},
    {"--completion-bash", NULL, NULL, OPTION_DOCUMENT, SECTION_HIDDEN, DOCUMENT_BASH},
    {"--completion-zsh", NULL, NULL, OPTION_DOCUMENT, SECTION_HIDDEN, DOCUMENT_ZSH},
    {"--completion-fish", NULL, NULL, OPTION_DOCUMENT, SECTION_HIDDEN, DOCUMENT_FISH},
};
/* clang-format on */

const size_t option_table_count = sizeof option_table / sizeof option_table[0];

bool option_value_is_file(const struct option_entry *entry)
{
    const char *value = entry->value;
    return value && (strcmp(value, "PATH") == 0 || strcmp(value, "FILE") == 0 || strcmp(value, "SOCKET") == 0);
}
