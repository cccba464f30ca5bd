"""The differences that are meant. The oracle is Debian's redis-server 7.0.15; kvs follows 7.2 where 7.2 differs.

Each entry: a pattern over the command's words (name and subcommand upper-cased), a test of the difference, what differs,
and why in one sentence. A difference that no entry accepts fails the differential test. The table in
docs/compatibility.md is made from this one.
"""

import re

import absent
import rules


class Meant:
    def __init__(self, title, pattern, accepts, differs, reason):
        self.title = title
        self.pattern = re.compile(pattern, re.DOTALL)
        self.accepts = accepts   # of (oracle raw, kvs raw, why they differ)
        self.differs = differs
        self.reason = reason


def meant_difference(args, oracle, kvs, why):
    """The first entry that covers this difference, or None."""
    words = rules.command_words(args)
    for entry in MEANT:
        if entry.pattern.match(words) and entry.accepts(oracle, kvs, why):
            return entry
    return None


def only(*patterns):
    """Every part of what the rule found is one of these."""
    compiled = [re.compile(p) for p in patterns]
    return lambda oracle, kvs, why: all(any(p.fullmatch(part) for p in compiled) for part in why.split("; "))


def replies(oracle_start, kvs_start):
    """Both replies begin so."""
    return lambda oracle, kvs, why: oracle.startswith(oracle_start) and kvs.startswith(kvs_start)


def replaced(old, new):
    """The replies are equal once the oracle's text is changed so."""
    return lambda oracle, kvs, why: oracle.replace(old, new) == kvs


def no_evict_cleared(oracle, kvs, why):
    if oracle[:1] not in b"$=" or kvs[:1] != oracle[:1]:
        return False
    oracle = oracle[oracle.index(b"\r\n"):]
    kvs = kvs[kvs.index(b"\r\n"):]
    return not rules.client_list((), re.sub(rb"flags=(\w*)e ", rb"flags=\1 ", oracle.strip()), kvs.strip())


NOPERM_OF_7_0 = re.compile(rb"-(?:EXECABORT Transaction discarded because of: )?NOPERM this user has no permissions to (run the '([^']*)' command|"
                           rb"access one of the (key|channel)s used as arguments)\r\n")


def noperm_of_7_2(oracle, kvs, why):
    match = NOPERM_OF_7_0.fullmatch(oracle)
    if not match:
        return False
    if match[3]:
        return kvs == b"-NOPERM No permissions to access a %s\r\n" % match[3]
    start = oracle[:oracle.index(b"NOPERM")]
    return bool(re.fullmatch(re.escape(start) + rb"NOPERM User \S+ has no permissions to run the '%s' command\r\n" % re.escape(match[2]), kvs))


def dryrun_of_7_2(oracle, kvs, why):
    if oracle[:1] != b"$" or kvs[:1] != b"$":
        return False
    theirs, ours = oracle[oracle.index(b"\r\n"):], kvs[kvs.index(b"\r\n"):]
    ours = re.sub(rb"\x00.*(?=' (key|channel)\r\n)", b"", ours, flags=re.DOTALL)   # 7.0 ends a name there
    return theirs == re.sub(rb"User \S+ has", b"This user has", ours, count=1)


def set_of_7_2(oracle, kvs, why):
    """What 7.0 calls a hashtable or, after SADD of more than fit and SPOP of most, an intset."""
    names = [raw.split(b"\r\n")[1] for raw in (oracle, kvs)] if oracle[:1] == kvs[:1] == b"$" else []
    return names in ([b"hashtable", b"listpack"], [b"intset", b"hashtable"], [b"intset", b"listpack"])


FOLLOWS_7_2 = "7.2 does so."

MEANT = [
    Meant("OBJECT ENCODING", r"OBJECT ENCODING", replies(b"$9\r\nquicklist", b"$8\r\nlistpack"),
          "a short list is a listpack", "7.2 calls it so."),
    Meant("OBJECT ENCODING", r"OBJECT ENCODING", set_of_7_2,
          "a small set of texts is a listpack; many arguments of SADD make a hashtable before they are counted once each",
          "7.2 has listpacks for sets."),
    Meant("SORT ... ALPHA", r"SORT", lambda *_: False, "texts are compared byte by byte",
          "Redis goes by the locale of its environment; in that of C the order is the same."),
    Meant("OBJECT ENCODING", r"OBJECT ENCODING", replies(b"$8\r\nskiplist", b"$8\r\nlistpack"),
          "SORT leaves a small sorted set a listpack", "Redis makes it a skiplist to read it."),
    Meant("HELLO, INFO server", r"HELLO|INFO", lambda *_: False,
          "the version is 7.2.x; INFO has kvs_version beside it",
          "kvs follows Redis 7.2, and clients choose their features by this number."),
    Meant("HELLO", r"HELLO", lambda *_: False, "kvs_user at the end where the account or the socket file gives the user",
          "It is the one command that such a user may always ask for its name."),
    Meant("INFO", r"INFO", lambda *_: False, "a section Sockets at the end",
          "Each socket file has rights, clients and counters of its own."),
    Meant("CLIENT LIST, CLIENT INFO", r"CLIENT (LIST|INFO)", no_evict_cleared,
          "lib-name and lib-ver at the end; watch, as in 7.4; RESET also clears NO-EVICT", FOLLOWS_7_2),
    Meant("CLIENT LIST, CLIENT INFO, ACL LOG, SLOWLOG GET", r"CLIENT (LIST|INFO)|ACL LOG|SLOWLOG GET", lambda *_: False,
          "pid, uid, gid, access and socket stand at the end of a client's line, pid, uid and gid in SLOWLOG's address",
          "The kernel knows who is at the other end of a socket file, and the file says what they may do."),
    Meant("CLIENT TRACKING ... NOLOOP", r"CLIENT TRACKING", lambda *_: False,
          "a client that changes a key which it has read is told of the next change by others",
          "It may have kept what it has written. Redis forgets that it knows the key."),
    Meant("CLIENT TRACKING", r"CLIENT TRACKING", lambda *_: False,
          "after an error there is no +OK; SWAPDB is told as an invalidation of everything; very many invalidations that "
          "one client hasn't read become one of everything; long names count as several in tracking-table-max-keys",
          "Redis sends both where two new prefixes overlap and the first isn't one of them, and leaves caches stale after "
          "SWAPDB. What waits for a client is to have a bound."),
    Meant("CLIENT PAUSE", r"CLIENT PAUSE 9223372036854775807",
          replies(b"+OK", b"-ERR timeout is out of range"),
          "a timeout that ends past the range of the clock is refused", FOLLOWS_7_2),
    Meant("HELLO ... SETNAME", r"HELLO .*\(then CLIENT GETNAME\)", replies(b"$5\r\nearly", b"$-1"),
          "the name is set only when every option is right", FOLLOWS_7_2),
    Meant("HELLO ... AUTH", r"HELLO .*AUTH nobody .*", lambda oracle, kvs, why: oracle.startswith(b"-WRONGPASS"),
          "the options are read to the end before a name and password are tried; the last pair counts",
          FOLLOWS_7_2),
    Meant("HELLO without AUTH", r"HELLO", replaced(b"HELLO AUTH <user>", b"HELLO <proto> AUTH <user>"),
          "the words of NOAUTH where a login is needed", FOLLOWS_7_2),
    Meant("commands that a user may not run", r"", noperm_of_7_2, "the words of NOPERM, which name the user", FOLLOWS_7_2),
    Meant("ACL SETUSER", r"ACL SETUSER", lambda oracle, kvs, why: kvs.endswith(b"))': Syntax error\r\n") and oracle[:1] == b"-",
          "a rule in a selector can't end with a parenthesis; %~x, % and %R are refused; %RW~* is ~*, however it comes about",
          "Redis could not load the first again from a file, ends from the second, and means the same by the third."),
    Meant("ACL LIST, ACL GETUSER", r"ACL (LIST|GETUSER)", lambda *_: False,
          "new users are sanitize-payload, and rules on commands are told as they were given", FOLLOWS_7_2),
    Meant("ACL DRYRUN", r"ACL DRYRUN", dryrun_of_7_2, "the refusal names the user", FOLLOWS_7_2),
    Meant("ACL LOAD", r"ACL LOAD", lambda *_: False,
          "only clients whose user is gone or has other rights are disconnected",
          "Redis 7.2 disconnects every user but default; whose rights are the same has nothing to fear."),
    Meant("ACL LOAD, ACL SAVE", r"ACL (LOAD|SAVE)", lambda *_: False,
          "lines of the ACL file that begin with # are comments; saving keeps them, before the user that they stand before",
          "People write them. Redis refuses such a file: take them out before going back."),
    Meant("ACL SETUSER, rename-command", r"ACL SETUSER", lambda *_: False,
          "names of newer Redis versions are known as well (+hexpire)", "So a file of one of those works as it is."),
    Meant("RESTORE", r"RESTORE", lambda *_: False,
          "payloads of Redis 7.2 and 7.4 and of Valkey 9 are read as well; members that are there twice, lengths in "
          "listpacks and intsets that aren't right, and content that ends early are refused, whatever sanitize-dump-payload says",
          "Redis 7.0 with its default trusts the insides of such values, and reads on in the payload's version where one ends early."),
    Meant("DUMP of a stream", r"DUMP", lambda *_: False,
          "entries that were given back by XNACK are pending since 1970 with a consumer whose name is empty; which messages "
          "producers have sent isn't there",
          "Redis 7.0, which is to read it, has no words for either; RESTORE here gives the first back again."),
    Meant("INFO persistence", r"INFO", lambda *_: False, "kvs_persistence:none",
          "Redis's fields look the same where snapshots are on and none was due; here none is ever made."),
    Meant("MONITOR, CLIENT NO-EVICT ON", r"MONITOR|CLIENT NO-EVICT", lambda *_: False,
          "end when the client may not run them any more: a monitor is disconnected, and NO-EVICT is off",
          "Redis goes on with both for as long as the connection lasts; rights that are taken away are to be gone."),
    Meant("CONFIG REWRITE", r"CONFIG REWRITE", lambda *_: False,
          "users that an included file declares stay there, unless they have changed or are gone",
          "Redis writes all users into the main file and can't start from it: they are defined twice."),
    Meant("CONFIG SET", r"CONFIG SET", lambda oracle, kvs, why: b"NUL byte" in kvs,
          "a value with a NUL byte is refused", "It would be cut there; ACL SETUSER takes such passwords."),
    Meant("CLIENT SETNAME, CLIENT SETINFO, HELLO ... SETNAME", r"CLIENT SET|HELLO",
          lambda oracle, kvs, why: b"cannot be longer than 1024 bytes" in kvs,
          "a name of more than 1024 bytes is refused", "What describes a client is to have a bound."),
    Meant("ACL LOG, SLOWLOG GET", r"ACL LOG|SLOWLOG GET", lambda oracle, kvs, why: b" more bytes)" in kvs,
          "objects and users of more than 960 bytes, and names of more than 128, are cut, and how much is said",
          "What records keep of what strangers send is to have a bound."),
    Meant("OBJECT REFCOUNT", r"OBJECT REFCOUNT",
          lambda oracle, kvs, why: {oracle, kvs} == {b":1\r\n", b":2147483647\r\n"},
          "which small integers count as shared", "kvs shares no objects: an integer lives in its entry."),
    Meant("BITOP", r"BITOP (DIFF1?|ANDOR|ONE)", lambda *_: False, "DIFF, DIFF1, ANDOR and ONE are there",
          "Redis 8.2 has them, and clients offer them."),
    Meant("BITFIELD, BITFIELD_RO", r"BITFIELD(_RO)? .*#", lambda oracle, kvs, why: kvs.startswith(b"-ERR bit offset is not"),
          "#offset is refused where the field's first bit can't be numbered in 64 bits",
          "Redis multiplies without a look and reads or writes another field; later versions refuse it too."),
    Meant("BITFIELD ... OVERFLOW SAT SET", r"BITFIELD ", lambda *_: False,
          "a number far below the field's least becomes the least", "Redis takes some of them to the greatest."),
    Meant("PFADD, PFMERGE, PFDEBUG", r"PF(ADD|MERGE|DEBUG)", lambda oracle, kvs, why: kvs.startswith(b"-INVALIDOBJ"),
          "a corrupted HyperLogLog is refused as a whole, and stays as it was",
          "Redis looks only at the part that it needs, and changes it."),
    Meant("GEOSEARCH, GEOSEARCHSTORE", r"GEOSEARCH(STORE)? .*BYPOLYGON", lambda *_: False, "BYPOLYGON as in Valkey 9",
          "Clients offer it. One with more than 512 edges at one latitude is refused, since each place has to be compared with them."),
    Meant("GEOSEARCH, GEORADIUS ... COUNT", r"GEO(SEARCH|RADIUS)", lambda *_: False,
          "of members that are just as far away, those come first that stand first in the set",
          "Redis sorts no more than COUNT wants, in a way that mixes equals."),
    Meant("COMMAND GETKEYS, GETKEYSANDFLAGS", r"COMMAND GETKEYS(ANDFLAGS)? GEORADIUS(BYMEMBER)? .* (?i:STORE .* STORE|STOREDIST .* STOREDIST) ",
          lambda *_: True, "GEORADIUS with STORE several times has all these keys",
          "Redis tells the first, and stores to the last."),
    Meant("COMMAND GETKEYS, GETKEYSANDFLAGS", r"COMMAND GETKEYS(ANDFLAGS)? SORT .* (?i:STORE (STORE|BY|GET|LIMIT)) ", lambda *_: True,
          "SORT may store to a key that is called like one of its options", "Redis takes the name for the option there."),
    Meant("COMMAND GETKEYS, GETKEYSANDFLAGS", r"COMMAND GETKEYS(ANDFLAGS)? PFMERGE \S+$", replies(b"-ERR Invalid arguments", b"*1"),
          "the one key of PFMERGE without sources is found", "Redis runs this command, but says that it can't find its keys."),
    Meant("writes under maxmemory", r"", lambda *_: False,
          "a write that adds more than maxmemory is refused with OOM and costs no key; what clients send and don't read never "
          "counts",
          "Redis counts what clients send, so it evicts all keys for a large value before it refuses it, and accepts one that "
          "isn't sent (SETRANGE) and evicts all keys at the next write."),
    Meant("what is queued under maxmemory", r"", lambda *_: False, "only writes that need memory are refused while they are queued",
          "What a client queues is counted as the client's and has a limit there (client-query-buffer-limit, maxmemory-clients); "
          "Redis refuses all, DEL as well."),
    Meant("CLIENT REPLY within a transaction", r"\(RAW TRANSACTION\) .*CLIENT REPLY", lambda *_: True,
          "the reply of EXEC comes as a whole, or not at all", "Redis leaves out some of its elements, and no client can read on."),
    Meant("inline commands and counts with a NUL byte", r"\(RAW BYTES\) .*\x00",
          lambda oracle, kvs, why: oracle == b"" and kvs != b"", "the line is read as it is",
          "Redis stops reading such a line at the NUL and waits for ever for its end."),
    Meant("CONFIG SET loglevel", r"CONFIG SET", replaced(b"notice, warning\r", b"notice, warning, nothing\r"),
          "the level nothing is known", FOLLOWS_7_2),
    Meant("COMMAND GETKEYS, GETKEYSANDFLAGS", r"COMMAND GETKEYS(ANDFLAGS)?\b",
          replies(b"-ERR wrong number of arguments for 'command|getkeys", b"-ERR "),
          "a command without arguments may be asked about", FOLLOWS_7_2),
    Meant("XSETID", r"XSETID ", lambda oracle, kvs, why: kvs == b"-ERR The ID specified in XSETID is smaller than current max_deleted_entry_id\r\n",
          "an ID below that of a deleted entry is refused", FOLLOWS_7_2),
    Meant("XREAD", r"XREAD ", replaced(b"Unbalanced XREAD list", b"Unbalanced 'xread' list"),
          "the words of the error where keys and IDs aren't as many", FOLLOWS_7_2),
    Meant("XADD, XTRIM", r"X(ADD|TRIM) ", lambda *_: False, "KEEPREF, DELREF and ACKED of Redis 8.2 are there, and IDMP and IDMPAUTO of 8.6",
          "Clients offer them. What was sent with IDMP is known by hashes, and not told to whoever follows the effects."),
    Meant("XADD, XTRIM with ~", r"X(ADD|TRIM) .*~", lambda *_: False,
          "a block has 2,000 entries and 64 KiB at most (an entry may be larger), also where stream-node-max-entries and "
          "stream-node-max-bytes say more, or 0, which is no limit in Redis",
          "A change moves what is behind it in its block. So trimming with ~ takes other numbers of entries away then."),
    Meant("XINFO STREAM", r"XINFO STREAM", lambda *_: False, "the fields of IDMP, of a stream that has had it", "Redis 8.6 has them."),
    Meant("XREADGROUP", r"XREADGROUP ", replaced(b"Unbalanced XREAD list of streams: for each stream key an ID or '$'", b"Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>'"),
          "the words of the error where keys and IDs aren't as many", FOLLOWS_7_2),
    Meant("XREADGROUP", r"XREADGROUP .*CLAIM", lambda *_: False, "CLAIM is there", "Redis 8.4 has it, and clients offer it. What it finds deleted isn't pending any more, as with XCLAIM."),
    Meant("XREADGROUP, XCLAIM, XAUTOCLAIM", r"X(READGROUP|CLAIM|AUTOCLAIM) ", lambda *_: False,
          "a consumer is made even if it gets nothing; XINFO CONSUMERS tells inactive and XINFO STREAM FULL active-time", FOLLOWS_7_2),
    Meant("XREADGROUP", r"XREADGROUP .*BLOCK", lambda *_: False,
          "who waits when the key or the group goes gets NOGROUP or WRONGTYPE, as if asking then; and XGROUP SETID serves those who wait, if it makes entries new", FOLLOWS_7_2),
    Meant("XREADGROUP, XACK, XCLAIM", r"X(READGROUP|ACK|CLAIM) ", lambda *_: False,
          "they are changes of the key to those who WATCH it or keep it in a cache", "What others read of the group has changed. Redis doesn't tell them."),
    Meant("XREAD", r"XREAD .*\+", lambda *_: False, "+ stands for the last entry", "Redis 7.4 has it."),
    Meant("COMMAND LIST", r"COMMAND LIST", only(r"only in kvs: (client\|no-touch|client\|setinfo|delex|delifeq|digest|increx|msetex|hp?expire(at|time)?|hp?ttl|hpersist|h[gs]etex|hgetdel|waitaof|xackdel|xcfgset|xdelex|xnack|, )+"),
          "CLIENT NO-TOUCH, CLIENT SETINFO and WAITAOF are there; HEXPIRE and its relatives of Redis 7.4, HGETEX, HSETEX and HGETDEL of 8.0, DELEX, DIGEST and "
          "MSETEX of 8.4, INCREX of 8.8, XACKDEL and XDELEX of 8.2, XCFGSET of 8.6, XNACK of 8.8, and DELIFEQ of Valkey 9",
          "7.2 has the first three, and clients of today send the others."),
    Meant("FUNCTION LOAD, FUNCTION RESTORE", r"FUNCTION (LOAD|RESTORE)",
          lambda oracle, kvs, why: all(re.fullmatch(rb"-ERR (Function|Library) \w+ already exists\r\n", raw) for raw in (oracle, kvs)),
          "which of several names that are there already is told", "Redis comes to them in the order of a hash table."),
    Meant("FUNCTION STATS", r"FUNCTION STATS", lambda oracle, kvs, why: oracle.startswith(b"-BUSY ") and kvs[:1] in (b"*", b"%"),
          "while a script of EVAL runs, it is told as a function is", "Nothing else tells which script it is that others wait for."),
    Meant("EVAL, FCALL", r"EVAL|FCALL", lambda *_: False,
          "commands that wait (BLPOP, XREAD BLOCK) may be called, and answer at once", FOLLOWS_7_2),
    Meant("EVAL, FCALL", r"EVAL|FCALL", lambda *_: False, "the words where a user may not do what a script calls", FOLLOWS_7_2),
    Meant("ZRANK, ZREVRANK", r"Z(REV)?RANK ", lambda oracle, kvs, why: oracle.startswith(b"-ERR wrong number of arg"),
          "WITHSCORE is there", FOLLOWS_7_2),
    Meant("ZUNION, ZINTER, ZUNIONSTORE, ZINTERSTORE", r"Z(UNION|INTER)(STORE)? .*AGGREGATE count",
          lambda *_: False, "AGGREGATE COUNT is there", "Redis 8.8 has it, and clients offer it."),
    Meant("SET", r"SET ", lambda oracle, kvs, why: False, "IFEQ, IFNE, IFDEQ and IFDNE as in Redis 8.4",
          "Clients of today send them. Valkey has only IFEQ, which it answers in the same way."),
    Meant("HSCAN", r"[SHZ]?SCAN ", replies(b"-ERR syntax error", b"-ERR NOVALUES option"), "NOVALUES as in Redis 7.4",
          "Clients of today send it."),
    Meant("COMMAND INFO", r"COMMAND INFO", only(
        r"acl\|(deluser|save|setuser) tips only in kvs: .*",
        r"command\|getkeys(andflags)? arity: redis -4, kvs -3", r"z(rev)?rank arity: redis 3, kvs -3",
        r"(scan|randomkey|config\|resetstat|config\|rewrite|client\|setname|msetnx|latency\|reset) tips only in (redis|kvs): .*",
        r"only in kvs: response_policy:.*",
        r"client subcommands only in (redis|kvs): (client\||no-touch|setinfo|, )+",
        r"only in kvs: (client\||no-touch|setinfo|, )+"),
        "tips of some commands, the arities of GETKEYS, ZRANK and ZREVRANK and the subcommands of CLIENT",
        "7.2 changed the tips and added subcommands."),
    Meant("COMMAND DOCS", r"COMMAND DOCS", only(
        r"(/acl/subcommands)?/acl\|log: only in kvs: history", r"/bitop: only in kvs: history", r"/bitop/arguments\[0\].*", r"/hscan: only in kvs: history", r"/hscan/arguments: .*", r"/set/(history|arguments\[2\]/arguments): redis .*",
        r"/config\|get/arguments\[0\].*", r"/config/subcommands/config\|get/arguments\[0\].*",
        r".*client\|kill/arguments\[0\]/arguments\[1\]/arguments\[5\].*", r".*client\|list/arguments\[1\].*",
        r"/geo(hash|pos)/arguments\[1\]/flags: .*", r"/georadius(bymember)?/arguments: redis has \d+, kvs \d+",
        r"/geosearch(store)?/arguments\[[12]\]: only in kvs: flags", r"/geosearch(store)?/arguments\[[23]\]/arguments: redis has 2, kvs 3",
        r".*client\|pause/since: .*", r".*command\|getkeys(andflags)?: only in kvs: arguments",
        r"/client/subcommands: only in (redis|kvs): (client\||no-touch|setinfo|, )+",
        r"only in kvs: (client\||no-touch|setinfo|arguments|, )+",
        r"/x(add|trim)/(arguments|history): redis .*",
        r"/z(rev)?rank: only in kvs: history", r"/z(rev)?rank/arguments: redis has 2, kvs 3",
        r"/z(union|inter)(store)?/arguments\[[34]\]/arguments: redis has 3, kvs 4"),
        "texts, names of arguments, display_text, deprecations; some arguments of GEOHASH, GEOPOS, GEORADIUS, GEORADIUSBYMEMBER, GEOSEARCH, GEOSEARCHSTORE, SET, BITOP, CONFIG GET, CLIENT KILL, CLIENT LIST, COMMAND GETKEYS, HSCAN, XADD, XTRIM, ZRANK, ZREVRANK, ZUNION and ZINTER",
        "The texts are kvs's own, the structure is that of 7.2."),
    Meant("notify-keyspace-events", r"$.", lambda *_: False,
          "a client that is subscribed to the events of its own commands gets them behind the replies",
          "Redis sends some before the reply and some behind it; events are delivered like all messages, outside of locks."),
    Meant("patterns with more than a thousand asterisks", r"$.", lambda *_: False,
          "what they match is found",
          "Redis gives up there, since it calls itself for each of them; kvs's matching takes no depth, and gives way to others."),
    Meant("INFO commandstats", r"$.", lambda *_: False,
          "a call that waits (BLPOP) counts when its wait is over, and as rejected if it may not run any more",
          "7.2 does so."),
    Meant("PUBLISH, SPUBLISH", r"$.", lambda *_: False,
          "a RESP3 client that is subscribed itself gets its message behind the reply, and behind that of EXEC",
          "7.2 does so."),
    Meant("PUBLISH inside EXEC", r"PUBLISH", lambda *_: False,
          "where there are more than some sixty patterns, or costly ones, their subscribers may get the message later and not be counted",
          "A transaction can't give way to others while they are matched."),
    Meant("HELP subcommands", r"\w+ HELP", lambda *_: False, "the wording and number of lines",
          "The texts are kvs's own; clients do not parse them."),
]


PAGE = """# Compatibility with Redis

kvs gives the replies of Redis 7.2. `tests/differential/run` sends the same generated commands to kvs and to Debian's
redis-server 7.0.15, in RESP2, RESP3 and inline form, and compares the replies byte for byte and the key spaces at the
end. This page is made from the tables of that test (`make docs`).

## What is meant to differ

A difference that is not in this table makes the test fail.

%s

## What isn't there

Commands of Redis 7.2, and newer ones of Redis 8 and Valkey 9 that clients send; those of modules don't count. They get
`ERR unknown command`, as Redis answers to what it doesn't know. `rename-command` lines, `user` lines, ACL files and ACL
SETUSER may name them all the same: the server keeps the rules as they were given, so that they hold once the command is
there and go back to Redis unchanged, and says in one line at the start that they have no effect so far.

%s

## Replies that are compared by a rule

They depend on the clock, on chance, on memory layout or on the order of a hash table. All others must be the same bytes.

%s
"""


def table(heads, rows):
    lines = ["| %s |" % " | ".join(heads), "|%s" % ("---|" * len(heads))]
    lines += ["| %s |" % " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(lines)


def as_markdown():
    """docs/compatibility.md."""
    meant = [(entry.title, entry.differs, entry.reason) for entry in MEANT]
    commands = {}
    for pattern, function in rules.RULES:
        name = pattern.pattern.replace(r"\w+", "any").strip(" $")
        commands.setdefault(function, []).append(name)
    compared = [(", ".join(names), function.__doc__) for function, names in commands.items()]
    missing = [(group, ", ".join(name.upper().replace("|", " ") for name in names))
               for group, names in absent.by_group().items()]
    return PAGE % (table(("command", "what differs from Redis 7.0.15", "why"), meant),
                   table(("group", "commands"), missing),
                   table(("command", "what must agree"), compared))
