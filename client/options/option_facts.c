#include "options/option_facts.h"

#include <stddef.h>

const struct option_fact option_exit_codes[] = {
    {"0", "done (an error reply counts as done unless -e is given)"},
    {"1", "error reply, with -e; or the -n database or -3 was not accepted; or keys could not be copied"},
    {"2", "the command line makes no sense"},
    {"3", "no connection, or the server closed it"},
    {"4", "refused: by the permissions of the socket file; by the server (NOAUTH, NOPERM, WRONGPASS), with -e"},
    {"5", "trouble on this side, such as standard input that can't be read, or output that can't be written"},
    {"130", "Ctrl-C ended a mode that would have ended by itself; one that goes on until Ctrl-C exits with 0"},
    {NULL, NULL},
};

const struct option_fact option_environment[] = {
    {"KVS_SOCKET", "the socket file of the server, or its URL as for -u, unless -s or -u names one"},
    {"XDG_RUNTIME_DIR", "a kvs.sock in this folder comes next"},
    {"KVSCLI_AUTH", "the password, unless -a or --askpass is given, or the URL holds one"},
    {"REDISCLI_AUTH", "the same, where KVSCLI_AUTH is not set"},
    {"KVSCLI_SOURCE_AUTH", "the password of the server that --copy-from names"},
    {"KVSCLI_SOURCE_USER", "the user that goes with it"},
    {"KVSCLI_HISTFILE", "the history of the prompt, instead of ~/.kvscli_history; /dev/null keeps none"},
    {"KVSCLI_CONFIG", "the file of preferences, instead of ~/.config/kvs/cli.conf"},
    {"XDG_CONFIG_HOME", "the folder of kvs/cli.conf, instead of ~/.config"},
    {"NO_COLOR", "set and not empty: no colours, unless --color asks for them"},
    {"PAGER", "the program that shows long replies; less, if not set"},
    {NULL, NULL},
};

const struct option_fact option_files[] = {
    {"/tmp/kvs.sock", "the socket file, where nothing names another"},
    {"~/.kvscli_history", "what was typed at the prompt, except commands with passwords; nobody else may read it"},
    {"~/.config/kvs/cli.conf", "preferences: socket, user, color, hints, questions, pager, protocol, format"},
    {"~/.editrc", "keys of the prompt, see editrc(5)"},
    {NULL, NULL},
};

const struct option_fact option_prompt_words[] = {
    {"COMMAND [ARGUMENT ...]", "Sends a command. Arguments with blanks go in quotes: \"double\" ones know \\n \\r "
                               "\\t \\b \\a \\xHH, 'single' ones "
                               "know \\' alone."},
    {"COUNT COMMAND ...", "Sends it that many times."},
    {"COMMAND | PROGRAM", "Pipes the reply, as bytes, into a shell command."},
    {"COMMAND > FILE", "Writes the reply, as bytes, to a file."},
    {"COMMAND >> FILE", "Appends it."},
    {"help COMMAND, help @GROUP", "Shows what the server says about its commands."},
    {":set hints, :set nohints", "Shows or hides the arguments that are still to come."},
    {"clear", "Clears the screen."},
    {"quit, exit", "Leaves, as Ctrl-D does on an empty line."},
    {"Tab", "Completes whatever the server's documentation of its commands holds, directives with what they can be set "
            "to, and keys, for which it asks SCAN. A second Tab lists what fits."},
    {"Ctrl-R", "Searches the history backwards for what is typed next."},
    {"a paste", "Waits for Enter, then runs line by line."},
    {"Ctrl-C", "Drops the line, or ends MONITOR, SUBSCRIBE or a wait."},
    {NULL, NULL},
};

const struct option_fact option_examples[] = {
    {"kvs-cli set greeting hello", "Sends one command."},
    {"cat picture.png | kvs-cli -x set picture", "Takes the value from a file."},
    {"kvs-cli -r -1 -i 1 dbsize", "Asks once a second until Ctrl-C."},
    {"kvs-cli --json hgetall user:1", "Prints a reply for another program."},
    {"kvs-cli --user alice --askpass", "Opens a prompt as another user."},
    {"kvs-cli < commands.txt", "Runs the commands of a file."},
    {NULL, NULL},
};
