/*
 * The terminal is restored even when the program crashes: the handlers of SIGSEGV and its kin write what the terminal
 * needs to show lines again, set its modes, and then go on as they would have. Only what may be called from a handler
 * is called.
 */
#ifndef KVS_CLIENT_CORE_CRASH_H
#define KVS_CLIENT_CORE_CRASH_H

#include <stddef.h>
#include <termios.h>

/* `bytes` are written to the descriptor `fd`, `modes` set on standard input. Once; crash_disarm() undoes it. */
void crash_arm(int fd, const char *bytes, size_t length, const struct termios *modes);
void crash_disarm(void);

#endif
