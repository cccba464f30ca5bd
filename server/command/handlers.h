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
    cmd_client_reply, cmd_client_tracking, cmd_client_caching, cmd_client_getredir, cmd_client_trackinginfo,
    cmd_client_help;

/* ---- string ---- */
command_handler cmd_set, cmd_get, cmd_getset, cmd_getex, cmd_getdel, cmd_setnx, cmd_setex, cmd_psetex, cmd_mset,
    cmd_msetnx, cmd_mget, cmd_append, cmd_strlen, cmd_getrange, cmd_substr, cmd_setrange, cmd_incr, cmd_decr,
    cmd_incrby, cmd_decrby, cmd_incrbyfloat, cmd_lcs, cmd_delex, cmd_delifeq, cmd_digest, cmd_msetex, cmd_increx;

/* ---- transactions ---- */
command_handler cmd_multi, cmd_exec, cmd_discard, cmd_watch, cmd_unwatch;

/* ---- bitmap ---- */
command_handler cmd_setbit, cmd_getbit, cmd_bitcount, cmd_bitpos, cmd_bitop, cmd_bitfield, cmd_bitfield_ro;

/* ---- hyperloglog ---- */
command_handler cmd_pfadd, cmd_pfcount, cmd_pfmerge, cmd_pfdebug, cmd_pfselftest;

/* ---- list ---- */
command_handler cmd_lpush, cmd_rpush, cmd_lpushx, cmd_rpushx, cmd_lpop, cmd_rpop, cmd_lmpop, cmd_lmove, cmd_rpoplpush,
    cmd_blpop, cmd_brpop, cmd_blmpop, cmd_blmove, cmd_brpoplpush, cmd_llen, cmd_lindex, cmd_lrange, cmd_lpos, cmd_lset,
    cmd_linsert, cmd_lrem, cmd_ltrim;

/* ---- hash ---- */
command_handler cmd_hset, cmd_hsetnx, cmd_hmset, cmd_hget, cmd_hmget, cmd_hgetall, cmd_hkeys, cmd_hvals, cmd_hlen,
    cmd_hstrlen, cmd_hexists, cmd_hdel, cmd_hincrby, cmd_hincrbyfloat, cmd_hrandfield, cmd_hscan, cmd_hexpire,
    cmd_hpexpire, cmd_hexpireat, cmd_hpexpireat, cmd_httl, cmd_hpttl, cmd_hexpiretime, cmd_hpexpiretime, cmd_hpersist,
    cmd_hgetex, cmd_hsetex, cmd_hgetdel;

/* ---- set ---- */
command_handler cmd_sadd, cmd_srem, cmd_smove, cmd_scard, cmd_sismember, cmd_smismember, cmd_smembers, cmd_spop,
    cmd_srandmember, cmd_sscan, cmd_sinter, cmd_sintercard, cmd_sinterstore, cmd_sunion, cmd_sunionstore, cmd_sdiff,
    cmd_sdiffstore;

/* ---- sorted set ---- */
command_handler cmd_zadd, cmd_zincrby, cmd_zcard, cmd_zscore, cmd_zmscore, cmd_zrank, cmd_zrevrank, cmd_zcount,
    cmd_zlexcount, cmd_zrange, cmd_zrevrange, cmd_zrangebyscore, cmd_zrevrangebyscore, cmd_zrangebylex,
    cmd_zrevrangebylex, cmd_zrangestore, cmd_zrandmember, cmd_zscan, cmd_zpopmin, cmd_zpopmax, cmd_zmpop, cmd_bzpopmin,
    cmd_bzpopmax, cmd_bzmpop, cmd_zrem, cmd_zremrangebyrank, cmd_zremrangebyscore, cmd_zremrangebylex, cmd_zunion,
    cmd_zunionstore, cmd_zinter, cmd_zinterstore, cmd_zintercard, cmd_zdiff, cmd_zdiffstore;

/* ---- stream ---- */
command_handler cmd_xadd, cmd_xcfgset, cmd_xdel, cmd_xinfo_help, cmd_xinfo_stream, cmd_xlen, cmd_xrange, cmd_xread,
    cmd_xrevrange, cmd_xsetid, cmd_xtrim;

/* ---- consumer groups of streams ---- */
command_handler cmd_xgroup_create, cmd_xgroup_createconsumer, cmd_xgroup_delconsumer, cmd_xgroup_destroy,
    cmd_xgroup_help, cmd_xgroup_setid, cmd_xreadgroup, cmd_xack, cmd_xackdel, cmd_xdelex, cmd_xnack, cmd_xpending,
    cmd_xclaim, cmd_xautoclaim, cmd_xinfo_groups, cmd_xinfo_consumers;

/* ---- geo ---- */
command_handler cmd_geoadd, cmd_geodist, cmd_geohash, cmd_geopos, cmd_geosearch, cmd_geosearchstore, cmd_georadius,
    cmd_georadius_ro, cmd_georadiusbymember, cmd_georadiusbymember_ro;

/* ---- generic ---- */
command_handler cmd_del, cmd_exists, cmd_type, cmd_keys, cmd_scan, cmd_randomkey, cmd_rename, cmd_renamenx, cmd_copy,
    cmd_move, cmd_touch, cmd_expire, cmd_pexpire, cmd_expireat, cmd_pexpireat, cmd_ttl, cmd_pttl, cmd_expiretime,
    cmd_pexpiretime, cmd_persist, cmd_sort, cmd_sort_ro, cmd_object_encoding, cmd_object_freq, cmd_object_idletime,
    cmd_object_refcount, cmd_object_help, cmd_wait, cmd_waitaof, cmd_dump, cmd_restore;

/* ---- server ---- */
command_handler cmd_save, cmd_bgsave, cmd_lastsave, cmd_dbsize, cmd_swapdb, cmd_flushdb, cmd_flushall, cmd_info,
    cmd_monitor, cmd_time, cmd_shutdown, cmd_debug, cmd_command, cmd_command_count, cmd_command_list, cmd_command_info,
    cmd_command_docs, cmd_command_getkeys, cmd_command_getkeysandflags, cmd_command_help, cmd_config_get,
    cmd_config_set, cmd_config_rewrite, cmd_config_resetstat, cmd_config_help, cmd_memory_usage, cmd_memory_stats,
    cmd_memory_doctor, cmd_memory_purge, cmd_memory_malloc_stats, cmd_memory_help, cmd_slowlog_get, cmd_slowlog_len,
    cmd_slowlog_reset, cmd_slowlog_help, cmd_latency_histogram, cmd_latency_latest, cmd_latency_history,
    cmd_latency_reset, cmd_latency_graph, cmd_latency_doctor, cmd_latency_help;

/* ---- pubsub ---- */
command_handler cmd_subscribe, cmd_unsubscribe, cmd_psubscribe, cmd_punsubscribe, cmd_ssubscribe, cmd_sunsubscribe,
    cmd_publish, cmd_spublish, cmd_pubsub_channels, cmd_pubsub_numsub, cmd_pubsub_numpat, cmd_pubsub_shardchannels,
    cmd_pubsub_shardnumsub, cmd_pubsub_help;

/* ---- acl ---- */
command_handler cmd_acl_cat, cmd_acl_deluser, cmd_acl_dryrun, cmd_acl_genpass, cmd_acl_getuser, cmd_acl_help,
    cmd_acl_list, cmd_acl_load, cmd_acl_log, cmd_acl_save, cmd_acl_setuser, cmd_acl_users, cmd_acl_whoami;

/* ---- scripts and functions ---- */
command_handler cmd_eval, cmd_eval_ro, cmd_evalsha, cmd_evalsha_ro, cmd_script_load, cmd_script_exists,
    cmd_script_flush, cmd_script_kill, cmd_script_debug, cmd_script_help, cmd_fcall, cmd_fcall_ro, cmd_function_load,
    cmd_function_delete, cmd_function_flush, cmd_function_list, cmd_function_stats, cmd_function_kill,
    cmd_function_dump, cmd_function_restore, cmd_function_help;

#endif
