/*
 * Bound functions: what a worker's interpreter has made of the libraries whose functions it has run.
 *
 * By the interpreter's worker, while no function runs.
 */
#ifndef KVS_SCRIPT_BOUND_FUNCTION_H
#define KVS_SCRIPT_BOUND_FUNCTION_H

#include "script/interpreter.h"

#include <stdbool.h>
#include <stddef.h>

struct function;
struct function_set;
struct text;

/* The function with that name, as FCALL finds it. Borrowed until another is asked for. NULL: there is none. */
struct function *bound_find(struct interpreter *interpreter, const char *name, size_t len);

/* Makes it ready to be called; that may mean to run its library's code, with the keeper. False: error_out says why. */
bool bound_prepare(struct interpreter *interpreter, struct script_keeper *keeper, const struct function *function,
                   struct text *error_out);

/* Pushes a function that is ready. */
void bound_push(struct interpreter *interpreter, const struct function *function);

#endif
