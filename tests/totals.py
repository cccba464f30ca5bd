"""The last line of a suite's output: "N passed, N failed", and ", N skipped" where any were. Tests that are skipped say so
in lines "skipped: TEST: why"."""

import collections
import re

LINE = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)


class Totals(collections.namedtuple("Totals", "passed failed skipped")):
    """Numbers of tests; sums are those of all three."""

    def __add__(self, other):
        return Totals(*(one + more for one, more in zip(self, other)))

    def __str__(self):
        text = "%d passed, %d failed" % (self.passed, self.failed)
        return text + ", %d skipped" % self.skipped if self.skipped else text


def read_totals(text):
    """The totals in the last line of an output, or None."""
    match = LINE.fullmatch(text.rstrip("\n").rpartition("\n")[2])
    return Totals(*(int(number or 0) for number in match.groups())) if match else None


def count_skips(text):
    """What an output says of skipped tests, a line for each reason."""
    reasons = collections.Counter(re.findall(r"^skipped: [^\n]*?: ([^\n]*)$", text, re.M))
    return ["    %d skipped: %s" % (count, reason) for reason, count in reasons.items()]
