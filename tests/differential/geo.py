"""Places: random commands about cities, poles and the date line, with shapes from nothing to more than the globe.

Members that are as far away as each other may be in any order, so no two are meant to lie at the same place: each gets
some thousandths of a degree of its own.
"""

import random

import driver
import generators
from generators import family
from scenarios import scenario

CITIES = [(13.361389, 38.115556), (15.087269, 37.502669), (-0.1276, 51.5072), (2.3522, 48.8566), (-74.006, 40.7128),
          (-70.6693, -33.4489), (151.2093, -33.8688), (174.7633, -36.8485), (-171.7514, -13.8333), (178.065, -18.1416),
          (-179.9, 65.0), (179.9, 66.5), (0.0, 0.0), (0.0, 84.9), (-90.0, 80.5), (120.0, -84.9), (24.9384, 60.1699),
          (37.6173, 55.7558), (139.6917, 35.6895), (0.001, -0.001)]

EDGES = ["180", "-180", "179.999999", "-179.999999", "0", "90", "-90", "45", "-0"]
EDGES_NORTH = ["85.05112878", "-85.05112878", "85.05", "-85.05", "0", "66", "66.1", "80.1", "-66", "-80.1", "-0"]
NO_DEGREES = ["181", "-180.00001", "86", "-85.06", "inf", "-inf", "nan", "abc", "", "1e400", " 1", "0x10"]
UNITS = ["m", "km", "ft", "mi"]
MEMBERS = ["m%d" % i for i in range(150)] + ["", "77", "-1", "long member " + "x" * 70, "huge" + "y" * 500, b"\xff\x00bin"]


def source(g):
    """Mostly one of two sets that are only added to, otherwise one that results are stored to."""
    roll = g.random.random()
    return g.pick(["geo0", "geo1"]) if roll < 0.8 else target(g) if roll < 0.97 else g.key()


def target(g):
    return "near%d" % g.random.randrange(3)


def distances(g):
    """Results with distances as scores, which are no places."""
    return "dist%d" % g.random.randrange(2)


def member(g):
    return g.pick(MEMBERS)


def degrees(g):
    """A longitude and a latitude."""
    roll = g.random.random()
    if roll < 0.55:
        longitude, latitude = g.pick(CITIES)
        return [repr(round(longitude + g.random.uniform(-0.05, 0.05), 9)), repr(round(latitude + g.random.uniform(-0.05, 0.05), 9))]
    if roll < 0.9:
        return [repr(g.random.uniform(-180, 180)), repr(g.random.uniform(-85.05112878, 85.05112878))]
    if roll < 0.98:
        return [g.pick(EDGES), repr(g.random.uniform(-85, 85))] if g.chance(0.5) else [repr(g.random.uniform(-180, 180)), g.pick(EDGES_NORTH)]
    other = repr(g.random.uniform(-80, 80))
    return [g.pick(NO_DEGREES), other] if g.chance(0.5) else [other, g.pick(NO_DEGREES)]


def length(g):
    roll = g.random.random()
    if roll < 0.6:
        return repr(10 ** g.random.uniform(1.5, 4.5))
    if roll < 0.9:
        return repr(10 ** g.random.uniform(-3, 7))
    return g.pick(["0", "1", "100", "5000", "20000", "50000", "1e9", "inf", "0.0001", "-0", "-1", "abc", "", "nan", "1e-300"])


def unit(g):
    return g.case(g.pick(["km"] * 4 + UNITS)) if g.chance(0.97) else g.pick(["yd", "", "k"])


def order(g, options):
    return options + g.pick([[], ["ASC"], ["DESC"], ["ASC", "DESC"]])


def limits(g):
    """An order, and how many. A hundred members are all of them."""
    roll = g.random.random()
    if roll < 0.5:
        return order(g, [])
    if roll < 0.9:
        return order(g, ["COUNT", g.number(1, 12)] + g.pick([[], ["ANY"]]))
    return g.pick([["ANY"], ["COUNT", g.integer()], ["COUNT"], ["COUNT", "0"], ["ASC", "BAD"], ["COUNT", "1", "COUNT", "2"]])


def fields(g):
    return [word for word in ("WITHCOORD", "WITHDIST", "WITHHASH") if g.chance(0.4)]


def center(g):
    return ["FROMMEMBER", member(g)] if g.chance(0.4) else ["FROMLONLAT"] + degrees(g)


def shape(g):
    return ["BYRADIUS", length(g), unit(g)] if g.chance(0.5) else ["BYBOX", length(g), length(g), unit(g)]


def query(g, further):
    """Of GEOSEARCH: its parts in any order, sometimes one too few or too many."""
    parts = [center(g), shape(g), limits(g)] + further
    if g.chance(0.05):
        parts.append(g.pick([center(g), shape(g), ["WITHDIST"], ["STORE", target(g)], ["STOREDIST"], ["FROMMEMBER"], ["BYBOX", "1", "1"]]))
    if g.chance(0.03):
        parts.pop(g.random.randrange(2))
    if g.chance(0.5):
        g.random.shuffle(parts)
    return [word for part in parts for word in part]


def store(g):
    """Of GEORADIUS; the last one counts."""
    return g.pick([["STORE", target(g)], ["STORE", target(g)], ["STOREDIST", distances(g)], ["STORE", target(g), "STORE", target(g)],
                   ["STOREDIST", distances(g), "STORE", target(g)], ["STORE"]])


def radius(g, may_store):
    by_member = g.chance(0.5)
    stores = may_store and g.chance(0.4)
    ro = not may_store and g.chance(0.5)
    command = "GEORADIUS" + ("BYMEMBER" if by_member else "") + ("_RO" if ro else "")
    where = [member(g)] if by_member else degrees(g)
    parts = [limits(g), store(g) if stores else fields(g)]
    if g.chance(0.05):
        parts.append(fields(g) + store(g) if may_store else ["STORE", "geo1"] if ro else [])
    if g.chance(0.5):
        g.random.shuffle(parts)
    return [command, source(g)] + where + [length(g), unit(g)] + [word for part in parts for word in part]


def geoadd(g, most):
    options = [word for word in ("NX", "XX", "CH") if g.chance(0.12)]
    key = source(g) if g.chance(0.9) else target(g)
    data = [word for _ in range(g.random.randint(1, most)) for word in degrees(g) + [member(g)]]
    return ["GEOADD", key] + options + data


@family(6)
def geo(g):
    members = lambda: [member(g) for _ in range(g.random.randint(0, 5))]   # noqa: E731
    return g.spoil(g.pick([
        lambda: geoadd(g, 1),
        lambda: geoadd(g, 12),
        lambda: geoadd(g, 12 if g.chance(0.9) else 100),
        lambda: ["GEODIST", source(g), member(g), member(g)] + g.pick([[], [unit(g)], [unit(g)], ["km", "km"]]),
        lambda: ["GEOHASH", source(g)] + members(),
        lambda: ["GEOPOS", g.pick([source(g), distances(g)])] + members(),
        lambda: ["GEOSEARCH", source(g)] + query(g, [fields(g)]),
        lambda: ["GEOSEARCH", source(g)] + query(g, [fields(g)]),
        lambda: ["GEOSEARCH", source(g)] + query(g, [fields(g)]),
        lambda: ["GEOSEARCH", distances(g)] + center(g) + shape(g) + order(g, fields(g)),
        lambda: ["GEOSEARCHSTORE", target(g), source(g)] + query(g, []),
        lambda: ["GEOSEARCHSTORE", distances(g), source(g)] + query(g, [["STOREDIST"]]),
        lambda: radius(g, False),
        lambda: radius(g, False),
        lambda: radius(g, True),
        lambda: ["DEBUG", "DIGEST-VALUE", g.pick([source(g), target(g), distances(g), distances(g)])],
        lambda: g.pick([["TYPE", source(g)], ["OBJECT", "ENCODING", source(g)], ["DEL", target(g)], ["EXPIRE", target(g), g.seconds()],
                        ["TTL", source(g)], ["COPY", source(g), target(g), "REPLACE"], ["SET", g.key(), "v"]]),
    ])(), 0.03)


@scenario
def many_places(pair):
    """Thousands of places, half of them around poles and date line: results of all sizes, in the order in which they are found."""
    g = generators.Gen(random.Random(52))
    c = pair.connect(driver.RESP2)
    spots = [lambda: [g.random.uniform(-180, 180), g.random.uniform(-85.05, 85.05)], lambda: [g.random.uniform(13, 14), g.random.uniform(37, 38)],
             lambda: [g.random.choice([-1, 1]) * g.random.uniform(179, 180), g.random.uniform(-85.05, 85.05)],
             lambda: [g.random.uniform(-180, 180), g.random.choice([-1, 1]) * g.random.uniform(83, 85.05)]]
    for start in range(0, 6000, 100):
        c.ask("GEOADD", "g", *[word for i in range(100) for word in g.pick(spots)() + ["p%d" % (start + i)]])
    for _ in range(60):
        c.batch([["GEOSEARCH", "g", "FROMLONLAT"] + g.pick(spots)() + g.pick([
            ["BYRADIUS", 10 ** g.random.uniform(0, 4.5), "km"], ["BYBOX", 10 ** g.random.uniform(0, 4.7), 10 ** g.random.uniform(0, 4.7), "km"]])
            + g.pick([[], ["WITHDIST"], ["ASC"], ["DESC", "WITHHASH"], ["COUNT", 20], ["COUNT", 20, "ANY"], ["COUNT", 900, "ANY", "DESC"]])
            for _ in range(10)])


assert generators.FAMILIES["geo"]
