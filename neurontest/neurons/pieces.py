"""Large arrays in pieces: copies of all scores would be what takes the most memory, and much of the time."""

from __future__ import annotations

from collections.abc import Iterator

#: Scores looked at in one go, in bytes: what fits into a cache of the processor; changes nothing but the time.
CHUNK_BYTES = 4_000_000


def slices(count: int, other: int) -> Iterator[slice]:
    """Slices of one axis of an array of `count` by `other` numbers, of :data:`CHUNK_BYTES` each."""
    step = max(1, CHUNK_BYTES // (8 * max(1, other)))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))
