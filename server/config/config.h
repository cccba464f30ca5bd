/*
 * Configuration: the values that directives set.
 *
 * One table (directives.c) describes every directive; it serves the file, the command line, CONFIG
 * GET/SET/REWRITE and docs/configuration.md. Values are changed at start and while the world is
 * stopped (base/gate.h), so threads inside the gate read the fields plainly.
 */
#ifndef KVS_CONFIG_CONFIG_H
#define KVS_CONFIG_CONFIG_H

#include "base/access_level.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bytes;
struct text;

enum client_class { CLASS_NORMAL, CLASS_REPLICA, CLASS_PUBSUB, CLIENT_CLASSES };

struct output_limit {
    uint64_t hard_bytes, soft_bytes; /* 0: none */
    int64_t soft_seconds;
};

/* enable-debug-command and its like; every client here is local */
enum local_permission { PERMISSION_NO, PERMISSION_YES, PERMISSION_LOCAL };

enum maxmemory_policy {
    POLICY_VOLATILE_LRU,
    POLICY_VOLATILE_LFU,
    POLICY_VOLATILE_RANDOM,
    POLICY_VOLATILE_TTL,
    POLICY_ALLKEYS_LRU,
    POLICY_ALLKEYS_LFU,
    POLICY_ALLKEYS_RANDOM,
    POLICY_NOEVICTION,
};

/* supervised */
enum supervision { SUPERVISED_UPSTART, SUPERVISED_SYSTEMD, SUPERVISED_AUTO, SUPERVISED_NO };

/* One `listen` entry. A name that isn't given is "". */
struct listen_entry {
    char *path;
    int mode;    /* mode bits */
    char *owner; /* account, name or number */
    char *group;
    enum access_level access;
    char *user; /* ACL user */
};

/* Strings are never NULL: what isn't set is "". Paths may be relative, and then begin at dir. */
struct config {
    /* socket */
    char *unixsocket;
    int unixsocketperm; /* mode bits */
    char *unixsocketgroup;
    struct listen_entry *listens;
    size_t listen_count;
    int inherit_fd; /* a connection of the parent's; -1 none */
    int backlog;
    /* process */
    int threads;
    int databases;
    bool daemonize;
    char *pidfile;
    char *dir; /* absolute; main.c changes into it */
    char *logfile;
    int loglevel; /* enum log_level */
    bool syslog_enabled;
    char *syslog_ident;
    int syslog_facility;
    bool crash_log_enabled;
    bool set_proc_title;
    char *proc_title_template;
    int hz;
    int shutdown_timeout; /* seconds */
    int supervised;       /* enum supervision */
    char *account;        /* `user NAME`: what root becomes */
    bool sandbox;
    /* clients */
    int maxclients;
    int maxclients_per_uid; /* 0: no limit */
    int timeout;            /* seconds, 0 never */
    uint64_t client_query_buffer_limit;
    uint64_t proto_max_bulk_len;
    struct output_limit output_limits[CLIENT_CLASSES];
    int64_t maxmemory_clients; /* bytes; negative: percent of maxmemory */
    int enable_debug_command, enable_protected_configs, enable_module_command; /* enum local_permission */
    /* access */
    char *requirepass;
    char *aclfile;
    char **users; /* `user NAME rule ...`: each a text "NAME rule ...", for text_split() */
    size_t user_count;
    int64_t acllog_max_len;
    bool acl_all_channels; /* acl-pubsub-default allchannels */
    char **renames;        /* rename-command: old name, new name, old name ... */
    size_t rename_count;   /* pairs */
    /* keys */
    bool lazyfree_lazy_expire, lazyfree_lazy_server_del, lazyfree_lazy_user_del, lazyfree_lazy_user_flush,
        lazyfree_lazy_eviction;
    int active_expire_effort;
    uint64_t maxmemory;
    int maxmemory_policy; /* enum maxmemory_policy */
    int maxmemory_samples;
    int lfu_log_factor, lfu_decay_time;
    /* observation */
    int64_t slowlog_log_slower_than; /* microseconds, negative: off */
    int64_t slowlog_max_len;
    int64_t latency_monitor_threshold; /* milliseconds, 0: off */
    bool latency_tracking;
    double *latency_percentiles;
    size_t latency_percentile_count;
    /* persistence comes later: only "off" is accepted today */
    char *save;
    bool appendonly;
    /* config/'s own */
    char *file;  /* absolute path of the file that was read, NULL none; others may read it */
    void *extra; /* struct config_extra: accepted directives without a field of their own */
};

/* Where the line stands that declares config->users[index], or pair number index of renames: "a.conf:12",
 * "command line"; "" where it isn't known. */
const char *config_user_place(const struct config *config, size_t index);
const char *config_rename_place(const struct config *config, size_t index);

/* The ACL's users as CONFIG REWRITE is to write them (none with an aclfile). Takes the array and its texts, made with
 * mem_alloc(). World stopped. */
void config_set_users(struct config *config, char **users, size_t count);

/* Fills in the defaults. */
void config_init(struct config *config);
void config_deinit(struct config *config);

/*
 * Reads arguments (without argv[0]) as the command line has them: [FILE] [--directive value ...] [-s PATH],
 * "-" for a file on standard input. On a mistake returns -EINVAL and sets *error_out to one line: where, what
 * is wrong, what to do (freed with mem_free()).
 */
int config_load(struct config *config, int argc, char **argv, char **error_out);

/*
 * What the command line asks for: --help, --version, --check-config, the pages of docs/ and of the manual that are drawn
 * from tables (--config-markdown, --commands-markdown, --man-page, --config-man-page), or serving.
 */
enum config_action {
    CONFIG_SERVE,
    CONFIG_HELP,
    CONFIG_VERSION,
    CONFIG_CHECK,
    CONFIG_MARKDOWN,
    CONFIG_COMMANDS_MARKDOWN,
    CONFIG_MAN_PAGE,
    CONFIG_FILE_MAN_PAGE,
};
enum config_action config_action_of(int argc, char **argv);

/* --help's text. */
void config_help(struct text *text);
/* docs/configuration.md, drawn from the table. */
void config_markdown(struct text *text);
/* kvs-server(1) and kvs.conf(5), drawn from the table. */
void config_server_man_page(struct text *text);
void config_file_man_page(struct text *text);

/* ---- CONFIG GET, SET, REWRITE ---- */

/* Whether the value of the directive of that name, in any case, is a secret: messages and logs don't repeat it. */
bool config_is_secret(const char *name, size_t len);

/*
 * Calls visit with name and value of every directive that matches one of the patterns, each once. An older
 * name of a directive is a name like any other; a pattern without * ? [ is a name, and told back as it was
 * asked for.
 */
typedef void config_visit(void *context, const char *name, const char *value);
void config_get(const struct config *config, const struct bytes *patterns, size_t count, config_visit *visit,
                void *context);

/*
 * Sets several at once, all or none. pairs are name, value, name, value ...: 2 * pair_count of them. World
 * stopped. On failure returns a negative errno, nothing is changed and *error_out is what CONFIG SET answers
 * behind its "ERR ", in Redis's words (mem_free()).
 */
int config_set(struct config *config, const struct bytes *pairs, size_t pair_count, char **error_out);

/*
 * Told after values have changed, before config_set() returns: it makes them take effect where nobody reads
 * the field itself (the log's level, the working directory). It may refuse with a negative errno and
 * *error_out, having undone what it did; then all values are put back. One listener, set by main.c before
 * threads start; names are those of the directives whose values changed. maxclients needs nothing more: open
 * files have been raised to fit already.
 */
typedef int config_listener(void *context, const struct config *config, const char *const *names, size_t count,
                            char **error_out);
void config_set_listener(config_listener *listener, void *context);

/*
 * Writes the values back into the file they came from, keeping its comments, its order and every line whose
 * value still holds. World stopped, so that it is one state that is written. 0 or a negative errno: -ENOENT
 * without a file, -EINVAL if the file can't be understood any more (the log says where).
 */
int config_rewrite(const struct config *config);

#endif
