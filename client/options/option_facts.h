/*
 * What there is to know about kvs-cli besides its options, for --help and the man page.
 */
#ifndef KVS_CLIENT_OPTIONS_OPTION_FACTS_H
#define KVS_CLIENT_OPTIONS_OPTION_FACTS_H

/* Each list ends with a NULL name. */
struct option_fact {
    const char *name, *text;
};

extern const struct option_fact option_exit_codes[];
extern const struct option_fact option_environment[];
extern const struct option_fact option_files[];
extern const struct option_fact option_prompt_words[]; /* what can be typed besides commands */
extern const struct option_fact option_examples[];     /* the command line, and what it is for */

#define OPTION_SOCKET_FACT                                                                                             \
    "Socket: -s or -u, else $KVS_SOCKET (a path or a URL), else the one in cli.conf, else $XDG_RUNTIME_DIR/kvs.sock "  \
    "if it is there, "                                                                                                 \
    "else "                                                                                                            \
    "/tmp/kvs.sock."
#define OPTION_PASSWORD_FACT                                                                                           \
    "Password: -a, else --askpass, else that of the URL, else $KVSCLI_AUTH, else $REDISCLI_AUTH. It is sent on "       \
    "each connect."

#endif
