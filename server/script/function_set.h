/*
 * The functions that the server knows, in their libraries: what FUNCTION LOAD has brought.
 *
 * A set of libraries never changes: whoever changes something makes another set and puts it in the place of the current
 * one. So a worker may use a set as long as it holds a reference to it. Each worker compiles for itself what it needs
 * (bound_function.h).
 *
 * Any thread; the lock is the module's own.
 */
#ifndef KVS_SCRIPT_FUNCTION_SET_H
#define KVS_SCRIPT_FUNCTION_SET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

struct function {
    char *name;
    char *description; /* NULL: none */
    size_t description_len;
    uint32_t flags;  /* script_flag */
    unsigned number; /* in its library */
    struct function_library *library;
    atomic_bool reaches_out, has_run; /* as struct script has it */
};

struct function_library {
    atomic_uint references;
    char *name;
    char *code;                /* a NUL follows */
    size_t code_len, line_len; /* bytes of all, and of its first line */
    unsigned count;
    struct function *functions;
};

struct function_set {
    atomic_uint references;
    unsigned library_count, function_count;
    struct function_library **libraries; /* by name */
    struct function **functions;         /* by name in lower case */
};

/* ---- libraries ---- */

/* A library without functions; texts are copied. One reference is the caller's. */
struct function_library *function_library_create(const char *name, size_t name_len, const char *code, size_t code_len,
                                                 size_t line_len);

/* Before anybody else sees it. False: it has one with that name. */
bool function_library_add(struct function_library *library, const char *name, size_t name_len, const char *description,
                          size_t description_len, uint32_t flags);
void function_library_release(struct function_library *library);

/* ---- sets ---- */

/* The current set, retained. Its number changes whenever another one takes its place. */
struct function_set *function_set_take(void);
void function_set_release(struct function_set *set);
uint64_t function_set_generation(void);

/* In any case of letters; NULL: there is none. */
struct function *function_set_find(const struct function_set *set, const char *name, size_t len);
struct function_library *function_set_find_library(const struct function_set *set, const char *name, size_t len);

/* ---- changes ---- */

/*
 * Adds these libraries, whose references it takes over. replaces: in the place of those with the same name; flushes: in
 * the place of all. False: error_out says why not, and nothing has changed.
 */
bool function_set_add(struct function_library **libraries, unsigned count, bool replaces, bool flushes,
                      struct text *error_out);

/* False: there is no such library. */
bool function_set_remove(const char *name, size_t len);

void function_set_flush(void);

/* Bytes that the texts of the current set occupy, about. */
size_t function_set_memory(void);

#endif
