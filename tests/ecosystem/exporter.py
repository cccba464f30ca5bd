"""What a monitoring program reads, parsed as strictly as one does: INFO, commands, latencies, clients, slow commands.

It comes through a socket of access=read, as docs/security.md and README.md have it for metrics.
"""

import os
import re

import resp
import servers
from processes import ask

# Of each section the fields that exporters make metrics of.
NUMBERS = {
    "Server":
        "uptime_in_seconds process_id hz",
    "Clients":
        "connected_clients blocked_clients tracking_clients maxclients client_recent_max_input_buffer "
        "client_recent_max_output_buffer clients_in_timeout_table",
    "Memory":
        "used_memory used_memory_rss used_memory_peak used_memory_overhead used_memory_dataset used_memory_startup "
        "used_memory_lua used_memory_vm_eval used_memory_scripts_eval number_of_cached_scripts number_of_functions "
        "number_of_libraries used_memory_vm_functions used_memory_functions maxmemory total_system_memory "
        "allocator_allocated allocator_active allocator_resident allocator_frag_ratio allocator_frag_bytes "
        "allocator_rss_ratio allocator_rss_bytes rss_overhead_ratio rss_overhead_bytes mem_fragmentation_ratio "
        "mem_fragmentation_bytes mem_not_counted_for_evict mem_replication_backlog mem_clients_normal "
        "mem_clients_slaves mem_aof_buffer lazyfree_pending_objects active_defrag_running",
    "Persistence":
        "loading rdb_changes_since_last_save rdb_bgsave_in_progress rdb_last_save_time aof_enabled "
        "aof_rewrite_in_progress",
    "Stats":
        "total_connections_received total_commands_processed instantaneous_ops_per_sec total_net_input_bytes "
        "total_net_output_bytes rejected_connections expired_keys expired_stale_perc expired_time_cap_reached_count "
        "evicted_keys evicted_clients keyspace_hits keyspace_misses pubsub_channels pubsub_patterns latest_fork_usec "
        "tracking_total_keys total_error_replies total_reads_processed total_writes_processed acl_access_denied_auth",
    "Replication":
        "connected_slaves master_repl_offset repl_backlog_active repl_backlog_size",
    "CPU":
        "used_cpu_sys used_cpu_user used_cpu_sys_children used_cpu_user_children used_cpu_sys_main_thread "
        "used_cpu_user_main_thread",
    "Cluster":
        "cluster_enabled"}
WORDS = {"redis_version": r"\d+\.\d+\.\d+", "redis_mode": "standalone", "role": "master", "os": "Linux .*",
         "maxmemory_policy": "[a-z-]+", "mem_allocator": ".+", "rdb_last_bgsave_status": "ok"}
STATISTICS = {
    "Commandstats": (r"cmdstat_[a-z|_-]+",
                     r"calls=\d+,usec=\d+,usec_per_call=\d+\.\d\d,rejected_calls=\d+,failed_calls=\d+"),
    "Errorstats": (r"errorstat_[A-Z]+", r"count=\d+"),
    "Latencystats": (r"latency_percentiles_usec_[a-z|_-]+", r"p50=\d+\.\d+,p99=\d+\.\d+,p99\.9=\d+\.\d+"),
    "Keyspace": (r"db\d+", r"keys=\d+,expires=\d+,avg_ttl=\d+(,subexpiry=\d+)?")}
SCRIPT = "return redis.call('INCR', KEYS[1])"


def parsed(text):
    """{section: {field: value}}; ValueError where a line is neither."""
    sections, now = {}, None
    for line in text.decode().split("\r\n"):
        if line.startswith("# "):
            now = sections.setdefault(line[2:], {})
        elif line:
            name, colon, value = line.partition(":")
            if not colon or now is None or name in now:
                raise ValueError("not a field of its own: %r" % line)
            now[name] = value
    return sections


class Reader:
    """Over the socket for metrics."""

    def __init__(self, place):
        self.path = os.path.join(place.folder, "metrics.sock")
        ask(place, "CONFIG", "SET", "listen", self.path + " mode=0600 access=read")

    def ask(self, *words):
        connection = servers.Connection(self)
        replies, _ = connection.exchange(resp.encode(words), 1)
        connection.close()
        return resp.decode(replies[0])


def traffic(place):
    """Of every kind that is counted."""
    for words in (("SET", "a", "1", "EX", "1000"), ("GET", "a"), ("GET", "none"), ("INCR", "a"), ("LPUSH", "a", "x"),
                  ("XADD", "s", "*", "f", "v"), ("EVAL", SCRIPT, "1", "n"), ("EVAL", SCRIPT, "1", "n"),
                  ("CONFIG", "SET", "slowlog-log-slower-than", "0"), ("NOSUCH",),
                  ("FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() return 1 end)"),
                  ("FCALL", "f", "0"), ("CONFIG", "SET", "slowlog-log-slower-than", "10000")):
        ask(place, *words)


def scrape(place, results):
    traffic(place)
    reader = Reader(place)
    try:
        sections = parsed(reader.ask("INFO", "everything"))
    except ValueError as error:
        results.claim(False, "exporter: INFO has sections and fields", str(error))
        return
    results.claim(True, "exporter: INFO has sections and fields")
    odd = [name for section, names in NUMBERS.items() for name in names.split()
           if not re.fullmatch(r"-?\d+(\.\d+)?", sections.get(section, {}).get(name, ""))]
    results.claim(not odd, "exporter: what becomes a metric is a number", repr(odd))
    fields = {name: value for section in sections.values() for name, value in section.items()}
    odd = [name for name, form in WORDS.items() if not re.fullmatch(form, fields.get(name, ""))]
    results.claim(not odd, "exporter: what is a word is one of those that are known", repr(odd))
    for section, (name_form, form) in STATISTICS.items():
        found = sections.get(section, {})
        odd = [name + ":" + value for name, value in found.items()
               if not re.fullmatch(name_form, name) or not re.fullmatch(form, value)]
        results.claim(found and not odd, "exporter: %s has the form that is parsed" % section, repr(odd[:3]))
    counted = {name: fields.get("cmdstat_" + name, "").split(",")[0] for name in ("eval", "xadd", "incr", "fcall")}
    results.claim(counted == {"eval": "calls=2", "xadd": "calls=1", "incr": "calls=3", "fcall": "calls=1"},
                  "exporter: calls are counted, those of scripts too", repr(counted))
    results.claim((fields["number_of_cached_scripts"], fields["number_of_functions"], fields["number_of_libraries"])
                  == ("1", "1", "1") and int(fields["used_memory_vm_total"]) > 0
                  and fields.get("errorstat_ERR", "") == "count=1" and fields.get("errorstat_WRONGTYPE") == "count=1",
                  "exporter: scripts, functions and errors are counted",
                  repr({name: value for name, value in fields.items() if "script" in name or "errorstat" in name}))
    latency = reader.ask("LATENCY", "HISTOGRAM", "incr")
    results.claim(latency[0] == b"incr" and latency[1][:3] == [b"calls", 3, b"histogram_usec"]
                  and latency[1][3][-1] == 3, "exporter: LATENCY HISTOGRAM", repr(latency))
    results.claim(reader.ask("DBSIZE") == 3 and reader.ask("XLEN", "s") == 1 and reader.ask("STRLEN", "a") == 1
                  and reader.ask("MEMORY", "USAGE", "a") > 0, "exporter: sizes of keys")
    slow = ask(place, "SLOWLOG", "GET", "-1")
    results.claim(len(slow) >= 3 and all(isinstance(entry[i], int) for entry in slow for i in (0, 1, 2))
                  and [b"FCALL", b"f", b"0"] in [entry[3] for entry in slow], "exporter: SLOWLOG", repr(slow[:2]))
    clients = [dict(field.split("=", 1) for field in line.split(" "))
               for line in ask(place, "CLIENT", "LIST").decode().strip().split("\n")]
    results.claim(clients and all(client[name].isdigit() for client in clients for name in
                                  ("id", "age", "idle", "db", "sub", "psub", "qbuf", "obl", "omem", "tot-mem")),
                  "exporter: CLIENT LIST", repr(clients[:1]))
