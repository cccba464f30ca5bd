/*
 * The three scripts are texts with a gap, into which the table goes in the shell's own form. All ask the server in the
 * same way: COMMAND LIST, of Redis 7 and kvs, with the socket and the login of the line, quietly and for a second at
 * most; for words after a container (CONFIG, CLIENT ...) COMMAND LIST FILTERBY PATTERN 'config|*'. What
 * it answers is not trusted, since bash expands the words that it is given: only plain names pass.
 */
#include "options/option_completion.h"

#include "options/option_table.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_shown(const struct option_entry *entry)
{
    return entry->section != SECTION_HIDDEN;
}

static bool value_is_list(const struct option_entry *entry)
{
    return entry->value && strchr(entry->value, '|');
}

/* "one two" of "one|two". */
static void print_choices(const struct option_entry *entry)
{
    for (const char *c = entry->value; *c != '\0'; c++)
        putchar(*c == '|' ? ' ' : *c);
}

/* Inside of single quotes; `special` gets a backslash. */
static void print_quoted(const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr(special, *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

/* The names of the options that `has` holds for, with `between` between them. */
static void print_names(bool (*has)(const struct option_entry *), const char *between)
{
    const char *separator = "";
    for (size_t i = 0; i < option_table_count; i++) {
        if (!is_shown(&option_table[i]) || !has(&option_table[i]))
            continue;
        printf("%s%s", separator, option_table[i].name);
        separator = between;
    }
}

static bool has_other_value(const struct option_entry *entry)
{
    return entry->value && !option_value_is_file(entry) && !value_is_list(entry);
}

/* For options that say where the server is and as whom, the scripts have rules of their own. */
static bool has_value_besides_login(const struct option_entry *entry)
{
    bool is_login = entry->id == OPTION_SOCKET || entry->id == OPTION_URL || entry->id == OPTION_USER ||
                    entry->id == OPTION_PASSWORD;
    return entry->value && !is_login;
}

/* ---- bash ---- */

/* What the line says so far: where the server is, and at which word the command begins. */
static void print_bash_line(void)
{
    puts("# bash completion of kvs-cli\n"
         "\n"
         "# Prints the commands of the server that the options on the line name.\n"
         "_kvs_cli_ask()\n"
         "{\n"
         "    KVSCLI_AUTH=$password \"$program\" \"${login[@]}\" -t 1 --raw command list \"$@\" </dev/null 2>/dev/null "
         "|\n"
         "        grep -E '^[A-Za-z0-9._|-]+$'\n"
         "}\n"
         "\n"
         "# The line is cut at its blanks: COMP_WORDS has colons and equal signs as words of their own.\n"
         "_kvs_cli()\n"
         "{\n"
         "    local line=${COMP_LINE:0:COMP_POINT} IFS=$' \\t\\n' password=${KVSCLI_AUTH-} at first=0\n"
         "    local -a words=() login=()\n"
         "    read -a words <<<\"$line\"\n"
         "    [[ $line == *[[:space:]] ]] && words+=('')\n"
         "    local last=$((${#words[@]} - 1)) program=${words[0]/#\\~\\//$HOME/}\n"
         "    local current=${words[last]} previous=${words[last - 1]}\n"
         "    COMPREPLY=()\n"
         "    for ((at = 1; at < last; at++)); do\n"
         "        case ${words[at]} in\n"
         "        -s | -u | --user)\n"
         "            login+=(\"${words[at]}\" \"${words[at + 1]/#\\~\\//$HOME/}\")\n"
         "            at=$((at + 1))\n"
         "            ;;\n"
         "        -a | --pass)\n"
         "            password=${words[at + 1]}\n"
         "            at=$((at + 1))\n"
         "            ;;");
    fputs("        ", stdout);
    print_names(has_value_besides_login, " | ");
    puts(") at=$((at + 1)) ;;\n"
         "        -*) ;;\n"
         "        *)\n"
         "            first=$at\n"
         "            break\n"
         "            ;;\n"
         "        esac\n"
         "    done");
}

static void print_bash_values(void)
{
    puts("    case $previous in");
    fputs("    ", stdout);
    print_names(option_value_is_file, " | ");
    puts(")\n"
         "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
         "        compopt -o filenames 2>/dev/null\n"
         "        return\n"
         "        ;;");
    for (size_t i = 0; i < option_table_count; i++) {
        if (!is_shown(&option_table[i]) || !value_is_list(&option_table[i]))
            continue;
        printf("    %s)\n        mapfile -t COMPREPLY < <(compgen -W '", option_table[i].name);
        print_choices(&option_table[i]);
        puts("' -- \"$current\")\n        return\n        ;;");
    }
    fputs("    ", stdout);
    print_names(has_other_value, " | ");
    puts(") return ;;\n"
         "    esac");
}

void option_completion_print_bash(void)
{
    print_bash_line();
    puts("    if ((first == last - 1 && first > 0)); then\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$(_kvs_cli_ask filterby pattern \"${words[first],,}|*\" |\n"
         "            sed 's/^[^|]*|//')\" -- \"${current,,}\")\n"
         "        return\n"
         "    elif ((first > 0)); then\n"
         "        return\n"
         "    fi");
    print_bash_values();
    puts("    if [[ $current == -* ]]; then\n"
         "        mapfile -t COMPREPLY < <(compgen -W '");
    for (size_t i = 0; i < option_table_count; i++) {
        if (is_shown(&option_table[i]))
            printf("            %s\n", option_table[i].name);
    }
    puts("            ' -- \"$current\")\n"
         "    else\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$(_kvs_cli_ask | grep -v '|')\" -- \"${current,,}\")\n"
         "    fi\n"
         "}\n"
         "\n"
         "complete -F _kvs_cli kvs-cli");
}

/* ---- zsh ---- */

static void print_zsh_option(const struct option_entry *entry)
{
    printf("        '%s[", entry->name);
    print_quoted(entry->help, "[]:\\");
    putchar(']');
    if (option_value_is_file(entry)) {
        fputs(":file:_files", stdout);
    } else if (value_is_list(entry)) {
        fputs(":value:(", stdout);
        print_choices(entry);
        putchar(')');
    } else if (entry->value) {
        fputs(":value: ", stdout);
    }
    puts("' \\");
}

void option_completion_print_zsh(void)
{
    puts("#compdef kvs-cli\n"
         "# zsh completion of kvs-cli\n"
         "\n"
         "# Completes with the commands of the server that the options on the line name.\n"
         "_kvs_cli_ask()\n"
         "{\n"
         "    local option\n"
         "    local -a login found\n"
         "    for option in -s -u --user; do\n"
         "        (( ${+opt_args[$option]} )) && login+=($option ${${(Q)opt_args[$option]}/#\\~\\//$HOME/})\n"
         "    done\n"
         "    found=(${(f)\"$(KVSCLI_AUTH=${(Q)opt_args[-a]:-${(Q)opt_args[--pass]:-$KVSCLI_AUTH}} \\\n"
         "        ${(Q)program/#\\~\\//$HOME/} $login -t 1 --raw command list $@ </dev/null 2>/dev/null)\"})\n"
         "    print -rl -- ${found:#*[^A-Za-z0-9._|-]*}\n"
         "}\n"
         "\n"
         "_kvs_cli_command()\n"
         "{\n"
         "    local -a commands\n"
         "    commands=(${(f)\"$(_kvs_cli_ask)\"})\n"
         "    compadd -M 'm:{A-Z}={a-z}' -- ${commands:#*\\|*}\n"
         "}\n"
         "\n"
         "_kvs_cli_argument()\n"
         "{\n"
         "    local -a commands\n"
         "    (( CURRENT == 2 )) || return 1\n"
         "    commands=(${(f)\"$(_kvs_cli_ask filterby pattern \"${(L)words[1]}|*\")\"})\n"
         "    compadd -M 'm:{A-Z}={a-z}' -- ${commands#*\\|}\n"
         "}\n"
         "\n"
         "_kvs_cli()\n"
         "{\n"
         "    local curcontext=$curcontext program=$words[1]\n"
         "    local -A opt_args\n"
         "    _arguments -S -A '-*' \\");
    for (size_t i = 0; i < option_table_count; i++) {
        if (is_shown(&option_table[i]))
            print_zsh_option(&option_table[i]);
    }
    puts("        '1:command:_kvs_cli_command' \\\n"
         "        '*::argument:_kvs_cli_argument'\n"
         "}\n"
         "\n"
         "_kvs_cli \"$@\"");
}

/* ---- fish ---- */

static void print_fish_option(const struct option_entry *entry)
{
    bool is_long = entry->name[1] == '-';
    printf("complete -c kvs-cli -n 'not __kvs_cli_first >/dev/null' -%c %s", is_long ? 'l' : 's',
           entry->name + (is_long ? 2 : 1));
    if (option_value_is_file(entry)) {
        fputs(" -r -F", stdout);
    } else if (value_is_list(entry)) {
        fputs(" -x -a '", stdout);
        print_choices(entry);
        putchar('\'');
    } else if (entry->value) {
        fputs(" -x", stdout);
    }
    fputs(" -d '", stdout);
    for (const char *c = entry->help; *c != '\0'; c++)
        printf(*c == '\'' || *c == '\\' ? "\\%c" : "%c", *c);
    puts("'");
}

void option_completion_print_fish(void)
{
    puts("# fish completion of kvs-cli\n"
         "\n"
         "# Prints the command on the line, if there is one, and what follows it; fails if there is none.\n"
         "function __kvs_cli_first\n"
         "    set -l words (commandline -opc)\n"
         "    set -l at 2\n"
         "    while test $at -le (count $words)\n"
         "        switch $words[$at]");
    fputs("            case ", stdout);
    for (size_t i = 0; i < option_table_count; i++) {
        if (is_shown(&option_table[i]) && option_table[i].value)
            printf("%s ", option_table[i].name);
    }
    puts("\n"
         "                set at (math $at + 2)\n"
         "            case '-*'\n"
         "                set at (math $at + 1)\n"
         "            case '*'\n"
         "                printf '%s\\n' $words[$at..-1]\n"
         "                return 0\n"
         "        end\n"
         "    end\n"
         "    return 1\n"
         "end\n"
         "\n"
         "# Prints the commands of the server that the options on the line name.\n"
         "function __kvs_cli_ask\n"
         "    set -l words (commandline -opc)\n"
         "    set -l login\n"
         "    set -lx KVSCLI_AUTH $KVSCLI_AUTH\n"
         "    for at in (seq 2 (count $words))\n"
         "        set -l value (string replace -r '^~/' \"$HOME/\" -- $words[(math $at + 1)])\n"
         "        if contains -- $words[$at] -s -u --user\n"
         "            set -a login $words[$at] $value\n"
         "        else if contains -- $words[$at] -a --pass\n"
         "            set KVSCLI_AUTH $words[(math $at + 1)]\n"
         "        end\n"
         "    end\n"
         "    $words[1] $login -t 1 --raw command list $argv </dev/null 2>/dev/null | string match -r "
         "'^[A-Za-z0-9._|-]+$'\n"
         "end\n"
         "\n"
         "function __kvs_cli_subcommands\n"
         "    set -l first (__kvs_cli_first)\n"
         "    test (count $first) -eq 1\n"
         "    and __kvs_cli_ask filterby pattern (string lower -- $first[1])'|*' | string replace -r '^[^|]*\\\\|' ''\n"
         "end\n"
         "\n"
         "complete -c kvs-cli -f\n"
         "complete -c kvs-cli -n 'not __kvs_cli_first >/dev/null' -a '(__kvs_cli_ask | string match -v -r \"[|]\")'\n"
         "complete -c kvs-cli -n '__kvs_cli_first >/dev/null' -a '(__kvs_cli_subcommands)'");
    for (size_t i = 0; i < option_table_count; i++) {
        if (is_shown(&option_table[i]))
            print_fish_option(&option_table[i]);
    }
}
