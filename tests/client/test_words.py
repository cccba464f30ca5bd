#!/usr/bin/env python3
"""Tests of what the prompt knows of commands: completion, hints and HELP, drawn from the server's COMMAND DOCS.

The modules are compiled, with sanitizers, into a small program that answers lines on its standard input; what they look
like in a terminal is tested with the prompt. It is run against redis-server, kvs-server and scripted servers.
"""

import glob
import os
import pty
import random
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import DEADLINE, ROOT, KvsServer, RedisServer, ScriptedServer, environment, main
from terminal import set_size
from words_tables import KVS_HINTS, REDIS_COMPLETIONS, REDIS_HINTS, completions, hints

# Lines: "hint LINE", "complete LINE" (^ is the cursor), else a HELP; in capitals it is coloured. Each answer ends in a
# line "." of its own. Arguments: socket, protocol, how many times to connect and begin again, bytes for a hint.
DRIVER = r"""
#include "prompt/completion.h"
#include "prompt/help.h"
#include "prompt/hint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void complete(const struct documentation *documentation, char *line)
{
    struct completion completion;
    char *cursor = strchr(line, '^');
    size_t at = (size_t)(cursor - line);
    memmove(cursor, cursor + 1, strlen(cursor));
    completion_find(documentation, NULL, line, at, &completion);
    printf("%zu %zu", completion.start, completion.common);
    for (size_t i = 0; i < completion.count; i++)
        printf(" %s", completion.words[i]);
    putchar('\n');
    completion_deinit(&completion);
}

static void answer(struct session *session, const struct documentation *documentation, char *line, size_t size)
{
    struct arguments words;
    if (strncmp(line, "complete ", 9) == 0) {
        complete(documentation, line + 9);
    } else if (strncmp(line, "hint ", 5) == 0) {
        char *text = malloc(size);
        size_t length = strlen(line + 5);
        char *exact = malloc(length); /* nothing is read after its end */
        memcpy(exact, line + 5, length);
        hint_write(documentation, exact, length, text, size);
        puts(text);
        free(exact);
        free(text);
    } else if (quoting_split(line, strlen(line), &words)) {
        help_print(stdout, session, documentation, &words, *line == 'H');
        arguments_deinit(&words);
    }
    puts(".");
}

int main(int argc, char **argv)
{
    struct options options = {.socket_path = argv[1],
                              .protocol = *argv[2] == '3' ? PROTOCOL_3 : PROTOCOL_UNCHANGED};
    struct session *session = session_create(&options, SESSION_BATCH);
    char **lines = NULL, *line = NULL;
    size_t capacity = 0, count = 0;
    ssize_t length;
    while (argc == 5 && (length = getline(&line, &capacity, stdin)) > 0) {
        lines = realloc(lines, (count + 1) * sizeof(*lines));
        line[length - 1] = '\0';
        lines[count++] = strdup(line);
    }
    free(line);
    for (int i = 0; i < atoi(argv[3]); i++) {
        if (session_connect(session) != EXIT_CODE_OK)
            return 3;
        struct documentation *documentation = documentation_load(session);
        size_t known;
        documentation_entries(documentation, &known);
        for (size_t j = 0; j < count; j++) {
            char *copy = strdup(lines[j]);
            bool is_empty = known == 0 && !documentation_refusal(documentation); /* like none at all */
            answer(session, !is_empty || i % 2 == 1 ? documentation : NULL, copy, (size_t)atoi(argv[4]));
            free(copy);
        }
        documentation_destroy(documentation);
        session_disconnect(session);
    }
    while (count > 0)
        free(lines[--count]);
    free(lines);
    session_destroy(session);
    return 0;
}
"""
MODULES = ["argument_match", "completion", "directive_values", "documentation", "help", "hint", "page", "server_names", "syntax",
           "unfinished_line"]

folder = driver = None


def setUpModule():
    global folder, driver
    folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
    driver = os.path.join(folder, "driver")
    client = os.path.join(ROOT, "client")
    with open(driver + ".c", "w", encoding="utf-8") as file:
        file.write(DRIVER)
    sources = [os.path.join(client, "prompt", name + ".c") for name in MODULES]
    for layer in ("", "core", "connection", "output", "session"):
        sources += glob.glob(os.path.join(client, layer, "*.c"))
    sources.remove(os.path.join(client, "main.c"))
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "hiredis"], stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", '-DKVS_VERSION="0"', "-g", "-fsanitize=address,undefined",
                    "-fno-sanitize-recover=all", "-I" + client, "-o", driver, driver + ".c", *sources,
                    *flags.decode().split(), "-lm"], check=True)


def tearDownModule():
    shutil.rmtree(folder)


def ask(path, lines, protocol="2", times=1, size=8192):
    """What the driver answers to each line, and what it says on standard error."""
    done = subprocess.run([driver, path, protocol, str(times), str(size)], env=environment(),
                          input="".join(line + "\n" for line in lines), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=4 * DEADLINE, check=False, encoding="utf-8", errors="surrogateescape")
    if done.returncode != 0:
        raise AssertionError("the driver ended with %d: %s" % (done.returncode, done.stderr))
    answers = done.stdout.split("\n.\n")
    assert answers.pop() == ""
    return answers, done.stderr


def ask_once(path, lines, **more):
    answers, errors = ask(path, lines, **more)
    assert errors == "", errors
    return answers


# Replies.

def resp2(value):
    """A value of Python in RESP2; a dictionary becomes a flat array, a tuple is text as it is."""
    if isinstance(value, dict):
        value = [part for pair in value.items() for part in pair]
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(map(resp2, value))
    if isinstance(value, bytes):
        return value
    text = value.encode("utf-8", "surrogateescape")
    return b"$%d\r\n%s\r\n" % (len(text), text)


def resp3(value):
    if isinstance(value, dict):
        return b"%%%d\r\n" % len(value) + b"".join(resp3(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(map(resp3, value))
    return resp2(value)


def argument(name, kind="string", *flags, **more):
    """An argument as COMMAND DOCS has it."""
    fields = {"name": name, "type": kind, **more}
    if flags:
        fields["flags"] = [b"+%s\r\n" % flag.encode() for flag in flags]
    return fields


def token(name, *flags):
    return argument(name.lower(), "pure-token", *flags, token=name)


DOCS = {
    "set": {"summary": "Keeps a value.", "since": "1.0.0", "group": "string", "complexity": "O(1)", "arguments": [
        argument("key", "key", display_text="key", key_spec_index=b":0\r\n"), argument("value"),
        argument("condition", "oneof", "optional", arguments=[token("NX"), token("XX")]),
        argument("seconds", "integer", "optional", token="EX")]},
    "config": {"summary": "Configuration.", "group": "server", "subcommands": {
        "config|get": {"summary": "Reads.", "group": "server", "arguments": [
            argument("parameter", "string", "multiple")]},
        "config|set": {"group": "server", "arguments": [
            argument("data", "block", "multiple", arguments=[argument("parameter"), argument("value")])]}}},
    "get": {"summary": "Gives a value.", "group": "string", "arguments": [argument("key", "key")]},
}
PROBES = ["hint set k ", "hint set k v nx ", "hint config set a ", "hint c", "complete ^", "complete set k v ^",
          "complete config ^", "help", "HELP set", "help config", "help @string", "help config set", "help gett"]
ANSWERS_OF_DOCS = [
    "value [NX|XX] [EX seconds]", "[EX seconds]", "value [parameter value ...]", "",
    "0 0 :set clear config exit get help quit set", "8 0 ex nx xx", "7 0 get set"]


class Documenting(ScriptedServer):
    """A server that answers COMMAND DOCS, the n-th time with the n-th of its replies, the last of them for ever. A
    reply of None closes the connection, and so does one that is cut."""

    def __init__(self, *replies, names=b"-ERR unknown\r\n"):
        super().__init__(self.answer_next, unknown=())
        self.replies = list(replies)
        self.names = names

    def answer_next(self, words):
        if [word.upper() for word in words] != [b"COMMAND", b"DOCS"]:
            return self.names
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return [reply.start, None] if isinstance(reply, Cut) else reply


class Cut:
    """The start of a reply, after which the connection is closed."""

    def __init__(self, reply):
        self.start = reply


# What real servers document.

class LinesOfRedis(unittest.TestCase):
    """Every line of the tables, in both protocols."""

    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer()
        cls.addClassCleanup(cls.server.close)

    def compare_hints(self, table, path):
        for protocol in "23":
            answers = ask_once(path, ["hint " + typed for typed, _ in table], protocol=protocol)
            for (typed, hint), answer in zip(table, answers, strict=True):
                with self.subTest(typed=typed, protocol=protocol):
                    self.assertEqual(answer, hint)

    def test_are_hinted_what_can_still_come(self):
        self.compare_hints(hints(REDIS_HINTS), self.server.path)

    def test_are_completed_with_what_can_stand_at_the_cursor(self):
        table = completions(REDIS_COMPLETIONS)
        for protocol in "23":
            answers = ask_once(self.server.path, ["complete " + typed for typed, _ in table], protocol=protocol)
            for (typed, words), answer in zip(table, answers, strict=True):
                with self.subTest(typed=typed, protocol=protocol):
                    self.assertEqual(answer.split()[2:], words)

    def test_are_completed_where_the_word_at_the_cursor_begins(self):
        lines = ["ge^", "set k v e^", "  5  getr^", "config g^et maxmemory", "config ^get", "get \"a b\" ^", "^"]
        answers = ask_once(self.server.path, ["complete " + line for line in lines])
        places = [answer.split()[:2] for answer in answers]
        self.assertEqual(places, [["0", "2"], ["8", "2"], ["5", "8"], ["7", "3"], ["7", "0"], ["10", "0"], ["0", "0"]])

    def test_offer_every_command_and_the_words_of_the_prompt(self):
        listed = subprocess.run(["redis-cli", "-s", self.server.path, "command", "list"], stdout=subprocess.PIPE,
                                check=True).stdout.decode().split()
        commands = {name for name in listed if "|" not in name}
        offered = ask_once(self.server.path, ["complete ^"])[0].split()[2:]
        self.assertEqual(offered, sorted(commands | {":set", "clear", "exit", "help", "quit"}))

    def test_get_hints_cut_to_the_room_there_is(self):
        whole = ask_once(self.server.path, ["hint set k"])[0]
        self.assertEqual(ask_once(self.server.path, ["hint set k"], size=11), [whole[:10]])
        self.assertEqual(ask_once(self.server.path, ["hint set k"], size=1), [""])

    def test_are_not_looked_at_when_nobody_can_have_typed_them(self):
        longest = "set k " + "v" * (4096 - 6)
        lines = ["hint " + longest, "hint " + longest + "v", "complete " + longest + " x^"]
        answers = ask_once(self.server.path, lines)
        self.assertTrue(answers[0].startswith(" [NX|XX]"))
        self.assertEqual(answers[1], "")
        self.assertEqual(len(answers[2].split()), 2)

    def test_of_kvs_server_are_hinted_too(self):
        server = KvsServer()
        try:
            self.compare_hints(hints(KVS_HINTS), server.socket("kvs.sock"))
        finally:
            server.close()


class TypingAtRandom(unittest.TestCase):
    """Words that are offered, values, and rubbish, in any order, after every command."""

    def walk(self, path):
        chance = random.Random(4)
        names = ask_once(path, ["complete ^"])[0].split()[2:]
        lines = [name + " " for name in names]
        for _ in range(5):
            offered = ask_once(path, ["complete " + line + "^" for line in lines], protocol="3")
            for i, answer in enumerate(offered):
                words = answer.split()[2:] * 2 + ["2", "x", '"two words"', "0", "k", "EX", "-1", "'", "|", "\\"]
                lines[i] += chance.choice(words) + chance.choice([" ", " ", " ", " ", "  ", ""])
            for line, hint in zip(lines, ask_once(path, ["hint " + line for line in lines]), strict=True):
                self.assertRegex(hint, r"\A[ -~]*\Z", line)
                self.assertEqual(hint.count("["), hint.count("]"), line)

    def test_does_no_harm_with_redis(self):
        server = RedisServer()
        try:
            self.walk(server.path)
        finally:
            server.close()

    def test_does_no_harm_with_kvs(self):
        server = KvsServer()
        try:
            self.walk(server.socket("kvs.sock"))
        finally:
            server.close()


# Documentation.

class Documentation(unittest.TestCase):

    def probe(self, reply, lines=None, **more):
        with Documenting(reply, **{key: more.pop(key) for key in ("names",) if key in more}) as server:
            return ask_once(server.path, PROBES if lines is None else lines, **more)

    def test_is_read_alike_in_both_protocols(self):
        answers = self.probe(resp2(DOCS))
        self.assertEqual(answers[:len(ANSWERS_OF_DOCS)], ANSWERS_OF_DOCS)
        self.assertEqual(self.probe(resp3(DOCS), protocol="3"), answers)

    def test_is_read_whatever_the_order_of_fields_and_with_unknown_ones(self):
        def turn(value):
            if isinstance(value, dict):
                turned = {key: turn(part) for key, part in reversed(value.items())}
                return {"novelty": [b":1\r\n", {}], **turned, "more": {"name": "x", "arguments": []}}
            return [turn(part) for part in value] if isinstance(value, list) else value
        docs = {name: turn(entry) for name, entry in DOCS.items()}
        docs["config"]["subcommands"] = {name: turn(entry) for name, entry in DOCS["config"]["subcommands"].items()}
        self.assertEqual(self.probe(resp3(docs)), self.probe(resp3(DOCS)))

    def test_names_arguments_by_their_names_when_there_is_no_text_to_display(self):
        docs = {"copy": {"arguments": [argument("from-db", display_text="source"), argument("to")]}}
        self.assertEqual(self.probe(resp2(docs), ["hint copy "]), ["source to"])

    def test_is_shown_so_that_it_is_clear_where_alternatives_end(self):
        pair = [argument("id", token="ID"), argument("name", token="NAME")]
        limits = [argument("low"), argument("high", "integer", "optional")]
        shown = {
            "<ID id|NAME name> ...": argument("filter", "oneof", "multiple", arguments=pair),
            "[<ID id|NAME name> ...]": argument("filter", "oneof", "optional", "multiple", arguments=pair),
            "<BY <ID id|NAME name>> ...": argument("by", "oneof", "multiple", "multiple_token", token="BY",
                                                   arguments=pair),
            "[ID id|NAME name]": argument("filter", "oneof", "optional", arguments=pair),
            "BY <NX|XX>": argument("by", "oneof", token="BY", arguments=[token("NX"), token("XX")]),
            "NX|XX": argument("by", "oneof", arguments=[token("NX"), token("XX")]),
            "<NX|<XX> ...>": argument("by", "oneof", arguments=[
                token("NX"),
                argument("x", "block", "multiple", arguments=[argument("y", "block", arguments=[token("XX")])])]),
            "LIMIT low [high]": argument("limits", "block", token="LIMIT", arguments=limits),
            "low [high] [low [high] ...]": argument("limits", "block", "multiple", arguments=limits),
            "FORCE [FORCE ...]": token("FORCE", "multiple"),
            '""|key': argument("what", "oneof", arguments=[token(""), argument("key", "key")]),
        }
        docs = {"c%d" % i: {"arguments": [one]} for i, one in enumerate(shown.values())}
        self.assertEqual(self.probe(resp2(docs), ["hint c%d " % i for i in range(len(docs))]), list(shown))

    def test_is_names_alone_where_the_server_has_no_more(self):
        names = resp2([["get", b":2\r\n", [b"+readonly\r\n"]], ["SET", b":-3\r\n"], [], "odd", [b":1\r\n"], ["get"]])
        answers = self.probe(b"-ERR Unknown subcommand\r\n", names=names,
                             lines=["complete ^", "complete s^", "hint se", "hint set ", "help get", "help @string"])
        self.assertEqual(answers[:4], ["0 0 :set clear exit get help quit set", "0 3 set", "t", ""])
        self.assertEqual(answers[4].split("\n"), ["  GET", "  The server does not describe it."])
        self.assertEqual(answers[5], "No group '@string': the server does not name the groups of its commands")

    def test_is_empty_and_nothing_is_said_where_the_user_may_not_ask(self):
        for error, helps in ((b"-NOAUTH Authentication required.\r\n", "--askpass and KVSCLI_AUTH log in"),
                             (b"-NOPERM no \x1b permission\r\n", "+command|docs among the rules of the user would allow it, "
                              "and --user names another one")):
            with Documenting(error) as server:
                answers = ask_once(server.path, ["complete g^", "hint get ", "help get", "help @string", "help"])
                asked = [words for words in server.commands if words[0] == b"COMMAND"]
            self.assertEqual(answers[:2], ["0 0", ""])
            said = error[1:-2].decode().replace("\x1b", "?")
            for answer, what in zip(answers[2:], ("get", "@string")):
                self.assertTrue(answer.startswith("No help for '%s': the server refused COMMAND DOCS, which it comes from "
                                                  "(%s); %s" % (what, said, helps)), answer)
            self.assertIn("HELP @GROUP", answers[4])
            self.assertEqual(asked, [[b"COMMAND", b"DOCS"]])

    def test_is_empty_with_a_server_that_wants_a_password(self):
        server = RedisServer("--requirepass", "secret")
        try:
            self.assertEqual(ask_once(server.path, ["complete g^", "hint get "]), ["0 0", ""])
        finally:
            server.close()

    def test_is_empty_where_nothing_sensible_is_answered(self):
        for reply in (b"+OK\r\n", b"$-1\r\n", b"*-1\r\n", b":5\r\n", b"*0\r\n", b"*1\r\n*0\r\n", b"*1\r\n$3\r\nget\r\n"):
            self.assertEqual(self.probe(reply, ["complete g^"]), ["0 0"])


class HostileDocumentation(unittest.TestCase):

    def harmless(self, replies, protocol="2"):
        with Documenting(*replies) as server:
            answers, errors = ask(server.path, PROBES, times=len(replies), protocol=protocol)
        self.assertEqual(len(answers), len(PROBES) * len(replies))
        for answer in answers:
            self.assertRegex(answer.replace("\033[1m", "").replace("\033[0m", ""), r"\A[ -~\n]*\Z")
        return answers, errors

    def test_may_be_cut_at_every_byte(self):
        for encode, protocol in ((resp2, "2"), (resp3, "3")):
            reply = encode({"get": DOCS["get"], "config": DOCS["config"]})
            self.harmless([Cut(reply[:size]) for size in range(len(reply))], protocol)

    def test_may_have_any_type_in_any_place(self):
        """Every value, one after the other, is replaced by one of another type."""
        strange = [b"$-1\r\n", b":7\r\n", b"-ERR no\r\n", b"*0\r\n", b"%0\r\n", b"#t\r\n",
                   b"~1\r\n$1\r\nx\r\n", b"$0\r\n\r\n", b"*2\r\n$4\r\nname\r\n$4\r\ntype\r\n", b"*1\r\n*1\r\n*1\r\n$1\r\nx\r\n",
                   b"=5\r\ntxt:a\r\n", b",1.5\r\n"]

        def replace(value, left, by):
            """The value with its left[0]-th part replaced, counted down."""
            left[0] -= 1
            if left[0] == -1:
                return by
            if isinstance(value, dict):
                pairs = [replace(part, left, by) for pair in value.items() for part in pair]
                return pairs  # as a flat array: keys may be unhashable now
            return [replace(part, left, by) for part in value] if isinstance(value, list) else value

        replies = []
        for number in range(1000):
            left = [number]
            replies.append(resp2(replace(DOCS, left, strange[number % len(strange)])))
            if left[0] >= 0:
                break
        for number in range(0, len(replies), 3):
            replies.append(resp2(replace(DOCS, [number], strange[number % 7])))
        self.assertGreater(len(replies), 100)
        self.harmless(replies)

    def test_may_be_nested_as_deeply_as_it_likes(self):
        for kind in ("block", "oneof"):
            nested = resp2(argument("end"))
            for depth in range(500):
                nested = resp2(argument("level%d" % depth, kind, "multiple", token="T%d" % depth, arguments=[nested]))
            docs = {**DOCS, "deep": {"arguments": [nested]}}
            with Documenting(resp2(docs)) as server:
                answers = ask_once(server.path, ["hint deep ", "hint deep t499 t498 t497 t496 ", "help deep",
                                                 "hint get "])
            self.assertIn("T499 ", answers[0])
            self.assertIn("T485", answers[0])
            self.assertNotIn("T480", answers[0])
            self.assertIn("T495 ", answers[1].split("[")[0])
            self.assertLess(len(answers[1]), 4000)
            self.assertEqual(answers[3], "key")

    def test_may_not_write_to_the_terminal(self):
        evil = "\033]0;owned\007\x9b31m\n\r\tevil\u202e\udcff"
        docs = {evil: {"summary": "x"}, "get" + evil: {"summary": "y"}, "set": {
            "summary": evil, "since": evil, "group": evil, "complexity": evil, "deprecated_since": evil,
            "replaced_by": evil, "arguments": [argument(evil), argument("v", token=evil), token(evil),
                                               argument("w", "oneof", arguments=[token("A\033"), token("B")])],
        }, "config": {"subcommands": {"config|" + evil: {}, "config|ok": {"summary": evil}}}}
        answers, errors = self.harmless([resp2(docs), resp3(docs)])
        self.assertEqual(errors, "")
        self.assertEqual(answers[4], "0 0 :set clear config exit help quit set")
        self.assertIn("?]0;owned??", answers[8])

    def test_may_not_put_a_shell_command_into_the_line(self):
        names = ["get|sh", "x | sh", ">f", "a b", "'q", '"q', "back\\slash", "", "n" * 65]
        docs = {**{name: {"summary": "x"} for name in names}, "set": {"group": "a | b", "arguments": [
            argument("first", "oneof", arguments=[token(name) for name in names] + [token("OK")])]}}
        answers = ask_lines(resp2(docs), ["complete ^", "complete set ^", "complete help @^", "help 'get|sh'"])
        self.assertEqual(answers, ["0 0 :set clear exit help quit set", "4 2 ok", "5 0",
                                   "No command 'get|sh' on this server"])

    def test_may_be_large(self):
        wide = {"arguments": [argument("a%d" % i, "string", "optional", token="T%d" % i) for i in range(5000)]}
        docs = {"c%05d" % i: {"summary": "s"} for i in range(20000)}
        docs.update({"wide": wide, "long": {"summary": "word " * 20000, "group": "g" * 100000}})
        answers = ask_lines(resp2(docs), ["complete c0001^", "complete wide ^", "help long", "hint wide t5 1 t7 "])
        self.assertEqual(answers[0].split()[2:], ["c0001%d" % i for i in range(10)])
        self.assertEqual(len(answers[1].split()) - 2, 1024)
        self.assertLess(len(answers[2]), 5000)
        self.assertTrue(answers[3].startswith("a7 [T0 a0] "))

    def test_may_name_things_twice(self):
        docs = resp2(["get", {"group": "a"}, "GET", {"group": "a"}, "get", {"group": "a"}, "odd"])
        self.assertEqual(ask_lines(docs, ["complete ge^", "complete help @^"]), ["0 3 get", "5 2 @a"])

    def test_may_count_what_it_likes(self):
        docs = {"take": {"arguments": [argument("numkeys"), argument("key", "key", "multiple"), argument("end")]}}
        answers = ask_lines(resp2(docs), ["hint take 9999999999999999999999 a ", "hint take -1 a ", "hint take 0 ",
                                          "hint take 1x a ", "hint take 3 a "])
        self.assertEqual(answers, ["key [key ...] end", "[key ...] end", "end", "[key ...] end", "key [key ...] end"])


def ask_lines(reply, lines):
    with Documenting(reply) as server:
        return ask_once(server.path, lines)


# HELP.

class Help(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer()
        cls.addClassCleanup(cls.server.close)

    def help(self, line):
        return ask_once(self.server.path, [line])[0]

    def test_alone_says_what_the_prompt_can(self):
        text = self.help("help")
        for feature in ("Tab", "Ctrl-R", "Ctrl-C", "COMMAND | PROGRAM", "COMMAND > FILE", "NUMBER COMMAND",
                        "HELP @GROUP", "@sorted-set", "quit", "kvs-cli --help"):
            self.assertIn(feature, text)
        self.assertEqual(self.help("help exit"), text)

    def test_of_a_command_is_its_syntax_and_what_is_known_of_it(self):
        self.assertEqual(self.help("help GETEX").split("\n"), [
            "  GETEX key",
            "      [EX seconds|PX milliseconds|EXAT unix-time-seconds|",
            "      PXAT unix-time-milliseconds|PERSIST]",
            "  summary     Get the value of a key and optionally set its expiration",
            "  since       6.2.0",
            "  group       string",
            "  complexity  O(1)"])

    def test_of_a_command_that_is_deprecated_names_the_other(self):
        self.assertIn("\n  deprecated  since 6.2.0 in favour of `ZRANGE` with the `REV` argument\n",
                      self.help("help zrevrange"))

    def test_of_a_subcommand_and_with_more_words_than_are_needed(self):
        text = self.help("help config get")
        self.assertTrue(text.startswith("  CONFIG GET parameter [parameter ...]\n  summary     Get the values"), text)
        self.assertEqual(self.help("HELP CONFIG GET maxmemory*").replace("\033[1m", "").replace("\033[0m", ""), text)
        self.assertEqual(self.help("help get key value"), self.help("help get"))

    def test_of_a_container_lists_its_subcommands(self):
        text = self.help("help config")
        self.assertTrue(text.startswith("  CONFIG GET|HELP|RESETSTAT|REWRITE|SET\n"), text)
        self.assertIn("\n  CONFIG RESETSTAT\n      Reset the stats returned by INFO\n", text)

    def test_of_a_group_lists_its_commands(self):
        lines = self.help("help @Transactions").split("\n")
        self.assertEqual(lines[:2], ["  DISCARD", "      Discard all commands issued after MULTI"])
        self.assertEqual([line for line in lines if not line.startswith("   ")],
                         ["  DISCARD", "  EXEC", "  MULTI", "  UNWATCH", "  WATCH key [key ...]"])
        self.assertIn("  CLIENT REPLY ON|OFF|SKIP", self.help("help @connection").split("\n"))

    def test_of_what_is_unknown_names_the_nearest(self):
        self.assertEqual(self.help("help zrang"), "No command 'zrang' on this server; there is "
                                                  "ZRANGE, ZRANGEBYLEX, ZRANGEBYSCORE, ZRANGESTORE")
        self.assertEqual(self.help("help exprie"), "No command 'exprie' on this server; did you mean EXPIRE?")
        self.assertEqual(self.help("help qqqqqqqq"), "No command 'qqqqqqqq' on this server")
        self.assertEqual(self.help("help config gett"),
                         "No subcommand 'gett' (HELP CONFIG shows them all); did you mean GET?")
        self.assertTrue(self.help("help @strings").startswith("No group '@strings'; there are @bitmap @cluster "))

    def test_repeats_no_escape_sequences(self):
        for word in ("\\x1b[31mred", "@\\x1b[31mred"):
            self.assertRegex(self.help('help "%s"' % word), r"\A[ -~]*\Z")
            self.assertRegex(self.help('help config "%s"' % word), r"\A[ -~]*\Z")

    def test_is_bold_only_in_colour(self):
        self.assertTrue(self.help("HELP get").startswith("  \033[1mGET key\033[0m\n"))
        self.assertNotIn("\033", self.help("help get"))

    def show(self, columns, lines):
        """What is written to a terminal of that many columns."""
        near, far = pty.openpty()
        set_size(far, 24, columns)
        done = subprocess.Popen([driver, self.server.path, "2", "1", "100"], stdin=subprocess.PIPE, stdout=far,
                                env=environment())
        os.close(far)
        with done, open(near, "rb", buffering=0) as screen:
            done.stdin.write("".join(line + "\n" for line in lines).encode())
            done.stdin.close()
            seen = b""
            try:
                while chunk := screen.read(65536):
                    seen += chunk
            except OSError:  # the other end is closed
                pass
        self.assertEqual(done.returncode, 0)
        return seen.decode().split("\r\n")

    def test_fits_the_terminal(self):
        names = ask_once(self.server.path, ["complete ^"])[0].split()[3:]
        lines = ["help", "help @stream"] + ["help " + name for name in names]
        self.show(5, lines)
        for columns in (200, 80, 40):
            for line in self.show(columns, lines):
                words = line.split()
                fits = len(line) <= columns or (len(words) == 1 and len(words[0]) + 6 > columns)
                self.assertTrue(fits or line.startswith("No "), (columns, line))

    def test_is_not_wrapped_more_than_it_must_be(self):
        self.assertIn("  SET key value [NX|XX] [GET]", self.show(80, ["help set"]))
        wide = self.show(200, ["help geosearch"])
        self.assertTrue(re.match(r"  GEOSEARCH key .* \[WITHHASH\]$", wide[0]), wide[0])


if __name__ == "__main__":
    main()
