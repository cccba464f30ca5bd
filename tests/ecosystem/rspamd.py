"""Rspamd with kvs behind its greylist, rate limits, statistics and history, with the lines of docs/recipes.md."""

import json
import os
import urllib.error
import urllib.request

from processes import ask_database, comes_true, free_port, listens, started, tail_of

LEARNS = 10   # of each kind; from then on it learns only what it doesn't know
DATABASE = 15   # that of the page's lines
# Each asks the network for something.
DISABLED = ("rbl", "surbl", "dmarc", "spf", "dkim", "dkim_signing", "arc", "asn", "mx_check", "phishing", "fuzzy_check",
            "rspamd_update", "url_redirector", "p0f", "hfilter", "once_received", "mid", "maillist", "bimi", "aws_s3")

MAIL = """From: %(sender)s
To: <tom@example.org>
Subject: %(subject)s
Date: Mon, 30 Nov 2026 12:00:00 +0000
Message-ID: <%(number)d@example.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

%(text)s
"""
SPAM = "cheap watches lottery winner casino pills click discount offer million dollars guarantee prize urgent transfer"
HAM = "meeting minutes project schedule review branch compiler patch garden weather dinner family train ticket library"


def texts(words, count):
    """Messages of the same kind, each with the words in another order."""
    words = words.split()
    for number in range(count):
        turn = number % len(words)
        yield " ".join(words[turn:] + words[:turn] + words[turn::2])


def configuration(place, lines, controller, normal):
    """A LOCAL_CONFDIR; all else is Debian's."""
    folder = os.path.join(place.folder, "rspamd")
    local = os.path.join(folder, "local.d")
    os.makedirs(local)
    os.makedirs(os.path.join(folder, "db"))
    files = {
        "redis.conf": lines,
        "options.inc": 'dns { nameserver = ["127.0.0.1:1"]; timeout = 0.01s; retransmits = 1; }\n'
                       "disable_monitoring = true;\nlocal_addrs = [];\n"
                       # what takes long to be compiled at the start
                       'disable_hyperscan = true;\nurl_tld = "%s";\n' % os.path.join(folder, "tlds"),
        "logging.inc": 'type = "console";\nlevel = "notice";\n',
        "worker-normal.inc": 'bind_socket = "127.0.0.1:%d";\ncount = 1;\n' % normal,
        "worker-controller.inc": 'bind_socket = "127.0.0.1:%d";\ncount = 1;\nsecure_ip = ["127.0.0.1"];\n' % controller,
        "worker-proxy.inc": "enabled = false;\n",
        "classifier-bayes.conf": 'backend = "redis";\nmin_learns = %d;\nautolearn = false;\n' % LEARNS,
        "greylist.conf": "check_local = true;\n",
        "ratelimit.conf": 'rates { sender = { selector = "from:addr"; bucket = [{ burst = 3; rate = "1 / 1d"; }] } }\n',
        "history_redis.conf": "nrows = 50;\n"}
    files.update({name + ".conf": "enabled = false;\n" for name in DISABLED})
    for name, text in files.items():
        with open(os.path.join(local, name), "w", encoding="utf-8") as file:
            file.write(text)
    with open(os.path.join(folder, "tlds"), "w", encoding="utf-8") as file:
        file.write("com\norg\n")
    with open(os.path.join(folder, "rspamd.local.lua"), "w", encoding="utf-8") as file:
        file.write("config['regexp']['DOUBTFUL'] = { re = 'Subject=/doubtful/', score = 5.0 }\n")
    return folder


class Rspamd:
    def __init__(self, controller, normal):
        self.controller, self.normal = controller, normal
        self.number = self.scans = 0

    def post(self, port, path, sender, subject, text):
        """The answer to one mail; who sent it and to whom is told as a mail server tells it."""
        self.number += 1
        mail = MAIL % {"sender": sender, "subject": subject, "number": self.number, "text": text}
        request = urllib.request.Request("http://127.0.0.1:%d/%s" % (port, path), mail.encode(), {
            "IP": "192.0.2.1", "From": sender, "Rcpt": "tom@example.org", "Helo": "example.com"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or "{}")
        except urllib.error.HTTPError as error:
            return {"error": "%s: %s" % (error, error.read()[:200])}

    def scan(self, sender, subject, text):
        self.scans += 1
        return self.post(self.normal, "checkv2", sender, subject, text)

    def learn(self, kind, text):
        return self.post(self.controller, "learn" + kind, "someone@example.com", "to learn", text)

    def get(self, path):
        with urllib.request.urlopen("http://127.0.0.1:%d/%s" % (self.controller, path), timeout=30) as answer:
            return json.load(answer)


def in_kvs(place, *command):
    return ask_database(place, DATABASE, *command)


def greylist(place, results, rspamd):
    """Time passes by a change of what kvs has."""
    def scan():
        return rspamd.scan("unknown@example.com", "doubtful", "one two three " + HAM)
    first, second = scan(), scan()
    keys = in_kvs(place, "KEYS", "rg*")
    results.claim(first.get("action") == second.get("action") == "soft reject" and len(keys) == 2,
                  "Rspamd: what is doubtful is greylisted", "%r, %r" % (first, keys))
    for key in keys:
        since = in_kvs(place, "GET", key)
        results.claim(since.isdigit() and 80000 < in_kvs(place, "TTL", key) <= 86400,
                      "Rspamd: a greylisted mail is remembered for a day", repr(since))
        in_kvs(place, "SET", key, int(since) - 3600, "KEEPTTL")
    later = scan()
    results.claim(later.get("action") in ("greylist", "no action") and "GREYLIST" in json.dumps(later),
                  "Rspamd: what comes again later is let through", repr(later))


def rate_limit(place, results, rspamd):
    """What was let through is counted behind the answer: so it is seen in kvs before the next one."""
    actions = []
    for number in range(5):
        actions.append(rspamd.scan("many@example.com", "news", HAM).get("action"))
        if number < 3:
            comes_true(lambda: any(float(in_kvs(place, "HGET", key, "b") or 0) > number + 0.5
                                   for key in in_kvs(place, "KEYS", "RL*")), 15)
    buckets = in_kvs(place, "KEYS", "RL*")
    results.claim(actions == ["no action"] * 3 + ["soft reject"] * 2, "Rspamd: a sender's rate is limited",
                  "%r, %r" % (actions, [in_kvs(place, "HGETALL", key) for key in buckets]))
    results.claim(rspamd.scan("few@example.com", "news", HAM).get("action") == "no action",
                  "Rspamd: another's is not")


def statistics(place, results, rspamd):
    learned = [rspamd.learn(kind, text) for kind, words in (("spam", SPAM), ("ham", HAM))
               for text in texts(words, LEARNS)]
    results.claim(all(answer.get("success") for answer in learned), "Rspamd: it learns from mails",
                  repr([answer for answer in learned if not answer.get("success")][:1]))
    results.claim({kind: int(in_kvs(place, "HGET", "RS", kind) or 0) for kind in ("learns_spam", "learns_ham")}
                  == {"learns_spam": LEARNS, "learns_ham": LEARNS}, "Rspamd: kvs counts what was learned",
                  repr(in_kvs(place, "HGETALL", "RS")))
    spam, ham = (rspamd.scan(who + "@example.com", "hello", " ".join(reversed(words.split())) + " " + words)
                 for who, words in (("a", SPAM), ("b", HAM)))
    results.claim("BAYES_SPAM" in spam.get("symbols", {}) and "BAYES_HAM" in ham.get("symbols", {}),
                  "Rspamd: it tells what it has learned apart", "%r, %r" % (spam, ham))
    again = rspamd.learn("spam", next(texts(SPAM, 1)))
    results.claim(not again.get("success"), "Rspamd: it learns from a mail only once", repr(again))


def history(place, results, rspamd):
    rows = []

    def come():
        rows[:] = rspamd.get("history").get("rows", [])
        return len(rows) == rspamd.scans
    results.claim(comes_true(come, 15), "Rspamd: its history has every scan", "%d of %d" % (len(rows), rspamd.scans))
    results.claim(in_kvs(place, "LLEN", in_kvs(place, "KEYS", "rs_history*")[0]) == rspamd.scans
                  and {"many@example.com", "unknown@example.com"} <= {row.get("sender_smtp") for row in rows},
                  "Rspamd: kvs keeps the history", repr(rows[:1]))


def scans(place, results, lines):
    """What Rspamd keeps of the mails that it scans; lines are those of the page."""
    controller, normal = free_port(), free_port()
    folder = configuration(place, lines, controller, normal)
    log = os.path.join(folder, "log")
    variables = ["--var=%s=%s" % pair for pair in (
        ("LOCAL_CONFDIR", folder), ("DBDIR", os.path.join(folder, "db")), ("RUNDIR", folder), ("LOGDIR", folder))]
    with started(["rspamd", "-f", "-i", "-c", "/etc/rspamd/rspamd.conf", *variables], log):
        if results.claim(comes_true(lambda: listens(controller) and listens(normal)), "Rspamd: it listens",
                         tail_of(log)):
            rspamd = Rspamd(controller, normal)
            for part in (greylist, rate_limit, statistics, history):
                try:
                    part(place, results, rspamd)
                except (OSError, ValueError, IndexError) as error:
                    results.claim(False, "Rspamd: %s" % part.__name__, "%r; %s" % (error, tail_of(log)))
