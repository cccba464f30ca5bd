/*
 * Panic: ends the process where going on would do harm, with one line that says why and what to do.
 *
 * For faults that no caller could handle: no memory for start-up or for a table, a kernel without random numbers. Any
 * thread may call. The line goes to standard error, unless another writer is set, once, before there are threads.
 */
#ifndef KVS_BASE_PANIC_H
#define KVS_BASE_PANIC_H

/* Writes one line, which comes without a line end. Must not allocate: memory may have run out. */
typedef void panic_writer(const char *line);
void panic_set_writer(panic_writer *writer);

_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For functions that check a whole structure: the line names the condition that doesn't hold, and where it stands. */
#define panic_unless(condition)                                                                                        \
    ((condition) ? (void)0 : panic("%s: line %d: not so: %s", __func__, __LINE__, #condition))

#endif
