"""What the samples of one host say: a sentence for each promise that is not kept.

A sample is what the host prints, see sample.hpp, with `files`: the names of all files in its folders. `start` was taken
before anything was done, `closed` and `closed_again` when every object of the library was gone, `idle` in between, while
the objects lived.
"""

import statistics

# What a desktop's libraries keep for as long as the process lives.
GLIB_THREADS = {"gmain", "gdbus", "pool-spawner", "dconf worker"}

# Six bytes lost with each thing that the native host does would be more. What is under way in the keyring's library and
# which renewals failed last makes a few KiB of difference between two samples; over an hour that evens out.
HEAP_SLOPE = 4096  # bytes a minute
RESIDENT_SLOPE = 64 * 1024  # the same; the heap has holes that bursts fill
LOCKED_SLOPE = 1024  # the same; up to 32 wiped pages are kept, by each module
# How many connections are kept is chance, 70 to 250: over an hour that alone makes a slope of some 30. What no object owns is
# found exactly, when all of them are gone.
COUNT_GROWTH = 120
FILE_GROWTH = 12  # sessions that are signed in or out at the moment
CLOSED_GROWTH = 192 * 1024  # bytes: caches of GLib, OpenSSL and the allocator that live as long as the process
ENOUGH = 10  # samples for a slope


def slope(values):
    """The median of the slopes between each two, per step: a few that stand out say nothing."""
    pairs = [(later - values[i]) / (j - i) for i in range(len(values)) for j, later in enumerate(values[i + 1:], i + 1)]
    return statistics.median(pairs) if pairs else 0.0


def heap_at_rest(idle):
    """Live bytes of each sample less what the kept connections hold: how many there are is chance, and a descriptor each."""
    pairs = [(later["live"] - each["live"]) / (later["descriptors"] - each["descriptors"])
             for i, each in enumerate(idle) for later in idle[i + 1:] if later["descriptors"] != each["descriptors"]]
    of_connection = statistics.median(pairs) if pairs else 0
    return [each["live"] - of_connection * each["descriptors"] for each in idle]


def broken_promises(start, closed, idle, closed_again, minutes=1.0, under_valgrind=False):
    """`minutes` lie between each two of `idle`."""
    def grows(values, most, what):
        found = slope(values) / minutes
        if len(idle) >= ENOUGH and found > most:
            yield f"{what} grows by {found:.0f} bytes a minute, more than {most}"

    yield from grows(heap_at_rest(idle), HEAP_SLOPE, "live heap")
    yield from grows([each["VmLck"] for each in idle], LOCKED_SLOPE, "locked memory")
    if not under_valgrind:  # whose own grows
        yield from grows([each["VmRSS"] for each in idle], RESIDENT_SLOPE, "resident memory")
    for name, what in (("descriptors", "descriptors"), ("mappings", "mappings")):
        found = slope([each[name] for each in idle]) * len(idle)
        if len(idle) >= ENOUGH and found > COUNT_GROWTH:
            yield f"{what} grow by {found:.0f} over the run"
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
