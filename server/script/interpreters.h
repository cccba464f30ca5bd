/*
 * The interpreters of a worker: one for scripts and one for functions.
 *
 * Each is made when the first script, or function, runs, and dropped when what it has compiled is to be forgotten (SCRIPT
 * FLUSH) or has become too much. By the worker that they belong to.
 */
#ifndef KVS_SCRIPT_INTERPRETERS_H
#define KVS_SCRIPT_INTERPRETERS_H

#include "script/interpreter.h"

/* The calling worker's, with all that scripts or functions find in it. NULL without memory. */
struct interpreter *interpreter_here(enum interpreter_kind kind);

/* Drops the calling worker's, with all that it has compiled; no script runs. Nothing happens without one. */
void interpreter_drop(enum interpreter_kind kind);

#endif
