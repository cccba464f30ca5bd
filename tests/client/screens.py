#!/usr/bin/env python3
"""Screens that docs/cli.md shows: `screens.py PAGE` runs the tests that make them and puts them into the page.

A page marks a place with <!-- screen: NAME --> and a block of text after it; the test keeps the screen under that
name.
"""

import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.environ.get("KVS_SCREENS")
MARK = re.compile(r"(<!-- screen: (\w+) -->\n```text\n).*?(```\n)", re.S)


def keep(name, text):
    """Keeps a screen's text under a name, where somebody asked for screens."""
    if FOLDER:
        with open(os.path.join(FOLDER, name + ".txt"), "w", encoding="utf-8") as file:
            file.write(text.strip("\n") + "\n")


def makers():
    """The tests that keep screens, as tests/client/run names them."""
    for path in sorted(glob.glob(os.path.join(HERE, "test_*.py"))):
        with open(path, encoding="utf-8") as file:
            if "screens.keep(" in file.read():
                yield os.path.basename(path)[len("test_"):-len(".py")]


def draw(page, folder):
    """The page with the screens in that folder."""
    def replace(match):
        with open(os.path.join(folder, match.group(2) + ".txt"), encoding="utf-8") as file:
            return match.group(1) + file.read() + match.group(3)
    return MARK.sub(replace, page)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        page = file.read()
    with tempfile.TemporaryDirectory(prefix="kvs-screens-") as folder:
        subprocess.run([os.path.join(HERE, "run"), *makers()], env=dict(os.environ, KVS_SCREENS=folder), check=True)
        page = draw(page, folder)
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(page)


if __name__ == "__main__":
    main()
