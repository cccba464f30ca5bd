/*
 * A server inside a fuzzer's process: its worker, sessions and commands, and socket pairs to them. One worker, so that
 * an input's requests run in one order.
 *
 * By the fuzzer's thread.
 */
#ifndef KVS_FUZZ_FUZZED_SERVER_H
#define KVS_FUZZ_FUZZED_SERVER_H

#include "server.h"

#include <stddef.h>
#include <stdint.h>

extern struct server fuzzed;
extern struct gate_member *fuzzed_gate; /* the thread's membership; it is outside */

void fuzzed_start(void);

/*
 * Ends a script that runs long, as a user does: by SCRIPT KILL or FUNCTION KILL. One that has written, which nobody can
 * kill, ends as it does with the server. Nothing happens where none runs long.
 */
void fuzzed_end_script(void);

/* A descriptor to be closed; it doesn't block. */
int fuzzed_connect(void);

/* ---- replies ---- */

struct replies {
    char *data; /* to be free()d */
    size_t len, capacity;
};

/*
 * Sends in pieces of up to longest bytes, closes its side, and appends what comes until the server closes. stalled is
 * called whenever nothing has moved for that long.
 */
void fuzzed_converse(int fd, const void *data, size_t size, size_t longest, struct replies *replies, int stall_ms,
                     void (*stalled)(void));

/* Aborts unless they are whole, well-formed RESP. Returns how many there are. */
size_t fuzzed_check_replies(const struct replies *replies);

/* Says what is wrong and aborts: a finding. */
_Noreturn void fuzzed_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
