/*
 * Configuration: how the settings are read, shown, changed and written. Main thread at start, unless a comment says
 * otherwise.
 *
 * One table (directives.c) describes every directive; it serves the file, the command line, CONFIG
 * GET/SET/REWRITE and docs/configuration.md.
 */
#ifndef KVS_CONFIG_CONFIG_H
#define KVS_CONFIG_CONFIG_H

#include "config/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct bytes;
struct text;

/* Fills in the defaults. The caller frees what they hold with config_deinit(). */
void config_init(struct config *config);
void config_deinit(struct config *config);

/*
 * Reads arguments (without argv[0]) as the command line has them: [FILE] [--directive value ...] [-s PATH], "-" for a
 * file on standard input. Returns 0, or -EINVAL where there are mistakes (config/mistakes.h), with *error_out set to
 * all of them, with line feeds between them (freed with mem_free()); the other values are set nevertheless.
 */
int config_load(struct config *config, int argc, char **argv, char **error_out);

/*
 * What the command line asks for: --help, --version, --check-config, --check-rdb FILE, --check-aof with arguments of
 * its own, a page of docs/ or of the manual that is generated from tables (--config-markdown, --commands-markdown,
 * --man-page, --config-man-page), or serving.
 */
enum config_action {
    CONFIG_SERVE,
    CONFIG_HELP,
    CONFIG_VERSION,
    CONFIG_CHECK,
    CONFIG_CHECK_RDB, /* the arguments are the option and a file: config_checked_rdb() */
    CONFIG_CHECK_LOG, /* all arguments behind the first are its */
    CONFIG_MARKDOWN,
    CONFIG_COMMANDS_MARKDOWN,
    CONFIG_MAN_PAGE,
    CONFIG_FILE_MAN_PAGE,
};
enum config_action config_action_of(int argc, char **argv);

/* The FILE of --check-rdb, which is all of the command line, or NULL. */
const char *config_checked_rdb(int argc, char **argv);

/* Adds the text of --help. */
void config_help(struct text *text);
/* Adds docs/configuration.md, generated from the table. */
void config_markdown(struct text *text);
/* Adds kvs-server(1) or kvs.conf(5), generated from the table. */
void config_server_man_page(struct text *text);
void config_file_man_page(struct text *text);

/* ---- CONFIG GET, SET, REWRITE ---- */

/*
 * Whether the directive with this name, in upper or lower case, has a secret value, which messages and logs don't
 * repeat.
 */
bool config_is_secret(const char *name, size_t len);

/* Whether there is a directive with this name, in upper or lower case. */
bool config_has(const char *name, size_t len);

/*
 * Calls visit with the name and value of every directive that matches one of the patterns, once for each. A directive's
 * older name is a name like any other; a pattern without * ? [ is a name, and is passed to visit as it was given.
 * Inside the gate.
 */
typedef void config_visit(void *context, const char *name, const char *value);
void config_get(const struct config *config, const struct bytes *patterns, size_t count, config_visit *visit,
                void *context);

/*
 * Sets several directives at once, all or none. pairs holds 2 * pair_count texts: name, value, name, value ... World
 * stopped. Returns 0, or a negative errno with nothing changed; *error_out is then CONFIG SET's reply after "ERR ", in
 * Redis's words (freed with mem_free()).
 */
int config_set(struct config *config, const struct bytes *pairs, size_t pair_count, char **error_out);

/*
 * Called after values have changed, before config_set() returns: makes them take effect where no module reads the field
 * itself (the log's level, the working directory). names are those of the directives whose values changed. It may
 * refuse with a negative errno and *error_out, after undoing what it did; then all values are restored. There is one
 * listener, which main.c sets before threads start. It doesn't have to raise the limit of open files for maxclients:
 * that has been done already.
 */
typedef int config_listener(void *context, const struct config *config, const char *const *names, size_t count,
                            char **error_out);
void config_set_listener(config_listener *listener, void *context);

/* Whether the environment says that a service manager hands sockets over to this process. */
bool config_is_activated(const struct config *config);

/* How many open files the server needs besides its clients' (host/open_files.h), with as many threads and sockets. */
int config_own_files(const struct config *config);

/*
 * What the user lines of a configuration mean: all users as "NAME RULE ..." in the words of ACL LIST, with the values
 * that `now` has of all other directives. An array of texts (mem_alloc()) and their number, or NULL where users have a
 * file of their own. What is wrong with a line becomes a mistake of lines.
 */
typedef char **config_describe_users(struct config *lines, const struct config *now, size_t *count_out);

/*
 * Writes the values back into the file they came from, keeping its comments, its order and every line whose value still
 * holds. The config's own users are described (config_set_users()), those of the file are by describe(); with NULL they
 * are compared as they stand. World stopped, so that it writes one consistent state. Returns 0 or a negative errno:
 * -ENOENT without a file, -EINVAL if the file has become invalid (the log says where).
 */
int config_rewrite(const struct config *config, config_describe_users *describe);

#endif
