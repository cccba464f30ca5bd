"""What the programs for Python share: each test of unittest is a line "ok - claim" or "not ok - claim: why"."""

import sys
import unittest


class LineResult(unittest.TestResult):
    """One line a test, which begins with the name of what is tested."""

    def __init__(self, what):
        super().__init__()
        self.what = what

    def name(self, test):
        return "%s: %s" % (self.what, test.id().split(".")[-1].replace("test_", "").replace("_", " "))

    def addSuccess(self, test):
        super().addSuccess(test)
        print("ok - " + self.name(test))

    def fail_line(self, test, err):
        print("not ok - %s: %s" % (self.name(test),
                                   " ".join(("%s %s" % (err[0].__name__, err[1])).split())[:600]))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.fail_line(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.fail_line(test, err)


def run_all(what):
    """Runs the tests of the program and ends it, with 1 when one failed."""
    outcome = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]).run(LineResult(what))
    sys.exit(0 if outcome.wasSuccessful() else 1)
