/*
 * Compiled scripts: what a worker's interpreter has made of the scripts that it has run.
 *
 * Too many of them, or SCRIPT FLUSH, and the interpreter is dropped with all of them before the next script runs.
 *
 * By the interpreter's worker, while no script runs.
 */
#ifndef KVS_SCRIPT_COMPILED_H
#define KVS_SCRIPT_COMPILED_H

#include "base/sha1.h"
#include "script/interpreter.h"

#include <stddef.h>

struct script;
struct text;

/* The calling worker's interpreter, with nothing in it that is to be forgotten. NULL without memory. */
struct interpreter *compiled_interpreter(void);

/*
 * The script with this SHA-1 if it is compiled, or known and can be; NULL: not. Borrowed: it stays while it runs, also
 * when it is forgotten meanwhile.
 */
struct script *compiled_find(struct interpreter *interpreter, const char sha[SHA1_HEX_LEN]);

/*
 * The script with this text, compiled, and known by its SHA-1 from now on; loaded: by SCRIPT LOAD. NULL: error_out says
 * why not.
 */
struct script *compiled_make(struct interpreter *interpreter, const char sha[SHA1_HEX_LEN], const char *text,
                             size_t len, bool loaded, struct text *error_out);

/* Pushes the function of a script that one of the two has returned. */
void compiled_push(struct interpreter *interpreter, const struct script *script);

#endif
