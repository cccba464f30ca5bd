"""How two replies to one command are compared.

The rule for nearly everything is "the same bytes". What depends on the clock, on chance, on memory layout or on
the order of a hash table has a rule of its own here: a function of (args, oracle value, kvs value) that returns
"" when they agree and otherwise says what differs. Its docstring says what it still demands.
"""

import re

import absent
import function_payload
import resp

RULES = []   # (pattern over the upper-cased words of the command, rule), first match decides
WITNESSED = set()   # rules that are given what was there as well (chance.py)


def rule(*patterns):
    def register(function):
        for pattern in patterns:
            RULES.append((re.compile(pattern, re.DOTALL), function))
        return function
    return register


def command_words(args):
    """The command as text for patterns: name and subcommand upper-cased, the rest as it is."""
    words = [resp.to_bytes(a).decode("latin-1") for a in args]
    return " ".join([w.upper() for w in words[:2]] + words[2:])


def compare(args, oracle_raw, kvs_raw, chosen=None):
    """"" when the replies agree under the command's rule, otherwise one sentence on what differs."""
    if oracle_raw == kvs_raw:
        return ""
    function = chosen
    if function is None:
        words = command_words(args)
        for pattern, candidate in RULES:
            if pattern.match(words):
                function = candidate
                break
    if function is None:
        return "the bytes differ"
    if oracle_raw[:1] == b"-" or kvs_raw[:1] == b"-":
        return "the bytes differ"
    if oracle_raw[:1] != kvs_raw[:1]:
        return "the reply types differ"
    try:
        if function in WITNESSED:
            return function(args, resp.decode(oracle_raw), resp.decode(kvs_raw), resp.decode(kvs_raw.members))
        return function(args, resp.decode(oracle_raw), resp.decode(kvs_raw))
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, resp.ProtocolError) as error:
        return "the rule %s could not read the replies: %r" % (function.__name__, error)


def kind(value):
    """The shape of a value without its contents."""
    return "nil" if value is None else type(value).__name__


def only_in(name, items):
    return "only in %s: %s" % (name, ", ".join(sorted(show(i) for i in items)))


def show(item):
    return item.decode("latin-1") if isinstance(item, bytes) else str(item)


def compare_sets(oracle, kvs, extra_allowed=lambda item: False):
    missing = set(oracle) - set(kvs)
    extra = {i for i in set(kvs) - set(oracle) if not extra_allowed(i)}
    said = []
    if missing:
        said.append(only_in("redis", missing))
    if extra:
        said.append(only_in("kvs", extra))
    return "; ".join(said)


# ---- scores ----

def same_but_for_digits(oracle, kvs):
    """Equal, but that 7.0 writes a double with 17 digits, and 7.2 with as few as tell it."""
    if isinstance(oracle, list) and isinstance(kvs, list):
        return len(oracle) == len(kvs) and all(map(same_but_for_digits, oracle, kvs))
    if oracle == kvs:
        return True
    try:
        return b"%.17g" % float(kvs) == show(oracle).encode("latin-1")
    except (TypeError, ValueError):
        return False


@rule(r"Z(?!SCAN |RANDMEMBER )\w+ ")
def written_shorter(args, oracle, kvs):
    """The same replies, in which a score may be written with as few digits as tell it apart, as 7.2 does."""
    return "" if same_but_for_digits(oracle, kvs) else "the replies differ"


# ---- replies that depend on the clock, on chance or on memory ----

@rule(r"(?i)SORT(_RO)? (?=.*\bALPHA)(?=.*\bBY .*\*)(?!.*(LIMIT|STORE))", r"(?i)SORT(_RO)? S:\d (?=.*\bBY (?!\S*\*))(?!.*(LIMIT|STORE))")
def open_order(args, oracle, kvs):
    """The same elements: those of equal texts, and those of a set that isn't sorted, stand in any order."""
    return unordered(args, oracle, kvs)


@rule(r"(?i)SORT(_RO)? S:\d (?=.*\bBY (?!\S*\*))(?=.*LIMIT)(?!.*STORE)")
def some_of_a_set(args, oracle, kvs):
    """As many elements: which of a set come first is open where it isn't sorted."""
    if isinstance(oracle, list) and isinstance(kvs, list):
        return "" if len(oracle) == len(kvs) else "the numbers of elements differ"
    return "" if oracle == kvs else "the replies differ"


@rule(r"KEYS ", r"PUBSUB (?:SHARD)?CHANNELS", r"HKEYS ", r"HVALS ", r"SMEMBERS ", r"SINTER ", r"SUNION ", r"SDIFF ")
def unordered(args, oracle, kvs):
    """The same elements in any order."""
    if sorted(map(repr, oracle)) == sorted(map(repr, kvs)):
        return ""
    return "the sets of elements differ"


def same_pairs(oracle, kvs):
    return "" if sorted(map(repr, oracle)) == sorted(map(repr, kvs)) else "the pairs differ"


@rule(r"HGETALL ")
def unordered_pairs(args, oracle, kvs):
    """The same fields with the same values, in any order."""
    return same_pairs(resp.as_pairs(oracle), resp.as_pairs(kvs))


def scan_ended(args, cursor_at, oracle, kvs):
    """Whether both scans have covered everything; else what is wrong, or "" where parts can't be compared."""
    if oracle[0] != b"0" or resp.to_bytes(args[cursor_at]).strip(b"+0"):
        return ""   # a part of an iteration: what it covers depends on the table
    if kvs[0] != b"0":
        options = [resp.to_bytes(arg).lower() for arg in args[cursor_at + 1:]]
        counts = [int(value) for name, value in zip(options, options[1:]) if name == b"count"]
        if not counts or counts[-1] < 1000:
            return ""   # as many as were asked for: whether more follow depends on the table
        return "kvs did not end the iteration"
    return True


@rule(r"SCAN ")
def scan_at_once(args, oracle, kvs):
    """One SCAN that covers the whole table: cursor 0 on both, the same keys in any order."""
    said = scan_ended(args, 1, oracle, kvs)
    return unordered(args, oracle[1], kvs[1]) if said is True else said


@rule(r"SSCAN ")
def members_at_once(args, oracle, kvs):
    """The same of the members of a set."""
    said = scan_ended(args, 2, oracle, kvs)
    return unordered(args, oracle[1], kvs[1]) if said is True else said


@rule(r"HSCAN ")
def pairs_at_once(args, oracle, kvs):
    """The same of fields with values."""
    said = scan_ended(args, 2, oracle, kvs)
    return same_pairs(resp.as_pairs(oracle[1]), resp.as_pairs(kvs[1])) if said is True else said


@rule(r"ZSCAN ")
def scores_at_once(args, oracle, kvs):
    """The same of members with scores, however these are written."""
    said = scan_ended(args, 2, oracle, kvs)
    theirs, ours = [[(member, float(score)) for member, score in resp.as_pairs(reply[1])] for reply in (oracle, kvs)]
    return same_pairs(theirs, ours) if said is True else said


def with_its_value(reply):
    """Members with their values or scores, which stand behind them, or are pairs in RESP3."""
    return [tuple(pair) for pair in reply] if reply and isinstance(reply[0], list) else resp.as_pairs(reply)


@rule(r"HRANDFIELD ", r"SRANDMEMBER ", r"ZRANDMEMBER ", r"SPOP ")
def by_chance(args, oracle, kvs, members):
    """As many members as Redis answers with, all of which are there with the value that is given; and each only once,
    unless the count is negative."""
    is_set = resp.to_bytes(args[0]).upper() in (b"SRANDMEMBER", b"SPOP")
    there = [(member, None) for member in members] if is_set else with_its_value(members)
    if kind(oracle) != kind(kvs):
        return "the reply types differ"
    if len(args) < 3:
        return "" if kvs in dict(there) else "it isn't a member: %r" % kvs
    if len(oracle) != len(kvs):
        return "redis answers with %d, kvs with %d" % (len(oracle), len(kvs))
    if len(args) > 3:
        said = with_its_value(kvs)
        strange = [pair for pair in said if pair not in there]
    else:
        said, names = kvs, dict(there)
        strange = [member for member in said if member not in names]
    if strange:
        return "it isn't there: %r" % (strange[0],)
    repeats = len(said) != len(set(said))
    return "a member is answered twice" if repeats and int(args[2]) > 0 else ""


WITNESSED.add(by_chance)


def near(tolerance):
    def near_rule(args, oracle, kvs):
        if oracle >= 0 and kvs >= 0 and abs(oracle - kvs) <= tolerance:
            return ""
        return "the numbers are more than %d apart" % tolerance
    near_rule.__doc__ = "Two non-negative numbers at most %d apart." % tolerance
    return near_rule


near_seconds = rule(r"TTL ", r"EXPIRETIME ", r"LASTSAVE")(near(3))
near_milliseconds = rule(r"PTTL ", r"PEXPIRETIME ")(near(3000))


@rule(r"OBJECT IDLETIME")
def idle_time(args, oracle, kvs):
    """A non-negative number, at most 3 above that of Redis; there it can be older, since small integers are shared."""
    return "" if 0 <= kvs <= oracle + 3 else "the idle time is %d" % kvs


@rule(r"RANDOMKEY", r"MEMORY USAGE", r"CLIENT ID", r"MEMORY DOCTOR", r"MEMORY MALLOC-STATS",
      r"LATENCY DOCTOR", r"DUMP ",
      r"COMMAND COUNT", r"COMMAND$", r"SLOWLOG LEN")
def same_kind(args, oracle, kvs):
    """The same reply type, whatever its contents."""
    return "" if kind(oracle) == kind(kvs) else "the reply types differ"


@rule(r"TIME")
def two_numbers(args, oracle, kvs):
    """Two bulk strings of digits, seconds at most 3 apart."""
    if len(kvs) != 2 or not kvs[1].isdigit() or int(kvs[1]) >= 1000000:
        return "no seconds and microseconds"
    return near(3)(args, int(oracle[0]), int(kvs[0]))


@rule(r"\w+ HELP")
def help_text(args, oracle, kvs):
    """An array of at least three simple strings."""
    if not all(isinstance(line, resp.Simple) for line in kvs):
        return "not all lines are simple strings"
    return "" if len(kvs) >= 3 else "a help text of %d lines" % len(kvs)


def masked(value, pattern, replacement=b"#"):
    return re.sub(pattern, replacement, value)


@rule(r"DEBUG OBJECT")
def debug_object(args, oracle, kvs):
    """The same fields, with the same encoding; addresses, counts, sizes and clocks may differ."""
    pattern = rb"0x[0-9a-fA-F]+|(?<=refcount:)\d+|(?<=serializedlength:)\d+|(?<=lru:)\d+|(?<=lru_seconds_idle:)\d+"
    return "" if masked(oracle, pattern) == masked(kvs, pattern) else "the fields differ"


@rule(r"XINFO STREAM")
def xinfo_stream(args, oracle, kvs):
    """The same fields and values, but for the sizes of the tree that the blocks of entries are in, and for times."""
    def form(reply):
        return [(name, kind(value) if name.startswith(b"radix-tree-") else groups(value) if name == b"groups" else value)
                for name, value in resp.as_pairs(reply)]

    def groups(value):
        return [[(name, consumers(value) if name == b"consumers" else delivered(value, 2) if name == b"pending" else value)
                 for name, value in resp.as_pairs(group)] for group in value] if isinstance(value, list) else value

    def consumers(value):
        return [[(name, None if name == b"seen-time" else delivered(value, 1) if name == b"pending" else value)
                 for name, value in resp.as_pairs(consumer) if name != b"active-time"] for consumer in value]

    def delivered(value, time_at):
        return [[part for at, part in enumerate(entry) if at != time_at] for entry in value]
    if not isinstance(kvs, list) and kvs == oracle:
        return ""
    return "" if form(oracle) == form(kvs) else "the fields differ"


# ---- HELLO, CLIENT, INFO, MEMORY ----

@rule(r"HELLO")
def hello(args, oracle, kvs):
    """The same fields in the same order; version and id may differ."""
    if kind(oracle) != kind(kvs):
        return "the reply types differ"
    blank = [(k, None if k in (b"version", b"id") else v) for k, v in resp.as_pairs(oracle)]
    other = [(k, None if k in (b"version", b"id") else v) for k, v in resp.as_pairs(kvs)]
    return "" if blank == other else "the fields differ"


CLIENT_STABLE = ("name", "db", "sub", "psub", "ssub", "multi", "flags", "cmd", "user", "redir", "resp",
                 "events")
CLIENT_NEW = {"lib-name", "lib-ver", "watch",             # fields of 7.2, and one of 7.4
              "pid", "uid", "gid", "access", "socket"}     # and of kvs


def client_fields(line):
    return [field.split("=", 1) for field in line.decode("latin-1").strip().split(" ")]


def client_line_difference(oracle, kvs):
    theirs, ours = client_fields(oracle), client_fields(kvs)
    names = [name for name, _ in theirs]
    missing = set(names) - {name for name, _ in ours}
    extra = {name for name, _ in ours} - set(names) - CLIENT_NEW
    if missing or extra:
        return "fields: missing %s, extra %s" % (sorted(missing), sorted(extra))
    if [name for name, _ in ours if name in names] != names:
        return "the fields stand in another order"
    left, right = dict(theirs), dict(ours)
    for name in CLIENT_STABLE:
        if left.get(name) != right.get(name):
            return "field %s: redis %r, kvs %r" % (name, left.get(name), right.get(name))
    for name, value in ours:
        if name in ("id", "fd", "age", "idle", "qbuf", "qbuf-free", "argv-mem", "multi-mem", "rbs", "rbp",
                    "obl",
                    "oll", "omem", "tot-mem") and not value.lstrip("-").isdigit():
            return "field %s is no number: %r" % (name, value)
    return ""


@rule(r"CLIENT INFO")
def client_info(args, oracle, kvs):
    """One line with the same fields in the same order, stable ones with the same value."""
    return client_line_difference(oracle, kvs)


def client_sort_key(line):
    fields = dict(client_fields(line))
    return [fields.get(name, "") for name in CLIENT_STABLE]


@rule(r"CLIENT LIST")
def client_list(args, oracle, kvs):
    """As many lines, each like CLIENT INFO; the order of lines may differ."""
    theirs = sorted(oracle.split(b"\n"), key=lambda line: client_sort_key(line) if line else [])
    ours = sorted(kvs.split(b"\n"), key=lambda line: client_sort_key(line) if line else [])
    if len(theirs) != len(ours):
        return "redis lists %d connections, kvs %d" % (len(theirs) - 1, len(ours) - 1)
    for left, right in zip(theirs, ours):
        said = client_line_difference(left, right) if left and right else ""
        if said:
            return said
    return ""


INFO_STABLE = {"redis_mode", "role", "connected_slaves", "cluster_enabled", "maxmemory", "maxmemory_policy",
               "loading", "rdb_bgsave_in_progress", "aof_enabled", "tcp_port", "blocked_clients", "arch_bits"}
INFO_VARYING = re.compile(r"listener\d+$|cmdstat_|errorstat_|latency_percentiles_usec_|db\d+$|slave\d+$")
# Fields that 7.0 lacks: those of later versions, and kvs's own without its prefix.
INFO_NEW = {"threads", "unixsocket", "client_query_buffer_limit_disconnections",
            "client_output_buffer_limit_disconnections", "evicted_scripts", "reply_buffer_shrinks", "reply_buffer_expands", "acl_access_denied_auth",
            "acl_access_denied_cmd", "acl_access_denied_key", "acl_access_denied_channel",
            "total_active_defrag_time", "current_eviction_exceeded_time", "total_eviction_exceeded_time",
            "current_active_defrag_time", "eventloop_cycles", "eventloop_duration_sum",
            "eventloop_duration_cmd_sum", "instantaneous_eventloop_cycles_per_sec",
            "instantaneous_eventloop_duration_usec", "allocator_muzzy", "mem_overhead_db_hashtable_rehashing",
            "watching_clients", "total_blocking_keys", "total_blocking_keys_on_nokey",
            "used_memory_peak_time", "pubsub_clients", "expired_subkeys"}


def info_sections(text):
    sections, current = [], None
    for line in text.decode("latin-1").split("\r\n"):
        if line.startswith("# "):
            current = (line[2:], [])
            sections.append(current)
        elif ":" in line:
            name, value = line.split(":", 1)
            if current is None:
                current = ("(none)", [])
                sections.append(current)
            current[1].append((name, value))
    return sections


@rule(r"INFO")
def info(args, oracle, kvs):
    """The same sections in the same order, each with all fields that Redis has; a stable field has the same
    value, and a db line the same number of keys and expires. kvs may add 7.2's fields, kvs_ ones and Sockets."""
    theirs, ours = info_sections(oracle), info_sections(kvs)
    names = [name for name, _ in theirs]
    ours = [(name, fields) for name, fields in ours if name in names or name.lower() not in ("kvs", "sockets")]
    if names != [name for name, _ in ours]:
        return "sections: redis %s, kvs %s" % (names, [name for name, _ in ours])
    said = []
    for (name, left), (_, right) in zip(theirs, ours):
        left_names = {n for n, _ in left if not INFO_VARYING.match(n)}
        right_names = {n for n, _ in right if not INFO_VARYING.match(n)}
        missing = left_names - right_names
        extra = {n for n in right_names - left_names if not n.startswith("kvs_") and n not in INFO_NEW}
        if missing or extra:
            said.append("%s: missing %s, extra %s" % (name, sorted(missing), sorted(extra)))
        right_values = dict(right)
        for field, value in left:
            if field in INFO_STABLE and right_values.get(field) != value:
                said.append("%s: redis %s, kvs %s" % (field, value, right_values.get(field)))
        said += db_lines_difference(dict(left), right_values)
    return "; ".join(said)


def db_lines_difference(left, right):
    said = []
    for field in sorted(set(left) | set(right)):
        if re.match(r"db\d+$", field):
            stable = [",".join(str(side.get(field)).split(",")[:2]) for side in (left, right)]
            if stable[0] != stable[1]:
                said.append("%s: redis %s, kvs %s" % (field, stable[0], stable[1]))
    return said


def calls_only(args, oracle, kvs):
    """INFO commandstats: the same commands with the same calls, rejected_calls and failed_calls."""
    def lines(text):
        return sorted(masked(line, rb"usec=[^,]*,usec_per_call=[^,]*", b"usec")
                      for line in text.split(b"\r\n") if line.startswith(b"cmdstat_"))
    return compare_sets(lines(oracle), lines(kvs))


def error_counts(args, oracle, kvs):
    """INFO errorstats: the same error codes with the same counts."""
    def lines(text):
        return [line for line in text.split(b"\r\n") if line.startswith(b"errorstat_")]
    return compare_sets(lines(oracle), lines(kvs))


@rule(r"MEMORY STATS")
def memory_stats(args, oracle, kvs):
    """The same field names, values of the same type; db.N fields may be absent."""
    theirs = {k: kind(v) for k, v in resp.as_pairs(oracle) if not k.startswith(b"db.")}
    ours = {k: kind(v) for k, v in resp.as_pairs(kvs) if not k.startswith(b"db.")}
    return compare_sets(theirs.items(), ours.items(), lambda item: item[0].startswith(b"kvs."))


@rule(r"CONFIG GET")
def config_get(args, oracle, kvs):
    """The same names with the same values, in any order."""
    theirs, ours = dict(resp.as_pairs(oracle)), dict(resp.as_pairs(kvs))
    said = [compare_sets(theirs, ours)]
    for name in sorted(set(theirs) & set(ours)):
        if theirs[name] != ours[name]:
            said.append("%s: redis %r, kvs %r" % (show(name), theirs[name], ours[name]))
    return "; ".join(s for s in said if s)


# ---- COMMAND ----

def frozen(value):
    """A hashable form in which the order of sets, flags and map fields does not matter."""
    if isinstance(value, resp.Map):
        return ("map", frozenset((frozen(k), frozen(v)) for k, v in value))
    if isinstance(value, resp.Set):
        return ("set", frozenset(frozen(v) for v in value))
    if isinstance(value, list):
        return ("list", tuple(frozen(v) for v in value))
    return (type(value).__name__, value)


def without_notes(value):
    """Key specifications without their free text, in RESP2's form and RESP3's."""
    kind_of, items = value if isinstance(value, tuple) and len(value) == 2 else ("", ())
    if kind_of == "map":
        return ("map", frozenset((k, without_notes(v)) for k, v in items if k != ("bytes", b"notes")))
    if kind_of == "set":
        return ("set", frozenset(without_notes(v) for v in items))
    if kind_of == "list":
        skipped = {at for at in range(0, len(items) - 1, 2) if items[at] == ("bytes", b"notes")}
        return ("list", tuple(without_notes(v) for at, v in enumerate(items) if not {at, at - 1} & skipped))
    return value


INFO_PARTS = ("name", "arity", "flags", "first key", "last key", "step", "categories", "tips",
              "key specifications", "subcommands")


def command_info_difference(oracle, kvs, where=""):
    if oracle is None or kvs is None:
        return "" if oracle is kvs else "%sredis %s, kvs %s" % (where, kind(oracle), kind(kvs))
    name = show(oracle[0])
    said = []
    for part, left, right in zip(INFO_PARTS, oracle, kvs):
        if part == "subcommands":
            theirs, ours = {s[0]: s for s in left}, {s[0]: s for s in right}
            unequal = compare_sets(theirs, ours)
            if unequal:
                said.append("%s subcommands %s" % (name, unequal))
            said += [command_info_difference(theirs[sub], ours[sub])
                     for sub in sorted(set(theirs) & set(ours))]
        elif part in ("flags", "categories", "tips"):
            unequal = compare_sets(left, right)
            if unequal or len(left) != len(right):
                said.append("%s %s %s" % (name, part, unequal))
        elif without_notes(frozen(left)) != without_notes(frozen(right)):
            said.append("%s %s: redis %r, kvs %r" % (name, part, left, right))
    if len(oracle) != len(kvs):
        said.append("%s has %d parts, redis %d" % (name, len(kvs), len(oracle)))
    return "; ".join(s for s in said if s)


@rule(r"COMMAND INFO ")
def command_info(args, oracle, kvs):
    """Each part equal; flags, categories and tips in any order; notes are free text."""
    if len(oracle) != len(kvs):
        return "redis describes %d commands, kvs %d" % (len(oracle), len(kvs))
    return "; ".join(s for s in map(command_info_difference, oracle, kvs) if s)


@rule(r"COMMAND LIST")
def command_list(args, oracle, kvs):
    """Every name that kvs lists, Redis lists too; all others of Redis are in the table of what isn't there."""
    return compare_sets(set(oracle) - ABSENT, kvs)


ABSENT = absent.names()


# Free text, and the names of arguments, which 7.2 chose anew.
DOCS_SKIPPED = {"command": {b"summary", b"complexity"}, "argument": {b"name", b"display_text"}}
DOCS_DEPRECATION = {b"deprecated_since", b"replaced_by", b"doc_flags"}


def docs_form(value, what):
    """Docs as nested dicts without the free texts, flags as sets."""
    if what in ("command", "argument"):
        return {k: docs_form(v, docs_part(k)) for k, v in resp.as_pairs(value) if k not in DOCS_SKIPPED[what]}
    if what == "arguments":
        return [docs_form(v, "argument") for v in value]
    if what == "commands":
        return {k: docs_form(v, "command") for k, v in resp.as_pairs(value)}
    if what == "flags":
        return frozenset(value)
    if what == "history":
        return repr([version for version, _ in value])
    return "text" if what == "replaced_by" else repr(value)


def docs_part(key):
    return {b"subcommands": "commands", b"doc_flags": "flags"}.get(key, key.decode())


def docs_difference(left, right, path):
    if isinstance(left, dict) and isinstance(right, dict):
        said = []
        unequal = compare_sets(left, right, lambda key: key in DOCS_DEPRECATION)
        if unequal:
            said.append("%s: %s" % (path, unequal))
        for key in sorted(set(left) & set(right)):
            said.append(docs_difference(left[key], right[key], "%s/%s" % (path, show(key))))
        return "; ".join(s for s in said if s)
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return "%s: redis has %d, kvs %d" % (path, len(left), len(right))
        return "; ".join(s for s in (docs_difference(a, b, "%s[%d]" % (path, i))
                                     for i, (a, b) in enumerate(zip(left, right))) if s)
    return "" if left == right else "%s: redis %s, kvs %s" % (path, left, right)


@rule(r"COMMAND DOCS ")
def command_docs(args, oracle, kvs):
    """The same fields, versions and arguments with their types, tokens and flags; texts and the names of arguments
    are free, and kvs may call a command deprecated that 7.2 deprecates."""
    return docs_difference(docs_form(oracle, "commands"), docs_form(kvs, "commands"), "")


# ---- ACL ----

def without_command_rules(value):
    """Users in words without what says which commands they may run (+get, -@all) and without sanitize-payload."""
    if isinstance(value, list):
        return [without_command_rules(v) for v in value if v != b"sanitize-payload"]
    if isinstance(value, tuple):
        return tuple(without_command_rules(v) for v in value)
    return re.sub(rb"(?<![^ (])([+-][^ )]*|sanitize-payload) ?", b"", value) if isinstance(value, bytes) else value


@rule(r"ACL LIST", r"ACL GETUSER ")
def acl_rules(args, oracle, kvs):
    """The same users, flags, passwords, keys, channels and selectors; the rules on commands may be worded otherwise, as
    7.2 keeps them as they were given and 7.0 finds them from what is allowed. What is allowed is compared by DRYRUN.
    And 7.2 has new users sanitize-payload."""
    return "" if without_command_rules(oracle) == without_command_rules(kvs) else "the rules differ"


@rule(r"ACL CAT ")
def acl_category(args, oracle, kvs):
    """Every name that kvs lists, Redis lists too; and those that both have are in the same categories."""
    return compare_sets([], set(kvs) - set(oracle), lambda name: name in NEW_COMMANDS)


NEW_COMMANDS = {b"client|setinfo", b"client|no-touch", b"waitaof",             # of 7.2
                b"xackdel", b"xcfgset", b"xdelex", b"xnack", b"delex", b"delifeq", b"digest", b"increx", b"msetex",   # and later
                b"hexpire", b"hpexpire", b"hexpireat", b"hpexpireat", b"httl", b"hpttl", b"hexpiretime", b"hpexpiretime",
                b"hpersist", b"hgetex", b"hsetex", b"hgetdel"}


@rule(r"ACL GENPASS")
def password(args, oracle, kvs):
    """As many hexadecimal digits."""
    good = len(oracle) == len(kvs) and re.fullmatch(rb"[0-9a-f]+", kvs)
    return "" if good else "another length or no hexadecimal digits"


@rule(r"ACL LOG")
def acl_log(args, oracle, kvs):
    """As many entries, with the same count, reason, context, object and user; the client's stable fields are the same,
    times may differ, and 7.2's fields follow."""
    if len(oracle) != len(kvs):
        return "redis has %d entries, kvs %d" % (len(oracle), len(kvs))
    for left, right in zip(oracle, kvs):
        theirs, ours = resp.as_pairs(left), resp.as_pairs(right)
        if [name for name, _ in theirs] != [name for name, _ in ours][:len(theirs)]:
            return "the fields differ"
        for (name, old), (_, new) in zip(theirs, ours):
            said = ""
            if name == b"client-info":   # RESET clears NO-EVICT, as CLIENT INFO shows: meant.py
                said = client_line_difference(old.replace(b"flags=Ue ", b"flags=U "), new.replace(b"flags=Ue ", b"flags=U "))
            if name not in (b"age-seconds", b"client-info") and old != new:
                said = "redis %r, kvs %r" % (old, new)
            if said:
                return "%s: %s" % (show(name), said)
    return ""


# ---- FUNCTION ----

def typed(value):
    return kind(value), value


def function_form(function):
    return [(name, sorted(map(typed, value)) if name == b"flags" else typed(value)) for name, value in resp.as_pairs(function)]


def library_form(library):
    """A library with its functions in an order, and types; the names of its fields stay in theirs."""
    return [(name, sorted(map(function_form, value)) if name == b"functions" else typed(value))
            for name, value in resp.as_pairs(library)]


@rule(r"FUNCTION LIST")
def function_list(args, oracle, kvs):
    """The same libraries, each with the same functions and flags, in any order."""
    theirs, ours = ([library_form(library) for library in side] for side in (oracle, kvs))
    theirs.sort(key=lambda fields: fields[0]), ours.sort(key=lambda fields: fields[0])
    return "" if theirs == ours else "the libraries differ: redis %r, kvs %r" % (theirs, ours)


@rule(r"FUNCTION DUMP")
def function_dump(args, oracle, kvs):
    """A payload of the same version with the same codes, in any order, compressed or not."""
    theirs, ours = (sorted(function_payload.read(side)) for side in (oracle, kvs))
    return "" if theirs == ours else "the codes differ: redis %r, kvs %r" % (theirs, ours)


# ---- SLOWLOG, LATENCY, MONITOR ----

@rule(r"SLOWLOG GET")
def slowlog_get(args, oracle, kvs):
    """As many entries, each with the same arguments and client name; id, times and address may differ."""
    def form(entry):
        return [kind(entry[0]), kind(entry[1]), kind(entry[2]), entry[3], kind(entry[4]), entry[5]]
    theirs, ours = [form(e) for e in oracle], [form(e) for e in kvs]
    return "" if theirs == ours else "the entries differ: redis %r, kvs %r" % (theirs, ours)


@rule(r"LATENCY HISTOGRAM")
def latency_histogram(args, oracle, kvs):
    """The same commands with the same number of calls; the buckets may differ."""
    def form(reply):
        return {k: [(name, value if name == b"calls" else kind(value)) for name, value in resp.as_pairs(v)]
                for k, v in resp.as_pairs(reply)}
    theirs, ours = form(oracle), form(kvs)
    said = [compare_sets(theirs, ours)]
    said += ["%s: redis %r, kvs %r" % (show(n), theirs[n], ours[n])
             for n in sorted(set(theirs) & set(ours)) if theirs[n] != ours[n]]
    return "; ".join(s for s in said if s)


@rule(r"LATENCY LATEST")
def latency_latest(args, oracle, kvs):
    """The same events, each with three numbers; times may differ."""
    def form(reply):
        return sorted([event[0]] + [kind(v) for v in event[1:]] for event in reply)
    return "" if form(oracle) == form(kvs) else "the events differ"


@rule(r"LATENCY HISTORY")
def latency_history(args, oracle, kvs):
    """As many samples, each a pair of numbers."""
    def form(reply):
        return [[kind(v) for v in sample] for sample in reply]
    return "" if form(oracle) == form(kvs) else "the samples differ"


def monitor_line(args, oracle, kvs):
    """The same database and quoted arguments; time and address may differ."""
    pattern = rb"^\d+\.\d{6} \[(\d+) [^\]]*\]"
    return "" if masked(oracle, pattern, rb"[\1]") == masked(kvs, pattern, rb"[\1]") else "the lines differ"
