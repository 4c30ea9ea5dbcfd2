"""What the samples of one host say: a sentence for each promise that is not kept.

A sample is what the host prints, see sample.hpp, with `files`: the names of all files in its folders. `start` was taken
before anything was done, `closed` and `closed_again` when every object of the library was gone, `idle` in between, while
the objects lived.
"""

import math

# What a desktop's libraries keep for as long as the process lives.
GLIB_THREADS = {"gmain", "gdbus", "pool-spawner", "dconf worker"}

# How fast something may at least grow, by what is sure of it (two standard errors): less than two bytes for each thing that the
# native host does.
HEAP_SLOPE = 1024  # bytes a minute
RESIDENT_SLOPE = 64 * 1024  # the same; the heap has holes
LOCKED_SLOPE = 1024  # the same; up to 32 wiped pages are kept, by each module
COUNT_SLOPE = 1  # a minute, of descriptors and mappings; what no object owns is found exactly, when all of them are gone
FILE_GROWTH = 12  # sessions that are signed in or out at the moment
CLOSED_GROWTH = 192 * 1024  # bytes: caches of GLib, OpenSSL and the allocator that live as long as the process
ENOUGH = 10  # samples for a slope


class Line:
    """The line through `values`, one a minute and so on: its `slope`, the standard `error` of that, and `level`, the values
    without what goes with the numbers `beside` them."""

    def __init__(self, values, beside=None):
        count = len(values)
        self.slope, self.error, self.level = 0.0, math.inf, list(values)
        if count < 4:
            return
        times, beside = _centred(range(count)), _centred(beside or [0] * count)
        per_beside = 0.0
        free_of_time = [b - t * _product(beside, times) / _product(times, times) for b, t in zip(beside, times)]
        if spread := _product(free_of_time, free_of_time):
            per_beside = _product(_centred(values), free_of_time) / spread
        self.level = [value - per_beside * b for value, b in zip(values, beside)]
        level = _centred(self.level)
        free_of_beside = times
        if spread := _product(beside, beside):
            free_of_beside = [t - b * _product(times, beside) / spread for t, b in zip(times, beside)]
        self.slope = _product(level, times) / _product(times, times)
        left = [v - self.slope * t for v, t in zip(level, times)]
        spread = _product(free_of_beside, free_of_beside)
        self.error = math.sqrt(_product(left, left) / (count - 3) / spread) if spread else math.inf


def _centred(values):
    middle = sum(values) / len(values)
    return [value - middle for value in values]


def _product(one, other):
    return sum(a * b for a, b in zip(one, other))


def heap_at_rest(idle):
    """Live heap less what goes with the kept connections: how many there are is chance, and a descriptor each."""
    return Line([each["live"] for each in idle], [each["descriptors"] for each in idle])


def broken_promises(start, closed, idle, closed_again, minutes=1.0, under_valgrind=False):
    """`minutes` lie between each two of `idle`."""
    def grows(name, most, what):
        line = heap_at_rest(idle) if name == "live" else Line([each[name] for each in idle],
                                                              [each["descriptors"] for each in idle] if name == "VmRSS" else None)
        if len(idle) >= ENOUGH and (line.slope - 2 * line.error) / minutes > most:
            yield f"{what} by {line.slope / minutes:.0f} a minute, give or take {2 * line.error / minutes:.0f}"

    yield from grows("live", HEAP_SLOPE, "live heap grows")
    yield from grows("descriptors", COUNT_SLOPE, "descriptors grow")
    if not under_valgrind:  # whose own grows, and whose host is too slow to fill the kept pages at the beginning
        yield from grows("VmRSS", RESIDENT_SLOPE, "resident memory grows")
        yield from grows("VmLck", LOCKED_SLOPE, "locked memory grows")
        yield from grows("mappings", COUNT_SLOPE, "mappings grow")
    yield from _after_the_last_owner(start, closed, closed_again)
    calls = closed_again["calls"]
    if calls["lost"]:
        yield f"{calls['lost']} calls were never answered"
    if calls["twice"]:
        yield f"{calls['twice']} calls were answered more than once"
    if calls["unexpected"]:
        yield f"an error that no fault explains: {calls['unexpected']}"
    if closed_again["bad_children"]:
        yield f"{closed_again['bad_children']} children after fork ended wrong"


def _after_the_last_owner(start, closed, closed_again):
    grown = closed_again["live"] - closed["live"]
    if grown > CLOSED_GROWTH:
        yield f"{grown} bytes of heap are left over when all objects are gone"
    if closed_again["descriptors"] > closed["descriptors"]:
        yield f"{closed_again['descriptors'] - closed['descriptors']} descriptors are left over when all objects are gone"
    left = sorted(set(closed_again["threads"]) - set(start["threads"]) - GLIB_THREADS)
    own = [each for each in closed_again["threads"] if each not in GLIB_THREADS]
    if left or len(own) > len(start["threads"]):
        yield f"threads are left over when all objects are gone: {', '.join(own)}"
    if closed_again["guests"]:
        yield f"{closed_again['guests']} sessions could not be removed"
    if len(closed_again["files"]) > len(closed["files"]) + FILE_GROWTH:
        yield f"files are left over: {', '.join(sorted(set(closed_again['files']) - set(closed['files'])))}"
    if closed_again.get("leaked"):
        yield f"memcheck: {closed_again['leaked']} bytes that nothing points to"
