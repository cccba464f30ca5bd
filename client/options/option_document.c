#include "options/option_completion.h"
#include "options/option_facts.h"
#include "options/option_man.h"
#include "options/option_table.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 80
#define COLUMN 24 /* where the explanations of options begin */

/* Prints words in lines of WIDTH, the first of which begins at column `at` and the others at `indent`. */
static void print_wrapped(const char *text, size_t at, size_t indent)
{
    size_t column = at;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > at && column + 1 + length > WIDTH) {
            printf("\n%*s", (int)indent, "");
            column = at = indent;
        } else if (column > at) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)length, text);
        column += length;
        text += length + (text[length] == ' ');
    }
    putchar('\n');
}

/* A name and its explanation, which begins on a line of its own when the name is long. */
static void print_entry(const char *name, const char *value, const char *text, size_t indent)
{
    size_t width = (size_t)printf("  %s%s%s", name, value ? " " : "", value ? value : "");
    if (width + 1 > indent) {
        putchar('\n');
        width = 0;
    }
    printf("%*s", (int)(indent - width), "");
    print_wrapped(text, indent, indent);
}

static void print_help(void)
{
    puts("kvs-cli " KVS_VERSION "\n\n"
         "Usage: kvs-cli [OPTION ...] [COMMAND [ARGUMENT ...]]\n\n"
         "Sends COMMAND to a kvs server and prints the reply. Without a command it reads\n"
         "commands from standard input, with a prompt on a terminal.");
    for (int section = 0; section < SECTION_HIDDEN; section++) {
        printf("\n%s\n", option_section_titles[section]);
        for (size_t i = 0; i < option_table_count; i++) {
            const struct option_entry *entry = &option_table[i];
            if ((int)entry->section == section)
                print_entry(entry->name, entry->value, entry->help, COLUMN);
        }
    }
    putchar('\n');
    print_wrapped(OPTION_SOCKET_FACT, 0, 2);
    print_wrapped(OPTION_PASSWORD_FACT, 0, 2);
    print_wrapped("History of the prompt: $KVSCLI_HISTFILE, else ~/.kvscli_history; commands with passwords are not "
                  "kept.",
                  0, 2);
    puts("\nExit status");
    for (const struct option_fact *fact = option_exit_codes; fact->name; fact++)
        print_entry(fact->name, NULL, fact->text, 5);
    puts("\nExamples");
    for (const struct option_fact *fact = option_examples; fact->name; fact++)
        printf("  %s\n", fact->name);
}

void option_document_print(enum document document)
{
    switch (document) {
    case DOCUMENT_HELP:
        print_help();
        break;
    case DOCUMENT_MAN:
        option_man_print();
        break;
    case DOCUMENT_BASH:
        option_completion_print_bash();
        break;
    case DOCUMENT_ZSH:
        option_completion_print_zsh();
        break;
    case DOCUMENT_FISH:
        option_completion_print_fish();
        break;
    }
}
