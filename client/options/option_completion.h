/*
 * What shells know of kvs-cli, drawn from the table of options: a script each, on standard output.
 *
 * A script completes options, their values where those are listed or are files, and as first word the commands of the
 * server that the line names, which it asks; where no server answers it has nothing to offer.
 */
#ifndef KVS_CLIENT_OPTIONS_OPTION_COMPLETION_H
#define KVS_CLIENT_OPTIONS_OPTION_COMPLETION_H

void option_completion_print_bash(void);
void option_completion_print_zsh(void);
void option_completion_print_fish(void);

#endif
