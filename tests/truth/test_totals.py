"""Totals equal those of an independent counter: plain sums in an allocator of its own crate (``counter/lib.rs``).

The counter shares nothing with our tracer but the place where it stands: it walks no stack, keeps no events, and knows
the region by a mark at its beginning and one at its end, which the linker puts around the closure that std calls main
by. So the figures of the region are compared as they are, not by subtracting a baseline, and start-up and shut-down
are compared too.

Compared: allocations, reallocations, bytes always; frees and live bytes where every thread was joined; the peak where
one thread ran (section 4.10 of the design: what the ledger itself calls unstable is left out, and nothing else).
"""

from __future__ import annotations

import pytest

from heapledger.model import COUNTED_METRICS, Profile

from .workshop import NAMES, PROFILES, Workshop, snippet_of

CASES = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in NAMES]

DETACHED = {"thread_detached"}
"""Programs with a thread that still runs when main returns."""
THREADED = {name for name in NAMES if name.startswith("thread_") and name != "thread_local_lazy"} | {
    "channel_between_threads"
}


def promised(name: str) -> set[str]:
    """Metrics that section 4.10 promises for a program of the corpus."""
    left_out = {"peak"} if name in THREADED else set()
    return set(COUNTED_METRICS) - left_out - ({"frees", "live"} if name in DETACHED else set())


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", CASES)
def test_totals(name: str, profile: Profile, workshop: Workshop) -> None:
    ledger = workshop.ledger(name, profile)
    counted = workshop.counted(workshop.task(name, profile))
    assert counted.regions == 1
    assert ledger.totals is not None
    assert set(COUNTED_METRICS) - set(ledger.unstable) == promised(name)
    compared = sorted(promised(name))
    ours = {metric: getattr(ledger.totals, metric) for metric in compared}
    assert ours == {metric: getattr(counted, metric) for metric in compared}
    outside = (ledger.outside.startup, ledger.outside.shutdown)
    assert (sum(part.allocs for part in outside), sum(part.bytes for part in outside)) == (
        counted.outside_allocs,
        counted.outside_bytes,
    )


def test_the_corpus_is_large_enough_and_says_what_it_shows() -> None:
    assert len(NAMES) >= 60
    for name in NAMES:
        assert snippet_of(name).code[0].startswith("// "), name
