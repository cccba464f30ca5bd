#include "options/option_man.h"

#include "options/option_facts.h"
#include "options/option_table.h"

#include <stdbool.h>
#include <stdio.h>

#define DATE "2026-11-29" /* of the last change to what the page says */

/* Text as roff takes it: a dash before a word is a minus sign, and no line begins with what a macro begins with. */
static void print_roff(const char *text)
{
    char before = ' ';
    for (; *text != '\0'; text++) {
        bool begins = before == ' ' || before == '-' || before == '(' || before == '[' || before == '/';
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-' && begins)
            fputs("\\-", stdout);
        else if (*text == '\'')
            fputs("\\(aq", stdout);
        else if (*text == '~')
            fputs("\\(ti", stdout);
        else if (*text == '.' && before == ' ')
            fputs("\\&.", stdout);
        else
            putchar(*text);
        before = *text;
    }
}

/* A name of an option or file: every dash is one to type. */
static void print_literal(const char *text)
{
    for (; *text != '\0'; text++) {
        char one[] = {*text, '\0'};
        if (*text == '-')
            fputs("\\-", stdout);
        else
            print_roff(one);
    }
}

static void print_paragraph(const char *text)
{
    puts(".PP");
    print_roff(text);
    putchar('\n');
}

static void print_option(const struct option_entry *entry)
{
    fputs(".TP\n\\fB", stdout);
    print_literal(entry->name);
    fputs("\\fR", stdout);
    if (entry->value) {
        fputs(" \\fI", stdout);
        print_literal(entry->value);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    print_roff(entry->help);
    putchar('\n');
}

static void print_options(void)
{
    puts(".SH OPTIONS");
    for (int section = 0; section < SECTION_HIDDEN; section++) {
        printf(".SS \"%s\"\n", option_section_titles[section]);
        for (size_t i = 0; i < option_table_count; i++) {
            if ((int)option_table[i].section == section)
                print_option(&option_table[i]);
        }
    }
}

static void print_facts(const char *title, const struct option_fact *facts)
{
    if (title)
        printf(".SH \"%s\"\n", title);
    for (; facts->name; facts++) {
        fputs(".TP\n\\fB", stdout);
        print_literal(facts->name);
        fputs("\\fR\n", stdout);
        print_roff(facts->text);
        putchar('\n');
    }
}

static void print_examples(void)
{
    puts(".SH EXAMPLES");
    for (const struct option_fact *fact = option_examples; fact->name; fact++) {
        if (fact != option_examples)
            puts(".PP");
        print_roff(fact->text);
        puts("\n.RS 4\n.nf");
        print_literal(fact->name);
        puts("\n.fi\n.RE");
    }
}

void option_man_print(void)
{
    puts(".TH KVS\\-CLI 1 " DATE " \"kvs " KVS_VERSION "\" \"kvs manual\"\n"
         ".SH NAME\n"
         "kvs\\-cli \\- command line of kvs, a key\\-value store behind a socket file\n"
         ".SH SYNOPSIS\n"
         ".B kvs\\-cli\n"
         "[\\fIOPTION\\fR ...] [\\fICOMMAND\\fR [\\fIARGUMENT\\fR ...]]\n"
         ".SH DESCRIPTION\n"
         "Sends\n"
         ".I COMMAND\n"
         "to a kvs server and prints the reply. Without a command it reads commands from standard input, a line each,\n"
         "with a prompt on a terminal. It works with Redis and Valkey as well, through their socket files.");
    print_paragraph("Nothing but replies goes to standard output, and everything else to standard error. Replies are "
                    "printed for a person on a terminal and as plain bytes elsewhere, unless an option says how.");
    print_paragraph(OPTION_SOCKET_FACT);
    print_paragraph(OPTION_PASSWORD_FACT);
    print_options();
    puts(".SH \"THE PROMPT\"\n"
         "The prompt shows the socket, the database unless it is 0, the user unless it is the default one, and\n"
         ".B (TX)\n"
         "in a transaction. When the server has gone, the next command connects again.");
    print_facts(NULL, option_prompt_words);
    print_facts("ENVIRONMENT", option_environment);
    print_facts("FILES", option_files);
    print_facts("EXIT STATUS", option_exit_codes);
    print_examples();
    puts(".SH \"SEE ALSO\"\n"
         ".BR kvs\\-server (1),\n"
         ".BR kvs.conf (5)");
}
