"""What a measurement is, how it is set against its goal, and how both are printed."""

import json
import os
import platform
import statistics
import subprocess

SERVERS = ("kvs", "redis", "null")
EVEN = 0.03  # "no worse" is kept up to this share, which rounds differ by anyway


class Goal:
    """A limit for kvs's figure, or for its ratio to another server's figure."""

    def __init__(self, limit, at_least, against=None, tolerance=0.0):
        self.limit = limit
        self.at_least = at_least
        self.against = against
        self.tolerance = tolerance

    def text(self):
        sign = ">=" if self.at_least else "<="
        if self.against is None:
            return f"{sign} {self.limit:g}"
        return f"{sign} {self.limit:g} x {self.against}"

    def measured(self, row):
        return row.median("kvs") if self.against is None else row.ratio(self.against)

    def is_met(self, row):
        measured = self.measured(row)
        if measured is None:
            return None
        if self.at_least:
            return measured >= self.limit * (1 - self.tolerance)
        return measured <= self.limit * (1 + self.tolerance)


def at_least(limit, against=None):
    return Goal(limit, True, against)


def at_most(limit, against=None):
    return Goal(limit, False, against)


def no_worse(higher_is_better):
    return Goal(1.0, higher_is_better, "redis", EVEN)


class Row:
    """One line of the table: every round's figure of every server, and the goals for their medians."""

    def __init__(self, name, unit, goals=(), digits=0):
        self.name = name
        self.unit = unit
        self.goals = list(goals)
        self.digits = digits
        self.figures = {}

    def add(self, server, figure):
        self.figures.setdefault(server, []).append(figure)

    def median(self, server):
        figures = self.figures.get(server)
        return statistics.median(figures) if figures else None

    def ratio(self, server):
        """kvs's figure over the server's: the median of the rounds' ratios, which leaves out slow drift."""
        pairs = list(zip(self.figures.get("kvs", ()), self.figures.get(server, ())))
        if not pairs or not all(other for _, other in pairs):
            return None
        return statistics.median(mine / other for mine, other in pairs)

    def spread(self):
        """Half the range of the rounds, relative to the median: the larger one of kvs and redis, or None."""
        spreads = []
        for server in ("kvs", "redis"):
            figures = self.figures.get(server, ())
            if len(figures) > 1 and self.median(server):
                spreads.append((max(figures) - min(figures)) / 2 / abs(self.median(server)))
        return max(spreads) if spreads else None

    def as_json(self):
        goals = [{"goal": g.text(), "measured": g.measured(self), "met": g.is_met(self)} for g in self.goals]
        medians = {s: self.median(s) for s in SERVERS if s in self.figures}
        return {"work": self.name, "unit": self.unit, "medians": medians, "rounds": self.figures,
                "goals": goals}


def _number(value, digits):
    return "-" if value is None else f"{value:,.{digits}f}"


def _ratio(row, against):
    return _number(row.ratio(against), 2)


def _verdict(goal, row):
    met = goal.is_met(row)
    if met is None:
        return "-"
    if goal.tolerance and abs(goal.measured(row) - goal.limit) <= goal.limit * goal.tolerance:
        return "met (even)"
    return "met" if met else "MISSED"


def _cells(row):
    """The row's cells; one line more for each goal after the first."""
    spread = row.spread()
    goals = row.goals or [None]
    for i, goal in enumerate(goals):
        head = [row.name, row.unit] + [_number(row.median(s), row.digits) for s in SERVERS]
        head += [_ratio(row, "redis"), _ratio(row, "null"), "-" if spread is None else f"{spread:.0%}"]
        if i:
            head = [""] * len(head)
        yield head + ([goal.text(), _verdict(goal, row)] if goal else ["", ""])


def table(rows):
    lines = [["work", "unit", "kvs", "redis", "null", "kvs/redis", "kvs/null", "+/-", "goal", ""]]
    for row in rows:
        lines.extend(_cells(row))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    texts = []
    for line in lines:
        cells = [c.rjust(w) if 2 <= i <= 7 else c.ljust(w) for i, (c, w) in enumerate(zip(line, widths))]
        texts.append("  ".join(cells).rstrip())
    texts.insert(1, "-" * max(map(len, texts)))
    return "\n".join(texts)


def _first_line(*command):
    try:
        text = subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        text = ""
    return text.splitlines()[0] if text else "unknown"


def machine(kvs, redis):
    """What the figures were taken on, as a list of (name, text)."""
    model = "unknown"
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    try:
        with open("/sys/kernel/mm/transparent_hugepage/enabled") as file:
            huge = file.read().split("[")[1].split("]")[0]
    except (OSError, IndexError):
        huge = "unknown"
    return [
        ("cpu", f"{model}, {len(os.sched_getaffinity(0))} cores, load at the start {os.getloadavg()[0]:.2f}"),
        ("memory", f"{memory:.1f} GiB, transparent huge pages: {huge}"),
        ("kernel", f"{platform.system()} {platform.release()}"),
        ("kvs", _first_line(kvs, "--version")),
        ("redis", _first_line(redis, "--version")),
        ("client", _first_line("redis-benchmark", "--version")),
    ]


def write_json(path, facts, settings, rows, notes):
    document = {
        "machine": dict(facts),
        "settings": settings,
        "rows": [row.as_json() for row in rows],
        "notes": notes,
    }
    with open(path, "w") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
