/*
 * Programs of Lua from bytes: each byte chooses how a part of the program is written, so that any bytes make a program
 * that compiles, and a small change of them makes a similar one.
 */
#ifndef KVS_FUZZ_SCRIPT_GRAMMAR_H
#define KVS_FUZZ_SCRIPT_GRAMMAR_H

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

struct choices {
    const uint8_t *at, *end; /* when they are used up, parts are written in their shortest form */
};

void grammar_add_script(struct text *program, struct choices *choices);

/* The code of a library "fuzz", with its first line, whose functions are f, g and perhaps others. */
void grammar_add_library(struct text *program, struct choices *choices);

#endif
