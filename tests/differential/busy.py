"""While a script runs for longer than busy-reply-threshold: what each command answers, with few arguments and with none, and
what becomes of a transaction."""

import resp
from scenarios import PATIENCE, eventually, scenario
from transactions import step, steps, words

FOREVER = "while true do end"
LIBRARY = "#!lua name=busy\nredis.register_function('forever', function() while true do end end)"
APART = {"SHUTDOWN", "QUIT", "MULTI", "SCRIPT KILL", "FUNCTION KILL"}   # these have rows of their own
AT_ONCE = 50   # commands in a pipeline; redis-server looks at its clients now and then only
STATES = ["MULTI; GET k; EXEC", "MULTI; EXEC", "MULTI; DISCARD", "WATCH k; UNWATCH", "WATCH; WATCH k k; MULTI; WATCH k; EXEC", "EXEC", "DISCARD",
          "UNWATCH", "MULTI; MULTI; DISCARD", "MULTI; PING; RESET; EXEC", "RESET", "HELLO", "HELLO 9", "HELLO 2", "HELLO 2 SETNAME x", "AUTH x",
          "AUTH default x", "nosuch", "GET", "GET k x", "CONFIG nosuch", "SHUTDOWN", "SHUTDOWN SAVE", "SHUTDOWN NOW", "SHUTDOWN FORCE SAVE", "SHUTDOWN NOSAVE SAVE",
          "SHUTDOWN ABORT", "SHUTDOWN ABORT NOW", "SHUTDOWN x", "SCRIPT KILL x", "FUNCTION KILL x", "SCRIPT nosuch", "FUNCTION nosuch", "MULTI; SCRIPT FLUSH; EXEC",
          "CLIENT REPLY SKIP", "SELECT 1", "MULTI; SELECT 1; DISCARD"]


def kind_of(args, oracle, kvs):
    """FUNCTION STATS and HELLO tell times and versions; that they answer is what counts."""
    return "" if type(oracle) is type(kvs) and len(oracle) == len(kvs) else "another kind of reply"


def known_commands(pair):
    """Those that both have, with their subcommands, and as many arguments as each wants."""
    client = pair.connect()
    names = [set(resp.decode(raw)) for raw in client.ask("COMMAND", "LIST", quiet=True)]
    wanted = []
    for name in sorted(names[0] & names[1]):
        arity = [resp.decode(raw) for raw in client.ask("COMMAND", "INFO", name, quiet=True)]
        if arity[0][0] and arity[1][0] and arity[0][0][1] == arity[1][0][1]:
            listed = name.decode().upper().split("|")
            if listed[0] not in APART and " ".join(listed) not in APART:
                wanted.append(listed + ["1"] * (abs(arity[0][0][1]) - len(listed)))
    client.close()
    return wanted


def together(pair, commands):
    """In one pipeline of a connection of its own."""
    client, replies = pair.connect(looks=False), []
    for side, connection in enumerate(client.connections):
        got, ending = connection.exchange(b"".join(client.encode(args, side) for args in commands), len(commands), PATIENCE)
        replies.append(got + [ending.encode()] * (len(commands) - len(got)))
    for args, left, right in zip(commands, *replies):
        pair.expect(args, left, right, kind_of if args == ["FUNCTION", "STATS"] or args[0] == "HELLO" else None)
    client.close()


def begin(pair, request):
    """A connection on which a script runs, when others are told so."""
    runner, watcher = pair.connect(looks=False), pair.connect(looks=False)
    for side, connection in enumerate(runner.connections):
        connection.send_all(runner.encode(request, side))
    eventually(lambda: [c.exchange(resp.encode(["PING"]), 1, PATIENCE)[0][0] for c in watcher.connections], lambda raw: raw.startswith(b"-BUSY"))
    watcher.close()
    return runner


def end(pair, runner, other, own):
    control = pair.connect(looks=False)
    steps(control, [[other, "KILL"], [own, "KILL"]])
    raw = [connection.exchange(b"", 1, PATIENCE)[0][0] for connection in runner.connections]
    pair.expect(["(the script's reply)"], *raw)
    eventually(lambda: [c.exchange(resp.encode(["PING"]), 1, PATIENCE)[0][0] for c in control.connections], lambda raw: raw == b"+PONG\r\n")
    steps(control, [[own, "KILL"], [other, "KILL"]])
    control.close()
    runner.close()


@scenario
def commands_while_a_script_is_busy(pair):
    """All commands, and what a transaction may do."""
    control = pair.connect()
    control.ask("SET", "k", "v")
    control.ask("FUNCTION", "LOAD", LIBRARY)
    control.ask("CONFIG", "SET", "busy-reply-threshold", "20")
    commands = known_commands(pair)
    for request, other, own in ((["EVAL", FOREVER, "0"], "FUNCTION", "SCRIPT"), (["FCALL", "forever", "0"], "SCRIPT", "FUNCTION")):
        queued = pair.connect(looks=False)
        steps(queued, words("WATCH k; MULTI; SET k w"))
        runner = begin(pair, request)
        for first in range(0, len(commands), AT_ONCE):
            together(pair, commands[first:first + AT_ONCE])
        for text in STATES:
            together(pair, words(text))
        step(queued, "GET", "k")   # which discards it
        end(pair, runner, other, own)
        step(queued, "EXEC")
        step(queued, "GET", "k")
        queued.close()
    control.ask("CONFIG", "SET", "busy-reply-threshold", "5000")
    control.close()
