"""Time and memory of relabelings and half-samples of millions of neurons.

    python -m tests.benchmarks.large [--neurons 2293760] [--relabelings 10000]

Two concepts of 20 prompts each, pooled and relabelled; the statistic is that of ``relabelings.py``. Of the neurons all
but some dozens are noise, which is the hardest case: of noise alone, every neuron can be selected by some subset.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from neurontest.neurons.normalize import normalize
from neurontest.neurons.select import MeanSelector
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.relabeling.relabel import relabel
from neurontest.stats.relabeling.whole_sets import overlap_difference
from neurontest.stats.streams import Stream

PROMPTS = 20
K = 10
PAIRS = 200


def peak() -> float:
    """Largest resident set so far, in GiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


@contextmanager
def reported(what: str) -> Iterator[None]:
    """Prints seconds and memory of a part."""
    begun = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - begun:.1f} s, peak {peak():.2f} GiB", flush=True)  # noqa: T201


def activations(rng: np.random.Generator, neurons: int, own: slice) -> npt.NDArray[np.float32]:
    """Noise, a few massive dimensions, and a concept's own neurons."""
    out = rng.standard_normal((PROMPTS, neurons), dtype=np.float32)
    out[:, :6] = 200 + 6 * out[:, :6]
    out[:, own] += 3
    return out


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--neurons", type=int, default=80 * 28_672)
    options.add_argument("--relabelings", type=int, default=10_000)
    said = options.parse_args()
    rng = np.random.default_rng(0)
    begun = time.perf_counter()
    with reported(f"{said.neurons:,} neurons, {3 * PROMPTS} prompts written"):
        a, b, c = (activations(rng, said.neurons, slice(start, start + 12)) for start in (100, 106, 112))
    neutral = rng.standard_normal((PROMPTS, said.neurons), dtype=np.float32)
    neutral[:, :6] += 200
    with reported("set of a"):
        own = MeanSelector(normalize(a, neutral, "difference"), K, PROMPTS)
        held = np.zeros(own.size)
        held[own.columns] = own.memberships(np.ones((1, PROMPTS)))[0]
    with reported(f"{2 * PROMPTS} prompts of b and c normalized, all neurons bounded"):
        pool = MeanSelector(normalize(np.concatenate([b, c]), neutral, "difference"), K, PROMPTS)
    with reported(f"{said.relabelings:,} relabelings"):
        statistic = overlap_difference(pool, held[pool.columns])
        found = relabel(statistic, (PROMPTS, PROMPTS), Stream(0), fewest=said.relabelings, most=said.relabelings)
    print(f"observed {found.observed:g}, p {found.p:.4f}; {len(pool.columns):,} neurons could be selected")  # noqa: T201
    del pool, statistic
    with reported(f"{PAIRS} pairs of half-samples of a and b"):
        m = PROMPTS // 2
        selectors = {
            (name, ""): MeanSelector(normalize(values, neutral, "difference"), K, m)
            for name, values in (("a", a), ("b", b))
        }
        streams = {name: Stream(0, name) for name in "ab"}
        samples = HalfSamples.draw(selectors, {"a": PROMPTS, "b": PROMPTS}, m, PAIRS, streams)
        term = samples.overlap(("a", ""), ("b", ""))
        variance = samples.variance(term, level=False)
    print(f"overlap {term.value:.3f}, standard error {variance**0.5:.3f}")  # noqa: T201
    print(f"in all {time.perf_counter() - begun:.1f} s, peak {peak():.2f} GiB")  # noqa: T201


if __name__ == "__main__":
    main()
