/*
 * The handlers of all commands, named cmd_ and the full name. They are defined in handlers/cmd_*.c; only
 * command/specs/ needs all of them.
 */
#ifndef KVS_COMMAND_HANDLERS_H
#define KVS_COMMAND_HANDLERS_H

#include "command/call.h"

/* ---- connection ---- */
command_handler cmd_ping, cmd_echo, cmd_hello, cmd_quit, cmd_reset, cmd_select, cmd_auth, cmd_client_id,
    cmd_client_getname, cmd_client_setname, cmd_client_setinfo, cmd_client_info, cmd_client_list, cmd_client_kill,
    cmd_client_pause, cmd_client_unpause, cmd_client_unblock, cmd_client_no_evict, cmd_client_no_touch,
    cmd_client_reply, cmd_client_help;

/* ---- string ---- */
command_handler cmd_set, cmd_get, cmd_getset, cmd_getex, cmd_getdel, cmd_setnx, cmd_setex, cmd_psetex, cmd_mset,
    cmd_msetnx, cmd_mget, cmd_append, cmd_strlen, cmd_getrange, cmd_substr, cmd_setrange, cmd_incr, cmd_decr,
    cmd_incrby, cmd_decrby, cmd_incrbyfloat, cmd_lcs;

/* ---- generic ---- */
command_handler cmd_del, cmd_unlink, cmd_exists, cmd_type, cmd_keys, cmd_scan, cmd_randomkey, cmd_rename, cmd_renamenx,
    cmd_copy, cmd_move, cmd_touch, cmd_expire, cmd_pexpire, cmd_expireat, cmd_pexpireat, cmd_ttl, cmd_pttl,
    cmd_expiretime, cmd_pexpiretime, cmd_persist, cmd_object_encoding, cmd_object_freq, cmd_object_idletime,
    cmd_object_refcount, cmd_object_help;

/* ---- server ---- */
command_handler cmd_dbsize, cmd_swapdb, cmd_flushdb, cmd_flushall, cmd_info, cmd_monitor, cmd_time, cmd_shutdown,
    cmd_debug, cmd_command, cmd_command_count, cmd_command_list, cmd_command_info, cmd_command_docs,
    cmd_command_getkeys, cmd_command_getkeysandflags, cmd_command_help, cmd_config_get, cmd_config_set,
    cmd_config_rewrite, cmd_config_resetstat, cmd_config_help, cmd_memory_usage, cmd_memory_stats, cmd_memory_doctor,
    cmd_memory_purge, cmd_memory_malloc_stats, cmd_memory_help, cmd_function_flush, cmd_function_list,
    cmd_function_help, cmd_slowlog_get, cmd_slowlog_len, cmd_slowlog_reset, cmd_slowlog_help, cmd_latency_histogram,
    cmd_latency_latest, cmd_latency_history, cmd_latency_reset, cmd_latency_graph, cmd_latency_doctor, cmd_latency_help;

/* ---- acl ---- */
command_handler cmd_acl_cat, cmd_acl_deluser, cmd_acl_dryrun, cmd_acl_genpass, cmd_acl_getuser, cmd_acl_help,
    cmd_acl_list, cmd_acl_load, cmd_acl_log, cmd_acl_save, cmd_acl_setuser, cmd_acl_users, cmd_acl_whoami;

#endif
