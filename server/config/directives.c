/*
 * The table of directives: the one place that knows them.
 *
 * Rows stand in the order of the documentation. Names, bounds, defaults and what may change at run time are Redis
 * 7.2's, so that its configuration files, clients and tools find what they know; where kvs differs (unixsocketperm,
 * port, save), the row says so in `about` or `refusal`. Directives of Redis that nothing here reads stand in the last
 * section: their values are checked, kept and shown by CONFIG GET, and have no effect.
 */
#include "base/bytes.h"
#include "config/directive.h"

#include <limits.h>
#include <string.h>
#include <syslog.h>

/* ---- choices ---- */

static const struct directive_choice loglevels[] = {{"debug", 0},   {"verbose", 1}, {"notice", 2},
                                                    {"warning", 3}, {"nothing", 4}, {NULL, 0}};
static const struct directive_choice facilities[] = {{"user", LOG_USER},     {"local0", LOG_LOCAL0},
                                                     {"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2},
                                                     {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},
                                                     {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},
                                                     {"local7", LOG_LOCAL7}, {NULL, 0}};
static const struct directive_choice permissions[] = {
    {"no", PERMISSION_NO}, {"yes", PERMISSION_YES}, {"local", PERMISSION_LOCAL}, {NULL, 0}};
static const struct directive_choice policies[] = {{"volatile-lru", POLICY_VOLATILE_LRU},
                                                   {"volatile-lfu", POLICY_VOLATILE_LFU},
                                                   {"volatile-random", POLICY_VOLATILE_RANDOM},
                                                   {"volatile-ttl", POLICY_VOLATILE_TTL},
                                                   {"allkeys-lru", POLICY_ALLKEYS_LRU},
                                                   {"allkeys-lfu", POLICY_ALLKEYS_LFU},
                                                   {"allkeys-random", POLICY_ALLKEYS_RANDOM},
                                                   {"noeviction", POLICY_NOEVICTION},
                                                   {NULL, 0}};
static const struct directive_choice supervisors[] = {{"upstart", SUPERVISED_UPSTART},
                                                      {"systemd", SUPERVISED_SYSTEMD},
                                                      {"auto", SUPERVISED_AUTO},
                                                      {"no", SUPERVISED_NO},
                                                      {NULL, 0}};
static const struct directive_choice fsyncs[] = {{"everysec", 0}, {"always", 1}, {"no", 2}, {NULL, 0}};
static const struct directive_choice shutdown_flags[] = {{"default", 0}, {"save", 1},  {"nosave", 2},
                                                         {"now", 4},     {"force", 8}, {NULL, 0}};
static const struct directive_choice diskless_loads[] = {{"disabled", 0}, {"on-empty-db", 1}, {"swapdb", 2}, {NULL, 0}};
static const struct directive_choice tls_clients[] = {{"no", 0}, {"yes", 1}, {"optional", 2}, {NULL, 0}};
static const struct directive_choice oom_modes[] = {{"no", 0}, {"yes", 1}, {"relative", 1}, {"absolute", 2}, {NULL, 0}};
static const struct directive_choice channel_defaults[] = {{"allchannels", true}, {"resetchannels", false}, {NULL, 0}};
static const struct directive_choice sanitizing[] = {{"no", 0}, {"yes", 1}, {"clients", 2}, {NULL, 0}};
static const struct directive_choice endpoints[] = {{"ip", 0}, {"hostname", 1}, {"unknown-endpoint", 2}, {NULL, 0}};
static const struct directive_choice propagation_errors[] = {
    {"ignore", 0}, {"panic", 1}, {"panic-on-replicas", 2}, {NULL, 0}};

/* ---- reasons ---- */

#define NO_TCP                                                                                                         \
    "Unable to listen on this port: kvs is reached through its socket file only; set port to 0 and connect "           \
    "to unixsocket"
#define NO_TLS "kvs is reached through its socket file only, where TLS serves no purpose; set tls-port to 0"
#define NO_APPENDONLY "persistence is not there yet, nothing would be logged; set appendonly to no"
#define NO_CLUSTER "kvs serves the programs of one machine and has no cluster; set cluster-enabled to no"
#define NO_REPLICA "kvs doesn't replicate; remove the directive"
#define NO_DEFRAG "Active defragmentation cannot be enabled: the allocator in use has no support for it"

/* ---- promises that nothing keeps yet ---- */

#define NO_REPLICAS "kvs has no replicas, and no write is refused for want of them"
#define NO_OOM_SCORE "the kernel weighs the process as it did at the start; systemd's OOMScoreAdjust= can change that"
#define NO_PINNING "no thread is bound to a CPU; taskset and systemd's CPUAffinity= can bind the process"
#define NO_STALLS "nothing is logged about commands that stall; SLOWLOG has the slow ones"
#define NO_SHUTDOWN_FLAGS                                                                                              \
    "the signal always ends the server in the same way: clients get their replies, and all is saved if save is set"
#define NO_TITLE "the process keeps the title that it was started with"

/* ---- rows ---- */

#define FIELD(field) .offset = offsetof(struct config, field), .width = sizeof(((struct config *)0)->field)
#define IMMUTABLE .flags = DIRECTIVE_IMMUTABLE

/* Common forms; the arguments behind `text` are further members of the row. */
#define BOOL(title, in, field, preset, text, ...)                                                                      \
    {                                                                                                                  \
        .name = title, .section = in, .kind = KIND_BOOL, FIELD(field), .initial = preset, .about = text, __VA_ARGS__   \
    }
#define NUMBER(title, in, field, low, high, preset, text, ...)                                                         \
    {                                                                                                                  \
        .name = title, .section = in, .kind = KIND_NUMBER, FIELD(field), .min = low, .max = high, .initial = preset,   \
        .about = text, __VA_ARGS__                                                                                     \
    }
#define VALUE(title, in, sort, field, preset, text, ...)                                                               \
    {                                                                                                                  \
        .name = title, .section = in, .kind = sort, FIELD(field), .initial = preset, .about = text, __VA_ARGS__        \
    }

/* The same without a field, for the last section. */
#define KEPT(title, sort, preset, text, ...)                                                                           \
    {                                                                                                                  \
        .name = title, .section = SECTION_COMPATIBILITY, .kind = sort, .offset = DIRECTIVE_NO_FIELD,                   \
        .initial = preset, .about = text, __VA_ARGS__                                                                  \
    }
#define KEPT_BOOL(title, preset, text, ...) KEPT(title, KIND_BOOL, preset, text, __VA_ARGS__)
#define KEPT_NUMBER(title, low, high, preset, text, ...)                                                               \
    KEPT(title, KIND_NUMBER, preset, text, .min = low, .max = high, __VA_ARGS__)
#define KEPT_MEMORY(title, low, high, preset, text, ...)                                                               \
    KEPT(title, KIND_MEMORY, preset, text, .min = low, .max = high, __VA_ARGS__)

const struct directive directives[] = {
    /* ---- socket ---- */
    VALUE("unixsocket", SECTION_SOCKET, KIND_SOCKET, unixsocket, "/tmp/kvs.sock",
          "Path of the socket file with all rights, at most 107 bytes; \"\": none. If it isn't set and there is "
          "a listen entry, inherit-fd or a socket from the service manager, there is none either.",
          IMMUTABLE),
    VALUE("unixsocketperm", SECTION_SOCKET, KIND_OCTAL, unixsocketperm, "600",
          "Mode of that socket file, in octal: whoever may write to it may connect; Redis leaves it to the umask.",
          .max = 0777),
    VALUE("unixsocketgroup", SECTION_SOCKET, KIND_STRING, unixsocketgroup, "",
          "Group of that socket file, by name or number; \"\": that of the process."),
    {.name = "listen",
     .section = SECTION_SOCKET,
     .kind = KIND_LISTEN,
     .offset = DIRECTIVE_NO_FIELD,
     .flags = DIRECTIVE_MULTI,
     .initial = "",
     .about =
         "A further socket file: PATH [mode=0660] [owner=NAME] [group=NAME] [access=read|write|admin] "
         "[user=ACLUSER]. Whatever clients authenticate as, access (write by default) is all they may "
         "do; user is the one they start as. Lines add up, to at most 100 entries; an empty value removes those "
         "before it, \"-PATH\" removes one, and \"+PATH options\" adds or replaces one. CONFIG SET listen takes all "
         "entries at once, or one with + or -. Connections of a removed socket stay, with no more access than it had "
         "and than the "
         "next one at its path has."},
    NUMBER("inherit-fd", SECTION_SOCKET, inherit_fd, -1, INT_MAX, "-1",
           "Descriptor of a connection that the parent process made with socketpair(). It is served, and the server "
           "ends when it closes; -1: none. Where it is standard input, output or error, the log and messages stay out "
           "of it.",
           .flags = DIRECTIVE_IMMUTABLE | DIRECTIVE_OWN),
    NUMBER("tcp-backlog", SECTION_SOCKET, backlog, 0, INT_MAX, "511",
           "Number of connections that may wait to be accepted; see listen(2).", IMMUTABLE),

    /* ---- process ---- */
    VALUE("threads", SECTION_PROCESS, KIND_THREADS, threads, "auto",
          "Worker threads that serve clients; auto is half of the CPUs the process may use, since its clients need the "
          "others.",
          .flags = DIRECTIVE_IMMUTABLE | DIRECTIVE_OWN, .min = 1, .max = 256),
    NUMBER(
        "databases", SECTION_PROCESS, databases, 1, DATABASES_MAX, "16",
        "Number of databases that SELECT can choose from. Each takes 2 KiB of address space, which become memory with "
        "its first keys.",
        IMMUTABLE),
    BOOL("daemonize", SECTION_PROCESS, daemonize, "no", "Whether the server goes to the background.", IMMUTABLE),
    VALUE("pidfile", SECTION_PROCESS, KIND_STRING, pidfile, "",
          "File that holds the server's process id while it runs; empty: none.", IMMUTABLE),
    VALUE("dir", SECTION_PROCESS, KIND_DIRECTORY, dir, "./",
          "Working directory, which other relative paths start from.", .flags = DIRECTIVE_PROTECTED),
    VALUE("logfile", SECTION_PROCESS, KIND_STRING, logfile, "",
          "File that the log is written to; empty: standard output. One that is renamed or removed is made again.",
          IMMUTABLE),
    VALUE("loglevel", SECTION_PROCESS, KIND_ENUM, loglevel, "notice", "How much is logged.", .choices = loglevels),
    BOOL("syslog-enabled", SECTION_PROCESS, syslog_enabled, "no", "Whether the log goes to syslog as well.", IMMUTABLE),
    VALUE("syslog-ident", SECTION_PROCESS, KIND_STRING, syslog_ident, "kvs", "Name of the server in syslog.",
          IMMUTABLE),
    VALUE("syslog-facility", SECTION_PROCESS, KIND_ENUM, syslog_facility, "local0",
          "Facility of the server's lines in syslog.", IMMUTABLE, .choices = facilities),
    BOOL("crash-log-enabled", SECTION_PROCESS, crash_log_enabled, "yes",
         "Whether a crash leaves a report with a backtrace in the log; read at start."),
    BOOL("set-proc-title", SECTION_PROCESS, set_proc_title, "yes",
         "Kept, without effect: the process keeps the title that it was started with.", IMMUTABLE),
    VALUE("proc-title-template", SECTION_PROCESS, KIND_TITLE, proc_title_template,
          "{title} {listen-addr} {server-mode}",
          "Title of the process. Variables: {title}, {listen-addr}, {server-mode}, {port}, {tls-port}, "
          "{unixsocket}, {config-file}.",
          .unkept = NO_TITLE),
    NUMBER("hz", SECTION_PROCESS, hz, 0, INT_MAX, "10",
           "How many times a second housekeeping runs; values outside 1 to 500 are brought into that range."),
    NUMBER("shutdown-timeout", SECTION_PROCESS, shutdown_timeout, 0, INT_MAX, "10",
           "Seconds that a graceful end waits at most for clients to take their replies; it waits no longer than they "
           "need."),
    VALUE("supervised", SECTION_PROCESS, KIND_ENUM, supervised, "no",
          "The service manager that learns the server's state: systemd, through NOTIFY_SOCKET; auto, whichever has set "
          "NOTIFY_SOCKET; upstart is accepted and means no.",
          IMMUTABLE, .choices = supervisors),
    BOOL("sandbox", SECTION_PROCESS, sandbox, "yes",
         "Whether the process gives up the system calls that it has no use for, among them those that start programs "
         "and open network sockets.",
         .flags = DIRECTIVE_IMMUTABLE | DIRECTIVE_OWN),

    /* ---- access ---- */
    VALUE("user", SECTION_ACCESS, KIND_USER, account, "",
          "One word: the account that a server started by root becomes, before it opens anything. More words: a user "
          "of the ACL and its rules, as ACL SETUSER takes them; such lines add up. An empty value removes all "
          "before it, and -NAME removes that user.",
          .flags = DIRECTIVE_IMMUTABLE | DIRECTIVE_OWN | DIRECTIVE_MULTI | DIRECTIVE_SECRET),
    VALUE("aclfile", SECTION_ACCESS, KIND_STRING, aclfile, "",
          "File of the ACL's users, instead of user lines; read at start, by ACL LOAD and on SIGHUP, written by ACL "
          "SAVE.",
          IMMUTABLE),
    VALUE("requirepass", SECTION_ACCESS, KIND_STRING, requirepass, "",
          "Password of the default user; empty: no password is needed.", .flags = DIRECTIVE_SECRET),
    VALUE("acl-pubsub-default", SECTION_ACCESS, KIND_ENUM, acl_all_channels, "resetchannels",
          "Channels that a new user may use: all or none.", .choices = channel_defaults),
    NUMBER("acllog-max-len", SECTION_ACCESS, acllog_max_len, 0, LONG_MAX, "128",
           "Number of refusals that ACL LOG keeps."),
    NUMBER("maxclients-per-uid", SECTION_ACCESS, maxclients_per_uid, 0, INT_MAX, "0",
           "Number of connections that one account of the machine may have through all socket files together; 0: no "
           "limit."),

    /* ---- clients ---- */
    NUMBER("maxclients", SECTION_CLIENTS, maxclients, 1, UINT_MAX, "10000",
           "Number of connections served at once; the limit of open files is raised to fit."),
    NUMBER("timeout", SECTION_CLIENTS, timeout, 0, INT_MAX, "0",
           "Seconds after which an idle client is disconnected; 0: never."),
    VALUE("client-query-buffer-limit", SECTION_CLIENTS, KIND_MEMORY, client_query_buffer_limit, "1gb",
          "Bytes that a client's requests may take while they aren't executed, with the room in large arguments and 24 "
          "bytes for each argument; a client with more is disconnected.",
          .min = 1 << 20, .max = LONG_MAX),
    VALUE("proto-max-bulk-len", SECTION_CLIENTS, KIND_MEMORY, proto_max_bulk_len, "512mb",
          "Bytes that one argument of a request may have at most.", .min = 1 << 20, .max = LONG_MAX),
    VALUE(
        "client-output-buffer-limit", SECTION_CLIENTS, KIND_OUTPUT_LIMITS, output_limits,
        "normal 0 0 0 replica 256mb 64mb 60 pubsub 32mb 8mb 60",
        "Bytes of replies after which a client is disconnected, unread or still being written: for each class (normal, "
        "replica, pubsub) a hard limit, a soft limit and the seconds for which it may be exceeded; 0: no limit but 1 "
        "GiB of what is copied. All clients are normal today, those in MONITOR as well.",
        .flags = DIRECTIVE_MULTI),
    VALUE("maxmemory-clients", SECTION_CLIENTS, KIND_MEMORY_OR_PERCENT, maxmemory_clients, "0",
          "Memory of all clients together after which the largest are disconnected, but none with CLIENT NO-EVICT; in "
          "bytes, at least 128 KiB, or in percent of maxmemory; 0: no limit.",
          .min = -100, .max = SSIZE_MAX),
    NUMBER("tracking-table-max-keys", SECTION_CLIENTS, tracking_table_max_keys, 0, LONG_MAX, "1000000",
           "Keys that are remembered for client-side caching, all clients together; names over 512 bytes count as "
           "several. Beyond that clients are told to forget some of theirs; 0: no limit."),
    VALUE("enable-debug-command", SECTION_CLIENTS, KIND_ENUM, enable_debug_command, "no",
          "Whether DEBUG may be used; every client is local here.", IMMUTABLE, .choices = permissions),
    VALUE("enable-protected-configs", SECTION_CLIENTS, KIND_ENUM, enable_protected_configs, "no",
          "Whether CONFIG SET may change protected directives; every client is local here.", IMMUTABLE,
          .choices = permissions),

    /* ---- keys ---- */
    VALUE("maxmemory", SECTION_KEYS, KIND_MEMORY, maxmemory, "0",
          "Memory that the data may take: a write makes its room before it runs, by evicting keys, or is refused, as "
          "maxmemory-policy says. What clients make the server keep doesn't count; 0: no limit.",
          .max = UINT64_MAX),
    VALUE(
        "maxmemory-policy", SECTION_KEYS, KIND_ENUM, maxmemory_policy, "noeviction",
        "Which keys are evicted where maxmemory leaves no room for a write; with noeviction the write is refused. What "
        "adds more than maxmemory is refused in any case.",
        .choices = policies),
    NUMBER("maxmemory-samples", SECTION_KEYS, maxmemory_samples, 1, INT_MAX, "5",
           "Number of keys that are compared to find one to evict."),
    VALUE("notify-keyspace-events", SECTION_KEYS, KIND_EVENTS, notify_keyspace_events, "",
          "Which events of keys are published: K and E choose the channels, __keyspace@DB__:KEY and "
          "__keyevent@DB__:EVENT, the others the classes; \"\": none."),
    NUMBER("lfu-log-factor", SECTION_KEYS, lfu_log_factor, 0, INT_MAX, "10",
           "How slowly a key's access counter saturates; higher values tell more frequent accesses apart."),
    NUMBER("lfu-decay-time", SECTION_KEYS, lfu_decay_time, 0, INT_MAX, "1",
           "Minutes after which an access counter is lowered by one."),
    NUMBER("active-expire-effort", SECTION_KEYS, active_expire_effort, 1, 10, "1",
           "How much effort the server spends on finding expired keys that nobody asks for."),
    BOOL("lazyfree-lazy-user-flush", SECTION_KEYS, lazyfree_lazy_user_flush, "no",
         "Whether FLUSHALL and FLUSHDB without an option free in the background; what is slow to free always is."),
    VALUE("hll-sparse-max-bytes", SECTION_KEYS, KIND_MEMORY, hll_sparse_max_bytes, "3000",
          "Bytes up to which a HyperLogLog is kept sparse: smaller, but slower to change.", .min = 0, .max = LONG_MAX),
    NUMBER(
        "list-max-listpack-size", SECTION_KEYS, list_max_listpack_size, INT_MIN, INT_MAX, "-2",
        "Size up to which OBJECT ENCODING calls a list a listpack: a number of elements, or -1 to -5 for 4 to 64 KiB.",
        .alias = "list-max-ziplist-size"),
    NUMBER("hash-max-listpack-entries", SECTION_KEYS, hash_max_listpack_entries, 0, LONG_MAX, "512",
           "Number of fields up to which OBJECT ENCODING calls a hash a listpack.",
           .alias = "hash-max-ziplist-entries"),
    VALUE("hash-max-listpack-value", SECTION_KEYS, KIND_MEMORY, hash_max_listpack_value, "64",
          "Bytes of its longest field or value up to which OBJECT ENCODING calls a hash a listpack.",
          .alias = "hash-max-ziplist-value", .min = 0, .max = LONG_MAX),
    NUMBER("set-max-intset-entries", SECTION_KEYS, set_max_intset_entries, 0, LONG_MAX, "512",
           "Number of members up to which OBJECT ENCODING calls a set of integers an intset."),
    NUMBER("set-max-listpack-entries", SECTION_KEYS, set_max_listpack_entries, 0, LONG_MAX, "128",
           "Number of members up to which OBJECT ENCODING calls a set a listpack."),
    NUMBER("set-max-listpack-value", SECTION_KEYS, set_max_listpack_value, 0, LONG_MAX, "64",
           "Bytes of its longest member up to which OBJECT ENCODING calls a set a listpack."),
    NUMBER("zset-max-listpack-entries", SECTION_KEYS, zset_max_listpack_entries, 0, LONG_MAX, "128",
           "Number of members up to which OBJECT ENCODING calls a sorted set a listpack.",
           .alias = "zset-max-ziplist-entries"),
    VALUE("zset-max-listpack-value", SECTION_KEYS, KIND_MEMORY, zset_max_listpack_value, "64",
          "Bytes of its longest member up to which OBJECT ENCODING calls a sorted set a listpack.",
          .alias = "zset-max-ziplist-value", .min = 0, .max = LONG_MAX),
    VALUE("stream-node-max-bytes", SECTION_KEYS, KIND_MEMORY, stream_node_max_bytes, "4096",
          "Bytes of a block of stream entries, which is what trimming with ~ takes away; more than 64 KiB, and 0, are "
          "64 KiB.",
          .min = 0, .max = LONG_MAX),
    NUMBER("stream-node-max-entries", SECTION_KEYS, stream_node_max_entries, 0, INT64_MAX, "100",
           "Entries of such a block; more than 2,000, and 0, are 2,000."),
    NUMBER("stream-idmp-duration", SECTION_KEYS, stream_idmp_duration, 1, 86400, "100",
           "Seconds for which a stream knows a message that was sent with IDMP, unless XCFGSET says otherwise."),
    NUMBER("stream-idmp-maxsize", SECTION_KEYS, stream_idmp_maxsize, 1, 10000, "100",
           "Messages of each producer that it knows, unless XCFGSET says otherwise."),

    /* ---- observation ---- */
    NUMBER("slowlog-log-slower-than", SECTION_OBSERVATION, slowlog_log_slower_than, -1, INT64_MAX, "10000",
           "Microseconds that a command has to take to be put into the slow log; 0: every command, -1: none."),
    NUMBER("slowlog-max-len", SECTION_OBSERVATION, slowlog_max_len, 0, LONG_MAX, "128",
           "Number of entries that the slow log keeps."),
    NUMBER("busy-reply-threshold", SECTION_OBSERVATION, busy_reply_threshold, 0, LONG_MAX, "5000",
           "Milliseconds after which a running script makes other clients get BUSY.", .alias = "lua-time-limit"),
    NUMBER("latency-monitor-threshold", SECTION_OBSERVATION, latency_monitor_threshold, 0, INT64_MAX, "0",
           "Milliseconds that an event has to take to be recorded for LATENCY; 0: none are."),
    BOOL("latency-tracking", SECTION_OBSERVATION, latency_tracking, "yes",
         "Whether a histogram of durations is kept for each command."),
    VALUE("latency-tracking-info-percentiles", SECTION_OBSERVATION, KIND_PERCENTILES, latency_percentiles, "50 99 99.9",
          "Percentiles of those durations that INFO shows.", .flags = DIRECTIVE_MULTI),

    /* ---- persistence ---- */
    VALUE("save", SECTION_PERSISTENCE, KIND_SAVE, save, "",
          "When snapshots are saved: pairs of seconds and changes, of which one has to be reached; \"\" is never.",
          .flags = DIRECTIVE_MULTI),
    VALUE("dbfilename", SECTION_PERSISTENCE, KIND_FILE_NAME, dbfilename, "dump.rdb", "Name of the snapshot, in dir.",
          .flags = DIRECTIVE_PROTECTED),
    BOOL("appendonly", SECTION_PERSISTENCE, appendonly, "no",
         "Whether changes are logged to disk; only no is accepted today.", .refusal = NO_APPENDONLY),
    BOOL("rdbcompression", SECTION_PERSISTENCE, rdbcompression, "yes",
         "Whether snapshots, DUMP and FUNCTION DUMP compress strings, where that makes them shorter."),
    BOOL("rdbchecksum", SECTION_PERSISTENCE, rdbchecksum, "yes", "Whether snapshots contain a checksum.", IMMUTABLE),
    BOOL("rdb-save-incremental-fsync", SECTION_PERSISTENCE, rdb_save_incremental_fsync, "yes",
         "Whether a snapshot is sent to the disk while it is being written, so that the last sync is short."),
    BOOL("stop-writes-on-bgsave-error", SECTION_PERSISTENCE, stop_writes_on_bgsave_error, "yes",
         "Whether writes are refused while the last snapshot has failed and save asks for some."),

    /* ---- accepted for compatibility: connections ---- */
    KEPT_NUMBER("port", 0, 65535, "0", "TCP port; only 0 (none) is accepted.", .refusal = NO_TCP),
    KEPT_NUMBER("tls-port", 0, 65535, "0", "TLS port; only 0 (none) is accepted.", .refusal = NO_TLS),
    KEPT("bind", KIND_WORDS, "* -::*", "Addresses of the TCP port.", .flags = DIRECTIVE_MULTI, .max = 16),
    KEPT("bind-source-addr", KIND_STRING, "", "Address that outgoing connections come from."),
    KEPT_BOOL("protected-mode", "yes", "Whether a TCP port without a password refuses other machines."),
    KEPT_NUMBER("tcp-keepalive", 0, INT_MAX, "300", "Seconds between TCP keepalive probes."),
    KEPT_NUMBER("socket-mark-id", 0, UINT_MAX, "0", "Mark of listening TCP sockets.", IMMUTABLE),
    KEPT_BOOL("tls-cluster", "no", "TLS between cluster nodes."),
    KEPT_BOOL("tls-replication", "no", "TLS towards replicas."),
    KEPT("tls-auth-clients", KIND_ENUM, "yes", "Whether TLS clients need a certificate.", .choices = tls_clients),
    KEPT_BOOL("tls-prefer-server-ciphers", "no", "Whether the server's order of TLS ciphers counts."),
    KEPT_BOOL("tls-session-caching", "yes", "Whether TLS sessions are cached."),
    KEPT_NUMBER("tls-session-cache-size", 0, INT_MAX, "20480", "Sessions in that cache."),
    KEPT_NUMBER("tls-session-cache-timeout", 0, INT_MAX, "300", "Seconds for which a TLS session is cached."),
    KEPT("tls-cert-file", KIND_STRING, "", "TLS certificate."),
    KEPT("tls-key-file", KIND_STRING, "", "TLS key."),
    KEPT("tls-key-file-pass", KIND_STRING, "", "Password of that key.", .flags = DIRECTIVE_SECRET),
    KEPT("tls-client-cert-file", KIND_STRING, "", "TLS certificate of outgoing connections."),
    KEPT("tls-client-key-file", KIND_STRING, "", "TLS key of outgoing connections."),
    KEPT("tls-client-key-file-pass", KIND_STRING, "", "Password of that key.", .flags = DIRECTIVE_SECRET),
    KEPT("tls-dh-params-file", KIND_STRING, "", "TLS Diffie-Hellman parameters."),
    KEPT("tls-ca-cert-file", KIND_STRING, "", "TLS authorities, as a file."),
    KEPT("tls-ca-cert-dir", KIND_STRING, "", "TLS authorities, as a folder."),
    KEPT("tls-protocols", KIND_STRING, "", "TLS versions."),
    KEPT("tls-ciphers", KIND_STRING, "", "Ciphers up to TLS 1.2."),
    KEPT("tls-ciphersuites", KIND_STRING, "", "Ciphers of TLS 1.3."),
    VALUE("enable-module-command", SECTION_COMPATIBILITY, KIND_ENUM, enable_module_command, "no",
          "Whether MODULE may be used.", IMMUTABLE, .choices = permissions),

    /* ---- accepted for compatibility: process ---- */
    KEPT_NUMBER("io-threads", 1, 128, "1", "Redis's threads for socket work; see threads.", IMMUTABLE),
    KEPT_BOOL("io-threads-do-reads", "no", "Whether those threads read as well.", IMMUTABLE),
    KEPT_BOOL("always-show-logo", "no", "Whether the log shows a logo at start.", IMMUTABLE),
    KEPT_BOOL("crash-memcheck-enabled", "yes", "Whether a crash is followed by a test of the memory."),
    KEPT_BOOL("use-exit-on-panic", "no", "How a failed assertion ends the process.", .flags = DIRECTIVE_HIDDEN),
    KEPT_NUMBER("watchdog-period", 0, INT_MAX, "0", "Milliseconds between checks for a stalled server.",
                .flags = DIRECTIVE_HIDDEN, .unkept = NO_STALLS),
    KEPT_BOOL("disable-thp", "yes", "Whether the process does without transparent huge pages.", IMMUTABLE),
    KEPT("oom-score-adj", KIND_ENUM, "no", "How the kernel's out-of-memory killer is told to weigh the process.",
         .choices = oom_modes, .unkept = NO_OOM_SCORE),
    KEPT("oom-score-adj-values", KIND_OOM_VALUES, "0 200 800", "The weights: master, replica, child.",
         .flags = DIRECTIVE_MULTI),
    KEPT("server_cpulist", KIND_STRING, "", "CPUs of the main thread.", IMMUTABLE, .unkept = NO_PINNING),
    KEPT("bio_cpulist", KIND_STRING, "", "CPUs of background threads.", IMMUTABLE, .unkept = NO_PINNING),
    KEPT("aof_rewrite_cpulist", KIND_STRING, "", "CPUs for rewriting the log.", IMMUTABLE),
    KEPT("bgsave_cpulist", KIND_STRING, "", "CPUs for saving.", IMMUTABLE),
    KEPT("ignore-warnings", KIND_STRING, "", "Warnings to leave out at start."),
    KEPT("locale-collate", KIND_STRING, "", "Locale whose order of letters is used for sorting."),
    KEPT("shutdown-on-sigint", KIND_FLAGS, "default", "How SIGINT ends the server.", .flags = DIRECTIVE_MULTI,
         .choices = shutdown_flags, .unkept = NO_SHUTDOWN_FLAGS),
    KEPT("shutdown-on-sigterm", KIND_FLAGS, "default", "How SIGTERM ends the server.", .flags = DIRECTIVE_MULTI,
         .choices = shutdown_flags, .unkept = NO_SHUTDOWN_FLAGS),
    KEPT_BOOL("lazyfree-lazy-expire", "no",
              "Whether expired values are freed in the background; what is slow to free always is."),
    KEPT_BOOL("lazyfree-lazy-eviction", "no",
              "Whether evicted values are freed in the background; what is slow to free always is."),
    KEPT_BOOL("lazyfree-lazy-server-del", "no",
              "Whether values that a command replaces are freed in the background; what is slow to free always is."),
    KEPT_BOOL("lazyfree-lazy-user-del", "no",
              "Whether DEL frees in the background, as UNLINK does; both do what is slow to free."),
    KEPT_BOOL("dynamic-hz", "yes", "Whether hz follows the number of clients."),
    KEPT_BOOL("jemalloc-bg-thread", "yes", "Whether the allocator purges in a thread of its own."),

    /* ---- accepted for compatibility: memory and values ---- */
    KEPT_BOOL("activerehashing", "yes", "Incremental rehashing; tables here never rehash."),
    KEPT_BOOL("activedefrag", "no", "Active defragmentation.", .refusal = NO_DEFRAG),
    KEPT_NUMBER("active-defrag-cycle-min", 1, 99, "1", "Least percentage of CPU that defragmentation takes."),
    KEPT_NUMBER("active-defrag-cycle-max", 1, 99, "25", "Highest percentage of CPU that defragmentation takes."),
    KEPT_NUMBER("active-defrag-threshold-lower", 0, 1000, "10", "Percentage of fragmentation at which it begins."),
    KEPT_NUMBER("active-defrag-threshold-upper", 0, 1000, "100",
                "Percentage of fragmentation at which it works hardest."),
    KEPT_MEMORY("active-defrag-ignore-bytes", 1, INT64_MAX, "100mb", "Wasted bytes at which it begins."),
    KEPT_NUMBER("active-defrag-max-scan-fields", 1, LONG_MAX, "1000",
                "Number of fields of one value that it walks at once."),
    KEPT_NUMBER("maxmemory-eviction-tenacity", 0, 100, "10", "How long eviction may hold up the server."),
    KEPT_NUMBER("list-compress-depth", 0, INT_MAX, "0", "Pieces at each end of a list that stay uncompressed."),
    KEPT("sanitize-dump-payload", KIND_ENUM, "no", "How thoroughly RESTORE checks what it is given.",
         .choices = sanitizing),

    /* ---- accepted for compatibility: files ---- */
    KEPT_BOOL("rdb-del-sync-files", "no", "Whether snapshot files made for replication are removed."),
    KEPT_NUMBER("rdb-key-save-delay", INT_MIN, INT_MAX, "0", "Microseconds that saving waits at each key, for tests.",
                .flags = DIRECTIVE_HIDDEN),
    KEPT_NUMBER("key-load-delay", INT_MIN, INT_MAX, "0", "Microseconds that loading waits at each key, for tests.",
                .flags = DIRECTIVE_HIDDEN),
    KEPT_NUMBER("loading-process-events-interval-bytes", 1024, INT_MAX, "2097152",
                "Bytes loaded between two turns of serving clients.", .flags = DIRECTIVE_HIDDEN),
    KEPT("appendfilename", KIND_FILE_NAME, "appendonly.aof", "First part of the names of the log's files.",
         .flags = DIRECTIVE_IMMUTABLE | DIRECTIVE_NOT_EMPTY),
    KEPT("appenddirname", KIND_FILE_NAME, "appendonlydir", "Folder of the log.",
         .flags = DIRECTIVE_IMMUTABLE | DIRECTIVE_NOT_EMPTY),
    KEPT("appendfsync", KIND_ENUM, "everysec", "When the log is synced.", .choices = fsyncs),
    KEPT_BOOL("no-appendfsync-on-rewrite", "no", "Whether syncing pauses while the log is rewritten."),
    KEPT_NUMBER("auto-aof-rewrite-percentage", 0, INT_MAX, "100", "Growth at which the log is rewritten."),
    KEPT_MEMORY("auto-aof-rewrite-min-size", 0, INT64_MAX, "64mb", "Size below which the log isn't rewritten."),
    KEPT_BOOL("aof-load-truncated", "yes", "Whether a log that was cut off is loaded."),
    KEPT_BOOL("aof-use-rdb-preamble", "yes", "Whether a rewritten log begins with a snapshot."),
    KEPT_BOOL("aof-timestamp-enabled", "no", "Whether the log contains timestamps."),
    KEPT_BOOL("aof-rewrite-incremental-fsync", "yes", "Whether rewriting syncs as it goes."),
    KEPT_BOOL("aof-disable-auto-gc", "no", "Whether old log files are kept.", .flags = DIRECTIVE_HIDDEN),

    /* ---- accepted for compatibility: replication and cluster ---- */
    KEPT("replicaof", KIND_REPLICAOF, "", "Master to follow; only \"no one\" is accepted.", .alias = "slaveof",
         .flags = DIRECTIVE_IMMUTABLE | DIRECTIVE_MULTI, .refusal = NO_REPLICA),
    KEPT("masterauth", KIND_STRING, "", "Password for logging in to the master.", .flags = DIRECTIVE_SECRET),
    KEPT("masteruser", KIND_STRING, "", "User for logging in to the master.", .flags = DIRECTIVE_SECRET),
    KEPT_BOOL("replica-serve-stale-data", "yes", "Whether a replica without its master answers.",
              .alias = "slave-serve-stale-data"),
    KEPT_BOOL("replica-read-only", "yes", "Whether a replica refuses writes.", .alias = "slave-read-only"),
    KEPT_BOOL("replica-lazy-flush", "no", "Whether a replica empties itself in the background.",
              .alias = "slave-lazy-flush"),
    KEPT_BOOL("replica-ignore-maxmemory", "yes", "Whether a replica leaves eviction to its master.",
              .alias = "slave-ignore-maxmemory"),
    KEPT_BOOL("replica-ignore-disk-write-errors", "no", "Whether a replica goes on when its disk fails."),
    KEPT_BOOL("replica-announced", "yes", "Whether clients are told about a replica."),
    KEPT("replica-announce-ip", KIND_STRING, "", "Address that a replica gives as its own.",
         .alias = "slave-announce-ip"),
    KEPT_NUMBER("replica-announce-port", 0, 65535, "0", "Port that a replica gives as its own.",
                .alias = "slave-announce-port"),
    KEPT_NUMBER("replica-priority", 0, INT_MAX, "100", "Rank of a replica for promotion.", .alias = "slave-priority"),
    KEPT_BOOL("repl-diskless-sync", "yes", "Whether a new replica is fed without a file."),
    KEPT_NUMBER("repl-diskless-sync-delay", 0, INT_MAX, "5", "Seconds to wait for more replicas."),
    KEPT_NUMBER("repl-diskless-sync-max-replicas", 0, INT_MAX, "0", "Number of replicas that end the wait."),
    KEPT("repl-diskless-load", KIND_ENUM, "disabled", "Whether a replica loads without a file.",
         .choices = diskless_loads),
    KEPT_BOOL("repl-disable-tcp-nodelay", "no", "Whether small packets to replicas are held back."),
    KEPT_MEMORY("repl-backlog-size", 1, INT64_MAX, "1mb", "Bytes of changes that are kept for replicas."),
    KEPT_NUMBER("repl-backlog-ttl", 0, LONG_MAX, "3600", "Seconds for which they are kept without a replica."),
    KEPT_NUMBER("repl-timeout", 1, INT_MAX, "60", "Seconds after which replication gives up."),
    KEPT_NUMBER("repl-ping-replica-period", 1, INT_MAX, "10", "Seconds between pings to replicas.",
                .alias = "repl-ping-slave-period"),
    KEPT_NUMBER("min-replicas-to-write", 0, INT_MAX, "0", "Number of replicas below which writes are refused.",
                .alias = "min-slaves-to-write", .unkept = NO_REPLICAS),
    KEPT_NUMBER("min-replicas-max-lag", 0, INT_MAX, "10", "Seconds of lag after which a replica doesn't count.",
                .alias = "min-slaves-max-lag"),
    KEPT("propagation-error-behavior", KIND_ENUM, "ignore", "What happens when a command fails on a replica.",
         .choices = propagation_errors),
    KEPT_BOOL("cluster-enabled", "no", "Cluster mode; only no is accepted.", IMMUTABLE, .refusal = NO_CLUSTER),
    KEPT("cluster-config-file", KIND_STRING, "nodes.conf", "File with the state of the cluster.", IMMUTABLE),
    KEPT_NUMBER("cluster-port", 0, 65535, "0", "Port of the cluster bus.", IMMUTABLE),
    KEPT_NUMBER("cluster-node-timeout", 0, INT64_MAX, "15000", "Milliseconds after which a node counts as failed."),
    KEPT_NUMBER("cluster-ping-interval", 0, INT64_MAX, "0", "Milliseconds between pings to nodes.",
                .flags = DIRECTIVE_HIDDEN),
    KEPT_BOOL("cluster-require-full-coverage", "yes", "Whether a cluster that doesn't cover all slots answers."),
    KEPT_BOOL("cluster-replica-no-failover", "no", "Whether a replica never becomes a master.",
              .alias = "cluster-slave-no-failover"),
    KEPT_NUMBER("cluster-replica-validity-factor", 0, INT_MAX, "10",
                "How old the data of a replica may be for it to be promoted.",
                .alias = "cluster-slave-validity-factor"),
    KEPT_BOOL("cluster-allow-reads-when-down", "no", "Whether a cluster that is down answers reads."),
    KEPT_BOOL("cluster-allow-pubsubshard-when-down", "yes", "Whether a cluster that is down serves shard channels."),
    KEPT_BOOL("cluster-allow-replica-migration", "yes", "Whether replicas may change to another master."),
    KEPT_NUMBER("cluster-migration-barrier", 0, INT_MAX, "1", "Number of replicas that a master keeps."),
    KEPT("cluster-announce-ip", KIND_STRING, "", "Address that a node gives as its own."),
    KEPT("cluster-announce-hostname", KIND_STRING, "", "Host name that a node gives as its own."),
    KEPT("cluster-announce-human-nodename", KIND_STRING, "", "Name that a node gives as its own."),
    KEPT_NUMBER("cluster-announce-port", 0, 65535, "0", "Port that a node gives as its own."),
    KEPT_NUMBER("cluster-announce-tls-port", 0, 65535, "0", "TLS port that a node gives as its own."),
    KEPT_NUMBER("cluster-announce-bus-port", 0, 65535, "0", "Bus port that a node gives as its own."),
    KEPT("cluster-preferred-endpoint-type", KIND_ENUM, "ip", "Which of a node's addresses clients are given.",
         .choices = endpoints),
    KEPT_MEMORY("cluster-link-sendbuf-limit", 0, UINT64_MAX, "0",
                "Bytes that may wait to be sent on a link between nodes."),
};

const size_t directive_count = sizeof directives / sizeof directives[0];

static bool name_is(const char *own, const char *name, size_t len)
{
    return own && strlen(own) == len && strncasecmp(own, name, len) == 0;
}

const struct directive *directive_find(const char *name, size_t len)
{
    for (size_t i = 0; i < directive_count; i++)
        if (name_is(directives[i].name, name, len) || name_is(directives[i].alias, name, len))
            return &directives[i];
    return NULL;
}

const char *directive_section_title(enum directive_section section)
{
    static const char *const titles[SECTIONS] = {
        [SECTION_SOCKET] = "Socket",
        [SECTION_PROCESS] = "Process",
        [SECTION_ACCESS] = "Access",
        [SECTION_CLIENTS] = "Clients",
        [SECTION_KEYS] = "Keys",
        [SECTION_OBSERVATION] = "Observation",
        [SECTION_PERSISTENCE] = "Persistence",
        [SECTION_COMPATIBILITY] = "Accepted for compatibility",
    };
    return titles[section];
}
