"""Commands that answer with members by chance: what they answer is checked against what is there.

In front of each of them the driver asks both servers for all members, so the rule for its reply can tell what the server
may have answered with. SPOP leaves different members on both sides; so its key is deleted behind it.
"""

import resp

MEMBERS = {b"HRANDFIELD": ["HGETALL"], b"SRANDMEMBER": ["SMEMBERS"], b"SPOP": ["SMEMBERS"],
           b"ZRANDMEMBER": ["ZRANGE", 0, -1, "WITHSCORES"]}
LEAVES_CHANCE = {b"SPOP"}


class Witnessed(bytes):
    """A raw reply, with the raw reply that tells all members."""

    members = b""

    def __new__(cls, raw, members):
        reply = super().__new__(cls, raw)
        reply.members = members
        return reply


def accompanied(args):
    """The command between those that go before and behind it: (before, behind)."""
    if len(args) < 2 or not isinstance(args[0], (str, bytes)):
        return [], []
    name = resp.to_bytes(args[0]).upper()
    if name not in MEMBERS:
        return [], []
    before = MEMBERS[name][:1] + [args[1]] + MEMBERS[name][1:]
    return [before], [["DEL", args[1]]] if name in LEAVES_CHANCE else []


BEFORE, BEHIND = "before", "behind"


def accompany(commands):
    """All commands to send, and for each of them its index among the given ones, or BEFORE or BEHIND for one of ours."""
    sent, origins = [], []
    for index, args in enumerate(commands):
        before, behind = accompanied(args)
        sent += before + [args] + behind
        origins += [BEFORE] * len(before) + [index] + [BEHIND] * len(behind)
    return sent, origins


def without_company(origins, replies):
    """The replies to the given commands; more replies than commands are kept, for the driver says so."""
    kept = []
    for at, raw in enumerate(replies):
        origin = origins[at] if at < len(origins) else None
        if origin in (BEFORE, BEHIND):
            continue
        kept.append(Witnessed(raw, replies[at - 1]) if at > 0 and origins[min(at, len(origins)) - 1] == BEFORE else raw)
    return kept
