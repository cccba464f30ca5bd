/*
 * Where a password comes from: the command line, a question at the terminal, or the environment. It then goes to the
 * server with AUTH (session.h).
 *
 * A program has one password, which these functions keep in static storage: it lives as long as the program.
 */
#ifndef KVS_CLIENT_CONNECTION_LOGIN_H
#define KVS_CLIENT_CONNECTION_LOGIN_H

/* Takes the password out of a word of the command line: afterwards ps shows it as "*". */
const char *login_take_word(char *word);

/* Only hides the word: for one that holds a password among other things. */
void login_hide_word(char *word);

/* $KVSCLI_AUTH, else $REDISCLI_AUTH, or NULL; an empty one counts as none. */
const char *login_from_environment(void);

/* Asks on standard error and reads a line from the terminal that standard input has to be, without echo. Ctrl-C ends
 * the program. NULL at the end of input; errno is ENOTTY where there is no terminal. `user` may be NULL. */
const char *login_ask(const char *user);

#endif
