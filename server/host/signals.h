/*
 * Signals that ask something of the server. They arrive through a descriptor, so no thread is interrupted by one, and
 * none ends the process behind the server's back: a socket file and a pidfile would stay.
 *
 * Main thread, before others start; other threads inherit that the signals are blocked.
 */
#ifndef KVS_HOST_SIGNALS_H
#define KVS_HOST_SIGNALS_H

/* Returns a descriptor that is readable when signals_take() has something, or a negative errno. */
int signals_open(void);

enum signal_wish {
    SIGNAL_NOTHING,
    SIGNAL_RELOAD, /* SIGHUP */
    SIGNAL_END,    /* SIGTERM, SIGINT, SIGQUIT; SIGPWR; SIGXCPU, after which the kernel would soon kill the process */
};

/* Takes one signal, and says in the log what came and from whom. SIGNAL_NOTHING also when there is none. */
enum signal_wish signals_take(void);

#endif
