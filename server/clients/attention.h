/*
 * Attention: why requests must be looked at one by one for a while, instead of in groups.
 *
 * One word of bits, each set and cleared by the module that is named beside it, so that the hot path asks for all of
 * them with one load. The bits only say where to look: what is true stands in the modules.
 */
#ifndef KVS_CLIENTS_ATTENTION_H
#define KVS_CLIENTS_ATTENTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum attention {
    ATTENTION_MONITORS = 1 << 0, /* monitor.c: there are monitors, which see every command */
    ATTENTION_PAUSE = 1 << 1,    /* pause.c: commands may have to wait */
    ATTENTION_MEMORY = 1 << 2,   /* eviction.c: memory is over maxmemory */
    ATTENTION_SCRIPTS = 1 << 3,  /* script_watch.c: a script runs long */
    ATTENTION_LOADING = 1 << 4,  /* loading.c: the data set isn't there yet */
    ATTENTION_SAVING = 1 << 5,   /* saving.c: the last snapshot has failed, so writes may have to be refused */
};

/*
 * Alone in its cache line: all workers read it before each request, and it is hardly ever written. Relaxed everywhere:
 * nothing is read through it, and a moment's delay does no harm.
 */
struct attention_line {
    _Alignas(64) _Atomic uint32_t bits;
};
extern struct attention_line attention_line;

/* Whether any bit is set. Any thread. */
static inline bool attention_is_called_for(void)
{
    return __builtin_expect(atomic_load_explicit(&attention_line.bits, memory_order_relaxed) != 0, 0);
}

static inline bool attention_has(enum attention bit)
{
    return __builtin_expect((atomic_load_explicit(&attention_line.bits, memory_order_relaxed) & bit) != 0, 0);
}

/* Sets or clears a bit; writes the word, which all workers read, only where that changes it. */
void attention_set(enum attention bit, bool on);

#endif
