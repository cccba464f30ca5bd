"""The commands that only Redis has: the names in server/command/absent_commands.c, by Redis's group."""

import os
import re

SOURCE = os.path.join(os.path.dirname(__file__), os.pardir, os.pardir, "server", "command", "absent_commands.c")
LIST = re.compile(r"static const char \*const absent_(\w+)\[\] = \{(.*?)\};", re.DOTALL)


def by_group():
    """{group: [names]}, both in the order of the source."""
    with open(SOURCE, encoding="utf-8") as file:
        found = LIST.findall(file.read())
    return {group.replace("_", " "): re.findall(r'"([^"]+)"', names) for group, names in found}


def names():
    """All of them, as COMMAND LIST has them."""
    return {name.encode() for listed in by_group().values() for name in listed}
