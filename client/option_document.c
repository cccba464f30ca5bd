#include "option_table.h"

#include <stdio.h>

#define COLUMN 24 /* where the explanations begin */

static void print_help(void)
{
    puts("kvs-cli " KVS_VERSION "\n\n"
         "Usage: kvs-cli [OPTION ...] [COMMAND [ARGUMENT ...]]\n\n"
         "Sends COMMAND to a kvs server and prints the reply. Without a command it reads commands from\n"
         "standard input, with a prompt on a terminal.");
    for (int section = 0; section < SECTION_HIDDEN; section++) {
        printf("\n%s\n", option_section_titles[section]);
        for (size_t i = 0; i < option_table_count; i++) {
            const struct option_entry *entry = &option_table[i];
            if ((int)entry->section != section)
                continue;
            int width = printf("  %s%s%s", entry->name, entry->value ? " " : "", entry->value ? entry->value : "");
            printf("%*s%s\n", width < COLUMN ? COLUMN - width : 1, "", entry->help);
        }
    }
    puts("\n"
         "Socket: -s, else $KVS_SOCKET, else $XDG_RUNTIME_DIR/kvs.sock if it is there, else /tmp/kvs.sock.\n"
         "Password: -a, else --askpass, else $KVSCLI_AUTH, else $REDISCLI_AUTH. It is sent on each connect.\n"
         "--copy-from: the other server's password is $KVSCLI_SOURCE_AUTH, its user $KVSCLI_SOURCE_USER.\n"
         "History of the prompt: $KVSCLI_HISTFILE, else ~/.kvscli_history; commands with passwords are not "
         "kept.\n\n"
         "Exit status\n"
         "  0  done (an error reply counts as done unless -e is given)\n"
         "  1  error reply, with -e; or the -n database or -3 was not accepted; or keys could not be copied\n"
         "  2  the command line makes no sense\n"
         "  3  no connection, or the server closed it\n"
         "  4  refused: by the permissions of the socket file; by the server (NOAUTH, NOPERM, WRONGPASS), "
         "with -e\n"
         "  5  trouble on this side, such as unreadable standard input\n"
         "  130  Ctrl-C ended a mode that has an end of its own; what goes on until Ctrl-C ends with 0\n\n"
         "Examples\n"
         "  kvs-cli set greeting hello\n"
         "  cat picture.png | kvs-cli -x set picture\n"
         "  kvs-cli -r -1 -i 1 dbsize\n"
         "  kvs-cli --json hgetall user:1\n"
         "  kvs-cli --user alice --askpass\n"
         "  kvs-cli < commands.txt");
}

void option_document_print(enum document document)
{
    switch (document) {
    case DOCUMENT_HELP:
        print_help();
        break;
    case DOCUMENT_MAN:
    case DOCUMENT_BASH:
    case DOCUMENT_ZSH:
    case DOCUMENT_FISH:
        break;
    }
}
