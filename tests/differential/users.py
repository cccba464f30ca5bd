"""Users: random rules, what they then allow, and scenarios on logging in.

The users are u0 to u4. Each keeps the right to ECHO, because the driver ends every batch with one. Rules
also name commands that only Redis has; requests are such as both have.
"""

import random

import generators
import resp
import rules
from driver import RESP2, RESP3, Mismatch
from scenarios import eventually, expect_closed, numbers, scenario

NAMES = ["u0", "u1", "u2", "u3", "u4"]
FORGET = ["ACL", "DELUSER"] + NAMES
PASSWORDS = ["p1", "p2", "", "a b", b"\x00\xff"]
HASHES = ["#" + digit * 64 for digit in "0af"]
DEFAULT_AGAIN = ["ACL", "SETUSER", "default", "reset", "on", "nopass", "~*", "&*", "+@all"]

CATEGORIES = ["keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap",
              "hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous",
              "connection", "transaction", "scripting", "all"]

COMMANDS = ["get", "set", "mget", "del", "getex", "copy", "rename", "ping", "keys", "config", "client",
            "object", "select", "memory", "flushall", "info", "config|get", "config|set", "client|id",
            "client|kill", "object|encoding", "memory|usage", "acl|whoami", "acl|list",
            "hset", "bgsave", "multi", "script", "script|load", "xgroup|create", "client|tracking", "cluster|info",
            "publish|news", "zadd"]

PATTERNS = ["*", "k1", "k*", "k[1-3]", "other", "", "a*b", "k?", "**"]

# Not "%~x", "%" and "%R", which 7.0 takes and may end from.
ODD_RULES = ["+nosuch", "-nosuch", "+@nosuch", "+config|nosuch", "+nosuch|get", "%RX~x", "~", "&", ">", "<",
             "#", "!", "#zz", "#" + "A" * 64, "<absent", "!" + "b" * 64, "", "on off", "()", ")", "+get)",
             "(+nosuch)", "(on)", "(nopass)", "nosuch", "+", "-", "+@", "+|", "+get|", "+|x", "~a b", "&a b",
             "+script|nosuch", "-script|nosuch", "+script|", "+script|load|x", "-publish|news", "+publish|",
             "+client|tracking|on", "+config|get|x", "-config|get|x", "+config|*", "*", "+@all|x", "++get", "(+get))", b"~\x00",
             b"+g\x00t"]
OPEN_RULES = ["(", "(+get", "((("]

REQUESTS = [
    ["GET", "k1"], ["GET", "k5"], ["GET", "other"], ["SET", "k1", "v"], ["SET", "k2", "v", "GET"],
    ["SET", "other", "v"], ["MGET", "k1", "k2"], ["MGET", "k1", "other"], ["MGET", "other", "k1", "k2"],
    ["MSET", "k1", "v", "other", "v"], ["COPY", "k1", "k2"], ["COPY", "k1", "other"], ["RENAME", "k1", "k2"],
    ["DEL", "k1", "other"], ["GETEX", "k1"], ["GETDEL", "k2"], ["APPEND", "k1", "x"],
    ["SETRANGE", "k1", "0", "y"], ["EXISTS", "k1", "other"], ["TYPE", "k3"], ["STRLEN", "k1"],
    ["EXPIRE", "k1", "100000"], ["TTL", "none"], ["PING"], ["ECHO", "hi"], ["SELECT", "0"], ["SELECT", "1"],
    ["SELECT", "0"], ["CONFIG", "GET", "nosuch"], ["CONFIG", "SET", "hz", "10"], ["CONFIG", "NOSUCH"],
    ["CLIENT", "ID"], ["CLIENT", "GETNAME"], ["OBJECT", "ENCODING", "none"], ["OBJECT", "HELP"],
    ["MEMORY", "USAGE", "none"], ["LCS", "k1", "k2"], ["DBSIZE"], ["RANDOMKEY"], ["KEYS", "nosuch*"],
    ["TOUCH", "k1"], ["ACL", "WHOAMI"], ["ACL", "USERS"], ["COMMAND", "COUNT"], ["GET"], ["NOSUCH", "k1"],
    ["UNLINK", ""], ["GET", b"\xff\x00"]]


def password(g):
    return resp.to_bytes(g.pick(PASSWORDS))


def pattern(g):
    return g.pick(PATTERNS)


def command_rule(g):
    sign = g.pick("++-")
    roll = g.random.random()
    if roll < 0.5:
        return sign + g.case(g.pick(COMMANDS))
    if roll < 0.9:
        return sign + "@" + g.pick(CATEGORIES)
    return g.pick(["allcommands", "nocommands", "+select|0", "+select|1", "-select|0", "+get|k1"])


def key_rule(g):
    if g.chance(0.6):
        return g.pick(["~" + pattern(g), "~" + pattern(g), "~" + pattern(g), "allkeys", "resetkeys"])
    return g.pick(["%R~", "%W~", "%rw~", "%WR~"]) + g.pick(PATTERNS[1:])   # not *: meant.py says why


def selector_rule(g):
    inner = " ".join(g.pick([command_rule, key_rule])(g) for _ in range(g.random.randint(1, 4)))
    return ("( %s )" if g.chance(0.2) else "(%s)") % inner


def user_rule(g):
    return g.pick([
        lambda: g.pick(["on", "on", "off", "ON"]),
        lambda: g.pick(["nopass", "resetpass", "NoPass"]),
        lambda: b">" + password(g), lambda: b"<" + password(g),
        lambda: g.pick(HASHES), lambda: g.pick(HASHES).replace("#", "!"),
        lambda: g.pick(["sanitize-payload", "skip-sanitize-payload", "reset", "clearselectors"]),
        lambda: "&" + pattern(g), lambda: g.pick(["allchannels", "resetchannels"]),
        lambda: selector_rule(g),
    ])()


def rule(g):
    roll = g.random.random()
    if roll < 0.45:
        return command_rule(g)
    if roll < 0.7:
        return key_rule(g)
    return user_rule(g) if roll < 0.97 else g.pick(ODD_RULES)


def set_user(g):
    given = [rule(g) for _ in range(g.random.randint(0, 6))]
    if g.chance(0.1):   # a selector in several words
        given += selector_rule(g).split(" ")
    return ["ACL", "SETUSER", g.pick(NAMES)] + given + ["+echo"]


@generators.family(5)
def acl(g):
    """Rules are set and told, and tried with DRYRUN and by logging in."""
    name = lambda: g.pick(NAMES)   # noqa: E731
    request = lambda: [g.case(word) if at == 0 else word for at,
    word in enumerate(g.pick(REQUESTS))]   # noqa: E731
    roll = g.random.random()
    if roll < 0.3:
        return set_user(g)
    if roll < 0.45:
        return ["ACL", "DRYRUN", name()] + request()
    if roll < 0.75:
        return request()
    return g.pick([
        lambda: ["AUTH", name(), password(g)],
        lambda: ["AUTH", name(), password(g)],
        lambda: ["HELLO", "2", "AUTH", name(), password(g)] if not g.modern else ["AUTH", name(), password(g)],
        lambda: ["RESET"],
        lambda: ["RESET"],
        lambda: ["ACL", "GETUSER", name()],
        lambda: ["ACL", "GETUSER", name()],
        lambda: ["ACL", "GETUSER", g.pick(["nobody", "default", ""])],
        lambda: ["ACL", "LIST"],
        lambda: ["ACL", "USERS"],
        lambda: ["ACL", "WHOAMI"],
        lambda: ["ACL", "LOG", g.pick(["0", "1", "3", "RESET", "-1", "x"])],
        lambda: ["ACL", "CAT"] + g.pick([[], [g.pick(CATEGORIES)], ["nosuch"], ["READ"]]),
        lambda: ["ACL", "GENPASS"] + g.pick([[], ["1"], ["5"], ["4096"], ["4097"], ["0"], ["-1"], ["x"],
        ["1", "2"]]),
        lambda: ["ACL", "DRYRUN", g.pick(["nobody", name()])] + g.pick([["nosuch"], ["GET"], ["CONFIG"],
        ["CONFIG", "x"]]),
        lambda: ["ACL", g.pick(["LOAD", "SAVE", "SETUSER", "DELUSER", "NOSUCH", "WHOAMI"])],
        lambda: ["ACL", "SETUSER", g.pick(["a b", b"a\x00", "a\tb"])],
        lambda: ["ACL", "DELUSER", g.pick(["nobody", "default"])],
    ])()


@scenario
def acl_refused_rules(pair):
    """Rules that are odd or wrong, alone and among good ones; and in a selector of several words,
    which those that begin
    another one don't fit into: 7.0 forgets the first then."""
    connection = pair.connect()
    for odd in ODD_RULES + OPEN_RULES:
        connection.ask("ACL", "SETUSER", "u0", odd)
        connection.ask("ACL", "SETUSER", "u1", "on", "+get", odd, "~x")
        if odd not in OPEN_RULES and b"\x00" not in resp.to_bytes(odd):   # 7.0 joins words up to a NUL
            connection.ask("ACL", "SETUSER", "u2", "(+get", odd, "~x)")
        connection.ask("ACL", "LIST")
        connection.ask(*FORGET)
    connection.close()


@scenario
def acl_categories(pair):
    """The commands of each category, and what a user of one category, and of all but one, may run."""
    connection = pair.connect()
    both = set.intersection(*(set(resp.decode(raw)) for raw in connection.ask("COMMAND", "LIST", quiet=True)))
    requests = [request for request in (least_request(connection, name) for name in sorted(both)) if request]
    connection.ask("ACL", "CAT")
    for category in CATEGORIES[:-1]:
        replies = [set(resp.decode(raw)) for raw in connection.ask("ACL", "CAT", category)]
        pair.expect(["(commands of both in category %s)" % category],
                    *(b" ".join(sorted(found & both)) for found in replies))
        connection.ask("ACL", "SETUSER", "u0", "reset", "allkeys", "+@" + category)
        connection.ask("ACL", "SETUSER", "u1", "reset", "allkeys", "+@all", "-@" + category)
        connection.batch([["ACL", "DRYRUN", user] + request for user in ("u0", "u1") for request in requests],
                         shrink=False)
    connection.ask(*FORGET)
    connection.close()


def least_request(connection, name):
    """The command with just as many arguments as it needs; None where the two want other numbers of them."""
    infos = [resp.decode(raw)[0] for raw in connection.ask("COMMAND", "INFO", name, quiet=True)]
    words = name.split(b"|")
    return words + [b"1"] * (abs(infos[0][1]) - len(words)) if infos[0][1] == infos[1][1] else None


@scenario
def acl_logins(pair):
    """A password for the default user: who has to show it, and what is answered to whom."""
    control, early = pair.connect(), pair.connect(RESP3)
    control.ask("CONFIG", "SET", "requirepass", "secret")
    control.ask("CONFIG", "GET", "requirepass")
    early.ask("PING")
    for mode in (RESP2, RESP3):
        late = pair.connect()
        question = ["HELLO", "3"] if mode == RESP3 else ["GET", "k"]
        # The driver's ECHO is refused until somebody has logged in, so replies are counted here.
        for args in (["PING"], question, ["NOSUCH"], ["GET"], ["AUTH", "wrong"], ["AUTH", "nobody", "secret"],
        ["HELLO"],
                     ["HELLO", "2", "AUTH", "default", "wrong"], ["CLIENT", "ID"], ["ACL", "WHOAMI"], ["AUTH"],
                     ["AUTH", "a", "b", "c"], ["RESET"], ["PING"]):
            pair.expect(args, *(b"".join(one.exchange(resp.encode(args), 1)[0]) for one in late.connections))
        late.ask("AUTH", "secret")
        late.ask("ACL", "WHOAMI")
        late.ask("CLIENT", "INFO")
        late.close()
    pair.connect().ask("AUTH", "default", "secret")
    control.ask("ACL", "LOG")
    control.ask("ACL", "LIST")
    control.ask("ACL", "SETUSER", "default", "off")
    for args in (["PING"], ["AUTH", "secret"], ["HELLO", "3"]):
        stranger = pair.connect()
        pair.expect(args, *(b"".join(one.exchange(resp.encode(args), 1)[0]) for one in stranger.connections))
        stranger.close()
    control.ask("CONFIG", "SET", "requirepass", "")
    control.ask(*DEFAULT_AGAIN)
    control.ask("ACL", "LIST")
    early.ask("AUTH", "any")
    early.close()
    control.close()


@scenario
def acl_clients(pair):
    """Clients of users: in CLIENT LIST, killed by name, and disconnected when their user is deleted."""
    control = pair.connect()
    clients = [pair.connect(mode) for mode in (RESP2, RESP3, RESP2)]
    for index, client in enumerate(clients):
        control.ask("ACL", "SETUSER", "u%d" % index, "on", "nopass", "allkeys", "+@all", "-debug")
        client.ask("AUTH", "u%d" % index, "x")
        client.ask("ACL", "WHOAMI")
        client.ask("CLIENT", "INFO")
        client.ask("DEBUG", "SLEEP", "0")
    idents = [numbers(client.ask("CLIENT", "ID")) for client in clients]
    settled = eventually(lambda: control.ask("CLIENT", "LIST", quiet=True),
    lambda raw: raw.count(b"laddr=") == 4)
    pair.expect(["CLIENT", "LIST"], *settled)
    control.ask("CLIENT", "KILL", "USER", "nobody")
    control.ask("CLIENT", "KILL", "USER", "u0", "ID", idents[1])
    control.ask("CLIENT", "KILL", "USER", "u0")
    expect_closed(pair, clients[0], "CLIENT KILL USER")
    control.ask("ACL", "DELUSER", "u1", "nobody")
    expect_closed(pair, clients[1], "ACL DELUSER")
    clients[2].batch([["PING"], ["ACL", "DELUSER", "u2"]], shrink=False)
    expect_closed(pair, clients[2], "ACL DELUSER of oneself")
    control.ask("ACL", "USERS")
    control.ask("ACL", "LOG", "RESET")
    control.close()


@scenario
def acl_log(pair):
    """What is refused is logged: reasons, objects, names, and those of one kind together."""
    control, client = pair.connect(), pair.connect(RESP3)
    control.ask("ACL", "LOG", "RESET")
    control.ask("ACL", "SETUSER", "u0", "on", ">p1", "~k*", "+get", "+set", "+echo")
    client.ask("AUTH", "u0", "p1")
    source = random.Random(3)
    for _ in range(60):
        client.ask(*source.choice([["GET", "x"], ["SET", "y", "1"], ["GET", "k"], ["DEL", "k"],
        ["CONFIG", "GET", "x"],
                                   ["AUTH", "u0", "wrong"], ["auth", "nobody", "p1"], ["MGET", "k"],
                                   ["GET", "z"]]))
    for count in ([], ["3"], ["100"], ["0"], ["-5"], ["x"], ["1", "2"]):
        control.ask("ACL", "LOG", *count)
    control.ask("CONFIG", "SET", "acllog-max-len", "3")
    client.ask("AUTH", "last", "p1")
    control.ask("ACL", "LOG", "100")
    control.ask("CONFIG", "SET", "acllog-max-len", "128")
    control.ask("INFO", "stats", rule=rules.info)
    control.ask("ACL", "LOG", "RESET")
    control.ask("ACL", "LOG")
    control.ask(*FORGET)
    client.close()
    control.close()


@scenario
def acl_secrets(pair):
    """Neither SLOWLOG nor MONITOR tells passwords or rules."""
    connection, watcher = pair.connect(looks=False), pair.connect(looks=False)   # the lines are compared
    connection.ask("ACL", "LOG", "RESET")
    connection.ask("CONFIG", "SET", "slowlog-log-slower-than", "0")
    connection.ask("SLOWLOG", "RESET")
    watcher.ask("MONITOR")
    for args in (["ACL", "SETUSER", "u0", "on", ">p1", "+@all"], ["AUTH", "u0", "p1"],
    ["AUTH", "default", "p1"],
                 ["HELLO", "2", "AUTH", "u0", "p1"], ["CONFIG", "SET", "requirepass", "p1", "hz", "10"],
                 ["AUTH", "p1"],
                 ["CONFIG", "SET", "requirepass", ""], ["ACL", "GETUSER", "u0"], ["ACL", "DELUSER", "u0"]):
        connection.ask(*args)
    connection.ask("CONFIG", "SET", "slowlog-log-slower-than", "10000")
    connection.ask("SLOWLOG", "GET", "-1")
    connection.ask("ECHO", "last")
    shown = []
    for one in watcher.connections:
        lines = []
        while not lines or b"last" not in lines[-1]:
            lines += one.exchange(b"", 1)[0]
        shown.append([resp.decode(raw) for raw in lines if b"marker:" not in raw])
    pair.expect(["(lines of MONITOR)"], *(b"%d" % len(lines) for lines in shown))
    for left, right in zip(*shown):
        said = rules.monitor_line((), left, right)
        if said:
            pair.reports.add(Mismatch(["MONITOR"], left, right, said))
    connection.ask("ACL", "LOG", "RESET")
    connection.ask("SLOWLOG", "RESET")
    connection.close()
    watcher.close()
