"""Django Channels with kvs under its layers: that of the page, whose groups are scripts, and the one on pub/sub.

Usage: recipe_channels.py LINES, a file with the lines of docs/recipes.md. Prints "ok - claim" or "not ok - claim: why"
for each test and exits with 1 when one failed.
"""

import asyncio
import importlib
import runpy
import sys
import unittest

from channels.exceptions import ChannelFull

import claims

LAYER = None   # what CHANNEL_LAYERS says
PATIENCE = 20   # seconds


class Channels:
    def layer(self, **options):
        """A layer as each process of an application has one."""
        module, _, name = self.backend().rpartition(".")
        return getattr(importlib.import_module(module), name)(**LAYER["CONFIG"], **options)

    def run_with_two(self, test, **options):
        async def run():
            here, there = self.layer(**options), self.layer(**options)
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


class Pubsub(Channels, unittest.TestCase):
    def backend(self):
        return "channels_redis.pubsub.RedisPubSubChannelLayer"


class Queued(Channels, unittest.TestCase):
    """The page's: messages are kept in sorted sets until somebody takes them."""

    def backend(self):
        return LAYER["BACKEND"]

    def test_a_message_waits_for_who_asks_for_it(self):
        async def test(here, there):
            await here.send("thumbnails", {"type": "make", "number": 1})
            await here.send("thumbnails", {"type": "make", "number": 2})
            self.assertEqual([(await there.receive("thumbnails"))["number"] for _ in range(2)], [1, 2])
            waiting = asyncio.ensure_future(there.receive("thumbnails"))
            await here.send("thumbnails", {"type": "make", "number": 3})
            self.assertEqual((await waiting)["number"], 3)
        self.run_with_two(test)

    def test_a_full_channel_takes_no_more(self):
        async def test(here, there):
            channel, other = await here.new_channel(), await there.new_channel()
            await here.group_add("room", channel)
            await there.group_add("room", other)
            for number in range(5):
                await here.group_send("room", {"type": "chat.message", "number": number})
                if number < 3:
                    self.assertEqual((await there.receive(other))["number"], number)
            with self.assertRaises(ChannelFull):
                await there.send(channel, {"type": "chat.message", "number": 9})
            self.assertEqual([(await here.receive(channel))["number"] for _ in range(3)], [0, 1, 2])
            await there.send(channel, {"type": "chat.message", "number": 10})
            self.assertEqual((await here.receive(channel))["number"], 10)
        self.run_with_two(test, capacity=3)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: recipe_channels.py LINES")
    LAYER = runpy.run_path(sys.argv[1])["CHANNEL_LAYERS"]["default"]
    claims.run_all("Channels")
