/*
 * Settings: the values of the configuration as the server reads them.
 *
 * Directives that the server reads have a field. Values are changed at start and while the world is stopped
 * (base/gate.h), so threads inside the gate read the fields plainly.
 */
#ifndef KVS_CONFIG_SETTINGS_H
#define KVS_CONFIG_SETTINGS_H

#include "base/access_level.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * More would serve nobody and cost everybody: a client that uses them all touches 2 KiB for each, and what goes through
 * the databases in use (INFO, expiry, FLUSHALL with the world stopped) takes as long as there are many.
 */
#define DATABASES_MAX 100000

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

/* One `listen` entry. Texts that aren't given are "". */
struct listen_entry {
    char *path;
    int mode;    /* mode bits */
    char *owner; /* account, name or number */
    char *group;
    enum access_level access;
    char *user; /* ACL user */
};

/* Strings are never NULL: what isn't set is "". Paths may be relative, and then start from dir. */
struct config {
    /* socket */
    char *unixsocket;
    int unixsocketperm; /* mode bits */
    char *unixsocketgroup;
    struct listen_entry *listens;
    size_t listen_count;
    int inherit_fd; /* a connection that the parent made; -1: none */
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
    char *account;        /* `user NAME`: the account that a server started by root becomes */
    bool sandbox;
    /* clients */
    int maxclients;
    int maxclients_per_uid;             /* 0: no limit */
    int timeout;                        /* seconds; 0: never */
    uint64_t client_query_buffer_limit; /* bytes */
    uint64_t proto_max_bulk_len;        /* bytes */
    struct output_limit output_limits[CLIENT_CLASSES];
    int64_t maxmemory_clients;       /* bytes; negative: percent of maxmemory */
    int64_t tracking_table_max_keys; /* 0: no limit */
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
    bool lazyfree_lazy_user_flush;
    int active_expire_effort;
    uint64_t maxmemory;   /* bytes; 0: no limit */
    int maxmemory_policy; /* enum maxmemory_policy */
    int maxmemory_samples;
    int lfu_log_factor, lfu_decay_time;
    char *notify_keyspace_events; /* letters; see engine/key_events.h */
    uint64_t hll_sparse_max_bytes;
    int list_max_listpack_size; /* see list_settle() */
    int64_t hash_max_listpack_entries, set_max_intset_entries, set_max_listpack_entries, set_max_listpack_value,
        zset_max_listpack_entries;
    uint64_t hash_max_listpack_value, zset_max_listpack_value; /* bytes */
    uint64_t stream_node_max_bytes;                            /* 0: no limit of their own, like the next */
    int64_t stream_node_max_entries, stream_idmp_duration, stream_idmp_maxsize;
    /* observation */
    int64_t slowlog_log_slower_than; /* microseconds, negative: off */
    int64_t slowlog_max_len;
    int64_t busy_reply_threshold;      /* milliseconds */
    int64_t latency_monitor_threshold; /* milliseconds, 0: off */
    bool latency_tracking;
    double *latency_percentiles;
    size_t latency_percentile_count;
    /* persistence */
    char *save;       /* pairs of seconds and changes */
    char *dbfilename; /* without a folder */
    bool appendonly;  /* false: the only value so far */
    bool rdbcompression, rdbchecksum, rdb_save_incremental_fsync, stop_writes_on_bgsave_error;
    /* config/'s own */
    char *file;  /* absolute path of the file that was read; NULL: none. Other modules may read this field */
    void *extra; /* struct config_extra: accepted directives without a field of their own */
};

#endif
