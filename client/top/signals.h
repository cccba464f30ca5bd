/*
 * Signals as something to wait for: those that end, stop or resize the screen are blocked and read from a descriptor.
 * What was ignored when the program began (nohup) stays ignored.
 */
#ifndef KVS_CLIENT_TOP_SIGNALS_H
#define KVS_CLIENT_TOP_SIGNALS_H

/* The descriptor, readable when there is a signal, or a negative errno. For the rest of the program's life. */
int signals_open(void);

/* The next signal; 0: none is there. */
int signals_take(int fd);

/* Ends the program by a signal, as if nobody had waited for it. */
_Noreturn void signals_die(int number);

#endif
