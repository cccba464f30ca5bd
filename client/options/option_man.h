/*
 * kvs-cli(1), drawn from the table of options: roff with the man macros, on standard output.
 */
#ifndef KVS_CLIENT_OPTIONS_OPTION_MAN_H
#define KVS_CLIENT_OPTIONS_OPTION_MAN_H

void option_man_print(void);

#endif
