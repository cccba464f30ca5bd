"""Messages: subscriptions by the hundred thousand, patterns that explode, and large messages to who doesn't read."""

import threading
import time

from kit import MB, ROOM, attack, encode, wait_until

BOTH = (1, 2)
MANY = 200000


def comes_back(case, admin, before, what=""):
    wait_until(lambda: int(admin.info()["used_memory"]) < before + ROOM, 10)
    case.figure(what + "memory afterwards", int(admin.info()["used_memory"]) - before, ROOM)


@attack("a client subscribes to 200,000 channels and as many patterns, 100,000 a request, leaves half of them and goes",
        workers=BOTH)
def many_subscriptions(case):
    server = case.server()
    admin = server.client()
    before = int(admin.info()["used_memory"])
    for word, name in (("SUBSCRIBE", "channel:%d"), ("PSUBSCRIBE", "pattern:%d:*")):
        reader = server.client("read")
        with case.witness(server) as witness:
            for begin in range(0, MANY, MANY // 2):
                reader.send(word, *[name % i for i in range(begin, begin + MANY // 2)])
            for _ in range(MANY):
                reader.read()
            reader.send(word.replace("SUB", "UNSUB"), *[name % i for i in range(MANY // 2)])
            for _ in range(MANY // 2):
                reader.read()
            reader.close()
            comes_back(case, admin, before, word + ": ")
        case.waits(witness.seen, word)


@attack("a client has 1,000 patterns like *a*a*a*a*b, and another publishes on channels of 200 a's", workers=BOTH)
def exploding_patterns(case):
    server = case.server()
    listener, publisher = server.client("read"), server.client("write")
    listener.send("PSUBSCRIBE", *["*" + "a*" * 8 + "b%d" % i for i in range(1000)])
    for _ in range(1000):
        listener.read()
    with case.witness(server) as witness:
        end, counted = time.monotonic() + 3, 0
        while time.monotonic() < end:
            counted += publisher("PUBLISH", "a" * 200, "x")
    case.figure("messages that match", counted, 0, "")
    case.waits(witness.seen)


@attack("messages of 1 MiB to ten subscribers that don't read; client-output-buffer-limit pubsub 8mb 0 0", workers=BOTH)
def slow_subscribers(case):
    server = case.server("--client-output-buffer-limit", "pubsub 8mb 0 0")
    admin, publisher = server.client(), server.client("write")
    before = int(admin.info()["used_memory"])
    slow = server.clients(10, "read")
    for client in slow:
        client("SUBSCRIBE", "x")
    with case.witness(server) as witness:
        for _ in range(100):
            publisher("PUBLISH", "x", "m" * MB)
    case.figure("used_memory", int(admin.info()["used_memory_peak"]), before + 40 * MB)
    case.figure("clients that stay", sum(not client.is_closed(2) for client in slow), 0, "")
    comes_back(case, admin, before)
    case.waits(witness.seen)


@attack("four clients subscribe and unsubscribe without end, while four others publish to them", workers=BOTH)
def churn(case):
    server = case.server()
    admin = server.client()
    before = int(admin.info()["used_memory"])
    ended = threading.Event()

    def repeat(data, replies):
        client = server.client("write")
        while not ended.is_set():
            client.raw(data)
            for _ in range(replies):
                client.read()
        client.close()
    work = [((encode("PUBLISH", "x", "text") + encode("PUBLISH", "y", "text")) * 20, 40)] * 4
    threads = [threading.Thread(target=repeat, args=job) for job in work]

    def come_and_go():
        client = server.client("read")
        while not ended.is_set():
            client.raw((encode("SUBSCRIBE", "x") + encode("PSUBSCRIBE", "x*", "y*") + encode("UNSUBSCRIBE")
                        + encode("PUNSUBSCRIBE")) * 10 + encode("PING", "done"))
            while client.read() != b"done":
                pass
        client.close()
    threads += [threading.Thread(target=come_and_go) for _ in range(4)]
    with case.witness(server) as witness:
        for thread in threads:
            thread.start()
        time.sleep(3)   # as long as the attack lasts
        ended.set()
        for thread in threads:
            thread.join()
    case.figure("channels that are left", int(admin.info()["pubsub_channels"]) + int(admin.info()["pubsub_patterns"]), 0, "")
    comes_back(case, admin, before)
    case.waits(witness.seen)
