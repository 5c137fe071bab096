"""How long relabelings of an overlap difference take against ``scipy.stats.permutation_test``.

    python -m tests.benchmarks.relabelings [--repetitions 7] [--relabelings 10000] [--theirs 1000]

The statistic is ``|S_a & S_b| - |S_a & S_c|`` for sets of the k neurons of largest mean over 20 prompts, b and c
relabelled, a held. scipy's statistic does the same work at once for a batch: a dense matrix product over all neurons,
in single or double precision, then argpartition; the batch is the best of a few. Ours are exact in double precision,
and include what is prepared once (bounds of all neurons). All run in turns, so that a machine that grows slower
meanwhile slows all; what else the machine does only adds to any of them, hence the ratio of the fastest of each.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import stats

from neurontest.arrays import Floats
from neurontest.neurons.normalize import normalize
from neurontest.neurons.select import MeanSelector
from neurontest.stats.relabeling.relabel import relabel
from neurontest.stats.relabeling.whole_sets import overlap_difference
from neurontest.stats.streams import Stream
from tests.worlds import World, three

Singles = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]

PROMPTS = 20
LAYERS = 30
WIDTHS = (576, 1536)
SIZES = (10, 200)
BATCHES = (10, 30, 100, 300)


def scores(width: int) -> tuple[Singles, Singles]:
    """Scores [prompt, neuron] of a, and of b and c one after the other."""
    world = World(np.random.default_rng(0), layers=LAYERS, width=width)
    signals = three(world, 5, 5)
    neutral = world.neutral(PROMPTS).astype(np.float32)
    own, b, c = (
        normalize(world.concept(PROMPTS, signal).astype(np.float32), neutral, "difference").astype(np.float32)
        for signal in signals
    )
    return own, np.concatenate([b, c])


def set_of(own: Singles, k: int) -> Floats:
    """Memberships [neuron] of the set that all prompts select."""
    chosen = MeanSelector(own, k, len(own))
    out = np.zeros(chosen.size)
    out[chosen.columns] = chosen.memberships(np.ones((1, len(own))))[0]
    return out


def ours(pool: Singles, held: Floats, k: int, count: int) -> float:
    """p-value."""
    chosen = MeanSelector(pool, k, PROMPTS)
    statistic = overlap_difference(chosen, held[chosen.columns])
    return relabel(statistic, (PROMPTS, PROMPTS), Stream(0), fewest=count, most=count).p


def theirs(pool: Singles, held: Floats, k: int, kind: type[np.floating], count: int, batch: int) -> float:
    """p-value, from a dense look in single or double precision."""
    values, member = pool.astype(kind), held.astype(kind)

    def shared(rows: Rows) -> Floats:
        subsets = np.zeros((len(rows), len(pool)), dtype=kind)
        np.put_along_axis(subsets, rows, 1.0, axis=1)
        chosen = np.argpartition(subsets @ values, -k, axis=1)[:, -k:]
        out: Floats = member[chosen].sum(axis=1)
        return out

    def statistic(b: Rows, c: Rows, axis: int) -> Floats:
        out = shared(np.atleast_2d(b)) - shared(np.atleast_2d(c))
        return out if b.ndim > 1 else out[0]

    found = stats.permutation_test(
        (np.arange(PROMPTS), np.arange(PROMPTS, 2 * PROMPTS)),
        statistic,
        vectorized=True,
        n_resamples=count,
        batch=batch,
        alternative="greater",
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


def timed(run: Callable[[], float]) -> tuple[float, float]:
    """Seconds, and what came out."""
    begun = time.perf_counter()
    out = run()
    return time.perf_counter() - begun, out


def compare(pool: Singles, held: Floats, k: int, count: int, count_theirs: int, repetitions: int) -> None:
    """Prints a line a repetition, and the medians."""
    title = f"{pool.shape[1]:,} neurons, k = {k}"
    peers = {}
    for kind in (np.float32, np.float64):
        peer = partial(theirs, pool, held, k, kind)
        tried = {batch: timed(partial(peer, 300, batch))[0] for batch in BATCHES}
        batch = min(tried, key=tried.__getitem__)
        peers[f"{kind.__name__}, batch {batch}"] = partial(peer, count_theirs, batch)
    taken: dict[str, list[float]] = {name: [] for name in peers}
    own: list[float] = []
    for repetition in range(repetitions):
        seconds, p = timed(partial(ours, pool, held, k, count))
        own.append(seconds)
        line = f"{title}, {repetition + 1}: neurontest {seconds:.3f} s (p {p:.3f})"
        for name, peer in peers.items():
            needed, p = timed(peer)
            needed *= count / count_theirs
            taken[name].append(needed)
            line += f"; scipy ({name}) {needed:.2f} s (p {p:.3f}), ratio {needed / seconds:.1f}"
        print(line, flush=True)  # noqa: T201
    for name, theirs_taken in taken.items():
        median = statistics.median(peer / seconds for peer, seconds in zip(theirs_taken, own, strict=True))
        print(  # noqa: T201
            f"{title}, scipy ({name}): fastest {min(own):.3f} s and {min(theirs_taken):.2f} s, "
            f"ratio {min(theirs_taken) / min(own):.1f} (median of the ratios {median:.1f})",
            flush=True,
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repetitions", type=int, default=7)
    options.add_argument("--relabelings", type=int, default=10_000)
    options.add_argument("--theirs", type=int, default=1_000, help="relabelings of scipy, scaled to as many as ours")
    said = options.parse_args()
    print(  # noqa: T201
        f"{said.relabelings:,} relabelings; scipy does {said.theirs:,}, "
        f"and its seconds are multiplied by {said.relabelings / said.theirs:g}"
    )
    for width in WIDTHS:
        own, pool = scores(width)
        for k in SIZES:
            compare(pool, set_of(own, k), k, said.relabelings, said.theirs, said.repetitions)


if __name__ == "__main__":
    main()
