"""Django Channels with kvs under its layer on pub/sub, which needs no scripts.

Usage: recipe_channels.py LINES, a file with the lines of docs/recipes.md. Prints "ok - claim" or "not ok - claim: why"
for each test and exits with 1 when one failed.
"""

import asyncio
import importlib
import runpy
import sys
import unittest

import claims

LAYER = None   # what CHANNEL_LAYERS says
PATIENCE = 20   # seconds


def layer():
    """A layer as each process of an application has one."""
    module, _, name = LAYER["BACKEND"].rpartition(".")
    return getattr(importlib.import_module(module), name)(**LAYER["CONFIG"])


class Channels(unittest.TestCase):
    def run_with_two(self, test):
        async def run():
            here, there = layer(), layer()
            try:
                await asyncio.wait_for(test(here, there), PATIENCE)
            finally:
                await here.flush()
                await there.flush()
        asyncio.run(run())

    def test_a_message_from_another_process(self):
        async def test(here, there):
            channel = await here.new_channel()
            for number in range(100):
                await there.send(channel, {"type": "chat.message", "text": "grüße", "number": number})
            got = [await here.receive(channel) for _ in range(100)]
            self.assertEqual([m["number"] for m in got], list(range(100)))
            self.assertEqual(got[0]["text"], "grüße")
        self.run_with_two(test)

    def test_groups_across_processes(self):
        async def test(here, there):
            first, second, third = await here.new_channel(), await here.new_channel(), await there.new_channel()
            for where, channel in ((here, first), (here, second), (there, third)):
                await where.group_add("room", channel)
            await there.group_send("room", {"type": "chat.message", "text": "all"})
            for where, channel in ((here, first), (here, second), (there, third)):
                self.assertEqual((await where.receive(channel))["text"], "all")
            await here.group_discard("room", second)
            await there.group_send("room", {"type": "chat.message", "text": "fewer"})
            await there.send(second, {"type": "chat.message", "text": "alone"})
            self.assertEqual((await here.receive(first))["text"], "fewer")
            self.assertEqual((await here.receive(second))["text"], "alone")
        self.run_with_two(test)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: recipe_channels.py LINES")
    LAYER = runpy.run_path(sys.argv[1])["CHANNEL_LAYERS"]["default"]
    claims.run_all("Channels")
