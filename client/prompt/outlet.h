/*
 * Where the replies of one command go instead of the screen: a file, or a program of the shell, which has the terminal
 * meanwhile. Ctrl-C reaches the program from the terminal; one that lives on (less) is waited for.
 */
#ifndef KVS_CLIENT_PROMPT_OUTLET_H
#define KVS_CLIENT_PROMPT_OUTLET_H

#include "prompt/command_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct outlet {
    FILE *file; /* NULL for the screen */
    pid_t pid;  /* of the program; 0: none */
};

/* False when there is no such outlet, which standard error was told. */
bool outlet_open(struct outlet *outlet, enum target target, const char *text);

/* Waits for the program and reports on standard error how it ended, unless it ended well or by Ctrl-C. */
void outlet_close(struct outlet *outlet);

#endif
