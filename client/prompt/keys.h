/*
 * What a line editor waits for: keys, one character at a time in the user's locale; signals that concern the terminal;
 * and one more descriptor. Reads byte by byte, so that what is typed ahead is left for the programs that run next.
 *
 * One terminal, so one state for the whole program; main thread only.
 */
#ifndef KVS_CLIENT_PROMPT_KEYS_H
#define KVS_CLIENT_PROMPT_KEYS_H

#include <stdbool.h>
#include <wchar.h>

enum key_event {
    KEY_NONE,      /* nothing yet */
    KEY_CHARACTER, /* Ctrl-C is one too, also when it comes as a signal */
    KEY_END,       /* of the input */
    KEY_RESIZED,   /* the terminal has another size */
    KEY_STOPPED,   /* the program is to stop (SIGTSTP): see keys_stop() */
    KEY_CONTINUED, /* the program was stopped and goes on */
    KEY_ENDED,     /* a signal that ends the program: see keys_die() */
    KEY_OTHER,     /* the other descriptor is readable */
};

/* Between the two, signals are events and do nothing else. */
void keys_begin(void);
void keys_end(void);

/* `other_fd` may be -1. Without `wait` it tells only what has happened already. */
enum key_event keys_next(int other_fd, bool wait, wchar_t *key_out);

/* A character that comes within a moment of another: the rest of a sequence that a key sends. KEY_NONE: none came. */
enum key_event keys_follow(wchar_t *key_out);

/* After KEY_STOPPED, with the terminal in order: stops the program, and returns when it goes on, or where nobody could
 * make it go on. There is no KEY_CONTINUED for it. */
void keys_stop(void);

/* After KEY_ENDED, with the terminal in order: ends the program by that signal. */
void keys_die(void);

#endif
