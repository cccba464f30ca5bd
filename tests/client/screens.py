"""Screens that docs/cli.md shows. The tests that make them keep them; `make docs` puts them into the page."""

import os
import re

FOLDER = os.environ.get("KVS_SCREENS")
MARK = re.compile(r"(<!-- screen: (\w+) -->\n```text\n).*?(```\n)", re.S)


def keep(name, text):
    """Keeps a screen's text under a name, where somebody asked for screens."""
    if FOLDER:
        with open(os.path.join(FOLDER, name + ".txt"), "w", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")


def draw(page):
    """The page with every screen that it marks and that was kept."""
    def replace(match):
        try:
            with open(os.path.join(FOLDER, match.group(2) + ".txt"), encoding="utf-8") as file:
                return match.group(1) + file.read() + match.group(3)
        except FileNotFoundError:
            return match.group(0)
    return MARK.sub(replace, page)


if __name__ == "__main__":
    import sys
    with open(sys.argv[1], encoding="utf-8") as page_file:
        before = page_file.read()
    with open(sys.argv[1], "w", encoding="utf-8") as page_file:
        page_file.write(draw(before))
