"""Puts slices of generated batches into transactions: as clients do it, and as they shouldn't."""

import resp

WRAPPED = 0.3   # of all batches


def strange(gen):
    """What hardly anybody sends within a transaction."""
    return gen.pick([["MULTI"], ["WATCH"] + gen.keys(1, 2), ["UNWATCH"], ["nosuch"], ["GET"], ["EXEC", "x"], ["MULTI", "x"],
                     ["WATCH"], ["SELECT", "99"]])


def is_new(args):
    """What 7.0 refuses and 7.2 doesn't would abort a transaction on one side only."""
    words = [resp.to_bytes(arg).upper() for arg in args[:2]]
    return words[0] in (b"COMMAND", b"ZRANK", b"ZREVRANK") or words[-1] in (b"SETINFO", b"NO-TOUCH")


def wrapped(gen, commands):
    """The batch, with a part of it within MULTI and EXEC, or as it is."""
    if not gen.chance(WRAPPED):
        return commands
    first = gen.random.randrange(len(commands))
    last = min(len(commands), first + gen.random.randint(0, 25))
    inside = [args for args in commands[first:last] if not is_new(args)]
    if gen.chance(0.3):
        inside.insert(gen.random.randint(0, len(inside)), strange(gen))
    if gen.chance(0.1):
        inside += [["SELECT", "1"], gen.pick(commands), ["SELECT", "0"]]
    before = [["WATCH"] + gen.keys(1, 3)] if gen.chance(0.3) else []
    end = [["EXEC"]] if gen.chance(0.85) else [["DISCARD"]]
    after = [gen.pick([["EXEC"], ["DISCARD"], ["UNWATCH"], ["WATCH"] + gen.keys(1, 3)])] if gen.chance(0.2) else []
    return commands[:first] + before + [["MULTI"]] + inside + end + commands[last:] + after
