/*
 * Panic: the end of the process where going on would do harm, with one line that says why and what to do.
 *
 * For faults that nobody above could handle: memory that start-up or a table needs and that can't be had, a kernel
 * without random numbers. Any thread may call. Where the line goes is set once, before there are threads; until then it
 * goes to standard error.
 */
#ifndef KVS_BASE_PANIC_H
#define KVS_BASE_PANIC_H

/* Writes one line, which has no line end. Runs when memory may be gone: it allocates nothing. */
typedef void panic_writer(const char *line);
void panic_set_writer(panic_writer *writer);

_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For functions that check a whole structure: the line names the condition that doesn't hold, and where it stands. */
#define panic_unless(condition)                                                                                        \
    ((condition) ? (void)0 : panic("%s: line %d: not so: %s", __func__, __LINE__, #condition))

#endif
