/*
 * Running the code of libraries of functions: to learn what they register, and to have it ready on a worker.
 *
 * That code finds no keys, and may run for half a second, in which the worker serves its other clients. By the client's
 * worker, inside the gate.
 */
#ifndef KVS_ENGINE_LOAD_FUNCTIONS_H
#define KVS_ENGINE_LOAD_FUNCTIONS_H

#include <stdbool.h>

struct call;
struct function;
struct function_library;
struct interpreter;
struct text;

/* Gives the library the functions that it registers. False: error_out says why not. */
bool load_functions(struct call *call, struct function_library *library, struct text *error_out);

/*
 * The same for a thread that isn't a worker, and runs while no client is served: at start. It says when it has loaded
 * the last one, and its interpreter goes.
 */
bool load_functions_at_start(struct function_library *library, struct text *error_out);
void load_functions_end_start(void);

/* Makes a function ready to be run on this worker. False: the error has been replied. */
bool load_function_here(struct call *call, struct interpreter *interpreter, const struct function *function);

#endif
